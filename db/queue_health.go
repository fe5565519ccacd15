package db

import (
	"context"
	"errors"
	"sync"
	"time"

	"rieltime/checkout"
)

// leaderFresh is how old the job queue's last sign of life may be. River's
// leader renews its row every few seconds.
const leaderFresh = time.Minute

// pulse is what reports whether the queue lives in this process.
type pulse struct {
	mu      sync.Mutex
	stopped <-chan struct{}
	since   time.Time
}

func (q *Queue) watch(stopped <-chan struct{}, since time.Time) {
	q.pulse.mu.Lock()
	defer q.pulse.mu.Unlock()
	q.pulse.stopped, q.pulse.since = stopped, since
}

// QueueAlive returns why no background jobs run; nil when they do: this process
// takes them, and some replica leads.
func (s *Store) QueueAlive(ctx context.Context) error {
	s.queue.pulse.mu.Lock()
	stopped, since := s.queue.pulse.stopped, s.queue.pulse.since
	s.queue.pulse.mu.Unlock()
	if stopped == nil {
		return errors.New("the job queue was not started")
	}

	select {
	case <-stopped:
		return errors.New("the job queue has stopped")
	default:
	}

	if s.now().Sub(since) < leaderFresh {
		return nil
	}

	var age float64 // seconds
	err := translateErr(s.read.QueryRowContext(ctx, s.dialect.leaderAge).Scan(&age))
	if errors.Is(err, checkout.ErrNotFound) || (err == nil && age > leaderFresh.Seconds()) {
		return errors.New("no replica leads the job queue")
	}

	return err
}
