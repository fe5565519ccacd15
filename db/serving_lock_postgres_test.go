//go:build postgres

package db

import (
	"errors"
	"log/slog"
	"os"
	"testing"
)

// A store whose connection was lost, as in a failover, takes its lock again; as long
// as it holds it no copy begins.
func TestLostServingLockIsTakenAgain(t *testing.T) {
	url := os.Getenv("RIELTIME_TEST_POSTGRES")
	server, err := postgresConnections(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	serving, copying := newServingLock(server, slog.New(slog.DiscardHandler)), newServingLock(server, nil)
	defer func() { _ = errors.Join(serving.Close(), copying.Close()) }()
	if err := serving.take(t.Context(), serveShared, 0); err != nil {
		t.Fatal(err)
	}
	if err := copying.take(t.Context(), serveAlone, 0); !errors.Is(err, errLockHeld) {
		t.Errorf("a copy began: %v", err)
	}

	var process int
	if err := serving.tx.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&process); err != nil {
		t.Fatal(err)
	}
	if _, err := copying.pool.ExecContext(t.Context(), "SELECT pg_terminate_backend($1, 5000)", process); err != nil {
		t.Fatal(err)
	}
	if serving.holds(t.Context()) {
		t.Error("a lock whose connection is lost counts as held")
	}
	if err := serving.retake(t.Context()); err != nil || !serving.holds(t.Context()) {
		t.Errorf("not taken again: %v", err)
	}
	if err := copying.take(t.Context(), serveAlone, 0); !errors.Is(err, errLockHeld) {
		t.Errorf("a copy began: %v", err)
	}
}
