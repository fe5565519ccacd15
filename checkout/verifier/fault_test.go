package verifier_test

import (
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

func TestPanicInAnAdapterIsNoAnswer(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	broken, fine := h.Open(), h.Open()
	h.Provider.PanicAbout(*broken.Latest())
	h.Provider.SetAnswer(*fine.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*fine.Latest(), "tx-1", h.Clock())})
	before := checkout.Panics()["provider bank"]
	h.Pass(3 * time.Second)
	if p := h.Reload(fine); p.Session.Status != checkout.SessionComplete {
		t.Errorf("the payment beside it: %s", p.Session.Status)
	}
	left := h.Reload(broken)
	if p := left.Latest(); p.Status != checkout.PaymentRequiresAction || !p.Doubtful {
		t.Errorf("%s, doubtful %v", p.Status, p.Doubtful)
	}
	if n := checkout.Panics()["provider bank"] - before; n < 1 {
		t.Errorf("%d panics counted", n)
	}
	h.Provider.SetAnswer(*broken.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*broken.Latest(), "tx-2", h.Clock())})
	for range 10 {
		h.Pass(10 * time.Second)
	}
	if p := h.Reload(broken); p.Session.Status != checkout.SessionComplete {
		t.Errorf("after the fault: %s", p.Session.Status)
	}
}

func TestListWithTheWrongNumberOfAnswersHasNone(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	h.Provider.ListSize, h.Provider.MissingAnswers = 50, 1
	first, second := h.Open(), h.Open()
	h.PassSeconds(3)
	for _, p := range []checkout.Purchase{first, second} {
		p = h.Reload(p)
		if latest := p.Latest(); !latest.Doubtful || latest.Status != checkout.PaymentRequiresAction {
			t.Errorf("%s, doubtful %v", latest.Status, latest.Doubtful)
		}
	}
}

func TestAnswerThatCannotBeRecordedIsNoAnswer(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &checkout.Proof{Provider: "bank", TransactionID: "tx", Raw: []byte("{")}})
	h.Pass(3 * time.Second)
	p = h.Reload(p)
	if latest := p.Latest(); latest.CheckedAt.IsZero() {
		t.Error("nothing is kept of an answer that could not be recorded: it is queried again at once, for ever")
	}
}
