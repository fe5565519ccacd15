package checkout

import (
	"context"
	"time"
)

// A way to pay whose last failuresToSink attempts within sinkWindow could not
// reach its provider moves below the others, until one gets through or the
// window has passed.
const (
	sinkWindow     = 10 * time.Minute
	failuresToSink = 3
	recentAttempts = 30 // of all the merchant's accounts
)

// Attempt is what a recent payment says about its account.
type Attempt struct {
	AccountID   string
	Status      PaymentStatus
	FailureCode string
	Doubtful    bool // the last question about it got no usable answer
}

// reached reports whether the provider answered, as far as is known.
func (a Attempt) reached() (answered, known bool) {
	if a.FailureCode == unreachable || a.Doubtful {
		return false, true
	}
	return true, a.Status != PaymentCreated
}

// failing finds the accounts whose newest attempts all failed to reach their
// provider.
func failing(newestFirst []Attempt) map[string]bool {
	failures, done, sunk := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, attempt := range newestFirst {
		answered, ok := attempt.reached()
		if !ok || done[attempt.AccountID] {
			continue
		}

		if answered {
			done[attempt.AccountID] = true
			continue
		}

		failures[attempt.AccountID]++
		sunk[attempt.AccountID] = failures[attempt.AccountID] >= failuresToSink
	}

	return sunk
}

// failingKeptFor is how long what keeps failing is kept in memory: each page of methods
// shows it, and it is read from up to recentAttempts payments.
const failingKeptFor = time.Second

type failingKey struct {
	merchantID string
	mode       Mode
}

type failingAt struct {
	accounts map[string]bool
	readAt   time.Time
}

// failingAccounts returns which accounts of a merchant keep failing, or did a moment ago.
func (s *Service) failingAccounts(ctx context.Context, merchantID string, mode Mode) (map[string]bool, error) {
	key, now := failingKey{merchantID, mode}, s.now()
	known, _ := s.failing.Load(key)
	if known, ok := known.(failingAt); ok && now.Sub(known.readAt).Abs() < failingKeptFor {
		return known.accounts, nil
	}

	recent, err := s.store.RecentAttempts(ctx, merchantID, mode, now.Add(-sinkWindow), recentAttempts)
	if err != nil {
		return nil, err
	}

	accounts := failing(recent)
	s.failing.Store(key, failingAt{accounts, now})
	return accounts, nil
}
