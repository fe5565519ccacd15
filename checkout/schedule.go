package checkout

import "time"

// When payments are asked about. Buyers wait seconds; closed payments are
// watched for a day on a tapering schedule (design rule 7).
const (
	firstCheckAfter = 2 * time.Second
	watchedPace     = 2 * time.Second
	claimedPace     = 3 * time.Second
	openPace        = 5 * time.Second
	slowestOpenPace = 30 * time.Second
	doubtfulPace    = 5 * time.Second
	watchClosedFor  = 24 * time.Hour

	// expiryGrace is how long a session whose time is over waits for an
	// answer about money that may have come in time.
	expiryGrace = 2 * time.Minute

	// claimHeldFor is how long "I have paid" is answered with "checking".
	claimHeldFor = 20 * time.Second

	// looking is how long after its last poll a page counts as open.
	looking = 15 * time.Second
)

// nextCheck is when to ask about a payment again, after asking at now; zero
// when nothing more can come.
func nextCheck(p Payment, now time.Time) time.Time {
	if p.Review == ReviewMismatch {
		return time.Time{}
	}
	if p.Status.Closed() {
		return nextClosedCheck(p, now)
	}
	switch age := now.Sub(p.CreatedAt); {
	case !p.ClaimedAt.IsZero() && !p.Doubtful:
		return now.Add(claimedPace)
	case p.Doubtful:
		return now.Add(doubtfulPace)
	case now.Sub(p.WatchedAt) < looking:
		return now.Add(watchedPace)
	case age < 2*time.Minute:
		return now.Add(openPace)
	default:
		return now.Add(min(openPace+age/20, slowestOpenPace))
	}
}

// nextClosedCheck tapers: each wait is a third of the time since the payment
// closed, at least ten seconds.
func nextClosedCheck(p Payment, now time.Time) time.Time {
	since := now.Sub(p.ClosedAt)
	if since > watchClosedFor {
		return time.Time{}
	}
	return now.Add(max(10*time.Second, since/3))
}
