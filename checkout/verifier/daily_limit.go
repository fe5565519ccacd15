package verifier

import (
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// A provider that says that an account's daily limit is reached is not queried for
// a while, but not for the rest of the day: other systems may have used the limit
// up, and it may be lifted. Then a single query probes it, after 5 minutes, and
// after twice as long each time, up to an hour.
const (
	firstLimitProbe = 5 * time.Minute
	lastLimitProbe  = time.Hour
	probeHold       = 20 * time.Second // no other query is sent while a probe may be answered
)

// limitReached notes that the provider says that the day's limit is reached, and
// what it is; 0 when the provider does not say. Queries that were in flight
// together count once.
func (q *Quota) limitReached(limit int, now time.Time) {
	if limit > 0 {
		q.LearnedLimit = limit
	}

	if q.LimitAnswers > 0 && q.PausedUntil.Sub(now) > probeHold {
		return
	}

	q.LimitAnswers++
	until := now.Add(min(firstLimitProbe<<min(q.LimitAnswers-1, 10), lastLimitProbe))
	if end := cambodia.Midnight(now).Add(day); until.After(end) {
		until = end
	}

	q.PausedUntil = checkout.Later(q.PausedUntil, until)
}

// spendProbe counts the one query that finds out whether the limit still applies.
// What the merchant set holds all the same.
func (q *Quota) spendProbe(budget checkout.Budget, now time.Time) bool {
	if budget.PerDay > 0 && q.Queries+q.ReserveQueries >= budget.PerDay {
		return false
	}
	q.Queries++
	q.PausedUntil = now.Add(probeHold)
	return true
}

// limitLifted notes that a query was answered after the limit was said to be
// reached. A reported limit beyond which an answer came is none.
func (q *Quota) limitLifted(now time.Time) {
	if q.LimitAnswers == 0 {
		return
	}
	q.LimitAnswers = 0
	if q.PausedUntil.Sub(now) <= probeHold {
		q.PausedUntil = time.Time{}
	}
	if q.Queries+q.ReserveQueries > q.LearnedLimit {
		q.LearnedLimit = 0
	}
}
