package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"rieltime/checkout"
)

// Retention says for how long what grows with time is kept; 0 keeps it for ever.
type Retention struct {
	Attempts time.Duration // to deliver webhooks
	Audit    time.Duration // entries of the audit trail
}

// Retain makes the partitions of the next months, where there are any, and removes what
// has been kept for long enough: in PostgreSQL whole months leave their table and stay
// in the database under a name of their own, in SQLite rows are deleted. What was
// removed is in the audit trail. It yields to buyers, and stops when ctx ends.
func (s *Store) Retain(ctx context.Context, keep Retention) error {
	if s.dialect.monthly {
		for _, table := range monthlyTables {
			if err := s.keepMonths(ctx, table); err != nil {
				return err
			}
		}
	}

	return errors.Join(s.removeOld(ctx, attemptsTable, keep.Attempts), s.removeOld(ctx, auditTable, keep.Audit))
}

// removeOld removes a table's rows that have been kept for long enough.
func (s *Store) removeOld(ctx context.Context, table string, keep time.Duration) error {
	if keep <= 0 {
		return nil
	}

	before := s.now().Add(-keep)
	if !s.dialect.monthly {
		return s.deleteOld(ctx, table, before)
	}

	partitions, err := selectPartitions(ctx, s.lists, table)
	if err != nil {
		return err
	}

	for _, name := range partitions {
		if month, is := monthOfPartition(table, name); !is || !month.Before(monthOf(before)) {
			continue
		}
		err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
			return s.detachMonth(ctx, tx, table, name)
		})
		if err != nil {
			return err
		}
	}

	return nil
}

// detachMonth takes a month out of its table, unless one of the same name was taken out
// before and is still in the database, or another replica has done so.
func (s *Store) detachMonth(ctx context.Context, tx *sql.Tx, table, name string) error {
	if err := lockMonths(ctx, tx, table); err != nil {
		return err
	}

	var detach bool
	err := tx.QueryRowContext(ctx, monthsComment+`SELECT to_regclass($2) IS NULL AND EXISTS (SELECT 1 FROM pg_inherits
		WHERE inhparent = to_regclass($3) AND inhrelid = to_regclass($1))`, name, name+detachedSuffix, table).Scan(&detach)
	if err != nil || !detach {
		return err
	}

	for _, statement := range []string{
		"ALTER TABLE " + table + " DETACH PARTITION " + name,
		"ALTER TABLE " + name + " RENAME TO " + name + detachedSuffix,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}

	month, _ := monthOfPartition(table, name)
	if err := setKeptSince(ctx, tx, table, month.AddDate(0, 1, 0)); err != nil {
		return err
	}

	return s.audit(ctx, tx, "retention.detach", name+detachedSuffix, nil)
}

const setKeptSinceQuery = `INSERT INTO retention (table_name, kept_since) VALUES ($1, $2)
	ON CONFLICT (table_name) DO UPDATE SET kept_since = excluded.kept_since WHERE retention.kept_since < excluded.kept_since`

// setKeptSince records that a table may lack rows from before a moment.
func setKeptSince(ctx context.Context, tx *sql.Tx, table string, since time.Time) error {
	_, err := tx.ExecContext(ctx, setKeptSinceQuery, table, millis(since))
	return err
}

const oldDeletedAtOnce = 50

// deleteOld deletes a table's rows from before a moment, the oldest first.
func (s *Store) deleteOld(ctx context.Context, table string, before time.Time) error {
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return setKeptSince(ctx, tx, table, before)
	})
	if err != nil {
		return err
	}

	deleted, err := inPiecesFrom(ctx, s, int64(0), func(ctx context.Context, tx *sql.Tx, deleted *int64) (more bool, err error) {
		result, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE rowid IN (SELECT rowid FROM "+table+" "+s.dialect.using(table+"_age")+"WHERE at < $1 ORDER BY at LIMIT $2)",
			millis(before), oldDeletedAtOnce)
		if err != nil {
			return false, err
		}

		rows, err := result.RowsAffected()
		*deleted += rows
		return rows > 0, err
	})
	if deleted == 0 {
		return err
	}

	return errors.Join(err, s.Audit(ctx, "retention.delete", table, map[string]any{"rows": deleted}))
}

type retainArgs struct{}

func (retainArgs) Kind() string { return "retain_records" }

type retainWorker struct {
	river.WorkerDefaults[retainArgs]
	store *Store
	keep  Retention
}

const retainEvery = 24 * time.Hour

// Work does what Retain does. What it has no time for it goes on with soon.
func (w *retainWorker) Work(ctx context.Context, _ *river.Job[retainArgs]) error {
	bounded, cancel := context.WithTimeout(checkout.WithActor(ctx, "job:"+retainArgs{}.Kind()), jobTimeout/2)
	defer cancel()

	err := w.store.Retain(bounded, w.keep)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return river.JobSnooze(time.Second)
	}
	return err
}

// retainJob is the daily job, and its first run at start.
func retainJob() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(retainEvery),
		func() (river.JobArgs, *river.InsertOpts) { return retainArgs{}, nil },
		&river.PeriodicJobOpts{RunOnStart: true})
}
