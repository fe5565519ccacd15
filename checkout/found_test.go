package checkout_test

import (
	"testing"

	"rieltime/checkout"
)

// Money that does not fit, found by asking, ends under review with its proof
// and an event.
func TestMoneyFoundThatDoesNotFitIsReviewed(t *testing.T) {
	for _, c := range []struct {
		name    string
		alter   func(d *verifierHarness, proof *checkout.Proof)
		review  checkout.Review
		status  checkout.PaymentStatus
		session checkout.SessionStatus
		event   checkout.EventType
	}{
		{"late", func(d *verifierHarness, proof *checkout.Proof) {
			d.pass(33 * 60)
			proof.PaidAt = d.clock()
		}, checkout.ReviewLate, checkout.PaymentSucceeded, checkout.SessionExpired, checkout.EventPaymentLate},
		{"too little", func(_ *verifierHarness, proof *checkout.Proof) { proof.Amount.Minor-- },
			checkout.ReviewMismatch, checkout.PaymentFailed, checkout.SessionOpen, checkout.EventPaymentMismatch},
		{"another currency", func(_ *verifierHarness, proof *checkout.Proof) { proof.Amount.Currency = checkout.KHR },
			checkout.ReviewMismatch, checkout.PaymentFailed, checkout.SessionOpen, checkout.EventPaymentMismatch},
		{"to somebody else", func(_ *verifierHarness, proof *checkout.Proof) { proof.Payee = "thief@devb" },
			checkout.ReviewMismatch, checkout.PaymentFailed, checkout.SessionOpen, checkout.EventPaymentMismatch},
	} {
		d := newDesk(t, checkout.Budget{})
		p := d.open()
		proof := paid(*p.Latest(), "tx", d.clock())
		c.alter(d, proof)
		d.teller.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof})
		d.pass(3600)
		got := d.reload(p)
		payment := got.Latest()
		if payment.Review != c.review || payment.Status != c.status || payment.Proof == nil || payment.Proof.TransactionID != "tx" {
			t.Errorf("%s: payment %s, review %q, proof %+v", c.name, payment.Status, payment.Review, payment.Proof)
		}
		if d.store.events[c.event] != 1 || d.store.events[checkout.EventSessionCompleted] != 0 {
			t.Errorf("%s: events %v", c.name, d.store.events)
		}
	}
}

func TestBothAttemptsPaidIsFoundToBeADuplicate(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	p := d.open()
	p, err := d.StartPayment(t.Context(), p.Session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		t.Fatal(err)
	}
	first, second := p.Payments[0], p.Payments[1]
	d.teller.say(second, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(second, "tx-2", d.clock())})
	d.pass(30)
	d.teller.say(first, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(first, "tx-1", d.clock())})
	d.pass(3600)
	got := d.reload(p)
	if got.Session.Status != checkout.SessionComplete || got.Session.PaymentID != second.ID {
		t.Errorf("session %s by %s", got.Session.Status, got.Session.PaymentID)
	}
	if payment := got.Payment(first.ID); payment.Review != checkout.ReviewDuplicate || payment.Proof == nil {
		t.Errorf("the first attempt: %s, review %q", payment.Status, payment.Review)
	}
	if d.store.events[checkout.EventPaymentDuplicate] != 1 || d.store.events[checkout.EventSessionCompleted] != 1 {
		t.Errorf("events %v", d.store.events)
	}
}
