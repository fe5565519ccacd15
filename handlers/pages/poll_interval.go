package pages

import (
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// watchClosedFor is how long the page of a session that expired or was canceled goes on
// polling for money that was on its way.
const watchClosedFor = 10 * time.Minute

// shouldPoll reports whether anything may still change on a page.
func shouldPoll(p checkout.Purchase, at pageState, now time.Time) bool {
	switch at.state {
	case templates.StateChoosing, templates.StateQRWaiting, templates.StateQRExpired, templates.StateAtProvider,
		templates.StateRedirecting, templates.StateChecking, templates.StateFailed:
		return true
	case templates.StateClaimed:
		return p.Session.Status == checkout.SessionOpen
	case templates.StateSessionExpired, templates.StateCanceled:
		return p.Session.Status == checkout.SessionOpen ||
			(at.payment != nil && !at.payment.NextCheckAt.IsZero() && now.Sub(p.Session.ClosedAt) < watchClosedFor)
	}

	return false
}

// waitingSince is when the buyer began to wait for what the page shows.
func waitingSince(p checkout.Purchase, at pageState) time.Time {
	if at.payment == nil || at.state == templates.StateChoosing {
		return p.Session.CreatedAt
	}
	if at.payment.ReportedPaidAt.After(at.payment.CreatedAt) {
		return at.payment.ReportedPaidAt
	}
	return at.payment.CreatedAt
}
