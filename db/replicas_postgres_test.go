//go:build postgres

package db_test

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// openByMachine opens a database as a replica whose machine has a wrong clock.
func openByMachine(t *testing.T, options db.Options, machine func() time.Time) *db.Store {
	t.Helper()
	options.Machine = machine
	store, err := db.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// skewedReplicas opens a PostgreSQL database as several replicas, whose clocks are wrong.
func skewedReplicas(t *testing.T) (stores []*db.Store, server string) {
	t.Helper()
	options := dbtest.Fresh(t)
	for _, machine := range []func() time.Time{fast, slow, time.Now} {
		stores = append(stores, openByMachine(t, options, machine))
	}
	return stores, options.URL
}

// text reads one text of a server's database.
func text(t *testing.T, server, query string) (text string) {
	t.Helper()
	pool := onServer(t, server)
	defer pool.Close()
	err := pool.QueryRow(query).Scan(&text)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	return text
}

// change changes a server's database behind the replicas' backs.
func change(t *testing.T, server, statement string) {
	t.Helper()
	pool := onServer(t, server)
	defer pool.Close()
	if _, err := pool.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func onServer(t *testing.T, server string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// work has a replica do jobs until stop is called.
func work(t *testing.T, store *db.Store, jobs db.Jobs) (stop func()) {
	t.Helper()
	stopQueue, err := store.StartQueue(context.Background(), jobs)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := stopQueue(ctx); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func TestPeriodicWorkIsDoneOnceByAllReplicas(t *testing.T) {
	t.Parallel()
	stores, server := skewedReplicas(t)
	var done atomic.Int32
	jobs := db.Jobs{Daily: func(context.Context, time.Time) error {
		done.Add(1)
		return nil
	}}
	leader := func() string { return text(t, server, "SELECT leader_id FROM river_leader") }
	var stops []func()
	for _, store := range stores {
		stops = append(stops, work(t, store, jobs))
		eventually(t, "a replica leads", func() bool { return leader() != "" })
	}
	first := leader() // the first to have begun

	eventually(t, "the day's work is done", func() bool { return done.Load() == 1 })
	eventually(t, "a sweep is done", func() bool {
		return text(t, server, "SELECT count(*)::text FROM river_job WHERE kind = 'sweep' AND state = 'completed'") == "1"
	})

	stops[0]()
	eventually(t, "another leads", func() bool { return leader() != "" && leader() != first })
	eventually(t, "the next leader sweeps", func() bool {
		return text(t, server, "SELECT count(*)::text FROM river_job WHERE kind = 'sweep' AND state = 'completed'") == "2"
	})
	if done.Load() != 1 {
		t.Errorf("the day's work is done %d times", done.Load())
	}
}

func TestJobsOfAKilledReplicaAreRescued(t *testing.T) {
	t.Parallel()
	stores, server := skewedReplicas(t)
	apply(t, stores[0], "https://shop.example/hook")
	insert(t, stores[0], session("cs_1"))
	expire(t, stores[0], "cs_1")
	change(t, server, "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '100 seconds', attempted_by = '{killed}' WHERE kind = 'deliver'")

	var delivered atomic.Int32
	for _, store := range stores { // one of wrong clocks leads
		work(t, store, db.Jobs{Deliver: func(context.Context, string) (time.Duration, error) {
			delivered.Add(1)
			return 0, nil
		}})
	}
	eventually(t, "a sweep is done", func() bool {
		return text(t, server, "SELECT count(*)::text FROM river_job WHERE kind = 'sweep' AND state = 'completed'") == "1"
	})
	if got := text(t, server, "SELECT state::text FROM river_job WHERE kind = 'deliver'"); got != "running" {
		t.Fatalf("after 100 seconds the job is %s", got)
	}

	change(t, server, "UPDATE river_job SET attempted_at = now() - interval '121 seconds' WHERE kind = 'deliver'")
	change(t, server, "INSERT INTO river_job (kind, args, max_attempts, state) VALUES ('sweep', '{}', 25, 'available')") // as each minute
	eventually(t, "the job is done by another replica", func() bool { return delivered.Load() == 1 })
}

// The machine's clock is ahead of the one that the stores read.
func TestJobsAreQueuedByTheDatabasesClock(t *testing.T) {
	t.Cleanup(db.SetServerClock("SELECT clock_timestamp() - '10 minutes'::interval"))
	options := dbtest.Fresh(t)
	store := openByMachine(t, options, time.Now)
	apply(t, store, "https://shop.example/hook")
	insert(t, store, session("cs_1"))
	expire(t, store, "cs_1")
	got := text(t, options.URL, "SELECT round(extract(epoch FROM now() - scheduled_at) / 60) || ' ' || state FROM river_job WHERE kind = 'deliver'")
	if got != "10 available" {
		t.Errorf("minutes behind the machine's clock and state: %s, want 10 available", got)
	}
}

func TestJobSnoozedByAWrongClockComesInTime(t *testing.T) {
	t.Parallel()
	stores, server := skewedReplicas(t)
	apply(t, stores[0], "https://shop.example/hook")
	insert(t, stores[0], session("cs_1"))
	expire(t, stores[0], "cs_1")
	for _, store := range stores[:2] { // fast and slow
		stop := work(t, store, db.Jobs{Deliver: func(context.Context, string) (time.Duration, error) { return time.Hour, nil }})
		eventually(t, "the job is put off by an hour", func() bool { // a sweep may bring it forward once
			return text(t, server, "SELECT state || ' in ' || round(extract(epoch FROM scheduled_at - now()) / 60) FROM river_job WHERE kind = 'deliver'") == "scheduled in 60"
		})
		stop()
		change(t, server, "UPDATE river_job SET state = 'available', scheduled_at = now() WHERE kind = 'deliver'")
	}
}

func TestReplicasGoByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	stores := []*db.Store{openByMachine(t, options, fast), openByMachine(t, options, slow), openByMachine(t, options, time.Now)}
	for _, store := range stores {
		if off := time.Since(store.Now()); off.Abs() > time.Second { // the server is on this machine
			t.Errorf("a replica's time is off by %s", off)
		}
	}
	apply(t, stores[0], "")

	for _, pair := range [][2]*db.Store{{stores[0], stores[1]}, {stores[1], stores[0]}} {
		lease, held, err := pair[0].Lease(t.Context(), "acct_1", "token", 30*time.Second)
		if err != nil || !held {
			t.Fatal(held, err)
		}
		if _, held, _ := pair[1].Lease(t.Context(), "acct_1", "token", 30*time.Second); held {
			t.Error("a replica with a wrong clock takes the lease of a secret that another holds")
		}
		lease.Release()
	}

	request := checkout.IdempotentRequest{MerchantID: "klaing", Mode: checkout.ModeTest, Key: "k", Operation: "refund", ContentHash: "x"}
	if _, err := stores[1].LeaseIdempotency(t.Context(), request, stores[1].Now().Add(checkout.IdempotencyLease)); err != nil {
		t.Fatal(err)
	}
	if _, err := stores[0].LeaseIdempotency(t.Context(), request, stores[0].Now().Add(checkout.IdempotencyLease)); !errors.Is(err, checkout.ErrIdempotencyInFlight) {
		t.Errorf("a replica with a fast clock takes over a request in progress: %v", err)
	}
}
