package db_test

import (
	"context"
	"testing"
	"time"

	"rieltime/db"
)

// fast is a machine's clock that is ten minutes ahead.
func fast() time.Time { return time.Now().Add(10 * time.Minute) }

// slow is one that is ten minutes behind.
func slow() time.Time { return time.Now().Add(-10 * time.Minute) }

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
