//go:build postgres

package db_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// unplacedRows have no partition: no month was made ahead for a year.
const unplacedRows = 300_000

// aYearOn is when that is noticed: far from the months that a new database has.
var aYearOn = start.AddDate(-5, 0, 0)

// bounded has the statements of a store take so long at most.
func bounded(t *testing.T, options db.Options, timeout time.Duration) db.Options {
	t.Helper()
	address, err := url.Parse(options.URL)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	for _, name := range []string{"statement_timeout", "lock_timeout"} {
		query.Set(name, fmt.Sprint(timeout.Milliseconds()))
	}
	address.RawQuery = query.Encode()
	options.URL = address.String()
	return options
}

// insertUnplaced adds entries to the trail, as if the job that makes partitions ahead
// had not run for a year.
func insertUnplaced(t *testing.T, options db.Options, count int, from, to time.Time) {
	t.Helper()
	executeIn(t, options, fmt.Sprintf(`INSERT INTO audit (at, actor, action, object) SELECT %d + n * ((%d - %d) / %d), 'cli:past', 'waits', 'n' || n FROM generate_series(0, %d) n`,
		from.UnixMilli(), to.UnixMilli(), from.UnixMilli(), count, count-1))
}

// retainBounded retains with statements of a second at most, again and again as the job
// does: others on the machine may take the time of one, but never that of all.
func retainBounded(t *testing.T, options db.Options, now time.Time) {
	t.Helper()
	store, set := openAtTime(t, bounded(t, options, time.Second))
	store.WithoutRests()
	set(now)
	ctx := checkout.WithActor(t.Context(), "job:retain_records")
	var err error
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if err = store.Retain(ctx, db.Retention{}); err == nil {
			return
		}
	}
	t.Errorf("not within two minutes: %v", err)
}

func TestManyRowsWithoutAMonthMoveWhileOthersWrite(t *testing.T) {
	options := dbtest.Fresh(t)
	store, set := openAtTime(t, options)
	noted(t, store, "first")
	set(aYearOn)
	insertUnplaced(t, options, unplacedRows, aYearOn.AddDate(0, -7, 0), aYearOn)

	var done atomic.Bool
	var written atomic.Int64
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for !done.Load() {
				if err := store.Audit(checkout.WithActor(t.Context(), "cli:test"), "meanwhile", "x", nil); err != nil {
					t.Error(err)
					return
				}
				written.Add(1)
			}
		})
	}
	group.Go(func() {
		for !done.Load() { // each of them is seen once, wherever it is
			trail, err := store.AuditTrail(t.Context(), db.AuditQuery{Object: "n777", Limit: 10})
			if err != nil || len(trail) != 1 {
				t.Errorf("%d entries of an object, %v", len(trail), err)
				return
			}
		}
	})
	retainBounded(t, options, aYearOn)
	done.Store(true)
	group.Wait()

	retain(t, store, db.Retention{}) // what was written before there was a month
	if got := names(t, options, whichPartitions); slices.Contains(got, "audit_default") || len(got) < 8 {
		t.Errorf("rows are in %v", got)
	}
	rows := names(t, options, "SELECT count(*)::text FROM audit WHERE action IN ('waits', 'meanwhile', 'first')")
	if want := fmt.Sprint(unplacedRows + 1 + int(written.Load())); !slices.Equal(rows, []string{want}) {
		t.Errorf("%v rows, want %s", rows, want)
	}
	if server, err := store.Server(t.Context()); err != nil || len(server.Months.Unplaced)+len(server.Months.Missing) > 0 {
		t.Errorf("%+v, %v", server.Months, err)
	}
	if got := names(t, options, "SELECT pg_relation_size('audit_unplaced')::text"); !slices.Equal(got, []string{"0"}) {
		t.Errorf("%v bytes are left behind", got)
	}
}

// A process that ends in the middle leaves rows behind, which are read, checked and copied
// where they are, and which the next one moves.
func TestRowsThatWaitForTheirMonthAreReadAndMovedLater(t *testing.T) {
	options := dbtest.Fresh(t)
	store, set := openAtTime(t, options)
	apply(t, store, "https://shop.example/hook")
	later := aYearOn
	set(later)
	id := attempted(t, store, "1", later)
	insertUnplaced(t, options, 20_000, later, later.AddDate(0, 0, 1))

	stopped, stop := context.WithCancel(checkout.WithActor(t.Context(), "job:retain_records"))
	stop()
	if err := db.SetAside(t.Context(), store, later); err != nil { // and no row is moved
		t.Fatal(err)
	}
	if err := store.Retain(stopped, db.Retention{}); err == nil {
		t.Fatal("it was not stopped")
	}

	wantAll := func(store *db.Store) {
		t.Helper()
		record, err := store.DeliveryRecord(t.Context(), id)
		if err != nil || len(record.Attempts) != 1 {
			t.Errorf("%d attempts, %v", len(record.Attempts), err)
		}
		trail, err := store.AuditTrail(t.Context(), db.AuditQuery{Actor: "cli:past", Limit: 30_000})
		if err != nil || len(trail) != 20_000 {
			t.Errorf("%d entries, %v", len(trail), err)
		}
	}
	wantAll(store)
	dbtest.WantSound(t, options)
	server, err := store.Server(t.Context())
	if err != nil || !slices.Equal(server.Months.Unplaced, []string{"delivery_attempts_unplaced", "audit_unplaced"}) {
		t.Errorf("%+v, %v", server, err)
	}
	copied := newFile(t)
	mustCopy(t, closed(t, store, options), copied)
	wantAll(openWith(t, copied))

	store, set = openAtTime(t, options)
	set(later)
	retain(t, store, db.Retention{})
	wantAll(store)
	if server, err = store.Server(t.Context()); err != nil || len(server.Months.Unplaced) > 0 {
		t.Errorf("%+v, %v", server, err)
	}
	dbtest.WantSound(t, options)
}

// Several replicas move the same rows.
func TestReplicasMoveRowsWithoutAMonthTogether(t *testing.T) {
	options := dbtest.Fresh(t)
	insertUnplaced(t, closed(t, openWith(t, options), options), 50_000, aYearOn, aYearOn.AddDate(0, 2, 0))
	var group sync.WaitGroup
	for range 3 {
		store, set := openAtTime(t, options)
		store.WithoutRests()
		set(aYearOn.AddDate(0, 2, 0))
		group.Go(func() { retain(t, store, db.Retention{}) })
	}
	group.Wait()
	if got := names(t, options, "SELECT count(*)::text FROM audit WHERE actor = 'cli:past'"); !slices.Equal(got, []string{"50000"}) {
		t.Errorf("%v rows", got)
	}
	if got := names(t, options, "SELECT DISTINCT tableoid::regclass::text FROM audit WHERE actor = 'cli:past' ORDER BY 1"); !slices.Equal(got, []string{"audit_2021_01", "audit_2021_02", "audit_2021_03"}) {
		t.Errorf("rows are in %v", got)
	}
}
