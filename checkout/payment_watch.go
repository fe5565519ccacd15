package checkout

import "time"

// A payment is watched, which means queried again and again, until its end is
// known.

// scheduleAfter decides, after an answer with this verdict at now, when the next
// query is due and whether the merchant must be notified that nothing is known.
func (p *Purchase) scheduleAfter(payment *Payment, verdict Verdict, now time.Time) {
	known := verdict == VerdictPending || verdict == VerdictFailed || verdict == VerdictClosed
	if known {
		p.answered(payment, verdict, now)
	} else if verdict == VerdictProcessing && payment.UnansweredSince.IsZero() {
		payment.UnansweredSince = now // money is on its way: how that ends must become known
	}

	if !payment.NextCheckAt.IsZero() {
		payment.NextCheckAt = nextCheck(*payment, now)
	}

	if !known {
		p.ReviewUnanswered(now)
	}
}

// answered records a known answer that is no proof. It ends a review that began
// only because nothing was known, and ends the watching when that has lasted long
// enough.
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

// clearUnknown ends a review of the kind ReviewUnknown, decided or not.
func (p *Payment) clearUnknown() {
	if p.Review == ReviewUnknown {
		p.Review, p.Decision = ReviewNone, nil
	}
}

// Reopen makes the next query about an attempt due at once, because its provider
// has sent a genuine notice about it. However late the notice comes, the attempt
// is watched again as if it had just closed. An attempt with a proof stays as it
// is.
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

// ReviewUnanswered puts attempts under review when no known answer about them has
// come for UnknownAfter. They are queried further.
func (p *Purchase) ReviewUnanswered(now time.Time) {
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

// ReviewUnreadable puts an attempt under review because its provider sent
// something about it that makes no sense. reason is for the merchant.
func (p *Purchase) ReviewUnreadable(id, reason string, now time.Time) {
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
