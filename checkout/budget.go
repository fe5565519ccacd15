package checkout

import (
	"math"
	"time"
)

// urgency orders the questions of an account; the most urgent comes first.
type urgency int

const (
	byHash  urgency = iota // a buyer typed the bank's transaction hash
	claimed                // "I have paid", not asked about since
	looking                // a buyer's page shows it
	resting                // everybody else: the newest first, then the closed
)

func urgencyOf(p Payment, now time.Time) urgency {
	switch {
	case p.ClaimedAt.After(p.CheckedAt):
		return claimed
	case now.Sub(p.WatchedAt) < lookingFor:
		return looking
	}
	return resting
}

// Meter is what an account has been asked so far and may still be. It is kept
// in the store, one for all replicas.
type Meter struct {
	AccountID   string
	PausedUntil time.Time // nobody asks before
	NextAt      time.Time // the rate a second lets nobody ask before; afterwards when it was last asked
	Day         time.Time // the day that is counted: its midnight in Indochina
	Asked       int       // on that day, without the reserve's
	Reserved    int       // on that day, out of the reserve
	SpreadAt    time.Time // when the questions asked so far would be over, evenly spread
	Learnt      int       // the daily allowance that the provider told; 0 when it never did
}

// Shares of a daily allowance.
const (
	reserveShare = 10 // one in ten is for buyers who say that they have paid
	burstShare   = 12 // one in twelve may be asked in a row after a quiet time
)

// allowance is the smaller of what is set and what was learnt; 0 is unlimited.
func (m *Meter) allowance(b Budget) int {
	if b.PerDay == 0 || (m.Learnt > 0 && m.Learnt < b.PerDay) {
		return m.Learnt
	}
	return b.PerDay
}

// take spends one question, if the budget lets one of this urgency be asked
// now.
func (m *Meter) take(b Budget, u urgency, now time.Time) bool {
	if now.Before(m.PausedUntil) || now.Before(m.NextAt) {
		return false
	}
	if today := midnight(now); today.After(m.Day) {
		m.Day, m.Asked, m.Reserved, m.SpreadAt = today, 0, 0, time.Time{}
	}
	if !m.takeDaily(m.allowance(b), u, now) {
		return false
	}
	m.NextAt = now
	if b.PerSecond > 0 {
		m.NextAt = now.Add(time.Duration(math.Ceil(1000/b.PerSecond)) * time.Millisecond)
	}
	return true
}

// takeDaily paces a daily allowance. What is left of it is spread evenly over
// what is left of the day, with a burst for those who wait after a quiet time;
// of the burst, nobody waits for the resting ones and they leave half. Who says
// that they have paid may use the reserve besides: by a hash at any time, else
// as evenly over the day.
func (m *Meter) takeDaily(allowance int, u urgency, now time.Time) bool {
	if allowance == 0 {
		m.Asked++
		return true
	}
	reserve := reserveOf(allowance)
	if u == byHash && m.Reserved < reserve {
		m.Reserved++
		return true
	}
	if m.takeSpread(allowance-reserve, u, now) {
		return true
	}
	share := float64(now.Sub(m.Day)) / float64(day)
	if u == claimed && float64(m.Reserved) < math.Floor(share*float64(reserve)) {
		m.Reserved++
		return true
	}
	return false
}

func reserveOf(allowance int) int {
	if allowance < 2 {
		return 0
	}
	return max(1, allowance/reserveShare)
}

func (m *Meter) takeSpread(allowance int, u urgency, now time.Time) bool {
	left := allowance - m.Asked
	if left <= 0 {
		return false
	}
	gap := m.Day.Add(day).Sub(now) / time.Duration(left)
	burst := max(1, allowance/burstShare)
	if u == resting {
		burst = (burst + 1) / 2
	}
	if m.SpreadAt.Sub(now) > time.Duration(burst-1)*gap {
		return false
	}
	if m.SpreadAt.Before(now) {
		m.SpreadAt = now
	}
	m.SpreadAt = m.SpreadAt.Add(gap)
	m.Asked++
	return true
}

const day = 24 * time.Hour

// indochina is the calendar that daily allowances run by; it knows no summer
// time.
var indochina = time.FixedZone("ICT", 7*60*60)

// midnight is the beginning of the day in Indochina.
func midnight(now time.Time) time.Time {
	year, month, date := now.In(indochina).Date()
	return time.Date(year, month, date, 0, 0, 0, 0, indochina).UTC()
}
