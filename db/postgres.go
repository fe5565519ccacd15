package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"rieltime/checkout"
)

// Bounds of what a replica asks of PostgreSQL.
const (
	postgresWriters   = 16
	statementTimeout  = 15 * time.Second
	lockTimeout       = 10 * time.Second
	transactionTries  = 10
	transactionBounds = 30 * time.Second
)

// openPostgres opens the pools of a database at a postgres URL.
func (s *Store) openPostgres(ctx context.Context, access Access) (err error) {
	config, err := postgresConfig(s.url, statementTimeout)
	if err != nil {
		return err
	}

	s.read, s.lists = openPool(*config, readers), openPool(*config, listReaders)
	if access == ReadOnly {
		return checkVersion(ctx, s.dialect, s.read)
	}

	s.write, s.jobs = openPool(*config, postgresWriters), openPool(*config, jobsAtOnce)
	if access == CreateAndMigrate {
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

// postgresConfig reads a postgres URL. No statement takes longer than timeout,
// where that is not 0.
func postgresConfig(address string, timeout time.Duration) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("read the database's URL: %w", err)
	}

	for name, value := range map[string]string{
		"application_name":  "rieltime",
		"timezone":          "UTC",
		"statement_timeout": fmt.Sprint(timeout.Milliseconds()),
		"lock_timeout":      fmt.Sprint(lockTimeout.Milliseconds()),
	} {
		if config.RuntimeParams[name] == "" {
			config.RuntimeParams[name] = value
		}
	}

	return config, nil
}

func openPool(config pgx.ConnConfig, connections int) *sql.DB {
	pool := stdlib.OpenDB(config)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool
}

// migratePostgres migrates while no other replica does.
func (s *Store) migratePostgres(ctx context.Context) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer conn.Close()

	// The lock lasts as long as its session, which a lost connection ends.
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock(hashtextextended('rieltime migrations', 0))"); err != nil {
		return fmt.Errorf("lock the database to migrate it: %w", err)
	}
	err = migrateAll(ctx, s.dialect, s.write)
	_, unlocked := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock_all(); RESET lock_timeout; RESET statement_timeout")
	if err := errors.Join(err, unlocked); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}

	return nil
}

// transactions makes each change in a transaction of its own, beside others, and
// repeats one that PostgreSQL undid because of another.
type transactions struct {
	db        *sql.DB
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
