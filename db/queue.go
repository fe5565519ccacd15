package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"rieltime/checkout"
)

// Queue runs the background jobs with River. Its rows only remind: what is due
// can be queued again from our own rows, and is, at start and by a sweep.
type Queue struct {
	store  *Store
	jobs   *river.Client[*sql.Tx]
	silent bool // takes no jobs
	pulse  pulse

	now       func() time.Time // by which jobs are scheduled
	deliverer atomic.Pointer[deliverer]
}

type deliverArgs struct {
	DeliveryID string `json:"delivery_id"`
	Generation int64  `json:"generation,omitempty"` // deliveries.generation when it was queued
}

func (deliverArgs) Kind() string           { return "deliver" }
func (a deliverArgs) row() (rowJob, int64) { return deliveryJob(a.DeliveryID), a.Generation }

// newQueue gives a queue that takes jobs but does not run them; see
// Store.StartQueue.
func newQueue(s *Store) (*Queue, error) {
	config := &river.Config{Logger: slog.New(slog.DiscardHandler)}
	now := time.Now
	if s.stopNow != nil {
		now = s.now
		config.Test.Time = insertTime{jobTime{now}}
	}

	client, err := river.NewClient(s.dialect.river(s.write), config)
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	return &Queue{store: s, jobs: client, now: now}, nil
}

// insertTime is the time at which jobs are queued. River's drivers would take this
// machine's, by which a job may be due minutes later.
type insertTime struct{ jobTime }

func (t insertTime) NowOrNil() *time.Time {
	now := t.now()
	return &now
}

// deliver has a new delivery attempted after the transaction in which it is stored: at
// once by this process if it runs jobs and has room, else as a job.
func (q *Queue) deliver(ctx context.Context, tx *sql.Tx, delivery checkout.Delivery) error {
	if q.silent || q.deliverer.Load().reserve(ctx, delivery) {
		return nil
	}
	_, err := q.insert(ctx, tx, deliverArgs{DeliveryID: delivery.ID}, river.InsertOpts{Queue: deliveryQueue, UniqueOpts: onlyOnce})
	return err
}

// insert queues a job for now within a transaction.
func (q *Queue) insert(ctx context.Context, tx *sql.Tx, job river.JobArgs, options river.InsertOpts) (*rivertype.JobInsertResult, error) {
	noteQueued(ctx, options.Queue)
	return q.jobs.InsertTx(ctx, tx, job, &options)
}

const deliveryQueue = "webhooks"

// onlyOnce keeps a job from being queued beside one of the same arguments that
// is not done.
var onlyOnce = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled,
}}

// outcome says to River what comes after a job: nothing, the same again after a
// while, or a retry.
func outcome(again time.Duration, err error) error {
	if errors.Is(err, checkout.ErrNotFound) {
		return river.JobCancel(err)
	}
	if err == nil && again > 0 {
		return river.JobSnooze(again)
	}
	return err
}
