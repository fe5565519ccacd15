package pages

import (
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

const (
	fastPollsFor   = 3 * time.Minute  // of waiting: a poll every 2 seconds
	steadyPollsFor = 15 * time.Minute // then every 5 seconds until here, and every 15 after

	// watchClosedFor is how long the page of a session that expired or was
	// canceled goes on polling for money that was on its way.
	watchClosedFor = 10 * time.Minute
)

// pollInterval returns the seconds until a page's next poll, by how long its
// buyer has been waiting.
func pollInterval(waited time.Duration) int {
	switch {
	case waited < fastPollsFor:
		return 2
	case waited < steadyPollsFor:
		return 5
	}
	return 15
}

// nextIntervalChange is when the polls of a buyer who has been waiting since
// from slow down next; zero when they never do again.
func nextIntervalChange(from, now time.Time) time.Time {
	for _, after := range []time.Duration{fastPollsFor, steadyPollsFor} {
		if change := from.Add(after); now.Before(change) {
			return change
		}
	}
	return time.Time{}
}

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
