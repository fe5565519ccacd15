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
