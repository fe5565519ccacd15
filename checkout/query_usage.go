package checkout

import (
	"time"

	"rieltime/internal/cambodia"
)

// QueryUsage is how often an account has been queried on a day, and what keeps it
// from being queried. Package checkout/verifier counts and decides; this package
// reads it, to say when payments cannot be confirmed soon.
type QueryUsage struct {
	AccountID      string
	PausedUntil    time.Time // no query is sent before
	Day            time.Time // the day that is counted: its midnight in Cambodia
	Queries        int       // on that day, without those out of the reserve
	ReserveQueries int       // on that day, out of the reserve for buyers who say that they have paid
	LearnedLimit   int       // the daily limit that the provider reported; 0 when it never did
	// LimitAnswers is how many answers in a row, on that day, said that the
	// provider's daily limit is reached.
	LimitAnswers int
}

// Allowance returns how many queries a day may hold: the smaller of the merchant's
// setting and the limit that the provider reported; 0 is unlimited.
func (u *QueryUsage) Allowance(b Budget) int {
	if b.PerDay == 0 || (u.LearnedLimit > 0 && u.LearnedLimit < b.PerDay) {
		return u.LearnedLimit
	}
	return b.PerDay
}

// AllowanceLeft returns how many queries today's allowance still holds for an
// account; limited is false where there is no allowance.
func (s *Service) AllowanceLeft(account Account, usage QueryUsage) (left int, limited bool) {
	provider, ok := s.providers[account.Provider]
	if !ok {
		return 0, false
	}

	allowance := usage.Allowance(BudgetOf(provider, account))
	if allowance == 0 {
		return 0, false
	}
	if cambodia.Midnight(s.now()).After(usage.Day) {
		return allowance, true
	}

	return max(0, allowance-usage.Queries-usage.ReserveQueries), true
}

// ConfirmationDelay is why payments to an account cannot be confirmed for a
// while.
type ConfirmationDelay struct {
	Until        time.Time // when the account may be queried next
	LimitReached bool      // the provider says that its daily limit is reached
	Spent        bool      // the day's allowance is spent
	Allowance    int       // the day's, where it is known
}

// ConfirmationDelay reports whether a buyer who pays to an account now must expect
// to wait for a confirmation, and why.
func (s *Service) ConfirmationDelay(account Account, usage QueryUsage) (delay ConfirmationDelay, delayed bool) {
	now := s.now()
	delay.Until = Later(usage.PausedUntil, now)
	delay.LimitReached = usage.LimitAnswers > 0 && !cambodia.Midnight(now).After(usage.Day)

	left, limited := s.AllowanceLeft(account, usage)
	if limited {
		delay.Allowance = usage.Allowance(BudgetOf(s.providers[account.Provider], account))
	}

	delay.Spent = limited && left == 0
	if delay.Spent && !delay.LimitReached {
		delay.Until = cambodia.Midnight(now).Add(day)
	}

	return delay, delay.Spent || delay.LimitReached || delay.Until.Sub(now) >= DelayedAfter
}
