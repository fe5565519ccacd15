package checkout

import "time"

// A provider's word that an account's daily limit is reached ends the questions
// for a while, not for the day: others may have spent the limit, and it may be
// lifted. Then a single question probes, after 5 minutes, and after twice as
// long each time, up to an hour.
const (
	firstLimitProbe = 5 * time.Minute
	lastLimitProbe  = time.Hour
	probeHold       = questionTimeout + 5*time.Second // nobody else asks while a probe may be answered
)

// limitReached notes that the provider says that the day's limit is reached, and
// what it is; 0 when the provider does not say. Questions that were in flight
// together count once.
func (m *Quota) limitReached(limit int, now time.Time) {
	if limit > 0 {
		m.LearnedLimit = limit
	}

	if m.LimitAnswers > 0 && m.PausedUntil.Sub(now) > probeHold {
		return
	}

	m.LimitAnswers++
	until := now.Add(min(firstLimitProbe<<min(m.LimitAnswers-1, 10), lastLimitProbe))
	if end := midnight(now).Add(day); until.After(end) {
		until = end
	}

	m.PausedUntil = later(m.PausedUntil, until)
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

// limitLifted notes that a question was answered after the limit was said to be
// reached. A learnt limit beyond which an answer came is none.
func (m *Quota) limitLifted(now time.Time) {
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

// Silence is why an account is not asked for a while, although payments wait.
type Silence struct {
	Until        time.Time // when it may be asked next
	LimitReached bool      // by its provider's word
	Spent        bool      // the day's allowance is
	Allowance    int       // the day's, where it is known
}

// SilenceOf reports whether a buyer who pays to an account now must expect to
// wait for a confirmation, and why.
func (s *Service) SilenceOf(account Account, meter Quota) (silence Silence, silent bool) {
	now := s.now()
	left, limited := s.AllowanceLeft(account, meter)
	silence = Silence{Until: later(meter.PausedUntil, now), LimitReached: meter.LimitAnswers > 0 && !midnight(now).After(meter.Day)}
	if limited {
		silence.Allowance = meter.allowance(budgetOf(s.providers[account.Provider], account))
	}
	if silence.Spent = limited && left == 0; silence.Spent && !silence.LimitReached {
		silence.Until = midnight(now).Add(day)
	}
	return silence, silence.Spent || silence.LimitReached || silence.Until.Sub(now) >= delayedAfter
}
