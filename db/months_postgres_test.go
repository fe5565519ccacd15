//go:build postgres

package db_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/db"
	"rieltime/db/dbtest"
)

// names are what a query selects.
func names(t testing.TB, options db.Options, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := rawDatabase(t, options).Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	return all
}

const whichPartitions = "SELECT DISTINCT tableoid::regclass::text FROM audit ORDER BY 1"

func TestNoInsertFailsWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	store, set := openAtTime(t, options)
	for i, at := range []time.Time{start, start.AddDate(0, 7, 0), start.AddDate(30, 0, 0), start.AddDate(-30, 0, 0), start.AddDate(0, 7, 1)} {
		set(at)
		noted(t, store, fmt.Sprint(i))
	}
	if got := names(t, options, whichPartitions); !slices.Equal(got, []string{"audit_2026_08", "audit_default"}) && !slices.Equal(got, []string{"audit_default"}) {
		t.Errorf("before the job: %v", got)
	}

	set(start.AddDate(30, 0, 0))
	if server, err := store.Server(t.Context()); err != nil || !slices.Contains(server.Months.Missing, "audit_2056_01") {
		t.Errorf("%+v, %v", server, err)
	}
	set(start.AddDate(0, 7, 1))
	if server, err := store.Server(t.Context()); err != nil || !slices.Equal(server.Months.Unplaced, []string{"audit_default"}) {
		t.Errorf("%+v, %v", server, err)
	}
	for range 2 {
		retain(t, store, db.Retention{})
		if got := names(t, options, whichPartitions); !slices.Equal(got, []string{"audit_1996_01", "audit_2026_01", "audit_2026_08", "audit_2056_01"}) {
			t.Errorf("after the job: %v", got)
		}
	}
	if got := strings.Join(entries(t, store), " "); got != "0 1 2 3 4" {
		t.Errorf("the trail is %s", got)
	}
	noted(t, store, "5")
	if got := strings.Join(entries(t, store), " "); got != "0 1 2 3 4 5" {
		t.Errorf("the trail goes on as %s", got)
	}
	for _, month := range []string{"2026_08", "2026_09", "2026_10", "2026_11"} {
		for _, table := range []string{"audit_", "delivery_attempts_"} {
			if got := names(t, options, "SELECT relname FROM pg_class WHERE relispartition AND relname = $1", table+month); len(got) != 1 {
				t.Errorf("%s%s is missing", table, month)
			}
		}
	}
}

func TestMonthBeginsInCambodia(t *testing.T) {
	options := dbtest.Fresh(t)
	store, set := openAtTime(t, options)
	for _, at := range []time.Time{time.Date(2027, 5, 31, 16, 59, 59, 0, time.UTC), time.Date(2027, 5, 31, 17, 0, 0, 0, time.UTC)} {
		set(at)
		noted(t, store, "x")
	}
	retain(t, store, db.Retention{})
	if got := names(t, options, whichPartitions); !slices.Equal(got, []string{"audit_2027_05", "audit_2027_06"}) {
		t.Errorf("partitions: %v", got)
	}
}

func TestReplicasMakeMonthsBesideWriters(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	var stores []*db.Store
	for range 2 {
		store, set := openAtTime(t, options)
		set(start.AddDate(2, 0, 0))
		stores = append(stores, store)
	}
	const each = 50
	var group sync.WaitGroup
	for _, store := range stores {
		for range 4 {
			group.Go(func() {
				for range each {
					noted(t, store, "x")
				}
			})
		}
		for range 2 {
			group.Go(func() { retain(t, store, db.Retention{Attempts: aMonth}) })
		}
	}
	group.Wait()
	if got := len(entries(t, stores[0])); got != 2*4*each {
		t.Errorf("%d entries, want %d", got, 2*4*each)
	}
	retain(t, stores[0], db.Retention{})
	if got := names(t, options, whichPartitions); !slices.Equal(got, []string{"audit_2028_01"}) {
		t.Errorf("partitions: %v", got)
	}
}

func TestDetachedMonthStaysInTheDatabase(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	store, set := openAtTime(t, options)
	noted(t, store, "first")
	set(start.AddDate(0, 3, 0))
	retain(t, store, db.Retention{Audit: aMonth})
	server, err := store.Server(t.Context())
	if err != nil || !slices.Equal(server.Months.Detached, []string{"audit_2026_01_detached"}) || len(server.Months.Missing)+len(server.Months.Unplaced) > 0 {
		t.Errorf("%+v, %v", server, err)
	}
	const detached = "SELECT action FROM audit_2026_01_detached"
	if got := names(t, options, detached); !slices.Equal(got, []string{"first"}) {
		t.Errorf("detached: %v", got)
	}

	set(start)
	noted(t, store, "second")
	set(start.AddDate(0, 3, 0))
	for range 2 { // a month that was detached before is left until the operator has dropped that
		retain(t, store, db.Retention{Audit: aMonth})
		if got := entries(t, store); !slices.Equal(got, []string{"second"}) {
			t.Errorf("kept: %v", got)
		}
	}
	executeIn(t, options, "DROP TABLE audit_2026_01_detached")
	retain(t, store, db.Retention{Audit: aMonth})
	if got := names(t, options, detached); !slices.Equal(got, []string{"second"}) {
		t.Errorf("detached: %v", got)
	}
	if got := entries(t, store); len(got) != 0 {
		t.Errorf("kept: %v", got)
	}
	dbtest.WantSound(t, options)
	mustCopy(t, closed(t, store, options), newFile(t))
}

// closed closes a store, so that its database can be copied.
func closed(t testing.TB, store *db.Store, options db.Options) db.Options {
	t.Helper()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return options
}

func TestCopyMakesTheMonthsOfItsRows(t *testing.T) {
	t.Parallel()
	from, to := newFile(t), dbtest.Fresh(t)
	inEveryTable(t, from)
	executeIn(t, from, "INSERT INTO audit (at, actor, action, object) VALUES (1, 'a', 'b', 'c')")
	mustCopy(t, from, to)
	if got := names(t, to, whichPartitions); !slices.Equal(got, []string{"audit_1970_01", "audit_2026_01"}) {
		t.Errorf("partitions: %v", got)
	}
	if got := names(t, to, "SELECT relname FROM pg_class WHERE relname IN ('sessions', 'audit', 'audit_2026_01') AND NOT EXISTS (SELECT 1 FROM pg_stats WHERE tablename = relname)"); len(got) != 0 {
		t.Errorf("without statistics: %v", got)
	}
}

// A restored database has no statistics.
func TestDatabaseWithoutStatisticsIsAnalyzedWhenItIsOpened(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	noted(t, openWith(t, options), "x")
	executeIn(t, options, "INSERT INTO audit (at, actor, action, object) SELECT n, 'a', 'b', 'c' FROM generate_series(1, 5000) n")
	const statistics = "SELECT tablename FROM pg_stats WHERE tablename LIKE 'audit%' AND attname = 'at'"
	if got := names(t, options, statistics); len(got) != 0 {
		t.Fatalf("%v are analyzed already", got)
	}
	options.Access = db.CreateAndMigrate
	openWith(t, options)
	got, places := names(t, options, statistics), []string{"audit_default", "audit_unplaced", "audit_1970_01"} // the rows may be on their way
	if len(got) != 1 || !slices.Contains(places, got[0]) {
		t.Errorf("analyzed: %v, want one of %v", got, places)
	}
}

// A lookup of a delivery's attempts costs the same however many months there are.
func TestAttemptsAreLookedUpInFewMonths(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	store, set := openAtTime(t, options)
	apply(t, store, "https://shop.example/hook")
	for month := range 60 {
		set(start.AddDate(0, month, 0))
		retain(t, store, db.Retention{})
	}
	now := start.AddDate(0, 30, 0)
	set(now)
	id := attempted(t, store, "1", now)
	record, err := store.DeliveryRecord(t.Context(), id)
	if err != nil || len(record.Attempts) != 1 {
		t.Fatal(record, err)
	}

	statementsRun.Lock()
	defer statementsRun.Unlock()
	for query := range statementsRun.texts {
		if !strings.Contains(query, "took_ms") || !strings.Contains(query, "WHERE delivery_id = $1") {
			continue
		}
		rows := names(t, options, "EXPLAIN (COSTS off) "+query, id, now.Add(-aMonth).UnixMilli(), now.Add(aMonth).UnixMilli())
		plan := strings.Join(rows, "\n")
		if got := strings.Count(plan, "Index Cond"); got < 1 || got > 4 {
			t.Errorf("it looks into %d partitions:\n%s", got, plan)
		}
		return
	}
	t.Error("no lookup was seen")
}
