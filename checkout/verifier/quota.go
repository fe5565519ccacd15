package verifier

import (
	"math"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

const day = 24 * time.Hour

// Shares of a daily allowance.
const (
	reserveShare = 10 // one in ten is for buyers who say that they have paid
	hashShare    = 20 // one in twenty is for transaction hashes, which anybody can make up
	burstShare   = 12 // one in twelve may be used in a row after a quiet time
)

// priority orders the queries to an account; the most urgent comes first.
type priority int

const (
	priorityReported priority = iota // the buyer says "I have paid", not queried since
	priorityViewed                   // a buyer's page shows the payment
	priorityIdle                     // all others: the newest first, then the closed ones
	prioritySparse                   // the same, and they fill less than half of a list
)

// Quota is how often an account has been queried so far and may still be. It is
// kept in the store, one for all replicas.
type Quota struct {
	checkout.QueryUsage
	NextAt    time.Time // the rate allows no query before; afterwards when the last one was sent
	InHand    float64   // how many queries may be sent at once, as of CountedAt, without the reserve's
	CountedAt time.Time
}

// spend counts one query, if the budget allows one of this priority now.
func (q *Quota) spend(budget checkout.Budget, p priority, now time.Time) bool {
	if now.Before(q.PausedUntil) || now.Before(q.NextAt) {
		return false
	}

	if today := cambodia.Midnight(now); today.After(q.Day) {
		q.Day, q.Queries, q.ReserveQueries, q.LimitAnswers = today, 0, 0, 0
	}

	spent := false
	if q.LimitAnswers > 0 {
		spent = q.spendProbe(budget, now)
	} else {
		spent = q.spendDaily(q.Allowance(budget), p, now)
	}

	if !spent {
		return false
	}

	q.NextAt = now
	if budget.PerSecond > 0 {
		q.NextAt = now.Add(time.Duration(math.Ceil(1000/budget.PerSecond)) * time.Millisecond)
	}

	return true
}

// spendDaily spreads a daily allowance over the day. Queries for buyers who say
// that they have paid may use the reserve besides what is in hand. For idle
// payments half a burst stays in hand, so that the next buyer need not wait; a
// sparse list is queried only from a full hand.
func (q *Quota) spendDaily(allowance int, p priority, now time.Time) bool {
	if allowance == 0 {
		q.Queries++
		return true
	}

	reserve := reserveOf(allowance)
	burst := q.accrue(allowance-reserve-hashLookups(allowance), now)
	keep := 0.0
	switch p {
	case priorityIdle:
		keep = math.Floor(burst / 2)
	case prioritySparse:
		keep = burst - 1
	}

	share := float64(now.Sub(q.Day)) / float64(day)
	switch {
	case p == priorityReported && q.InHand < 1 && float64(q.ReserveQueries) < share*float64(reserve):
		q.ReserveQueries++
	case q.InHand >= 1+keep:
		q.InHand--
		q.Queries++
	default:
		return false
	}

	return true
}

// accrue brings what is in hand up to now: what is left of an allowance comes in
// evenly over the rest of the day. No more than a burst is ever in hand; the
// excess is left for later. The first day begins with a burst, and what is in
// hand at midnight is kept.
func (q *Quota) accrue(allowance int, now time.Time) (burst float64) {
	burst = float64(max(1, allowance/burstShare))
	left := float64(allowance - q.Queries)
	from := checkout.Later(q.CountedAt, q.Day)
	if q.CountedAt.IsZero() {
		q.InHand = burst
	} else if since := now.Sub(from); since > 0 && left > q.InHand {
		q.InHand += (left - q.InHand) * float64(since) / float64(q.Day.Add(day).Sub(from))
	}

	q.InHand = min(q.InHand, burst, left)
	q.CountedAt = now
	return burst
}

func reserveOf(allowance int) int {
	if allowance < 2 {
		return 0
	}
	return max(1, allowance/reserveShare)
}

// hashLookups returns how many of a daily allowance are set aside for looking up
// transaction hashes. They use nothing else, so that made-up ones delay nobody.
func hashLookups(allowance int) int { return allowance / hashShare }
