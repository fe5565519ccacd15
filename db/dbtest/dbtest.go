// Package dbtest makes databases for tests on either engine.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
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

// Options returns options for a new, empty database, which is gone after the test.
func Options(t testing.TB) db.Options {
	t.Helper()
	options := db.Options{Key: make([]byte, db.KeySize)}
	if os.Getenv(UndoVariable) != "" {
		options.BeforeCommit = UndoFirstTry
	}

	server := os.Getenv(ServerVariable)
	if server == "" {
		options.Path = filepath.Join(t.TempDir(), "rieltime.db")
		return options
	}

	template, err := migrated(server)
	if err != nil {
		t.Fatal(err)
	}
	options.URL = create(t, server, template)
	return options
}

// Empty returns options for a new database that has not been migrated.
func Empty(t testing.TB) db.Options {
	t.Helper()
	server := os.Getenv(ServerVariable)
	if server == "" {
		return Options(t)
	}
	return db.Options{Key: make([]byte, db.KeySize), URL: create(t, server, "template1")}
}

// create makes a database, which is gone after the test, and returns its URL.
func create(t testing.TB, server, template string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	if err := execute(server, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})

	return inDatabase(server, name)
}

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

var (
	templateOnce sync.Once
	templateName string
	templateErr  error
)

// migrated makes this process's template: a database that has been migrated.
func migrated(server string) (string, error) {
	templateOnce.Do(func() {
		templateName = "template_" + strings.ToLower(rand.Text())
		if templateErr = execute(server, "CREATE DATABASE "+templateName); templateErr != nil {
			return
		}
		store, err := db.Open(context.Background(), db.Options{URL: inDatabase(server, templateName), Key: make([]byte, db.KeySize)})
		if templateErr = err; err == nil {
			templateErr = store.Close()
		}
	})
	return templateName, templateErr
}

func execute(server, statement string) error {
	pool, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(statement); err != nil {
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
