package db

import (
	"context"
	"database/sql"
	"time"

	"github.com/riverqueue/river"
)

// rowJob is the job of one row. Only the job of the row's current generation is
// carried out. A new generation begins when the work is asked for while its job
// is running: that job may have begun too early, and River, which marks a job as
// done a moment after it is, takes no second one of the same arguments before.
type rowJob struct {
	table, id string
	queue     string
	job       func(generation int64) river.JobArgs
}

func deliveryJob(id string) rowJob {
	return rowJob{table: "deliveries", id: id, queue: deliveryQueue, job: func(generation int64) river.JobArgs {
		return deliverArgs{DeliveryID: id, Generation: generation}
	}}
}

func refundJob(sessionID, refundID string) rowJob {
	return rowJob{table: "refunds", id: refundID, queue: river.QueueDefault, job: func(generation int64) river.JobArgs {
		return checkRefundArgs{SessionID: sessionID, RefundID: refundID, Generation: generation}
	}}
}

func (t rowJob) current(ctx context.Context, q querier) (generation int64, err error) {
	err = q.QueryRowContext(ctx, "SELECT generation FROM "+t.table+" WHERE id = $1", t.id).Scan(&generation)
	return generation, translateErr(err)
}

// isCurrent reports whether a job of this generation is to be carried out.
func (s *Store) isCurrent(ctx context.Context, t rowJob, generation int64) (bool, error) {
	current, err := t.current(ctx, s.read)
	return current == generation, err
}

// rowArgs are the arguments of a job that does the work of a row.
type rowArgs interface {
	river.JobArgs
	row() (t rowJob, generation int64)
}

// rowWorker does the work of a row, unless a later job has it. again is after how long it
// is to be done once more; 0: it is done.
type rowWorker[A rowArgs] struct {
	river.WorkerDefaults[A]
	store *Store
	run   func(ctx context.Context, id string) (again time.Duration, err error)
}

func (w *rowWorker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	t, generation := job.Args.row()
	if current, err := w.store.isCurrent(ctx, t, generation); err != nil || !current {
		return outcome(0, err)
	}
	return outcome(w.run(ctx, t.id))
}

// runNow has the work done at once, also when it is being done already.
func (q *Queue) runNow(ctx context.Context, tx *sql.Tx, t rowJob) error {
	if err := q.store.lock(ctx, tx, lockRow, t.table, t.id); err != nil {
		return err
	}

	generation, err := t.current(ctx, tx)
	if err != nil {
		return err
	}

	running, err := q.bringForward(ctx, tx, t, generation)
	if err != nil || !running {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE "+t.table+" SET generation = generation + 1 WHERE id = $1", t.id); err != nil {
		return err
	}

	_, err = q.bringForward(ctx, tx, t, generation+1)
	return err
}

// runUnlessRunning has the work done at once, unless it is being done.
func (q *Queue) runUnlessRunning(ctx context.Context, tx *sql.Tx, t rowJob) error {
	generation, err := t.current(ctx, tx)
	if err != nil {
		return err
	}
	_, err = q.bringForward(ctx, tx, t, generation)
	return err
}

// bringForward queues the job of a generation for now, or brings it forward when
// it is queued for later; it reports whether the job is running instead.
func (q *Queue) bringForward(ctx context.Context, tx *sql.Tx, t rowJob, generation int64) (running bool, err error) {
	queued, err := q.insert(ctx, tx, t.job(generation), river.InsertOpts{Queue: t.queue, UniqueOpts: onlyOnce})
	if err != nil || !queued.UniqueSkippedAsDuplicate {
		return false, err
	}

	changed, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'available', scheduled_at = created_at
		WHERE id = $1 AND state IN ('available', 'scheduled', 'retryable')`, queued.Job.ID)
	if err != nil {
		return false, err
	}

	forwarded, err := changed.RowsAffected()
	return forwarded == 0, err
}
