package checkout

import (
	"slices"
	"time"
)

// Outcome is what became of a proof.
type Outcome string

// The outcomes.
const (
	OutcomeCompleted Outcome = "completed" // the session is paid
	OutcomeRepeated  Outcome = "repeated"  // known already; nothing changed
	OutcomeLate      Outcome = "late"
	OutcomeDuplicate Outcome = "duplicate"
	OutcomeMismatch  Outcome = "mismatch"
)

// Settle judges a proof for one of the purchase's payments and records it. It
// is the only way for a payment to succeed and for a session to complete.
// Settling the same transaction again changes nothing but when to ask next.
// Money that does not fit is recorded under review with an event, never
// dropped.
func (p *Purchase) Settle(id string, proof Proof, now time.Time) Outcome {
	payment := p.Payment(id)
	if p.knows(proof) {
		if payment.Proof == nil && proof.Source != SourceHash { // its money was recorded with another attempt
			p.Heard(id, Answer{Verdict: Pending}, now)
		}
		return OutcomeRepeated
	}
	if payment.Proof != nil {
		payment = p.again(*payment, now)
	}
	proof.SeenAt = now
	payment.Proof = &proof
	payment.Doubtful, payment.Delayed, payment.FailedChecks = false, false, 0
	payment.NextCheckAt, payment.UnansweredSince = time.Time{}, time.Time{}
	payment.clearUnknown()
	payment.NextAction.Fields = nil // they name the buyer, and are done with
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

// succeed marks a payment as paid, whatever it had failed by.
func (p *Payment) succeed() {
	p.Status = PaymentSucceeded
	p.FailureCode, p.FailureMessage = "", ""
}

// knows tells whether a transaction has been recorded here already.
func (p *Purchase) knows(proof Proof) bool {
	return slices.ContainsFunc(p.Payments, func(payment Payment) bool {
		return payment.Proof != nil && payment.Proof.Provider == proof.Provider &&
			payment.Proof.TransactionID == proof.TransactionID
	})
}

// again makes a row for more money that came for a payment which has its
// proof: every transaction has a payment of its own.
func (p *Purchase) again(first Payment, now time.Time) *Payment {
	p.Payments = append(p.Payments, Payment{
		ID: newID(paymentPrefix), SessionID: first.SessionID, MerchantID: first.MerchantID, Mode: first.Mode,
		Provider: first.Provider, Method: first.Method, AccountID: first.AccountID,
		Reference: NewReference(), Amount: first.Amount, Status: PaymentProcessing,
		ProviderID: first.ProviderID, Payees: first.Payees,
		CreatedAt: now, ExpiresAt: first.ExpiresAt,
	})
	more := p.Latest()
	more.Reference = first.Reference + "-" + more.ID[len(more.ID)-4:]
	return more
}

// fits compares what was paid with what was asked. The provider's own
// reference check is part of its proof: a proof is asked for, or found, by the
// payment's reference.
func fits(payment Payment, proof Proof) bool {
	return proof.Amount == payment.Amount && slices.Contains(payment.Payees, proof.Payee)
}

// late tells whether money came after the session had closed: by the
// provider's clock when it says, else by ours.
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
		end = end.Add(expiryGrace)
	}
	return paidAt.After(end)
}

func (p *Purchase) complete(payment *Payment, now time.Time) Outcome {
	p.Session.Status = SessionComplete
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

// hearFailure hears that a proved payment failed. One order may have several
// transactions, such as a card refused before another was taken: only what is
// said of the one that paid contests it.
func (p *Purchase) hearFailure(payment *Payment, transaction string, now time.Time) {
	if transaction == "" || transaction == payment.Proof.TransactionID {
		p.Contest(payment.ID, now)
	}
}

// Contest puts a proved payment under review: what it was proved by does not
// hold any more, or belongs to another payment. Paid stays paid; the merchant
// decides.
func (p *Purchase) Contest(id string, now time.Time) {
	payment := p.Payment(id)
	if payment.Review != ReviewNone {
		return
	}
	payment.Review = ReviewContested
	p.touch()
	p.raisePayment(EventPaymentMismatch, payment, now)
}

// Yield gives up a transaction that the buyer only named by its hash, to the
// payment whose own code it paid.
func (p *Purchase) Yield(id string, now time.Time) {
	payment := p.Payment(id)
	proof := *payment.Proof
	proof.TransactionID += " (claimed)"
	payment.Proof = &proof
	p.Contest(id, now)
}

// mismatch records money of another amount, currency or payee. The attempt is
// over; the session stays as it is.
func (p *Purchase) mismatch(payment *Payment, now time.Time) Outcome {
	payment.Review = ReviewMismatch
	p.close(payment, PaymentFailed, "mismatch", now)
	payment.NextCheckAt = time.Time{}
	p.raisePayment(EventPaymentMismatch, payment, now)
	return OutcomeMismatch
}
