package verifier_test

import (
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

// Money that does not fit, found by asking, ends under review with its proof
// and an event.
func TestMoneyFoundThatDoesNotFitIsReviewed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		alter   func(h *memoryHarness, proof *checkout.Proof)
		review  checkout.Review
		status  checkout.PaymentStatus
		session checkout.SessionStatus
		event   checkout.EventType
	}{
		{"late", func(h *memoryHarness, proof *checkout.Proof) {
			h.PassSeconds(33 * 60)
			proof.PaidAt = h.Clock()
		}, checkout.ReviewLate, checkout.PaymentSucceeded, checkout.SessionExpired, checkout.EventPaymentLate},
		{"too little", func(_ *memoryHarness, proof *checkout.Proof) { proof.Amount.Minor-- },
			checkout.ReviewMismatch, checkout.PaymentFailed, checkout.SessionOpen, checkout.EventPaymentMismatch},
		{"another currency", func(_ *memoryHarness, proof *checkout.Proof) { proof.Amount.Currency = checkout.KHR },
			checkout.ReviewMismatch, checkout.PaymentFailed, checkout.SessionOpen, checkout.EventPaymentMismatch},
		{"to somebody else", func(_ *memoryHarness, proof *checkout.Proof) { proof.Payee = "thief@devb" },
			checkout.ReviewMismatch, checkout.PaymentFailed, checkout.SessionOpen, checkout.EventPaymentMismatch},
	} {
		h := newMemoryHarness(t, checkout.Budget{})
		p := h.Open()
		proof := checkouttest.Proof(*p.Latest(), "tx", h.Clock())
		c.alter(h, proof)
		h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof})
		h.PassSeconds(3600)
		got := h.Reload(p)
		payment := got.Latest()
		if payment.Review != c.review || payment.Status != c.status || payment.Proof == nil || payment.Proof.TransactionID != "tx" {
			t.Errorf("%s: payment %s, review %q, proof %+v", c.name, payment.Status, payment.Review, payment.Proof)
		}
		if h.Store.Events[c.event] != 1 || h.Store.Events[checkout.EventSessionCompleted] != 0 {
			t.Errorf("%s: events %v", c.name, h.Store.Events)
		}
	}
}

func TestBothAttemptsPaidIsFoundToBeADuplicate(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	p := h.Open()
	p, err := h.StartPayment(t.Context(), p.Session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		t.Fatal(err)
	}
	first, second := p.Payments[0], p.Payments[1]
	h.Provider.SetAnswer(second, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(second, "tx-2", h.Clock())})
	h.PassSeconds(30)
	h.Provider.SetAnswer(first, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(first, "tx-1", h.Clock())})
	h.PassSeconds(3600)
	got := h.Reload(p)
	if got.Session.Status != checkout.SessionComplete || got.Session.PaymentID != second.ID {
		t.Errorf("session %s by %s", got.Session.Status, got.Session.PaymentID)
	}
	if payment := got.Payment(first.ID); payment.Review != checkout.ReviewDuplicate || payment.Proof == nil {
		t.Errorf("the first attempt: %s, review %q", payment.Status, payment.Review)
	}
	if h.Store.Events[checkout.EventPaymentDuplicate] != 1 || h.Store.Events[checkout.EventSessionCompleted] != 1 {
		t.Errorf("events %v", h.Store.Events)
	}
}
