package pages

import (
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// pace is how many seconds a page waits before it asks again, from how long
// its buyer has been waiting.
func pace(waited time.Duration) int {
	switch {
	case waited < briskFor:
		return 2
	case waited < steadyFor:
		return 5
	}
	return 15
}

const (
	briskFor  = 3 * time.Minute
	steadyFor = 15 * time.Minute
)

// paceChangesAt is when a buyer who waits since from is next told another
// pace; zero when never again.
func paceChangesAt(from, now time.Time) time.Time {
	for _, after := range []time.Duration{briskFor, steadyFor} {
		if change := from.Add(after); now.Before(change) {
			return change
		}
	}
	return time.Time{}
}

// lateFor is how long the page of a session that ran out or was canceled keeps
// looking for money that was on its way.
const lateFor = 10 * time.Minute

// polls reports whether a page waits for anything.
func polls(p checkout.Purchase, at pageState, now time.Time) bool {
	switch at.state {
	case templates.Choosing, templates.QRWaiting, templates.QRExpired, templates.AtProvider,
		templates.Redirecting, templates.Checking, templates.Failed:
		return true
	case templates.Claimed:
		return p.Session.Status == checkout.SessionOpen
	case templates.SessionExpired, templates.Canceled:
		return p.Session.Status == checkout.SessionOpen ||
			(at.payment != nil && !at.payment.NextCheckAt.IsZero() && now.Sub(p.Session.ClosedAt) < lateFor)
	}

	return false
}

// waitingSince is when the buyer began to wait for what the page shows.
func waitingSince(p checkout.Purchase, at pageState) time.Time {
	if at.payment == nil || at.state == templates.Choosing {
		return p.Session.CreatedAt
	}
	if at.payment.ReportedPaidAt.After(at.payment.CreatedAt) {
		return at.payment.ReportedPaidAt
	}
	return at.payment.CreatedAt
}
