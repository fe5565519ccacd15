package checkout

import "time"

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
