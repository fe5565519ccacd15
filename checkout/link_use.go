package checkout

import (
	"slices"
	"time"
)

// holdTime is how long an attempt may take on a payment link of limited uses.
// Nobody else can have its use meanwhile.
const holdTime = 10 * time.Minute

// mostHolds bounds the uses of a link that one address may hold without having
// paid: a household or an office has a few, one client not all. Many phones
// share an address behind their carrier, so that a large stock allows more.
const mostHolds = 3

// ErrLinkHeld is a use that another buyer at the same address has to pay for or
// give up first.
var ErrLinkHeld = &Error{
	Kind: KindRateLimited, Code: "link_held", RetryAfter: time.Minute,
	Detail: "Several buyers on this network are paying for this. Please try again in a minute.",
}

// HoldsPerAddress is how many uses one address may hold at once: a tenth of
// them, or three, and never all.
func (l Link) HoldsPerAddress() int {
	return max(1, min(max(mostHolds, l.MaxUses/10), l.MaxUses-1))
}

// holdUse has an attempt hold a use of its payment link, for minutes where uses
// are limited. Opening a session holds nothing.
func (p *Purchase) holdUse(payment *Payment, now time.Time) {
	if p.Session.LinkID == "" {
		return
	}
	p.Session.HoldsUse = true
	if end := now.Add(holdTime); p.LimitedUses && payment.ExpiresAt.After(end) {
		payment.ExpiresAt = end
	}
}

// releaseUse gives the use back that no attempt needs any more.
func (p *Purchase) releaseUse(now time.Time) {
	open := p.Session.Status == SessionOpen
	if p.Session.Status == SessionComplete || open && slices.ContainsFunc(p.Payments, func(q Payment) bool { return needsUse(q, now) }) {
		return
	}
	p.Session.HoldsUse = false
}

// needsUse reports whether an attempt can still be paid, or may have been paid
// in time without our knowing yet.
func needsUse(payment Payment, now time.Time) bool {
	if !payment.Status.Closed() {
		return true
	}
	waiting := !payment.NextCheckAt.IsZero() && payment.Review == ReviewNone && now.Before(payment.ClosedAt.Add(ExpiryGrace))
	return waiting && (payment.Doubtful || payment.CheckedAt.Before(payment.ClosedAt))
}
