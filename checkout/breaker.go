package checkout

import (
	"sync"
	"time"
)

// When questions keep failing, an account rests: a second after the third in a
// row, then twice as long each time.
const (
	failuresToOpen = 3
	shortestRest   = time.Second
	longestRest    = 15 * time.Second
)

// breakers count, for each account, the questions without any usable answer in
// a row. While a breaker is open one question at a time goes through. The rests
// themselves are in the store, for all replicas.
type breakers struct {
	mu       sync.Mutex
	accounts map[string]*breaker
}

type breaker struct {
	failures int
	inFlight int
}

// enter lets a question go, or not; probe tells that it is the one that an
// open breaker lets through. Each question that was let go must leave.
func (b *breakers) enter(accountID string) (probe, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.accounts == nil {
		b.accounts = map[string]*breaker{}
	}
	account := b.accounts[accountID]
	if account == nil {
		account = &breaker{}
		b.accounts[accountID] = account
	}
	probe = account.failures >= failuresToOpen
	if probe && account.inFlight > 0 {
		return probe, false
	}
	account.inFlight++
	return probe, true
}

// leave notes that a question is over without an answer to count.
func (b *breakers) leave(accountID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.out(accountID)
}

func (b *breakers) out(accountID string) *breaker {
	account := b.accounts[accountID]
	account.inFlight--
	return account
}

// answered counts a question's outcome and tells how long the account rests.
// A question sent before the breaker opened does not make it rest longer.
func (b *breakers) answered(accountID string, known, probe bool) (rest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	account := b.out(accountID)
	if known {
		account.failures = 0
		return 0
	}
	if account.failures < failuresToOpen || probe {
		account.failures++
	}
	if account.failures < failuresToOpen {
		return 0
	}
	return min(shortestRest<<min(account.failures-failuresToOpen, 10), longestRest)
}
