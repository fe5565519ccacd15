package db_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db/dbtest"
	"rieltime/internal/cambodia"
)

// closeOf is a close of klaing's account in dollars.
func closeOf(accountID string, figures checkout.DayFigures) checkout.DayClose {
	at := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	key := checkout.DayKey{MerchantID: "klaing", Mode: checkout.ModeTest, AccountID: accountID, Currency: checkout.USD, Day: cambodia.DayOf(at) - 1}
	return checkout.DayClose{ID: checkout.NewID("dc_"), DayKey: key, Figures: figures, Note: "n", ClosedAt: at, ClosedBy: "user usr_1"}
}

func TestDayIsClosedOnceAndKeepsItsFigures(t *testing.T) {
	t.Parallel()
	store := openWith(t, dbtest.Options(t))
	apply(t, store, "")
	accounts, err := store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		t.Fatal(err)
	}
	figures := checkout.DayFigures{Taken: checkout.Sum{Minor: 1000, Count: 2}, Bank: &checkout.BankDay{In: checkout.Sum{Minor: 900, Count: 1}, Fees: checkout.Sum{Minor: 10, Count: 1}}}

	var mu sync.Mutex
	var closed []checkout.DayClose
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			one := closeOf(accounts[0].ID, figures)
			err := store.InsertDayClose(t.Context(), one)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				closed = append(closed, one)
			} else if !errors.Is(err, checkout.ErrDayClosed) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(closed) != 1 {
		t.Fatalf("%d of four at once closed the day", len(closed))
	}

	one := closed[0]
	listed, err := store.DayCloses(t.Context(), "klaing", checkout.ModeTest, one.Day)
	if err != nil || len(listed) != 1 || !listed[0].Figures.Same(figures) || listed[0].Figures.Difference() != -100 || listed[0].Figures.Net() != 990 {
		t.Fatalf("%+v, %v", listed, err)
	}

	reopen := func(d *checkout.DayClose) error {
		return d.Reopen("a late statement", "user usr_2", one.ClosedAt.Add(time.Hour))
	}
	if err := store.ReopenDay(t.Context(), "krama", checkout.ModeTest, one.ID, reopen); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("another merchant's: %v", err)
	}
	if err := store.ReopenDay(t.Context(), "klaing", checkout.ModeTest, one.ID, reopen); err != nil {
		t.Fatal(err)
	}
	if err := store.ReopenDay(t.Context(), "klaing", checkout.ModeTest, one.ID, reopen); !errors.Is(err, checkout.ErrDayNotClosed) {
		t.Errorf("twice: %v", err)
	}
	if err := store.InsertDayClose(t.Context(), closeOf(accounts[0].ID, figures)); err != nil {
		t.Errorf("closed again: %v", err)
	}
	listed, err = store.DayCloses(t.Context(), "klaing", checkout.ModeTest, one.Day)
	if err != nil || len(listed) != 2 || listed[0].Reason != "a late statement" && listed[1].Reason != "a late statement" {
		t.Errorf("%+v, %v", listed, err)
	}
}
