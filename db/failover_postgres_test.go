//go:build postgres

package db_test

import (
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// TestReplicaLeavesAServerThatTakesNoWrites keeps connections that were made while the
// server was read-only, as those to a primary that became a standby are.
func TestReplicaLeavesAServerThatTakesNoWrites(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	address, err := url.Parse(options.URL)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("pgx", options.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()

	store, err := db.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()

	execute := func(statement string) {
		t.Helper()
		if _, err := pool.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	name := strings.TrimPrefix(address.Path, "/")
	for what, use := range map[string]func() error{
		"a change":  func() error { return store.Audit(checkout.WithActor(t.Context(), "cli:test"), "test", "", nil) },
		"readiness": func() error { return store.Ready(t.Context()) },
	} {
		execute("ALTER DATABASE " + name + " SET default_transaction_read_only = on")
		execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "' AND pid <> pg_backend_pid()")
		if err := use(); !errors.Is(err, checkout.ErrBusy) {
			t.Errorf("%s on a read-only server: %v, want ErrBusy", what, err)
		}

		// The old connections would stay read-only for ever.
		execute("SET default_transaction_read_only = off")
		execute("ALTER DATABASE " + name + " RESET default_transaction_read_only")
		if err := use(); err != nil {
			t.Errorf("%s after the failover: %v", what, err)
		}
	}
}
