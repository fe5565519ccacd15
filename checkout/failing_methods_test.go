package checkout

import (
	"context"
	"testing"
	"time"
)

func TestAccountSinksAfterFailuresInARow(t *testing.T) {
	t.Parallel()
	const bad, fine = "bad", "fine"
	kinds := map[rune]Attempt{
		'x': {AccountID: bad, Status: PaymentFailed, FailureCode: "unreachable"},
		'?': {AccountID: bad, Status: PaymentRequiresAction, Doubtful: true},
		'o': {AccountID: bad, Status: PaymentRequiresAction},
		'd': {AccountID: bad, Status: PaymentFailed, FailureCode: "declined"},
		'p': {AccountID: bad, Status: PaymentSucceeded},
		'c': {AccountID: bad, Status: PaymentCreated}, // not answered yet
		'-': {AccountID: fine, Status: PaymentSucceeded},
	}
	for newestFirst, want := range map[string]bool{
		"":      false,
		"xx":    false,
		"xxx":   true,
		"?x?":   true,
		"cxxx":  true,
		"x-x-x": true,
		"xxox":  false,
		"oxxxx": false,
		"dxxx":  false,
		"pxxx":  false,
		"xxxp":  true,
	} {
		var attempts []Attempt
		for _, letter := range newestFirst {
			attempts = append(attempts, kinds[letter])
		}
		sunk := failing(attempts)
		if sunk[bad] != want || sunk[fine] {
			t.Errorf("%q: sunk %v, want %t for one and false for the other", newestFirst, sunk, want)
		}
	}
}

// attemptsStore counts how often a merchant's attempts are read.
type attemptsStore struct {
	Store
	recent []Attempt
	reads  int
}

func (s *attemptsStore) RecentAttempts(context.Context, string, Mode, time.Time, int) ([]Attempt, error) {
	s.reads++
	return s.recent, nil
}

func TestWhatKeepsFailingIsReadOnceASecondForEachMerchant(t *testing.T) {
	t.Parallel()
	down := Attempt{AccountID: "acct", Status: PaymentFailed, FailureCode: "unreachable"}
	store := &attemptsStore{recent: []Attempt{down, down, down}}
	now := time.Date(2026, 4, 13, 12, 0, 0, 0, time.UTC)
	service := NewService(Config{Store: store, Now: func() time.Time { return now }})
	want := func(when, merchant string, failing bool, reads int) {
		t.Helper()
		accounts, err := service.failingAccounts(t.Context(), merchant, ModeLive)
		if err != nil || accounts["acct"] != failing || store.reads != reads {
			t.Errorf("%s: failing %t after %d reads, %v", when, accounts["acct"], store.reads, err)
		}
	}

	want("first", "klaing", true, 1)
	store.recent = nil
	now = now.Add(failingKeptFor - time.Millisecond)
	want("within a second", "klaing", true, 1)
	want("of another merchant", "other", false, 2)
	now = now.Add(time.Millisecond)
	want("after a second", "klaing", false, 3)
	store.recent = []Attempt{down, down, down}
	now = now.Add(-time.Hour)
	want("after the clock was set back", "klaing", true, 4)
}
