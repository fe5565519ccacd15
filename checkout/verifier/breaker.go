package verifier

import (
	"sync"
	"time"
)

// When questions about different payments keep failing, an account rests: a
// second after the third in a row, then twice as long each time, and never for
// longer than a buyer who looks can wait. What one payment's questions bring
// tells nothing of the account.
const (
	failuresToOpen = 3
	shortestRest   = time.Second
	longestRest    = 4 * time.Second
)

// breakers count, for each account, the questions in a row to which it gave no
// answer. While a breaker is open one question at a time goes through, or a
// second one when the first has had no answer for longestRest. The rests
// themselves are in the store, for all replicas.
type breakers struct {
	mu       sync.Mutex
	accounts map[string]*breaker
}

type breaker struct {
	failed   map[string]struct{} // payments whose questions failed since the last answer
	rests    int                 // since the breaker opened
	inFlight int
	probedAt time.Time // when the last question went through while it was open
}

func (b *breaker) open() bool { return len(b.failed) >= failuresToOpen }

// enter lets a question go, or not; probe says that an open breaker let it
// through. Each question that was let go must leave.
func (b *breakers) enter(accountID string, now time.Time) (probe, ok bool) {
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
		if account.inFlight > 0 && waited >= 0 && waited < longestRest {
			return true, false
		}
		probe, account.probedAt = true, now
	}

	account.inFlight++
	return probe, true
}

// leave notes that a question is over without an answer to count.
func (b *breakers) leave(accountID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accounts[accountID].inFlight--
}

// answered counts the outcome of a question about a payment, or of a list by its
// first, and gives for how long the account rests. A question sent before the
// breaker opened does not make it rest longer.
func (b *breakers) answered(accountID, paymentID string, known, probe bool) (rest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()

	account := b.accounts[accountID]
	account.inFlight--
	switch {
	case known:
		clear(account.failed)
		account.rests = 0
		return 0

	case probe:
		account.rests++
	case !account.open():
		account.failed[paymentID] = struct{}{}
	}

	if !account.open() {
		return 0
	}

	return min(shortestRest<<min(account.rests, 10), longestRest)
}
