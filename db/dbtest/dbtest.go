// Package dbtest makes databases for tests on either engine.
package dbtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rieltime/db"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// ServerVariable is the environment variable with the URL of a PostgreSQL server,
// as a user who may create databases. Without it tests use SQLite.
const ServerVariable = "RIELTIME_TEST_POSTGRES"

// UndoVariable is the environment variable that has PostgreSQL undo the first try of
// each change, when it is not empty: all tests must pass so too.
const UndoVariable = "RIELTIME_TEST_UNDO"

// UndoFirstTry is for db.Options: it undoes the first try of each change as
// PostgreSQL does that of one which conflicts with another.
func UndoFirstTry(try int) error {
	if try == 1 {
		return &pgconn.PgError{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: "40001", Message: "undone by the test"}
	}
	return nil
}

// Options returns options for an empty database, which is gone or another test's after the
// test. On PostgreSQL other tests had it before; see Fresh.
func Options(t testing.TB) db.Options {
	t.Helper()
	server := os.Getenv(ServerVariable)
	if server == "" {
		return Fresh(t)
	}

	database := take(t, server)
	options := options()
	options.URL, options.Connector = database.url, database.connector
	options.Access = db.Existing // migrated already, which each test would look up again
	return options
}

func options() db.Options {
	options := db.Options{Key: make([]byte, db.KeySize)}
	if os.Getenv(UndoVariable) != "" {
		options.BeforeCommit = UndoFirstTry
	}
	return options
}

// Fresh returns Options of a new database, for tests of its connections and of what the
// server says of it.
func Fresh(t testing.TB) db.Options {
	t.Helper()
	server := os.Getenv(ServerVariable)
	if server == "" {
		return File(t, filepath.Join(t.TempDir(), "rieltime.db"))
	}

	options := options()
	options.URL = create(t, server, "")
	options.Access = db.Existing
	return options
}

// File returns options for a file of SQLite, which it makes where there is none.
func File(t testing.TB, path string) db.Options {
	t.Helper()
	options := options()
	options.Path = path
	if _, err := os.Stat(path); err == nil {
		return options
	}

	file, err := migratedFile()
	if err == nil {
		err = os.WriteFile(path, file, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// Empty returns options for a new database that has not been migrated.
func Empty(t testing.TB) db.Options {
	t.Helper()
	server := os.Getenv(ServerVariable)
	if server == "" {
		return db.Options{Key: make([]byte, db.KeySize), Path: filepath.Join(t.TempDir(), "rieltime.db")}
	}
	return db.Options{Key: make([]byte, db.KeySize), URL: create(t, server, "template1")}
}

// migratedFile is a new database of SQLite, made once: to migrate one takes ten times as
// long as to open it.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "rieltime-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()

	path := filepath.Join(folder, "rieltime.db")
	store, err := db.Open(context.Background(), db.Options{Key: make([]byte, db.KeySize), Path: path})
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// create makes a database, by default a migrated one, which is gone after the test,
// and returns its URL.
func create(t testing.TB, server, template string) string {
	t.Helper()
	admin, migrated, err := prepare(server)
	if err != nil {
		t.Fatal(err)
	}
	template = cmp.Or(template, migrated)

	name := newName("test")
	if err := execute(t.Context(), admin, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(context.Background(), admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})

	return inDatabase(server, name)
}

func newName(kind string) string { return kind + "_" + strings.ToLower(rand.Text()) }

// WantSound checks a database as "rieltime check" does.
func WantSound(t testing.TB, options db.Options) {
	t.Helper()
	findings, err := db.Check(context.Background(), options)
	if err != nil {
		t.Error(err)
	}

	for _, finding := range findings {
		if finding.Broken > 0 && !finding.Note {
			t.Errorf("%s: broken by %v", finding.Check, finding.Examples)
		}
	}
}

var prepared struct {
	once     sync.Once
	admin    *sql.DB // of this process, to make and drop databases
	template string
	err      error
}

// prepare connects to the server, once in a process, and finds or makes the template.
func prepare(server string) (admin *sql.DB, template string, err error) {
	p := &prepared
	p.once.Do(func() {
		if p.admin, p.err = sql.Open("pgx", server); p.err == nil {
			p.template, p.err = migrated(context.Background(), p.admin, server)
		}
	})
	return p.admin, p.template, p.err
}

// migrated returns the name of a database that has been migrated. All processes
// whose migrations are the same share it; the first one makes it.
func migrated(ctx context.Context, admin *sql.DB, server string) (name string, err error) {
	hash, err := db.SchemaHash()
	if err != nil {
		return "", err
	}
	conn, err := admin.Conn(ctx)
	if err != nil {
		return "", fmt.Errorf("connect to %s: %w", ServerVariable, err)
	}
	defer conn.Close()

	name = "template_" + hash[:16]
	if err := execute(ctx, conn, "SELECT pg_advisory_lock(hashtext('"+name+"'))"); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, execute(ctx, conn, "SELECT pg_advisory_unlock_all()")) }()

	var exists bool
	err = conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err != nil || exists {
		return name, err
	}

	// It has another name until it is complete: a test may be ended at any time.
	making := name + "_making"
	if err := execute(ctx, conn, "DROP DATABASE IF EXISTS "+making+" WITH (FORCE)"); err != nil {
		return "", err
	}
	if err := execute(ctx, conn, "CREATE DATABASE "+making); err != nil {
		return "", err
	}

	store, err := db.Open(ctx, db.Options{URL: inDatabase(server, making), Key: make([]byte, db.KeySize)})
	if err != nil {
		return "", err
	}
	if err := store.Close(); err != nil {
		return "", err
	}
	return name, execute(ctx, conn, "ALTER DATABASE "+making+" RENAME TO "+name)
}

type executor interface {
	ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error)
}

func execute(ctx context.Context, on executor, statement string) error {
	if _, err := on.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// inDatabase is a server's URL with a database's name.
func inDatabase(server, name string) string {
	address, err := url.Parse(server)
	if err != nil {
		return server
	}
	address.Path = "/" + name
	return address.String()
}
