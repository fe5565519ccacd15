//go:build postgres

package db_test

import (
	"net/url"
	"sync"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

func TestStoreWorksThroughAPoolerOfTransactions(t *testing.T) {
	t.Parallel()
	direct := dbtest.Fresh(t)
	store := openWith(t, dbtest.Pooled(t, direct))
	apply(t, store, "https://shop.example/hooks")

	var wait sync.WaitGroup
	for i := range 40 { // more than the pooler has connections: they change hands
		wait.Go(func() {
			id := string(rune('a'+i%26)) + string(rune('a'+i/26))
			insert(t, store, session("cs_"+id), payment("pay_"+id, "cs_"+id))
			if _, err := store.Purchase(t.Context(), "cs_"+id); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()

	sessions, _, err := store.ListSessions(t.Context(), "klaing", checkout.ModeTest, checkout.SessionQuery{ListPart: checkout.ListPart{Limit: 100}})
	if err != nil || len(sessions) != 40 {
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
	if !store.Pooled() {
		t.Error("the pooler is not noticed")
	}
	if openWith(t, direct).Pooled() {
		t.Error("a server is taken for a pooler")
	}
}

func TestChangesAreBoundedThroughAPoolerToo(t *testing.T) {
	direct := dbtest.Fresh(t)
	for name, options := range map[string]db.Options{"direct": direct, "pooled": dbtest.Pooled(t, direct)} {
		statement, lock, err := openWith(t, options).Bounds(t.Context())
		if err != nil || statement != "15s" || lock != "10s" {
			t.Errorf("%s: statements may take %s, locks %s, %v", name, statement, lock, err)
		}
	}
}

func TestMigrationThroughAPoolerIsDoneOnce(t *testing.T) {
	t.Parallel()
	options := dbtest.Pooled(t, dbtest.Empty(t))
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			store, err := db.Open(t.Context(), options)
			if err != nil {
				t.Error(err)
				return
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestDatabaseThatIsNotThereIsNoReasonToWait(t *testing.T) {
	options := dbtest.Fresh(t)
	address, err := url.Parse(options.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/there_is_none"
	options.URL = address.String()
	if _, err := db.Open(t.Context(), options); err == nil || db.Unreachable(err) {
		t.Errorf("open: %v, want an error that no next try mends", err)
	}
}
