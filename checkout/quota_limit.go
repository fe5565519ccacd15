package checkout

import (
	"time"

	"rieltime/internal/cambodia"
)

// A provider's word that an account's daily limit is reached ends the questions
// for a while, not for the day: others may have spent the limit, and it may be
// lifted. Then a single question probes, after 5 minutes, and after twice as
// long each time, up to an hour.
const (
	firstLimitProbe = 5 * time.Minute
	lastLimitProbe  = time.Hour
	probeHold       = 20 * time.Second // nobody else queries while a probe may be answered
)

// LimitReached notes that the provider says that the day's limit is reached, and
// what it is; 0 when the provider does not say. Questions that were in flight
// together count once.
func (m *Quota) LimitReached(limit int, now time.Time) {
	if limit > 0 {
		m.LearnedLimit = limit
	}

	if m.LimitAnswers > 0 && m.PausedUntil.Sub(now) > probeHold {
		return
	}

	m.LimitAnswers++
	until := now.Add(min(firstLimitProbe<<min(m.LimitAnswers-1, 10), lastLimitProbe))
	if end := cambodia.Midnight(now).Add(day); until.After(end) {
		until = end
	}

	m.PausedUntil = Later(m.PausedUntil, until)
}

// spendProbe spends the one question that finds out whether the limit still
// stands. What the merchant set holds all the same.
func (m *Quota) spendProbe(b Budget, now time.Time) bool {
	if b.PerDay > 0 && m.Asked+m.Reserved >= b.PerDay {
		return false
	}
	m.Asked++
	m.PausedUntil = now.Add(probeHold)
	return true
}

// LimitLifted notes that a question was answered after the limit was said to be
// reached. A learnt limit beyond which an answer came is none.
func (m *Quota) LimitLifted(now time.Time) {
	if m.LimitAnswers == 0 {
		return
	}
	m.LimitAnswers = 0
	if m.PausedUntil.Sub(now) <= probeHold {
		m.PausedUntil = time.Time{}
	}
	if m.Asked+m.Reserved > m.LearnedLimit {
		m.LearnedLimit = 0
	}
}
