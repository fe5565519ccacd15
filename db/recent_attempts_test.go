package db_test

import (
	"testing"
	"time"

	"rieltime/checkout"
)

// A merchant's newest payments are read once one of them has failed to reach its provider.
func TestRecentAttemptsAreReadAfterAFailure(t *testing.T) {
	for name, fail := range map[string]func(*checkout.Payment){
		"unreachable": func(p *checkout.Payment) { p.Status, p.FailureCode = checkout.PaymentFailed, "unreachable" },
		"no answer":   func(p *checkout.Payment) { p.Doubtful = true },
	} {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			apply(t, store, "")
			expect := func(when string, since time.Time, want ...checkout.PaymentStatus) {
				t.Helper()
				attempts, err := store.RecentAttempts(t.Context(), "klaing", checkout.ModeTest, since, 30)
				if err != nil || len(attempts) != len(want) {
					t.Fatalf("%s: %v, %v, want %v", when, attempts, err, want)
				}
				for i, attempt := range attempts {
					if attempt.Status != want[i] || attempt.AccountID != "acct_1" {
						t.Errorf("%s: %v, want %v", when, attempts, want)
					}
				}
			}

			failed := payment("pay_1", "cs_1")
			fail(&failed)
			next := payment("pay_2", "cs_2")
			next.CreatedAt, next.Status = start.Add(time.Minute), checkout.PaymentProcessing
			insert(t, store, session("cs_2"), next)
			expect("none has failed", start)

			insert(t, store, session("cs_1"), failed)
			expect("one has failed", start, checkout.PaymentProcessing, failed.Status)
			expect("it failed before", start.Add(time.Second))
		})
	}
}
