package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"rieltime/checkout"
)

//go:embed migrations
var migrations embed.FS

// Options say where the database is and how its secrets are sealed.
type Options struct {
	Path string // of the SQLite file; its folder is made when missing
	Key  []byte // 32 bytes: seals provider settings, tokens and webhook secrets
	Now  func() time.Time
	Log  *slog.Logger

	// OldKeys open what they have sealed while keys are changed; see Rekey.
	OldKeys [][]byte

	// Committed hears of each commit: how many changes it held, and how long
	// it took.
	Committed func(changes int, took time.Duration)
}

const readers = 8

// Store is the database. It is safe for concurrent use.
type Store struct {
	path   string
	read   *sql.DB
	write  *sql.DB
	jobs   *sql.DB // River's own connection
	writer *writer
	sealer sealer
	queue  *Queue
	now    func() time.Time
	log    *slog.Logger
}

var (
	_ checkout.Store         = (*Store)(nil)
	_ checkout.DeliveryStore = (*Store)(nil)
	_ checkout.EndpointStore = (*Store)(nil)
	_ checkout.Vault         = (*Store)(nil)
)

// Open opens the database, making or migrating it first.
func Open(ctx context.Context, options Options) (*Store, error) {
	seal, err := newSealer(append([][]byte{options.Key}, options.OldKeys...)...)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(options.Path), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	s := &Store{path: options.Path, sealer: seal, now: options.Now, log: options.Log}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.write, err = connect(options.Path, 1, writing); err != nil {
		return nil, err
	}
	if s.read, err = connect(options.Path, readers, reading); err != nil {
		return nil, err
	}
	if s.jobs, err = connect(options.Path, 1, writing); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.writer = newWriter(s.write, options.Committed, s.log)
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	queue, err := newQueue(s)
	if err != nil {
		return err
	}
	s.queue = queue
	return s.checkKey(ctx)
}

// connect opens a pool. busy_timeout comes first, so that the pragmas after it
// wait for other processes too.
func connect(path string, connections int, access url.Values) (*sql.DB, error) {
	query := url.Values{"_pragma": {
		"busy_timeout(10000)",          // wait for another process's transaction
		"journal_mode(WAL)",            // readers go on while the writer writes
		"synchronous(FULL)",            // a commit that was answered survives a power cut
		"foreign_keys(ON)",             // no row without its parent
		"journal_size_limit(67108864)", // the log shrinks again after a burst
		"cache_size(-8000)",            // 8 MB a connection
	}}
	query["_pragma"] = append(query["_pragma"], access["_pragma"]...)
	query["_txlock"] = access["_txlock"]
	file, err := newConnector(fileURL(path) + "?" + query.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db := sql.OpenDB(file)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

var (
	// writing takes the write lock when a transaction begins, where it can be
	// waited for, not at its first write, where it cannot.
	writing = url.Values{"_txlock": {"immediate"}}
	reading = url.Values{"_txlock": {"deferred"}, "_pragma": {"query_only(ON)"}}
)

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	house, err := goose.NewProvider(goose.DialectSQLite3, s.write, files, goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	if err := notNewer(ctx, house); err != nil {
		return err
	}
	if _, err := house.Up(ctx); err != nil {
		return err
	}
	jobs, err := rivermigrate.New(riversqlite.New(s.write), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = jobs.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// Close ends the writer after what it has taken, then the connections.
func (s *Store) Close() error {
	if s.writer != nil {
		s.writer.close()
	}
	var errs []error
	for _, db := range []*sql.DB{s.read, s.jobs, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Ready tells whether the database answers reads and takes writes. Nothing
// depends on the version it writes; but it is a write, which a full disk
// refuses.
func (s *Store) Ready(ctx context.Context) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "PRAGMA user_version = 1")
		return err
	})
}

// named turns the driver's errors into the domain's.
func named(err error) error {
	var failure *sqlite.Error
	if errors.Is(err, sql.ErrNoRows) {
		return checkout.ErrNotFound
	}
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return checkout.ErrBusy.Because(err)
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return checkout.ErrStorageFull.Because(err)
	}
	return err
}
