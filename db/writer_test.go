package db

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"rieltime/checkout"
)

// stuckWriter is a writer whose queue is full, until release is closed.
func stuckWriter(t *testing.T) (w *writer, release chan struct{}) {
	t.Helper()
	pool, err := connect(filepath.Join(t.TempDir(), "x.db"), 1, writing)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	w = newWriter(pool, nil, slog.New(slog.DiscardHandler))
	release = make(chan struct{})
	running := make(chan struct{})
	go func() {
		_ = w.do(context.Background(), func(context.Context, *sql.Tx) error {
			close(running)
			<-release
			return nil
		})
	}()
	<-running
	for range changesWaiting {
		w.changes <- change{ctx: context.Background(), run: func(context.Context, *sql.Tx) error { return nil }, result: make(chan error, 1)}
	}
	w.handWithin = time.Millisecond
	return w, release
}

func nothing(context.Context, *sql.Tx) error { return nil }

func TestFullQueueRefusesRequests(t *testing.T) {
	w, release := stuckWriter(t)
	err := w.do(t.Context(), nothing)
	var busy *checkout.Error
	if !errors.As(err, &busy) || !errors.Is(err, checkout.ErrBusy) || busy.RetryAfter <= 0 {
		t.Errorf("%v, want %v with Retry-After", err, checkout.ErrBusy)
	}
	close(release)
	w.close()
}

func TestFullQueueKeepsWhatMustNotBeLost(t *testing.T) {
	w, release := stuckWriter(t)
	done := make(chan error, 1)
	go func() { done <- w.do(context.WithoutCancel(t.Context()), nothing) }()
	if err := w.do(t.Context(), nothing); !errors.Is(err, checkout.ErrBusy) {
		t.Errorf("the queue was not full: %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.close()
}

func TestCommitsAreTold(t *testing.T) {
	told := 0
	store, err := Open(t.Context(), Options{
		Path: filepath.Join(t.TempDir(), "x.db"), Key: make([]byte, KeySize),
		Committed: func(changes int, took time.Duration) { told += changes },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if told != 1 {
		t.Errorf("%d changes told, want 1", told)
	}
}
