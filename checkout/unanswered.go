package checkout

import "time"

// Watching: what keeps a payment asked about until its end is known.

// scheduleAfter decides, after an answer of this verdict at now, when to ask
// next and whether the merchant must hear that nothing is known.
func (p *Purchase) scheduleAfter(payment *Payment, verdict Verdict, now time.Time) {
	known := verdict == VerdictPending || verdict == VerdictFailed || verdict == VerdictClosed
	if known {
		p.answered(payment, verdict, now)
	} else if verdict == VerdictProcessing && payment.UnansweredSince.IsZero() {
		payment.UnansweredSince = now // money is on its way: how that ends must be heard
	}

	if !payment.NextCheckAt.IsZero() {
		payment.NextCheckAt = nextCheck(*payment, now)
	}

	if !known {
		p.Doubt(now)
	}
}

// answered records a known answer that is no proof. It ends a review that there
// was only because nothing was known, and the watching once that has lasted.
func (p *Purchase) answered(payment *Payment, verdict Verdict, now time.Time) {
	if payment.Review == ReviewUnknown {
		payment.clearUnknown()
		p.touch()
		p.raisePayment(EventPaymentCleared, payment, now)
	}

	payment.UnansweredSince = time.Time{}
	if verdict == VerdictClosed || watchIsOver(*payment, now) {
		payment.NextCheckAt = time.Time{}
	} else if payment.Status.Closed() && !payment.NextCheckAt.IsZero() {
		payment.UnansweredSince = now
	}
}

// clearUnknown ends a review of ReviewUnknown, decided or not.
func (p *Payment) clearUnknown() {
	if p.Review == ReviewUnknown {
		p.Review, p.Decision = ReviewNone, nil
	}
}

// Reopen has an attempt asked about at once because its provider has sent a
// genuine notice about it. However late that is, the attempt is watched again
// as if it had just closed; one that has its proof needs no more.
func (p *Purchase) Reopen(id string, now time.Time) {
	payment := p.Payment(id)
	if payment.Proof != nil {
		return
	}
	payment.NextCheckAt, payment.ReopenedAt = now, now
	if payment.Status.Closed() && payment.UnansweredSince.IsZero() {
		payment.UnansweredSince = now
	}
}

// Doubt puts under review the attempts about which no known answer has come for
// unknownAfter. They go on being asked about.
func (p *Purchase) Doubt(now time.Time) {
	for i := range p.Payments {
		payment := &p.Payments[i]
		if payment.UnansweredSince.IsZero() || now.Sub(payment.UnansweredSince) < UnknownAfter || payment.Review != ReviewNone || payment.Proof != nil {
			continue
		}
		p.reviewUnknown(payment, now)
	}
}

func (p *Purchase) reviewUnknown(payment *Payment, now time.Time) {
	payment.Review = ReviewUnknown
	p.touch()
	p.raisePayment(EventPaymentUnknown, payment, now)
}

// Misread puts an attempt under review because its provider has said something
// of it that makes no sense. reason is for the merchant.
func (p *Purchase) Misread(id, reason string, now time.Time) {
	payment := p.Payment(id)
	if payment.Proof != nil || payment.Review != ReviewNone {
		return
	}
	payment.FailureMessage = reason
	if payment.UnansweredSince.IsZero() {
		payment.UnansweredSince = now
	}
	p.reviewUnknown(payment, now)
}
