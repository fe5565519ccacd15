package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// copySide is one of the two databases of a copy, which nothing else may have open
// for writing meanwhile.
type copySide struct {
	options Options
	name    string // for people: without a password
	dialect dialect
	pool    *sql.DB
	locked  interface{ Close() error }
}

// openCopySource opens the database to copy, which stays as it is.
func openCopySource(ctx context.Context, options Options) (*copySide, error) {
	if options.URL != "" {
		return openCopyServer(ctx, options)
	}
	if err := databaseAt(options.Path); err != nil {
		return nil, err
	}
	return openCopyFile(ctx, options, readingOnly)
}

// openCopyTarget opens the database to copy to, and makes a file that is missing.
func openCopyTarget(ctx context.Context, options Options) (*copySide, error) {
	if options.URL != "" {
		return openCopyServer(ctx, options)
	}
	if err := os.MkdirAll(filepath.Dir(options.Path), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	return openCopyFile(ctx, options, writing)
}

func openCopyFile(ctx context.Context, options Options, access url.Values) (*copySide, error) {
	options.Path = realPath(options.Path)
	side := &copySide{options: options, name: options.Path, dialect: sqliteDialect}
	lock, err := openLockFile(options.Path)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", side.name, err)
	}

	side.locked = lock
	if err := lock.exclude(ctx, restoreWait); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", side.name, err), side.Close())
	}

	connections := 1
	if access.Get("mode") == "ro" {
		connections = 2 // one holds the snapshot
	}

	if side.pool, err = connect(options.Path, connections, access); err != nil {
		return nil, errors.Join(err, side.Close())
	}

	return side, nil
}

func openCopyServer(ctx context.Context, options Options) (*copySide, error) {
	server, err := postgresConnections(ctx, options.URL, nil)
	if err != nil {
		return nil, err
	}

	config := server.config
	config.RuntimeParams["application_name"] = "rieltime db copy" // unlike a store's; see servingSeen
	side := &copySide{options: options, dialect: postgresDialect, name: fmt.Sprintf("postgres://%s:%d/%s", config.Host, config.Port, config.Database)}
	lock := newServingLock(server, nil)
	side.locked = lock
	if err := lock.exclude(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", side.name, err), side.Close())
	}

	side.pool = server.open(4)
	return side, nil
}

// snapshot begins a transaction that sees one moment, which is also the last one: it
// holds off changes until it ends.
func (s *copySide) snapshot(ctx context.Context) (*sql.Tx, error) {
	tx, err := s.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot})
	if err != nil || s.dialect.copying.lock == "" {
		return tx, err
	}

	// A store that lost its lock, or that never had it, cannot change them.
	names := make([]string, len(copiedTables))
	for i, t := range copiedTables {
		names[i] = t.name
	}

	_, err = tx.ExecContext(ctx, fmt.Sprintf(s.dialect.copying.lock, strings.Join(names, ", ")))
	var failure *pgconn.PgError
	if errors.As(err, &failure) && failure.Code == "55P03" { // lock_timeout
		err = fmt.Errorf("%s: %w", s.name, ErrInUse)
	}

	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}

	return tx, nil
}

// Close ends the connections, then frees the lock.
func (s *copySide) Close() error {
	var errs []error
	if s.pool != nil {
		errs = append(errs, s.pool.Close())
	}
	return errors.Join(append(errs, s.locked.Close())...)
}

func checkCopySource(ctx context.Context, side *copySide) error {
	if err := checkVersion(ctx, side.dialect, side.pool); err != nil {
		return err
	}
	return refuseUnfinishedCopy(ctx, side.dialect, side.pool)
}

// makeReady migrates a target without rows; one with rows must be of a copy that is
// unfinished.
func (s *copySide) makeReady(ctx context.Context) error {
	unfinished, err := hasTable(ctx, s.dialect, s.pool, copiesTable)
	if err != nil {
		return err
	}

	if !unfinished {
		if err := s.checkEmpty(ctx); err != nil {
			return err
		}
		if err := migrateAll(ctx, s.dialect, s.pool); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}

	return checkVersion(ctx, s.dialect, s.pool)
}

func (s *copySide) checkEmpty(ctx context.Context) error {
	var filled []string
	for _, t := range slices.Concat(copiedTables, []copiedTable{{name: "river_job"}}) {
		has, err := hasTable(ctx, s.dialect, s.pool, t.name)
		if err == nil && has {
			err = s.pool.QueryRowContext(ctx, copyComment+"SELECT EXISTS (SELECT 1 FROM "+t.name+")").Scan(&has)
		}

		if err != nil {
			return err
		}

		if has {
			filled = append(filled, t.name)
		}
	}

	if len(filled) > 0 {
		return fmt.Errorf("%w: there are rows in %s", ErrNotEmpty, strings.Join(filled, ", "))
	}

	return nil
}

// ErrNotEmpty is the error of a copy to a database that has other rows.
var ErrNotEmpty = errors.New("the database to copy to is not empty: copy to a new one")
