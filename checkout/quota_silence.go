package checkout

import (
	"time"

	"rieltime/internal/cambodia"
)

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
	silence = Silence{Until: Later(meter.PausedUntil, now), LimitReached: meter.LimitAnswers > 0 && !cambodia.Midnight(now).After(meter.Day)}
	if limited {
		silence.Allowance = meter.Allowance(BudgetOf(s.providers[account.Provider], account))
	}
	if silence.Spent = limited && left == 0; silence.Spent && !silence.LimitReached {
		silence.Until = cambodia.Midnight(now).Add(day)
	}
	return silence, silence.Spent || silence.LimitReached || silence.Until.Sub(now) >= DelayedAfter
}

// AllowanceLeft is how many questions a day's allowance still holds for an
// account; limited is false where there is none.
func (s *Service) AllowanceLeft(account Account, meter Quota) (left int, limited bool) {
	provider, known := s.providers[account.Provider]
	if !known {
		return 0, false
	}

	allowance := meter.Allowance(BudgetOf(provider, account))
	if allowance == 0 {
		return 0, false
	}
	if cambodia.Midnight(s.now()).After(meter.Day) {
		return allowance, true
	}

	return max(0, allowance-meter.Asked-meter.Reserved), true
}
