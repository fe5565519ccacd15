package checkout

import (
	"math"
	"time"

	"rieltime/internal/cambodia"
)

// Priority orders the questions of an account; the most urgent comes first.
type Priority int

const (
	PriorityReported Priority = iota // "I have paid", not asked about since
	PriorityViewed                   // a buyer's page shows it
	PriorityIdle                     // everybody else: the newest first, then the closed
	PrioritySparse                   // the same, and they fill less than half of a list
)

// Quota is what an account has been asked so far and may still be. It is kept
// in the store, one for all replicas.
type Quota struct {
	AccountID    string
	PausedUntil  time.Time // nobody asks before
	NextAt       time.Time // the rate a second lets nobody ask before; afterwards when it was last asked
	Day          time.Time // the day that is counted: its midnight in Indochina
	Asked        int       // on that day, without the reserve's
	Reserved     int       // on that day, out of the reserve
	InHand       float64   // how many may be asked at once, as of CountedAt, without the reserve's
	CountedAt    time.Time
	LearnedLimit int // the daily allowance that the provider told; 0 when it never did
	// LimitAnswers is how many answers in a row, on that day, said that the
	// provider's daily limit is reached.
	LimitAnswers int
}

// Shares of a daily allowance.
const (
	reserveShare = 10 // one in ten is for buyers who say that they have paid
	hashShare    = 20 // one in twenty is for transaction hashes, which anybody can make up
	burstShare   = 12 // one in twelve may be asked in a row after a quiet time
)

// Allowance is the smaller of what is set and what was learnt; 0 is unlimited.
func (m *Quota) Allowance(b Budget) int {
	if b.PerDay == 0 || (m.LearnedLimit > 0 && m.LearnedLimit < b.PerDay) {
		return m.LearnedLimit
	}
	return b.PerDay
}

// Spend spends one question, if the budget lets one of this urgency be asked
// now.
func (m *Quota) Spend(b Budget, u Priority, now time.Time) bool {
	if now.Before(m.PausedUntil) || now.Before(m.NextAt) {
		return false
	}

	if today := cambodia.Midnight(now); today.After(m.Day) {
		m.Day, m.Asked, m.Reserved, m.LimitAnswers = today, 0, 0, 0
	}

	taken := false
	if m.LimitAnswers > 0 {
		taken = m.spendProbe(b, now)
	} else {
		taken = m.spendDaily(m.Allowance(b), u, now)
	}

	if !taken {
		return false
	}

	m.NextAt = now
	if b.PerSecond > 0 {
		m.NextAt = now.Add(time.Duration(math.Ceil(1000/b.PerSecond)) * time.Millisecond)
	}

	return true
}

// spendDaily paces a daily allowance. Who says that they have paid may use the
// reserve besides what is in hand, as evenly over the day as it goes. For the resting ones half a burst stays in hand, so that
// a buyer who comes next need not wait; a sparse list takes from a full hand.
func (m *Quota) spendDaily(allowance int, u Priority, now time.Time) bool {
	if allowance == 0 {
		m.Asked++
		return true
	}

	reserve := reserveOf(allowance)
	burst := m.accrue(allowance-reserve-HashLookups(allowance), now)
	keep := 0.0
	switch u {
	case PriorityIdle:
		keep = math.Floor(burst / 2)
	case PrioritySparse:
		keep = burst - 1
	}

	share := float64(now.Sub(m.Day)) / float64(day)
	switch {
	case u == PriorityReported && m.InHand < 1 && float64(m.Reserved) < share*float64(reserve):
		m.Reserved++
	case m.InHand >= 1+keep:
		m.InHand--
		m.Asked++
	default:
		return false
	}

	return true
}

// accrue brings what is in hand up to now: what is left of an allowance comes
// in evenly over what is left of the day. More than a burst never lies in hand,
// and then more is left for later. It begins with a burst, and goes on over
// midnight.
func (m *Quota) accrue(allowance int, now time.Time) (burst float64) {
	burst = float64(max(1, allowance/burstShare))
	left := float64(allowance - m.Asked)
	from := Later(m.CountedAt, m.Day)
	if m.CountedAt.IsZero() {
		m.InHand = burst
	} else if since := now.Sub(from); since > 0 && left > m.InHand {
		m.InHand += (left - m.InHand) * float64(since) / float64(m.Day.Add(day).Sub(from))
	}

	m.InHand = min(m.InHand, burst, left)
	m.CountedAt = now
	return burst
}

func reserveOf(allowance int) int {
	if allowance < 2 {
		return 0
	}
	return max(1, allowance/reserveShare)
}

// HashLookups is how many of a daily allowance are set aside for looking up
// transaction hashes. They take nothing else, so that made-up ones hold up nobody.
func HashLookups(allowance int) int { return allowance / hashShare }
