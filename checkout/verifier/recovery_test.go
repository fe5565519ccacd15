package verifier_test

import (
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

func TestPaymentIsFoundByQuerying(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	h.Pass(3 * time.Second)
	if got := h.Reload(p); got.Session.Status != checkout.SessionOpen || got.Latest().CheckCount != 1 {
		t.Fatalf("%+v", got)
	}
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*p.Latest(), "tx", h.Clock())})
	h.Pass(10 * time.Second)
	if got := h.Reload(p); got.Session.Status != checkout.SessionComplete || got.Latest().Proof.TransactionID != "tx" {
		t.Errorf("%+v", got)
	}
	before := len(h.Provider.Queried)
	h.Pass(time.Hour)
	if len(h.Provider.Queried) != before {
		t.Error("queried a payment that had succeeded")
	}
}

func TestPaymentIsQueriedOnceAtATime(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	h.Open()
	h.Move(5 * time.Second)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := h.Tick(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	h.Wait()
	if n := len(h.Provider.Queried); n != 1 {
		t.Errorf("queried %d times", n)
	}
}

func TestAnotherProcessContinues(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*p.Latest(), "tx", h.Clock())})
	second := h.NewProcess(h.Clock)
	h.Move(5 * time.Second)
	if err := second.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.Wait()
	if got := h.Reload(p); got.Session.Status != checkout.SessionComplete {
		t.Errorf("session %s", got.Session.Status)
	}
}

func TestLateMoneyIsFoundHoursAfterwards(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	h.Pass(31 * time.Minute)
	h.Pass(10 * time.Minute)
	if got := h.Reload(p); got.Session.Status != checkout.SessionExpired {
		t.Fatalf("session %s", got.Session.Status)
	}
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*p.Latest(), "tx", h.Clock())})
	h.Pass(10 * time.Hour)
	got := h.Reload(p)
	if got.Session.Status != checkout.SessionExpired || got.Latest().Review != checkout.ReviewLate || got.Latest().Status != checkout.PaymentSucceeded {
		t.Errorf("session %s, payment %s, review %s", got.Session.Status, got.Latest().Status, got.Latest().Review)
	}
}

// "I have paid", said of a session that ended long ago, is answered soon after
// the provider can answer again.
func TestLateReportIsAnsweredWhenTheProviderIsBack(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	h.Pass(40 * time.Minute)
	h.Pass(5 * time.Hour)
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictUnknown})
	if _, err := h.ReportPaid(t.Context(), p.Session.ID, verifier.PaidParams{Hash: ""}); err != nil {
		t.Fatal(err)
	}
	h.Pass(time.Second)
	if p = h.Reload(p); !p.Latest().Doubtful {
		t.Fatal("the payment was not queried")
	}
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPending})
	h.Pass(time.Minute)
	if p = h.Reload(p); p.Latest().Doubtful || !p.Latest().ReportedPaidAt.IsZero() {
		t.Errorf("a minute after the provider is back: %+v", p.Latest())
	}
}
