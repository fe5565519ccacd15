package checkout

import "time"

// When payments are asked about. Buyers wait seconds; closed payments are
// watched for a day on a tapering schedule, and after that for as long as no
// known answer has come (design rules 7 and 13).
const (
	firstCheckAfter = 2 * time.Second
	startedWithin   = CallTimeout + 5*time.Second // an attempt's start has an answer by then, or none comes
	viewedPace      = 2 * time.Second
	SlowViewedPace  = 5 * time.Second
	reportedPace    = 3 * time.Second
	openPace        = 5 * time.Second
	slowestOpenPace = 30 * time.Second
	doubtfulPace    = 5 * time.Second
	closedPace      = 15 * time.Second
	watchClosedFor  = 24 * time.Hour
	slowestPace     = 24 * time.Hour

	// UnknownAfter is how long a known answer may be owed before the merchant
	// is notified (ReviewUnknown).
	UnknownAfter = 24 * time.Hour

	// slowestOddPace bounds the growing pause of a payment whose answers cannot
	// be used while others' can.
	slowestOddPace = time.Minute

	// ExpiryGrace is how long a session whose time is over waits for an
	// answer about money that may have come in time.
	ExpiryGrace = 2 * time.Minute

	// ReportHeldFor is how long the page says "checking" after the buyer's "I have
	// paid", even if the provider answers that it has no payment.
	ReportHeldFor = 20 * time.Second

	// ViewedFor is how long after its last poll a page counts as open.
	ViewedFor = 15 * time.Second

	// DelayedAfter is how long a buyer looks at a payment that cannot be asked
	// about before the page says so.
	DelayedAfter = 30 * time.Second
)

// nextCheck is when to ask about a payment again, after asking at now.
func nextCheck(p Payment, now time.Time) time.Time {
	if p.Status.Closed() {
		return nextClosedCheck(p, now)
	}

	switch age := max(0, now.Sub(p.CreatedAt)); { // the clock may have been set back
	case !p.ReportedPaidAt.IsZero() && !p.Doubtful:
		return now.Add(reportedPace)
	case p.Doubtful:
		return now.Add(doubtfulPace)
	case now.Sub(p.WatchedAt) < ViewedFor:
		return now.Add(min(max(viewedPace, age/10), SlowViewedPace))
	default:
		return now.Add(min(openPace+age/20, slowestOpenPace))
	}
}

// oddPause is how long a payment rests after failed questions in a row, the last
// of which brought an answer that could not be used: 5 s, then twice as long
// each time.
func oddPause(failed int) time.Duration {
	return min(doubtfulPace<<min(max(failed, 1)-1, 10), slowestOddPace)
}

// nextClosedCheck tapers: each wait is half of the time for which the payment
// has been watched, and a day at most. There is always a next question: only a
// known answer ends the watching (watchIsOver).
func nextClosedCheck(p Payment, now time.Time) time.Time {
	if p.Doubtful && !p.ReportedPaidAt.IsZero() && now.Sub(watchedFrom(p)) < watchClosedFor {
		return now.Add(closedPace) // the buyer's page says that it is being checked
	}
	return now.Add(min(max(closedPace, now.Sub(watchedFrom(p))/2), slowestPace))
}

// watchIsOver reports whether a known answer at now is the last that a closed
// payment needs. The day of watching may be over long before: until a question
// is answered the payment stays due.
func watchIsOver(p Payment, now time.Time) bool {
	return p.Status.Closed() && now.Sub(watchedFrom(p)) >= watchClosedFor
}

// watchedFrom is when the watching of a closed payment began: a notice about it
// begins it again.
func watchedFrom(p Payment) time.Time { return Later(p.ClosedAt, p.ReopenedAt) }
