package db_test

import (
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestRecentAttemptsAreTheMerchantsNewestFirst(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	var payments []checkout.Payment
	for i := range 4 {
		p := payment(fmt.Sprintf("pay_%d", i), "cs_1")
		p.CreatedAt = start.Add(time.Duration(i) * time.Minute)
		p.Status, p.FailureCode, p.Doubtful = checkout.PaymentFailed, fmt.Sprint(i), i == 2
		payments = append(payments, p)
	}
	insert(t, store, session("cs_1"), payments...)
	recent := func(merchant string, mode checkout.Mode, since time.Duration, limit int) (codes string) {
		t.Helper()
		attempts, err := store.RecentAttempts(t.Context(), merchant, mode, start.Add(since), limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range attempts {
			if a.AccountID != "acct_1" || a.Status != checkout.PaymentFailed || a.Doubtful != (a.FailureCode == "2") {
				t.Errorf("%+v", a)
			}
			codes += a.FailureCode
		}
		return codes
	}
	for _, c := range []struct {
		got, want string
	}{
		{recent("klaing", checkout.ModeTest, 0, 10), "3210"},
		{recent("klaing", checkout.ModeTest, 2*time.Minute, 10), "32"},
		{recent("klaing", checkout.ModeTest, 0, 1), "3"},
		{recent("klaing", checkout.ModeLive, 0, 10), ""},
		{recent("krama", checkout.ModeTest, 0, 10), ""},
	} {
		if c.got != c.want {
			t.Errorf("attempts %q, want %q", c.got, c.want)
		}
	}
}

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
