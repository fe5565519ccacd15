package checkout

import "time"

// setAside records money under review with a payment of its own. The attempt
// beside which it came goes on being offered and asked about: what was found
// does not show that it was paid.
func (p *Purchase) setAside(attempt Payment, proof Proof, review Review, now time.Time) Outcome {
	payment := p.extra(attempt, now)
	proof.SeenAt = now
	payment.Proof = &proof
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

// confirm takes a provider's proof about this purchase for a transaction that
// was recorded by its hash. What the merchant did about it in the meantime
// stands; a refusal was of a claim without such a proof, and is over.
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

// GiveUp gives a transaction that was recorded by its hash up to the payment
// whose own code it paid: that wins over every review and decision here.
func (p *Purchase) GiveUp(id, transaction string, now time.Time) {
	payment := p.Payment(id)
	if payment.Proof == nil || payment.Proof.Source != SourceHash || payment.Proof.TransactionID != transaction || payment.TransactionLost {
		return // it was confirmed, or lost, meanwhile
	}
	payment.TransactionLost = true
	if payment.Review == ReviewContested && payment.Decision == nil {
		p.touch()
		return // the merchant has been told
	}
	p.contest(payment, now)
}

// recordFailureAfterProof hears that a proved payment failed. One order may have several
// transactions, such as a card refused before another was taken: only what is
// said of the one that paid contests it.
func (p *Purchase) recordFailureAfterProof(payment *Payment, transaction string, now time.Time) {
	if payment.Review != ReviewContested && (transaction == "" || transaction == payment.Proof.TransactionID) {
		p.contest(payment, now)
	}
}

// contest puts a recorded payment under review whatever was found or decided
// about it before: what it was proved by does not hold any more, or belongs to
// another payment. Paid stays paid; the merchant decides.
func (p *Purchase) contest(payment *Payment, now time.Time) {
	payment.Review, payment.Decision = ReviewContested, nil
	p.touch()
	p.raisePayment(EventPaymentContested, payment, now)
}
