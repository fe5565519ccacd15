package db_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

const aMonth = 31 * 24 * time.Hour

// openAtTime opens a store whose clock the returned function sets.
func openAtTime(t testing.TB, options db.Options) (store *db.Store, set func(time.Time)) {
	t.Helper()
	var now atomic.Pointer[time.Time]
	now.Store(&start)
	options.Now = func() time.Time { return *now.Load() }
	store, err := db.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, func(at time.Time) { now.Store(&at) }
}

// attempted makes a paid purchase whose delivery arrived, and returns the delivery's id.
func attempted(t testing.TB, store *db.Store, name string, at time.Time) string {
	t.Helper()
	paid(t, store, name)
	sent, _, err := store.ListDeliveries(t.Context(), checkout.DeliveryQuery{EndpointID: "we_1", Status: checkout.DeliveryPending, ListPart: checkout.ListPart{Limit: 1}})
	if err != nil || len(sent) != 1 {
		t.Fatal(sent, err)
	}
	if _, err := store.RecordAttempt(t.Context(), checkout.DeliveryAttempt{DeliveryID: sent[0].ID, At: at, Status: 200, Delivered: true}); err != nil {
		t.Fatal(err)
	}
	return sent[0].ID
}

// noted adds an entry to the audit trail.
func noted(t testing.TB, store *db.Store, action string) {
	t.Helper()
	if err := store.Audit(checkout.WithActor(t.Context(), "cli:test"), action, "x", nil); err != nil {
		t.Fatal(err)
	}
}

// entries are the actions of the commands in the audit trail.
func entries(t testing.TB, store *db.Store) (actions []string) {
	t.Helper()
	trail, err := store.AuditTrail(t.Context(), db.AuditQuery{Limit: 1000, Actor: "cli:test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range trail {
		actions = append(actions, entry.Action)
	}
	return actions
}

func retain(t testing.TB, store *db.Store, keep db.Retention) {
	t.Helper()
	if err := store.Retain(checkout.WithActor(t.Context(), "job:retain_records"), keep); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyWhatWasKeptForLongEnoughIsRemoved(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store, set := openAtTime(t, options)
	apply(t, store, "https://shop.example/hook")
	old := attempted(t, store, "old", start)
	for range 120 { // more than are deleted at once
		noted(t, store, "old")
	}

	later := start.AddDate(0, 4, 0)
	set(later)
	recent := attempted(t, store, "recent", later)
	noted(t, store, "recent")
	wantAttempts := func(id string, want int) {
		t.Helper()
		record, err := store.DeliveryRecord(t.Context(), id)
		if err != nil || len(record.Attempts) != want {
			t.Errorf("%d attempts, %v, want %d", len(record.Attempts), err, want)
		}
	}

	retain(t, store, db.Retention{})
	wantAttempts(old, 1)
	if got := len(entries(t, store)); got != 121 {
		t.Errorf("%d entries with a retention of 0", got)
	}

	retain(t, store, db.Retention{Attempts: aMonth})
	wantAttempts(old, 0)
	wantAttempts(recent, 1)
	if got := len(entries(t, store)); got != 121 {
		t.Errorf("%d entries after the removal of attempts", got)
	}
	dbtest.WantSound(t, options)
	records, _, err := store.ListDeliveries(t.Context(), checkout.DeliveryQuery{EndpointID: "we_1", ListPart: checkout.ListPart{Limit: 100}})
	if err != nil || len(records) < 2 {
		t.Errorf("%d deliveries are listed, %v", len(records), err)
	}

	retain(t, store, db.Retention{Audit: aMonth})
	if got := strings.Join(entries(t, store), " "); got != "recent" {
		t.Errorf("kept: %s", got)
	}
	for _, change := range []string{"UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"} {
		if _, err := rawDatabase(t, options).Exec(change); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", change, err)
		}
	}

	told, err := store.AuditTrail(t.Context(), db.AuditQuery{Limit: 10, Actor: "job:retain_records"})
	if err != nil || len(told) != 2 || !strings.HasPrefix(told[0].Action, "retention.") {
		t.Errorf("told: %+v, %v", told, err)
	}
}

func TestRetentionIsADailyJob(t *testing.T) {
	t.Parallel()
	store, set := openAtTime(t, dbtest.Options(t))
	noted(t, store, "old")
	set(start.AddDate(0, 4, 0))
	noted(t, store, "recent")
	stop, err := store.StartQueue(context.WithoutCancel(t.Context()), db.Jobs{Retention: db.Retention{Audit: aMonth}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "old entries are removed", func() bool { return strings.Join(entries(t, store), " ") == "recent" })
	if err := stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

// While the clock was wrong, more rows were stored than are deleted at once.
func TestRowsDatedAheadDoNotKeepOldOnesForEver(t *testing.T) {
	t.Parallel()
	store, set := openAtTime(t, dbtest.Options(t))
	apply(t, store, "https://shop.example/hook")
	const each = 60
	id := attempted(t, store, "1", start)
	for _, days := range []int{3650, 100, 0} { // far ahead, ahead, right
		at := start.AddDate(0, 0, days)
		set(at)
		for range each {
			noted(t, store, at.Format(time.DateOnly))
			if _, err := store.RecordAttempt(t.Context(), checkout.DeliveryAttempt{DeliveryID: id, At: at, Status: 500}); err != nil {
				t.Fatal(err)
			}
		}
	}

	set(start.AddDate(0, 0, 70))
	retain(t, store, db.Retention{Audit: aMonth, Attempts: aMonth})
	for _, entry := range entries(t, store) {
		if entry == start.Format(time.DateOnly) {
			t.Fatal("an entry of 70 days ago is kept")
		}
	}
	if got := len(entries(t, store)); got != 2*each {
		t.Errorf("%d entries, want %d", got, 2*each)
	}
	record, err := store.DeliveryRecord(t.Context(), id)
	if err != nil || len(record.Attempts) != 2*each {
		t.Errorf("%d attempts, %v, want %d", len(record.Attempts), err, 2*each)
	}
}
