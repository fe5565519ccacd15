package db

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
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
	w = newWriter(pool, nil, func(int, time.Duration) {}, slog.New(slog.DiscardHandler))
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

func TestCommitsAreReported(t *testing.T) {
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

// Nobody hears of success before the commit: when that fails, every change of
// the batch has failed, and the writer goes on.
func TestFailedCommitFailsAllItsChanges(t *testing.T) {
	pool, err := connect(filepath.Join(t.TempDir(), "x.db"), 1, writing)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.ExecContext(t.Context(), "CREATE TABLE parents (id INTEGER PRIMARY KEY); CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)"); err != nil {
		t.Fatal(err)
	}
	w := newWriter(pool, nil, func(int, time.Duration) {}, slog.New(slog.DiscardHandler))
	defer w.close()
	running, release := make(chan struct{}), make(chan struct{})
	results := make(chan error, 3)
	change := func(statement string) {
		results <- w.do(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, statement)
			return err
		})
	}
	go func() {
		_ = w.do(context.Background(), func(context.Context, *sql.Tx) error { close(running); <-release; return nil })
	}()
	<-running
	go change("INSERT INTO parents VALUES (1)")
	go change("INSERT INTO children VALUES (7)") // whose parent is missing, as the commit finds
	for len(w.changes) < 2 {
		runtime.Gosched()
	}
	close(release)
	for range 2 {
		if err := <-results; err == nil {
			t.Error("a change whose commit failed was told as made")
		}
	}
	var left int
	if change("INSERT INTO parents VALUES (2)"); <-results != nil {
		t.Error("the next change fails")
	}
	if err := pool.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM parents) * 10 + (SELECT count(*) FROM children)").Scan(&left); err != nil || left != 10 {
		t.Errorf("%d (%v), want one parent and no child", left, err)
	}
}

// What no buyer waits for waits for company, and is committed with it or, when none
// comes, alone.
func TestChangesThatCanWaitShareACommit(t *testing.T) {
	pool, err := connect(filepath.Join(t.TempDir(), "x.db"), 1, writing)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	commits := make(chan int, 2)
	w := newWriter(pool, nil, func(changes int, _ time.Duration) { commits <- changes }, slog.New(slog.DiscardHandler))
	defer w.close()

	if err := w.doSoon(t.Context(), nothing); err != nil || <-commits != 1 {
		t.Errorf("alone: %v", err)
	}

	w.patience = time.Hour
	waiting := change{ctx: t.Context(), run: nothing, waits: true, result: make(chan error, 2)}
	if err := errors.Join(w.enqueue(waiting), w.enqueue(waiting), w.do(t.Context(), nothing)); err != nil {
		t.Fatal(err)
	}
	if changes := <-commits; changes != 3 {
		t.Errorf("%d changes in a commit, want all 3", changes)
	}
	if err := errors.Join(<-waiting.result, <-waiting.result); err != nil {
		t.Error(err)
	}
}

// A change that fails among others is undone alone, and costs the others nothing but
// being run again.
func TestChangeThatFailsAmongOthersIsUndoneAlone(t *testing.T) {
	pool, err := connect(filepath.Join(t.TempDir(), "x.db"), 1, writing)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.ExecContext(t.Context(), "CREATE TABLE t (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	w := newWriter(pool, nil, func(int, time.Duration) {}, slog.New(slog.DiscardHandler))
	defer w.close()
	w.patience = time.Hour

	refused := errors.New("refused")
	insert := func(n int, after error) change {
		return change{ctx: t.Context(), waits: true, result: make(chan error, 1), run: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO t VALUES ($1)", n)
			return errors.Join(err, after)
		}}
	}
	one, two, four := insert(1, nil), insert(2, refused), insert(4, nil)
	if err := errors.Join(w.enqueue(one), w.enqueue(two), w.enqueue(four), w.do(t.Context(), nothing)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-one.result, <-four.result); err != nil {
		t.Error(err)
	}
	if err := <-two.result; !errors.Is(err, refused) {
		t.Errorf("%v, want its own error", err)
	}

	var sum int
	if err := pool.QueryRowContext(t.Context(), "SELECT sum(n) FROM t").Scan(&sum); err != nil || sum != 5 {
		t.Errorf("the numbers that are left make %d, want 5: %v", sum, err)
	}
}

// Buyers' changes go on while background work has none of the writer's time.
func TestBackgroundWorkRestsAfterEachPiece(t *testing.T) {
	pool, err := connect(filepath.Join(t.TempDir(), "x.db"), 1, writing)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	w := newWriter(pool, nil, func(int, time.Duration) {}, slog.New(slog.DiscardHandler))
	defer w.close()
	rested, asked := make(chan time.Time), make(chan time.Duration, 1)
	w.rest = func(d time.Duration) <-chan time.Time { asked <- d; return rested }

	pieces := make(chan int)
	go func() {
		for n := range 3 {
			if err := w.doPiece(context.Background(), nothing); err != nil {
				t.Error(err)
			}
			pieces <- n
		}
	}()
	for n := range 3 {
		if got := <-pieces; got != n {
			t.Fatalf("piece %d, want %d", got, n)
		}
		if pause := <-asked; pause <= 0 {
			t.Errorf("a pause of %v", pause)
		}
		for range 20 { // each hears of its commit, and no piece is among them
			if err := w.do(t.Context(), nothing); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-pieces:
			t.Fatal("a piece came within the pause")
		default:
		}
		rested <- time.Time{}
	}
}

func TestBackgroundWorkIsDoneInPieces(t *testing.T) {
	store, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "x.db"), Key: make([]byte, KeySize)})
	if err != nil {
		t.Fatal(err)
	}
	var pause time.Duration // of all pieces together
	pieces := 0
	store.writer.(*writer).rest = func(d time.Duration) <-chan time.Time {
		pieces, pause = pieces+1, pause+d
		over := make(chan time.Time)
		close(over)
		return over
	}
	steps := 0
	begun := time.Now()
	err = store.inPieces(t.Context(), func(context.Context, *sql.Tx) (bool, error) {
		for until := time.Now().Add(pieceTime / 4); time.Now().Before(until); { // the work of a step
		}
		steps++
		return steps < 100, nil
	})
	took := time.Since(begun)
	if err := store.Close(); err != nil { // the writer counts the last pause after the work has returned
		t.Fatal(err)
	}
	if err != nil || steps != 100 || pieces < 25 || pause < (backgroundShare-1)*pieceTime/4*100 {
		t.Errorf("%d steps in %d pieces over %v with %v of pauses, %v", steps, pieces, took, pause, err)
	}
}

func TestBackgroundWorkEndsWithItsContextAndTheStore(t *testing.T) {
	w, release := stuckWriter(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.doPiece(ctx, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(release)
	w.close()
	if err := w.doPiece(t.Context(), nothing); !errors.Is(err, errClosed) {
		t.Errorf("%v", err)
	}
}
