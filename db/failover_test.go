package db_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// TestReplicaLeavesAServerThatTakesNoWrites keeps connections that were made while the
// server was read-only, as those to a primary that became a standby are.
func TestReplicaLeavesAServerThatTakesNoWrites(t *testing.T) {
	options := dbtest.Options(t)
	if options.URL == "" {
		return // a file has no standby
	}

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

// TestServerThatIsSilentIsLeft connects to a server that accepts and never answers.
func TestServerThatIsSilentIsLeft(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()

	conn := db.BoundConn(ours, time.Millisecond)
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read without an answer: %v, want it to end", err)
	}

	// A deadline of the driver, which ends a canceled query, takes its place.
	if err := conn.SetDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		_, _ = theirs.Write([]byte("x")) // fails only when the test has ended
	}()
	if n, err := conn.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read %d bytes within the driver's deadline: %v", n, err)
	}
}

func TestReadinessEndsWithItsContext(t *testing.T) {
	store, err := db.Open(t.Context(), dbtest.Options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Ready(ctx); err == nil {
		t.Error("ready after the context has ended")
	}
}
