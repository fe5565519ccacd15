package db_test

import (
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/reconcile"
	"rieltime/db"
	"rieltime/internal/cambodia"
)

// A report that is made again while somebody explains it leaves the explanation alone.
func TestExplanationIsKeptWhileManyWritersMakeTheReport(t *testing.T) {
	r := newReplicas(t)
	account := firstAccount(t, r.stores[0])
	for round := range rounds {
		report := reportOf(account, fmt.Sprint("tx", round), start)
		if err := r.stores[0].SaveReport(t.Context(), report); err != nil {
			t.Fatal(err)
		}
		r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
			if writer == writers/2 {
				return store.ExplainReport(t.Context(), report.Key(), reconcile.Explanation{Note: "sold at the old till", By: "user usr_1", At: start})
			}
			return store.SaveReport(t.Context(), report)
		})

		kept, err := r.stores[1].Report(t.Context(), report.Key())
		if err != nil || kept.Explanation.Note == "" || kept.Open() {
			t.Errorf("round %d: the explanation is %+v, %v", round, kept.Explanation, err)
		}
	}
}

func TestManyWritersCloseAndReopenADayOnce(t *testing.T) {
	r := newReplicas(t)
	key := checkout.DayKey{MerchantID: "klaing", Mode: checkout.ModeTest, AccountID: firstAccount(t, r.stores[0]), Currency: checkout.USD, Day: cambodia.DayOf(start)}
	for range rounds {
		closed := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
			return store.InsertDayClose(t.Context(), checkout.DayClose{ID: checkout.NewID("dc_"), DayKey: key, ClosedAt: start, ClosedBy: fmt.Sprint("writer ", writer)})
		}, checkout.ErrDayClosed)
		closes, err := r.stores[0].DayCloses(t.Context(), key.MerchantID, key.Mode, key.Day)
		if err != nil || closed != 1 {
			t.Fatalf("closed %d times, %v", closed, err)
		}

		var id string
		for _, one := range closes {
			if one.ReopenedAt.IsZero() {
				id = one.ID
			}
		}
		reopened := r.atOnce(func(_ int, store *db.Store, _ checkouttest.Process) error {
			return store.ReopenDay(t.Context(), key.MerchantID, key.Mode, id, func(d *checkout.DayClose) error {
				return d.Reopen("a late refund", "user usr_1", start.Add(time.Hour))
			})
		}, checkout.ErrDayNotClosed)
		if reopened != 1 {
			t.Fatalf("reopened %d times", reopened)
		}
	}
}

func firstAccount(t *testing.T, store *db.Store) string {
	t.Helper()
	accounts, err := store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil || len(accounts) == 0 {
		t.Fatal(accounts, err)
	}
	return accounts[0].ID
}
