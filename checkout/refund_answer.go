package checkout

import (
	"cmp"
	"time"
)

// Why refunds fail.
const (
	refundRefused     = "refused"      // the provider said no
	refundNotReceived = "not_received" // the provider never received it
)

// RecordRefundAnswer records what the provider said of a refund. One that it rejected
// frees its amount again, and so does one that it never acknowledged and has
// known nothing of for a while. One that it did acknowledge keeps its amount
// until the provider says how that very refund ended: freed on anything less,
// the amount could be given back twice.
func (p *Purchase) RecordRefundAnswer(id string, answer RefundAnswer, now time.Time) {
	refund := p.Refund(id)
	if refund == nil || !refund.queryable() {
		return
	}
	if refund.Status == RefundFailed && !p.reopenRefund(refund, answer, now) {
		return
	}

	refund.note(answer, now)
	switch {
	case answer.Verdict == VerdictPaid:
		p.closeRefund(refund, RefundSucceeded, now)
	case answer.Verdict == VerdictFailed:
		p.failRefund(refund, refundRefused, now)
	case refund.AcknowledgedAt.IsZero() && refund.missing(now):
		p.failRefund(refund, refundNotReceived, now)
	case refund.UnresolvedAt.IsZero() && refund.unresolved(now):
		p.reportUnresolved(refund, now)
	}
}

// RecordRefundRefused records that the provider would not take a refund. After it
// has acknowledged that refund, the refusal is of a repeated request and says
// nothing of the refund itself.
func (p *Purchase) RecordRefundRefused(id string, now time.Time) {
	refund := p.Refund(id)
	if refund != nil && refund.Status == RefundPending && refund.AcknowledgedAt.IsZero() {
		p.failRefund(refund, refundRefused, now)
	}
}

// queryable reports whether the provider may still say something that matters: a
// refund that was never received can turn out to have been.
func (r Refund) queryable() bool {
	return r.Status == RefundPending || r.FailureCode == refundNotReceived
}

// note keeps what an answer says of the refund, whatever follows from it.
func (r *Refund) note(answer RefundAnswer, now time.Time) {
	r.TransactionID = cmp.Or(answer.ProviderID, r.TransactionID)
	if answer.Raw != nil {
		r.Raw = answer.Raw
	}

	switch answer.Verdict {
	case VerdictUnknown:
	case VerdictClosed:
		if r.MissingSince.IsZero() {
			r.MissingSince = now
		}

	default:
		r.MissingSince = time.Time{}
		if r.AcknowledgedAt.IsZero() {
			r.AcknowledgedAt = now
		}

		if r.Status == RefundPending && !r.unresolved(now) {
			r.UnresolvedAt = time.Time{}
		}
	}
}

// missing reports whether the provider has known nothing of the refund for so
// long that no request can be on its way to it any more.
func (r Refund) missing(now time.Time) bool {
	return !r.MissingSince.IsZero() && now.Sub(r.MissingSince) >= refundLostAfter
}

// unresolved reports whether a pending refund needs the merchant's eyes: the
// provider denies what it acknowledged, or has said nothing for longer than it
// needs.
func (r Refund) unresolved(now time.Time) bool {
	if r.AcknowledgedAt.IsZero() {
		return now.Sub(r.CreatedAt) >= refundUnansweredAfter
	}
	return r.missing(now) || now.Sub(r.CreatedAt) >= refundSlowest
}

// reopenRefund takes a refund that had counted as never received back to
// pending, since the provider has it after all, and reports whether it did.
// Where its amount has been given back another way meanwhile, more has gone
// than came: the merchant is notified, and the refund stays as it is.
func (p *Purchase) reopenRefund(refund *Refund, answer RefundAnswer, now time.Time) bool {
	if answer.Verdict != VerdictPaid && answer.Verdict != VerdictPending {
		return false
	}

	payment := p.Payment(refund.PaymentID)
	if refund.Amount.Minor > payment.Refundable().Minor {
		if refund.note(answer, now); refund.UnresolvedAt.IsZero() {
			p.reportUnresolved(refund, now)
		}
		return false
	}

	payment.Refunded += refund.Amount.Minor
	refund.Status, refund.FailureCode, refund.ClosedAt = RefundPending, "", time.Time{}
	return true
}

func (p *Purchase) reportUnresolved(refund *Refund, now time.Time) {
	refund.UnresolvedAt = now
	p.raise(Event{Type: EventRefundUnresolved, PaymentID: refund.PaymentID, RefundID: refund.ID, CreatedAt: now})
}

func (p *Purchase) failRefund(refund *Refund, code string, now time.Time) {
	refund.FailureCode = code
	p.Payment(refund.PaymentID).Refunded -= refund.Amount.Minor
	p.closeRefund(refund, RefundFailed, now)
}

func (p *Purchase) closeRefund(refund *Refund, status RefundStatus, now time.Time) {
	refund.Status = status
	refund.UnresolvedAt = time.Time{}
	refund.ClosedAt = now
	event := EventRefundSucceeded
	if status == RefundFailed {
		event = EventRefundFailed
	}
	p.raise(Event{Type: event, PaymentID: refund.PaymentID, RefundID: refund.ID, CreatedAt: now})
}

// When pending refunds are queried: banks take up to two weeks.
const (
	refundFirstQuery = CallTimeout + 5*time.Second // the call that starts it is over by then
	refundQueryMin   = 15 * time.Second
	refundQueryMax   = 6 * time.Hour

	// refundLostAfter is for how long the provider must know nothing of a
	// refund before that counts.
	refundLostAfter = 10 * time.Minute

	// refundUnansweredAfter and refundSlowest are the ages at which the merchant
	// is notified of a refund: when the provider has not answered about it yet, and
	// when it has not said how the refund ended (some take up to 15 days).
	refundUnansweredAfter = 24 * time.Hour
	refundSlowest         = 16 * 24 * time.Hour
)

// NextQueryAfter returns after how long to query a refund again.
func (r Refund) NextQueryAfter(now time.Time) time.Duration {
	age := now.Sub(r.CreatedAt)
	if age < refundFirstQuery {
		return refundFirstQuery - age
	}
	return min(max(age/4, refundQueryMin), refundQueryMax)
}
