package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rieltime/checkout"
)

// Bounds of what a replica asks of PostgreSQL.
const (
	postgresWriters   = 16
	migrators         = 4
	transactionTries  = 10
	transactionBounds = 30 * time.Second
)

// openPostgres opens the pools of a database at a postgres URL.
func (s *Store) openPostgres(ctx context.Context, options Options) (err error) {
	s.connections, err = postgresConnections(ctx, s.url, bounds)
	if err != nil {
		return err
	}

	s.read, s.lists = s.connections.open(readers), s.connections.open(listReaders)
	if s.now == nil {
		if s.stopNow, err = s.startClock(ctx, options.machine()); err != nil {
			return err
		}
	}

	if options.Access == ReadOnly {
		return checkVersion(ctx, s.dialect, s.read)
	}

	s.write, s.jobs = s.connections.open(postgresWriters), s.connections.open(jobsAtOnce)
	if options.Access == CreateAndMigrate {
		err = s.migratePostgres(ctx)
	} else {
		err = checkVersion(ctx, s.dialect, s.read)
	}

	if err != nil {
		return err
	}

	s.queue, err = newQueue(s)
	return err
}

// migratePostgres migrates while no other replica does: the lock lasts as long as a
// transaction that does nothing else.
func (s *Store) migratePostgres(ctx context.Context) error {
	unbounded, err := postgresConnections(ctx, s.url, nil) // a table may be large
	if err != nil {
		return err
	}
	pool := unbounded.open(migrators)
	defer pool.Close()

	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = tx.Rollback() }()

	_, err = tx.ExecContext(ctx, `SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
		SELECT pg_advisory_xact_lock(hashtextextended('rieltime migrations', 0))`)
	if err != nil {
		return fmt.Errorf("lock the database to migrate it: %w", err)
	}

	if err := migrateAll(ctx, s.dialect, pool); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// transactions makes each change in a transaction of its own, beside others, and
// repeats one that PostgreSQL undid because of another.
type transactions struct {
	db        *sql.DB
	begin     string // the first statement of each; may be empty
	committed func(changes int, took time.Duration)
	log       *slog.Logger
}

// do makes one change and returns when it is durable. ctx is honoured until the
// change starts; after that it runs to its end.
func (t *transactions) do(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), transactionBounds)
	defer cancel()

	for try := 1; ; try++ {
		err := t.once(ctx, run)
		if !undone(err) || try == transactionTries {
			return err
		}

		// The others of a conflict wait for another time.
		time.Sleep(time.Duration(rand.Int64N(int64(try) * int64(5*time.Millisecond))))
	}
}

// doPiece is do for a piece of background work.
func (t *transactions) doPiece(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	begun := time.Now()
	if err := t.do(ctx, run); err != nil {
		return err
	}

	select {
	case <-time.After((backgroundShare - 1) * time.Since(begun)):
	case <-ctx.Done():
	}
	return nil
}

func (t *transactions) close() {}

func (t *transactions) once(ctx context.Context, run func(context.Context, *sql.Tx) error) (err error) {
	begun := time.Now()
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit

	if t.begin != "" {
		if _, err := tx.ExecContext(ctx, t.begin); err != nil {
			return err
		}
	}
	if err := t.contained(ctx, tx, run); err != nil {
		return err
	}

	err = tx.Commit()
	t.committed(1, time.Since(begun))
	return err
}

// contained makes a panic in a change its error.
func (t *transactions) contained(ctx context.Context, tx *sql.Tx, run func(context.Context, *sql.Tx) error) (err error) {
	defer checkout.Contain(t.log, "store", &err)
	return run(ctx, tx)
}

// undone reports whether PostgreSQL has undone a transaction that may succeed
// when it is repeated: a serialization failure or a deadlock.
func undone(err error) bool {
	var failure *pgconn.PgError
	return errors.As(err, &failure) && (failure.Code == "40001" || failure.Code == "40P01")
}

// translatePostgres returns the domain's error of a failure of PostgreSQL.
func translatePostgres(err error) error {
	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		var connecting *pgconn.ConnectError
		if errors.As(err, &connecting) {
			return checkout.ErrBusy.WithCause(err)
		}
		return err
	}

	switch failure.Code[:2] {
	case "40", "55", "57", "08": // undone, locked, shut down or timed out, connection lost
		return checkout.ErrBusy.WithCause(err)
	}
	switch failure.Code {
	case "53300": // too many connections
		return checkout.ErrBusy.WithCause(err)
	case "53100", "25006": // disk full, read-only
		return checkout.ErrStorageFull.WithCause(err)
	}

	return err
}
