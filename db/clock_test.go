package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// fast is a machine's clock that is ten minutes ahead.
func fast() time.Time { return time.Now().Add(10 * time.Minute) }

// slow is one that is ten minutes behind.
func slow() time.Time { return time.Now().Add(-10 * time.Minute) }

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

func TestReplicasGoByTheDatabasesClock(t *testing.T) {
	options := dbtest.Options(t)
	if options.URL == "" {
		t.Skip("processes that share a file share its machine's clock")
	}
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

func TestServersClockIsFollowed(t *testing.T) {
	machine, server := start, start.Add(time.Hour)
	var delay, skew time.Duration
	clock := db.NewServerClock(func() time.Time { return machine }, func(context.Context) (at, sent, received time.Time, err error) {
		sent = machine
		machine = machine.Add(delay)
		return server.Add(delay/2 + skew), sent, machine, nil
	})
	want := func(why string, ahead time.Duration) {
		t.Helper()
		if got := clock.Now().Sub(machine); got != ahead {
			t.Errorf("%s: ahead of the machine by %s, not %s", why, got, ahead)
		}
	}

	delay = 20 * time.Millisecond
	if err := clock.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("an hour ahead", time.Hour)

	machine, server = machine.Add(time.Minute), machine.Add(time.Minute+time.Hour)
	skew = 5 * time.Millisecond
	if err := clock.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("a difference within what a reading may be wrong by changes nothing", time.Hour)

	server, delay = machine.Add(2*time.Hour), time.Second
	if err := clock.Read(t.Context()); err == nil {
		t.Error("a reading that took a second is used")
	}
	want("a slow reading changes nothing", time.Hour)

	server, delay, skew = machine.Add(10*time.Second), 20*time.Millisecond, 0
	if err := clock.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("another server's clock, after a failover", 10*time.Second)
}
