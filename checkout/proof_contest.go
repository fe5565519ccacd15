package checkout

import "time"

// setAside records money under review with a payment of its own. The attempt
// stays offered and queried: the money does not show that the attempt was paid.
func (p *Purchase) setAside(attempt Payment, proof Proof, review Review, now time.Time) Outcome {
	payment := p.extra(attempt, now)
	proof.SeenAt = now
	payment.Proof, payment.RecordedAt = &proof, now
	payment.Review = review
	payment.Status, payment.FailureCode, payment.ClosedAt = PaymentFailed, string(review), now
	p.touch()
	if review == ReviewContested {
		p.raisePayment(EventPaymentContested, payment, now)
		return OutcomeContested
	}

	p.raisePayment(EventPaymentClaimed, payment, now)
	return OutcomeClaimed
}

// confirm records a provider's proof about this purchase for a transaction that
// was recorded by its hash before. The merchant's decision stands, except a refusal,
// which was about the hash without such a proof.
func (p *Purchase) confirm(payment *Payment, proof Proof, now time.Time) Outcome {
	decided := payment.Decision != nil && payment.Decision.Decision != DecisionRefuse
	if decided || payment.GivenBack() || payment.ID == p.Session.PaymentID {
		proof.SeenAt = now
		payment.Proof = &proof
		p.touch()
		return OutcomeRepeated
	}
	payment.TransactionLost = false
	payment.Review, payment.Decision = ReviewNone, nil
	return p.judge(payment, proof, now)
}

// GiveUp releases a transaction that was recorded by its hash to the payment whose
// own code it paid, whatever was reviewed and decided here.
func (p *Purchase) GiveUp(id, transaction string, now time.Time) {
	payment := p.Payment(id)
	if payment.Proof == nil || payment.Proof.Source != SourceHash || payment.Proof.TransactionID != transaction || payment.TransactionLost {
		return // confirmed or released meanwhile
	}
	payment.TransactionLost = true
	if payment.Review == ReviewContested && payment.Decision == nil {
		p.touch()
		return // the merchant has the event
	}
	p.contest(payment, now)
}

// recordFailureAfterProof records that a payment with a proof failed. One order may
// have several transactions, such as a refused card before an accepted one: only a
// failure of the transaction that paid contests the payment.
func (p *Purchase) recordFailureAfterProof(payment *Payment, transaction string, now time.Time) {
	if payment.Review != ReviewContested && (transaction == "" || transaction == payment.Proof.TransactionID) {
		p.contest(payment, now)
	}
}

// contest puts a payment under review again, whatever was decided before: its proof
// was withdrawn or belongs to another payment. A paid payment stays paid; the
// merchant decides.
func (p *Purchase) contest(payment *Payment, now time.Time) {
	payment.Review, payment.Decision = ReviewContested, nil
	p.touch()
	p.raisePayment(EventPaymentContested, payment, now)
}
