package checkout

import (
	"slices"
	"time"
)

// Expire closes what has expired at now: attempts first, then the session, once
// the attempts that may have been paid in time have been queried since, or the
// grace period for their answers is over.
func (p *Purchase) Expire(now time.Time) {
	for i := range p.Payments {
		if payment := &p.Payments[i]; !now.Before(payment.ExpiresAt) {
			p.close(payment, PaymentExpired, "expired", now)
		}
	}

	if p.Session.Status != SessionOpen || now.Before(p.Session.ExpiresAt) {
		return
	}
	if now.Before(p.Session.ExpiresAt.Add(ExpiryGrace)) && slices.ContainsFunc(p.Payments, p.awaitsAnswer) {
		return
	}

	p.end(SessionExpired, EventSessionExpired, now)
}

// awaitsAnswer reports whether an attempt may have been paid in time and no answer
// has said so yet.
func (p *Purchase) awaitsAnswer(payment Payment) bool {
	if payment.NextCheckAt.IsZero() || payment.Review != ReviewNone {
		return false
	}
	return payment.Doubtful || payment.CheckedAt.Before(p.Session.ExpiresAt)
}

// ExpireNow closes an open session early, for its merchant.
func (p *Purchase) ExpireNow(now time.Time) error {
	return p.endEarly(SessionExpired, EventSessionExpired, PaymentExpired, now)
}

// Cancel closes an open session for its buyer.
func (p *Purchase) Cancel(now time.Time) error {
	return p.endEarly(SessionCanceled, EventSessionCanceled, PaymentCanceled, now)
}

func (p *Purchase) endEarly(status SessionStatus, event EventType, payments PaymentStatus, now time.Time) error {
	if p.Session.Status == status {
		return nil
	}
	if p.Session.Status != SessionOpen {
		return p.closedErr()
	}

	for i := range p.Payments {
		p.close(&p.Payments[i], payments, string(payments), now)
	}

	p.end(status, event, now)
	return nil
}

func (p *Purchase) end(status SessionStatus, event EventType, now time.Time) {
	p.Session.Status = status
	p.Session.ClosedAt = now
	p.touch()
	p.raise(Event{Type: event, CreatedAt: now})
}

// close ends an attempt that is still offered. It is watched on a tapering
// schedule afterwards, so that late money is found.
func (p *Purchase) close(payment *Payment, status PaymentStatus, code string, now time.Time) bool {
	if payment.Status.Closed() {
		return false
	}

	payment.Status = status
	payment.FailureCode = code
	payment.ClosedAt = now
	payment.NextAction.Fields = nil // they name the buyer and are not needed any more
	if !payment.NextCheckAt.IsZero() {
		payment.NextCheckAt = now
		payment.UnansweredSince = now
	}

	p.touch()
	return true
}
