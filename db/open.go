package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rieltime/checkout"
)

// Options say where the database is and how its secrets are sealed.
type Options struct {
	Path string // of the SQLite file
	URL  string // of a PostgreSQL database, postgres://…, which is used instead of a file
	Key  []byte // 32 bytes: seals provider settings, tokens and webhook secrets
	Log  *slog.Logger

	// Now is the clock to go by; nil: that of the database's server, or with SQLite
	// that of this machine. Machine is this machine's clock; nil: time.Now.
	Now, Machine func() time.Time

	// Access is what may be done to the database; the zero value allows all.
	Access Access

	// Past opens the database to record what happened before: Now is set back. No jobs
	// are queued, and no commit to a file waits for the disk.
	Past bool

	// OldKeys open what they have sealed while keys are changed; see Rekey.
	OldKeys [][]byte

	// Committed is called for each commit: how many changes it held, and how long
	// it took.
	Committed func(changes int, took time.Duration)

	// Retried receives the reason of each change that PostgreSQL undid and that
	// runs again, Failed that of each that ended in an error of the database; see
	// ChangeErrors.
	Retried, Failed func(reason string)

	// BeforeCommit, which only tests set, is called in each try of a change before
	// its commit; its error undoes the try.
	BeforeCommit func(try int) error

	// Connector, which only tests set, makes the connections to PostgreSQL but those of
	// the job queue.
	Connector func(pgx.ConnConfig) driver.Connector
}

func (o Options) dialect() dialect {
	if o.URL != "" {
		return postgresDialect
	}
	return sqliteDialect
}

func (o Options) machine() func() time.Time {
	if o.Machine != nil {
		return o.Machine
	}
	return time.Now
}

// Access is what opening a database may do to it.
type Access int

const (
	// CreateAndMigrate makes the database and its folder when they are missing,
	// and migrates it to the version that this program knows.
	CreateAndMigrate Access = iota

	// Existing opens a database that is there, at this program's version.
	Existing

	// ReadOnly is Existing that changes nothing: every change is ErrReadOnly.
	ReadOnly
)

const (
	readers     = 8 // for what buyers wait for
	listReaders = 4 // for lists and exports, however many are asked for at once
)

// Store is the database. It is safe for concurrent use.
type Store struct {
	path        string // of the SQLite file
	url         string // of the PostgreSQL database; empty: there is a file
	dialect     dialect
	connections connections  // to PostgreSQL
	lockFile    *lockFile    // nil when the store is read-only, as are serving, write, jobs, jobPool, announcer, writer and queue
	serving     *servingLock // of a PostgreSQL database, as lockFile is of a file
	read        *sql.DB
	lists       *sql.DB // reads what may be long, so that no buyer waits for a connection behind it
	write       *sql.DB
	jobs        *sql.DB       // River's own connection to a file
	jobPool     *pgxpool.Pool // River's connections to PostgreSQL; nil for a file
	announcer   *announcer    // nil for a file, and behind a pooler
	writer      changer
	sealer      sealer
	queue       *Queue
	glances     *glances
	settings    *settingsCache // nil when the store is read-only, and for PostgreSQL
	now         func() time.Time
	stopNow     func() // ends what now needs; may be nil
	log         *slog.Logger
}

// changer makes changes durable: do one that a buyer waits for, doSoon one that may
// wait for others, doPiece one of background work.
type changer interface {
	do(ctx context.Context, run func(context.Context, *sql.Tx) error) error
	doSoon(ctx context.Context, run func(context.Context, *sql.Tx) error) error
	doPiece(ctx context.Context, run func(context.Context, *sql.Tx) error) error
	close()
}

var (
	_ checkout.Store         = (*Store)(nil)
	_ checkout.DeliveryStore = (*Store)(nil)
	_ checkout.EndpointStore = (*Store)(nil)
	_ checkout.Vault         = (*Store)(nil)
)

// Open opens a database, which its Access may have it make or migrate first.
func Open(ctx context.Context, options Options) (*Store, error) {
	seal, err := newSealer(append([][]byte{options.Key}, options.OldKeys...)...)
	if err != nil {
		return nil, err
	}

	s := &Store{path: options.Path, url: options.URL, dialect: options.dialect(), sealer: seal, now: options.Now, log: options.Log}
	s.glances = newGlances(s.dialect)
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}

	open := s.openFile
	if s.url != "" {
		open = s.openPostgres
	}

	if err = open(ctx, options); err == nil {
		err = s.checkKey(ctx)
	}

	if err != nil {
		return nil, errors.Join(err, s.Close())
	}

	committed := options.Committed
	if committed == nil {
		committed = func(int, time.Duration) {}
	}

	switch {
	case options.Access == ReadOnly:
	case s.url != "":
		s.writer = newTransactions(s, options, committed)
	default:
		s.writer = newWriter(s.write, s.settings, committed, s.log)
	}

	return s, nil
}

func (s *Store) openFile(ctx context.Context, options Options) error {
	access := options.Access
	s.path = realPath(s.path)
	if s.now == nil {
		s.now = options.machine()
	}

	// A wrong path must not end in an empty database that looks like a loss.
	if access != CreateAndMigrate {
		if err := databaseAt(s.path); err != nil {
			return err
		}
	} else if err := s.announceNew(); err != nil {
		return err
	}

	if access == ReadOnly {
		return s.openReadOnly(ctx)
	}

	// From here on no restore can put another file in this one's place.
	var err error
	if s.lockFile, err = openLockFile(s.path); err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	if err := s.lockFile.share(ctx); err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	if err := s.connectToFile(ctx, options); err != nil {
		return err
	}
	s.settings = openSettingsCache(s.path, s.log)
	if err := refuseUnfinishedCopy(ctx, s.dialect, s.write); err != nil {
		return err
	}

	return s.prepare(ctx, options, s.migrate)
}

// connectToFile opens the connections to the file, or to a new one.
func (s *Store) connectToFile(ctx context.Context, options Options) (err error) {
	written := writing
	if options.Past {
		written = writingPast
	}
	if s.write, err = connect(s.path, 1, written); err != nil {
		return err
	}
	if options.Access == CreateAndMigrate {
		if err := s.alone(ctx, s.write.PingContext); err != nil {
			return fmt.Errorf("open the database: %w", err)
		}
	}

	if s.read, err = connect(s.path, readers, reading); err != nil {
		return err
	}
	if s.lists, err = connect(s.path, listReaders, listing); err != nil {
		return err
	}
	s.jobs, err = connect(s.path, 1, writing)
	return err
}

// prepare brings the database to this program's version where access allows it, and
// makes the queue.
func (s *Store) prepare(ctx context.Context, options Options, migrate func(context.Context) error) (err error) {
	if options.Access == CreateAndMigrate {
		err = migrate(ctx)
	} else {
		err = checkVersion(ctx, s.dialect, s.read)
	}

	if err != nil {
		return err
	}

	if s.queue, err = newQueue(s); err != nil {
		return err
	}
	s.queue.silent = options.Past
	return s.makePastMonths(ctx, options)
}

func (s *Store) openReadOnly(ctx context.Context) (err error) {
	if s.read, err = connect(s.path, readers, readingOnly); err != nil {
		return err
	}
	if s.lists, err = connect(s.path, listReaders, readingOnly); err != nil {
		return err
	}
	if err := refuseUnfinishedCopy(ctx, s.dialect, s.read); err != nil {
		return err
	}
	return checkVersion(ctx, s.dialect, s.read)
}

// announceNew makes the folder of a new database, and has the log say that the
// database is new: the path may be a wrong one.
func (s *Store) announceNew() error {
	err := databaseAt(s.path)
	if !errors.Is(err, ErrNoDatabase) {
		return err
	}
	s.log.Warn("there is no database: making a new, empty one", "path", s.path)
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}

// Close ends the writer after what it has taken, then the connections.
func (s *Store) Close() error {
	if s.writer != nil {
		s.writer.close()
	}
	s.announcer.close()
	if s.stopNow != nil {
		s.stopNow()
	}
	if s.jobPool != nil {
		s.jobPool.Close()
	}

	var errs []error
	for _, db := range []*sql.DB{s.read, s.lists, s.jobs, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}

	errs = append(errs, s.settings.close())
	if s.lockFile != nil { // last: until here the files are in use
		errs = append(errs, s.lockFile.Close())
	}
	if s.serving != nil {
		errs = append(errs, s.serving.Close())
	}

	return errors.Join(errs...)
}

// Ready reports whether the database answers reads and takes writes. Nothing
// depends on what it writes; but it is a write, which a full disk and a standby
// refuse.
func (s *Store) Ready(ctx context.Context) error {
	if s.url != "" { // ends with ctx, which a change does not once it has begun
		_, err := s.write.ExecContext(ctx, s.dialect.ready)
		if isReadOnly(err) {
			s.dropIdle()
		}
		return translateErr(err)
	}

	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.dialect.ready)
		return err
	})
}
