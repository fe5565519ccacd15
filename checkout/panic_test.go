package checkout_test

import (
	"testing"
	"time"

	"rieltime/checkout"
)

func TestPanicInAnAdapterIsNoAnswer(t *testing.T) {
	h := newHarness(t)
	broken, fine := h.open(), h.open()
	h.provider.panics(*broken.Latest())
	h.provider.say(*fine.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(*fine.Latest(), "tx-1", h.clock())})
	before := checkout.Panics()["provider bakong"]
	h.pass(3 * time.Second)
	if p := h.reload(fine); p.Session.Status != checkout.SessionComplete {
		t.Errorf("the payment beside it: %s", p.Session.Status)
	}
	left := h.reload(broken)
	if p := left.Latest(); p.Status != checkout.PaymentRequiresAction || !p.Doubtful {
		t.Errorf("%s, doubtful %v", p.Status, p.Doubtful)
	}
	if n := checkout.Panics()["provider bakong"] - before; n < 1 {
		t.Errorf("%d panics counted", n)
	}
	h.provider.say(*broken.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(*broken.Latest(), "tx-2", h.clock())})
	for range 10 {
		h.pass(10 * time.Second)
	}
	if p := h.reload(broken); p.Session.Status != checkout.SessionComplete {
		t.Errorf("after the fault: %s", p.Session.Status)
	}
}

func TestListWithAnotherNumberOfAnswersTellsNothing(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	d.teller.lists, d.teller.answersLess = 50, 1
	first, second := d.open(), d.open()
	d.pass(3)
	for _, p := range []checkout.Purchase{first, second} {
		p = d.reload(p)
		if latest := p.Latest(); !latest.Doubtful || latest.Status != checkout.PaymentRequiresAction {
			t.Errorf("%s, doubtful %v", latest.Status, latest.Doubtful)
		}
	}
}

func TestAnswerThatCannotBeRecordedIsNoAnswer(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.provider.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &checkout.Proof{Provider: "bakong", TransactionID: "tx", Raw: []byte("{")}})
	h.pass(3 * time.Second)
	p = h.reload(p)
	if latest := p.Latest(); latest.CheckedAt.IsZero() {
		t.Error("nothing is kept of an answer that could not be recorded: it is asked again at once, for ever")
	}
}
