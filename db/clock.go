package db

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	clockInterval = 5 * time.Second        // between two readings of the server's clock
	clockTimeout  = 2 * time.Second        // of one reading
	clockWithin   = 250 * time.Millisecond // what a reading may be wrong by
	clockTries    = 5                      // for the first reading
	clockSkew     = 2 * time.Second        // of the machine's clock, which is logged
)

// Now is the time by which everything is decided and recorded: in PostgreSQL the
// server's, so that replicas whose machines' clocks differ still agree about leases,
// pauses, expiries and days; with SQLite the machine's.
func (s *Store) Now() time.Time { return s.now() }

// serverClock is the clock of a database server. Between two readings the
// machine's monotonic clock continues it, which no setting of its clock changes.
type serverClock struct {
	machine func() time.Time
	ask     func(context.Context) (server, sent, received time.Time, err error)
	last    atomic.Pointer[clockReading]
}

// clockReading is what the server's clock showed when the machine's showed a time.
type clockReading struct{ server, machine time.Time }

// startClock has the store use the server's clock until stop is called.
func (s *Store) startClock(ctx context.Context, machine func() time.Time) (stop func(), err error) {
	clock := &serverClock{machine: machine, ask: func(ctx context.Context) (server, sent, received time.Time, err error) {
		conn, err := s.lists.Conn(ctx) // first: the wait for it is not part of the reading
		if err != nil {
			return server, sent, received, err
		}
		defer conn.Close()

		sent = machine()
		err = conn.QueryRowContext(ctx, s.dialect.clock).Scan(&server)
		return server, sent, machine(), err
	}}

	for try := 1; clock.last.Load() == nil; try++ {
		within := clockWithin
		if try == clockTries { // the network is slow, or this machine
			within = clockTimeout
		}
		if err := clock.read(ctx, within); err != nil && try >= clockTries {
			return nil, fmt.Errorf("read the database's clock: %w", err)
		}
	}

	if skew := machine().Sub(clock.now()); skew.Abs() > clockSkew {
		s.log.Warn("this machine's clock differs from the database's, which is used instead", "ahead_by", skew.Round(time.Millisecond))
	}

	s.now = clock.now
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		clock.follow(ctx, s.log)
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

// follow reads the server's clock from time to time. While it cannot be read, the
// last reading is continued.
func (c *serverClock) follow(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(clockInterval)
	defer ticker.Stop()

	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := c.read(ctx, clockWithin); err != nil && ctx.Err() == nil {
			log.Debug("read the database's clock", "error", err)
		}
	}
}

func (c *serverClock) now() time.Time {
	last := c.last.Load()
	return last.server.Add(c.machine().Sub(last.machine))
}

// read reads the server's clock. What was read holds somewhere between sending the
// query and receiving its answer. A reading that the last one agrees with changes
// nothing; one that may be wrong by more than limit is not used.
func (c *serverClock) read(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, clockTimeout)
	defer cancel()

	server, sent, received, err := c.ask(ctx)
	if err != nil {
		return err
	}

	within := received.Sub(sent) / 2
	if within > limit {
		return fmt.Errorf("the answer took %s", received.Sub(sent))
	}

	read := &clockReading{server.Local(), sent.Add(within)}
	if last := c.last.Load(); last != nil {
		if expected := last.server.Add(read.machine.Sub(last.machine)); expected.Sub(read.server).Abs() <= within {
			return nil
		}
	}

	c.last.Store(read)
	return nil
}
