package verifier

import (
	"sync"
	"time"
)

// When queries about different payments keep failing, the account pauses: for a
// second after the third in a row, then twice as long each time, but never longer
// than a buyer who views a payment can wait. Failures about one payment alone say
// nothing about the account.
const (
	failuresToOpen = 3
	shortestPause  = time.Second
	longestPause   = 4 * time.Second
)

// breakers is the circuit breaker of each account: it counts the queries in a row
// that brought no answer. While a breaker is open it allows one query at a time,
// or a second one when the first has had no answer for longestPause. The pauses
// themselves are in the store, for all replicas (Quota.PausedUntil).
type breakers struct {
	mu       sync.Mutex
	accounts map[string]*breaker
}

type breaker struct {
	failed   map[string]struct{} // payments whose queries failed since the last answer
	pauses   int                 // since the breaker opened
	inFlight int
	probedAt time.Time // when the last query was allowed while it was open
}

func (b *breaker) open() bool { return len(b.failed) >= failuresToOpen }

// begin reports whether a query may be sent to an account, and whether it probes
// an open breaker. Each query that may is to be ended by finish or cancel.
func (b *breakers) begin(accountID string, now time.Time) (probe, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()

	if b.accounts == nil {
		b.accounts = map[string]*breaker{}
	}

	account := b.accounts[accountID]
	if account == nil {
		account = &breaker{failed: map[string]struct{}{}}
		b.accounts[accountID] = account
	}

	if account.open() {
		waited := now.Sub(account.probedAt)
		if account.inFlight > 0 && waited >= 0 && waited < longestPause {
			return true, false
		}
		probe, account.probedAt = true, now
	}

	account.inFlight++
	return probe, true
}

// cancel ends a query that was not sent.
func (b *breakers) cancel(accountID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accounts[accountID].inFlight--
}

// finish counts the outcome of a query about a payment, or of a list by its first,
// and returns for how long the account pauses. A query that was sent before the
// breaker opened does not make it pause longer.
func (b *breakers) finish(accountID, paymentID string, known, probe bool) (pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()

	account := b.accounts[accountID]
	account.inFlight--
	switch {
	case known:
		clear(account.failed)
		account.pauses = 0
		return 0

	case probe:
		account.pauses++
	case !account.open():
		account.failed[paymentID] = struct{}{}
	}

	if !account.open() {
		return 0
	}

	return min(shortestPause<<min(account.pauses, 10), longestPause)
}
