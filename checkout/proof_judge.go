package checkout

import (
	"cmp"
	"slices"
	"time"
)

// Outcome is what a proof led to.
type Outcome string

// The outcomes.
const (
	OutcomeCompleted Outcome = "completed" // the session is paid
	OutcomeRepeated  Outcome = "repeated"  // known already; nothing changed
	OutcomeLate      Outcome = "late"
	OutcomeDuplicate Outcome = "duplicate"
	OutcomeMismatch  Outcome = "mismatch"
	OutcomeClaimed   Outcome = "claimed"
	OutcomeContested Outcome = "contested"
)

// judge compares a proof with what was expected, and completes the session if it
// fits.
func (p *Purchase) judge(payment *Payment, proof Proof, now time.Time) Outcome {
	proof.SeenAt = now
	payment.Proof = &proof
	if payment.RecordedAt.IsZero() {
		payment.RecordedAt = now
	}

	payment.Doubtful, payment.Delayed, payment.FailedChecks = false, false, 0
	payment.NextCheckAt, payment.UnansweredSince = time.Time{}, time.Time{}
	payment.clearUnknown()
	payment.NextAction.Fields = nil // they name the buyer and are not needed any more
	p.touch()
	if !fits(*payment, proof) {
		return p.mismatch(payment, now)
	}

	payment.succeed()
	if payment.ClosedAt.IsZero() {
		payment.ClosedAt = now
	}

	switch {
	case p.Session.Status == SessionComplete:
		return p.review(payment, ReviewDuplicate, now)
	case p.late(proof, now) && p.Merchant.LatePayments != LateAccept, p.UseGone:
		return p.review(payment, ReviewLate, now)
	}

	return p.complete(payment, now)
}

// succeed marks a payment as paid, whatever it failed for before.
func (p *Payment) succeed() {
	p.Status = PaymentSucceeded
	p.FailureCode, p.FailureMessage = "", ""
}

// recorded returns the payment that has a proof's transaction already; nil when
// none has.
func (p *Purchase) recorded(proof Proof) *Payment {
	at := slices.IndexFunc(p.Payments, func(payment Payment) bool {
		return payment.Proof != nil && payment.Proof.Provider == proof.Provider &&
			payment.Proof.TransactionID == proof.TransactionID
	})
	if at < 0 {
		return nil
	}
	return &p.Payments[at]
}

// extra makes a payment for money that arrived beside an attempt: every transaction
// has a payment of its own. It is never queried.
func (p *Purchase) extra(attempt Payment, now time.Time) *Payment {
	more := Payment{
		ID: NewID(paymentPrefix), ExtraOf: cmp.Or(attempt.ExtraOf, attempt.ID),
		SessionID: attempt.SessionID, MerchantID: attempt.MerchantID, Mode: attempt.Mode,
		Provider: attempt.Provider, Method: attempt.Method, AccountID: attempt.AccountID, SettingsVersion: attempt.SettingsVersion,
		Amount: attempt.Amount, Rate: attempt.Rate, Status: PaymentProcessing,
		ProviderID: attempt.ProviderID, Payees: attempt.Payees,
		CreatedAt: now, ExpiresAt: attempt.ExpiresAt,
	}

	more.Reference = attempt.Reference + "-" + more.ID[len(more.ID)-4:]
	p.Payments = append(p.Payments, more)
	return &p.Payments[len(p.Payments)-1]
}

// fits compares what was paid with what was expected. The reference needs no
// comparison: a proof is queried for, or found, by the payment's reference.
func fits(payment Payment, proof Proof) bool {
	return proof.Amount == payment.Amount && slices.Contains(payment.Payees, proof.Payee)
}

// late reports whether money arrived after the session had closed, by the
// provider's clock if the proof has its time, else by ours.
func (p *Purchase) late(proof Proof, now time.Time) bool {
	paidAt := proof.PaidAt
	if paidAt.IsZero() {
		paidAt = now
	}

	end := p.Session.ExpiresAt
	if !p.Session.ClosedAt.IsZero() && p.Session.ClosedAt.Before(end) {
		end = p.Session.ClosedAt
	}

	if p.Session.Status == SessionOpen {
		end = end.Add(ExpiryGrace)
	}

	return paidAt.After(end)
}

func (p *Purchase) complete(payment *Payment, now time.Time) Outcome {
	p.Session.Status = SessionComplete
	p.Session.HoldsUse = p.Session.LinkID != ""
	p.Session.PaymentID = payment.ID
	p.Session.ClosedAt = now
	for i := range p.Payments {
		p.close(&p.Payments[i], PaymentCanceled, "replaced", now)
	}
	p.raisePayment(EventPaymentSucceeded, payment, now)
	p.raise(Event{Type: EventSessionCompleted, CreatedAt: now})
	return OutcomeCompleted
}

func (p *Purchase) review(payment *Payment, review Review, now time.Time) Outcome {
	payment.Review = review
	event, outcome := EventPaymentLate, OutcomeLate
	if review == ReviewDuplicate {
		event, outcome = EventPaymentDuplicate, OutcomeDuplicate
	}
	p.raisePayment(event, payment, now)
	return outcome
}

// mismatch records money of another amount, currency or payee. The attempt ends;
// the session stays as it is.
func (p *Purchase) mismatch(payment *Payment, now time.Time) Outcome {
	payment.Review = ReviewMismatch
	p.close(payment, PaymentFailed, "mismatch", now)
	payment.NextCheckAt = time.Time{}
	p.raisePayment(EventPaymentMismatch, payment, now)
	return OutcomeMismatch
}
