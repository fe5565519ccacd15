package checkout

import (
	"context"
	"time"

	"rieltime/internal/cambodia"
)

// AccountTrouble is what keeps an account from being paid, or soon may.
type AccountTrouble struct {
	Account Account
	Kind    TroubleKind
	Until   time.Time // when it ends, or with TroubleEnding begins; zero: not known
	Left    int       // with TroubleQuota: queries left today
}

// TroubleKind says what the trouble is.
type TroubleKind string

// The kinds of trouble.
const (
	TroubleDown   TroubleKind = "down"   // the last attempts did not reach the provider
	TroublePaused TroubleKind = "paused" // no query is possible now, so that payments wait for confirmation
	TroubleQuota  TroubleKind = "quota"  // little is left of the day's queries
	TroubleEnding TroubleKind = "ending" // access to the provider ends, and the merchant must renew it
)

// EndingWithin is how long before its end an account's access is reported.
const EndingWithin = 14 * day

// quotaShare is the part of a day's queries below which little is left.
const quotaShare = 10

// AccountEnder returns when a merchant's access to an account ends unless the merchant
// renews it. It makes no call. The zero time means never, or that it renews itself.
type AccountEnder interface {
	AccountEnds(ctx context.Context, account Account) (time.Time, error)
}

// AccountTroubles reports the trouble that a merchant's accounts of one mode have, without
// asking any provider.
func (s *Service) AccountTroubles(ctx context.Context, merchantID string, mode Mode) ([]AccountTrouble, error) {
	accounts, err := s.store.Accounts(ctx, merchantID, mode)
	if err != nil {
		return nil, err
	}

	usages, err := s.store.QueryUsage(ctx, merchantID, mode)
	if err != nil {
		return nil, err
	}

	recent, err := s.store.RecentAttempts(ctx, merchantID, mode, s.now().Add(-sinkWindow), recentAttempts)
	if err != nil {
		return nil, err
	}

	var troubles []AccountTrouble
	down := failing(recent)
	for _, account := range accounts {
		if down[account.ID] {
			troubles = append(troubles, AccountTrouble{Account: account, Kind: TroubleDown})
		}
		if trouble, has := s.queryTrouble(account, usages[account.ID]); has {
			troubles = append(troubles, trouble)
		}

		ends, err := s.accountEnds(ctx, account)
		if err != nil {
			return nil, err
		}
		if !ends.IsZero() && ends.Before(s.now().Add(EndingWithin)) {
			troubles = append(troubles, AccountTrouble{Account: account, Kind: TroubleEnding, Until: ends})
		}
	}

	return troubles, nil
}

func (s *Service) queryTrouble(account Account, usage QueryUsage) (AccountTrouble, bool) {
	if _, ok := s.providers[account.Provider]; !ok {
		return AccountTrouble{}, false
	}
	if delay, delayed := s.ConfirmationDelay(account, usage); delayed {
		return AccountTrouble{Account: account, Kind: TroublePaused, Until: delay.Until}, true
	}

	left, limited := s.AllowanceLeft(account, usage)
	if !limited || left*quotaShare > usage.Allowance(BudgetOf(s.providers[account.Provider], account)) {
		return AccountTrouble{}, false
	}
	return AccountTrouble{Account: account, Kind: TroubleQuota, Left: left, Until: cambodia.Midnight(s.now()).Add(day)}, true
}

func (s *Service) accountEnds(ctx context.Context, account Account) (time.Time, error) {
	ender, ends := s.providers[account.Provider].(AccountEnder)
	if !ends {
		return time.Time{}, nil
	}
	return Contained(s.LogFor(ctx), account.Provider, func() (time.Time, error) { return ender.AccountEnds(ctx, account) })
}
