package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"rieltime/checkout"
)

// Bounds of what a replica asks of PostgreSQL.
const (
	postgresWriters = 16
	jobConnections  = 4 // beside the one that listens
	migrators       = 4
)

// openPostgres opens the pools of a database at a postgres URL.
func (s *Store) openPostgres(ctx context.Context, options Options) (err error) {
	s.connections, err = options.connections(ctx, bounds)
	if err != nil {
		return err
	}

	s.read, s.lists = s.connections.open(readers), s.connections.open(listReaders)
	if s.now == nil {
		if s.stopNow, err = s.startClock(ctx, options.machine()); err != nil {
			return err
		}
	}

	if options.Access != ReadOnly { // from here on no copy can begin
		s.serving = newServingLock(s.connections, s.log)
		if err := s.serving.share(ctx); err != nil {
			return err
		}
	}

	if err := refuseUnfinishedCopy(ctx, s.dialect, s.read); err != nil {
		return err
	}
	if options.Access == ReadOnly {
		return checkVersion(ctx, s.dialect, s.read)
	}

	s.write = s.connections.open(postgresWriters)
	if s.jobPool, err = s.connections.openForJobs(jobConnections); err != nil {
		return err
	}
	if !s.connections.pooled {
		s.announcer = newAnnouncer(riverpgxv5.New(s.jobPool).GetExecutor(), s.log)
	}
	return s.prepare(ctx, options, s.migratePostgres)
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
	if err := finishMigration(ctx, pool, s.now()); err != nil { // nothing fails without it
		s.log.Warn("the database was not made ready for the next months: the daily job will try again", "error", err)
	}
	return nil
}

// finishMigration makes the partitions of the next months, and statistics where there are
// none.
func finishMigration(ctx context.Context, pool *sql.DB, now time.Time) error {
	for _, table := range monthlyTables {
		if err := makeMonthsIn(ctx, pool, table, monthsFrom(now, monthsAhead)); err != nil {
			return err
		}
	}
	return analyzeNew(ctx, pool)
}

// analyzeNew gathers the statistics of tables that have rows and none: before, the
// server plans badly. They are of a database that was just restored.
func analyzeNew(ctx context.Context, pool *sql.DB) error {
	tables, err := queryStrings(ctx, pool, `SELECT quote_ident(c.relname) FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
		AND c.relkind = 'r' AND pg_relation_size(c.oid) > 100000
		AND NOT EXISTS (SELECT 1 FROM pg_stats s WHERE s.schemaname = current_schema() AND s.tablename = c.relname)`)
	if err != nil || len(tables) == 0 {
		return err
	}
	_, err = pool.ExecContext(ctx, "ANALYZE "+strings.Join(tables, ", "))
	return err
}

// translatePostgres returns the domain's error of a failure of PostgreSQL.
func translatePostgres(err error) error {
	if errors.Is(err, ErrOutcomeUnknown) || connectionLost(err) {
		return checkout.ErrBusy.WithCause(err)
	}

	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		return err
	}

	switch failure.Code[:2] {
	case "40", "55", "57": // undone, locked, timed out
		return checkout.ErrBusy.WithCause(err)
	}
	switch failure.Code {
	case "53100": // disk full
		return checkout.ErrStorageFull.WithCause(err)
	}

	return err
}
