package db

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"rieltime/checkout"
)

// tracer does nothing unless the process has set OpenTelemetry up.
var tracer = otel.Tracer("rieltime/db")

// writer runs changes one after the other and commits those that are waiting
// together, so that many small writes cost few synced commits. A change that
// fails is undone alone. What no buyer waits for waits a little for other changes,
// to be committed with them. Pieces of background work are committed alone, and
// after each the writer takes none until it has been free of them for four times
// as long as the piece took.
type writer struct {
	db      *sql.DB
	changes chan change
	pieces  chan change
	mu      sync.RWMutex // held for reading while a change is handed over
	closed  bool
	done    chan struct{}

	handWithin time.Duration
	patience   time.Duration
	committed  func(changes int, took time.Duration)
	settings   *settingsCache
	log        *slog.Logger
	rest       func(time.Duration) <-chan time.Time
}

type change struct {
	ctx    context.Context
	run    func(context.Context, *sql.Tx) error
	waits  bool // for other changes, for as long as the writer's patience lasts
	result chan error
}

const (
	changesWaiting  = 1024
	changesTogether = 128
	handWithin      = 2 * time.Second
	patience        = 10 * time.Millisecond

	backgroundShare = 5                    // of its time, the writer gives background work at most one part in so many
	pieceTime       = 5 * time.Millisecond // after which a piece takes no further step
)

var (
	errClosed    = errors.New("the database is closed")
	errUndone    = errors.New("a change among several has failed")
	errQueueFull = errors.New("too many changes wait for the writer")
)

func newWriter(db *sql.DB, settings *settingsCache, committed func(changes int, took time.Duration), log *slog.Logger) *writer {
	w := &writer{db: db, changes: make(chan change, changesWaiting), pieces: make(chan change), rest: time.After, done: make(chan struct{}), handWithin: handWithin, patience: patience, committed: committed, settings: settings, log: log}
	go w.loop()
	return w
}

// do runs one change and returns when it is durable. ctx is
// honoured until the change starts; after that it runs to its end.
func (w *writer) do(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	return w.await(change{ctx: ctx, run: run, result: make(chan error, 1)})
}

// doSoon is do for a change that waits a little for others.
func (w *writer) doSoon(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	return w.await(change{ctx: ctx, run: run, waits: true, result: make(chan error, 1)})
}

func (w *writer) await(c change) error {
	if err := w.enqueue(c); err != nil {
		return err
	}
	return <-c.result
}

// enqueue gives a change to the loop. When the queue is full, a change that can be
// canceled is refused after a while: its client is asked to come back. One that
// cannot, such as a provider's answer, waits for as long as it takes.
func (w *writer) enqueue(c change) error {
	w.mu.RLock()
	defer w.mu.RUnlock()

	if w.closed {
		return errClosed
	}

	select {
	case w.changes <- c:
		return nil
	default:
	}

	var timeout <-chan time.Time
	if c.ctx.Done() != nil {
		timer := time.NewTimer(w.handWithin)
		defer timer.Stop()
		timeout = timer.C
	}

	select {
	case w.changes <- c:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	case <-timeout:
		return checkout.ErrBusy.WithCause(errQueueFull)
	}
}

func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.changes)
	}
	w.mu.Unlock()
	<-w.done
}

// doPiece is do for a piece of background work: it waits until the writer takes
// one again.
func (w *writer) doPiece(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	c := change{ctx: ctx, run: run, result: make(chan error, 1)}
	select {
	case w.pieces <- c:
		return <-c.result
	case <-ctx.Done():
		return ctx.Err()
	case <-w.done:
		return errClosed
	}
}

func (w *writer) loop() {
	defer close(w.done)

	pieces, rested := w.pieces, (<-chan time.Time)(nil)
	for {
		select {
		case first, open := <-w.changes:
			if !open {
				return
			}
			w.commit(w.gather(first))

		case piece := <-pieces:
			begun := time.Now()
			w.commit([]change{piece})
			pieces, rested = nil, w.rest((backgroundShare-1)*time.Since(begun))

		case <-rested:
			pieces, rested = w.pieces, nil
		}
	}
}

// gather takes the changes that are waiting. While all of them can wait, it waits for
// one that cannot.
func (w *writer) gather(first change) []change {
	batch, patient := []change{first}, first.waits
	over := (<-chan time.Time)(nil)
	if patient {
		over = time.After(w.patience)
	}

	for len(batch) < changesTogether {
		if len(w.changes) == 0 && !patient {
			return batch
		}

		select {
		case c, open := <-w.changes:
			if !open {
				return batch
			}
			batch, patient = append(batch, c), patient && c.waits

		case <-over:
			patient = false
		}
	}

	return batch
}

// commit runs a batch in one transaction. Changes seldom fail, and savepoints cost the
// copies of pages; so each change of several is behind one only when they are run again,
// because one has failed. Callers get their results only after the commit.
func (w *writer) commit(batch []change) {
	begun := time.Now()
	results, effected, err := w.try(batch, w.runPlain)
	if errors.Is(err, errUndone) {
		results, effected, err = w.try(batch, w.runSaved)
	}

	w.committed(len(batch), time.Since(begun))
	for i, c := range batch {
		if err != nil && results[i] == nil {
			results[i] = err
		}
		effected[i].end(results[i] == nil)
		c.result <- results[i]
	}
}

// try runs the changes of a batch by run and commits them. results are the changes' own
// errors; err means that nothing is committed, errUndone that the batch is to be run
// again.
func (w *writer) try(batch []change, run runner) (results []error, effected []effects, err error) {
	ctx := context.Background()
	results, effected = make([]error, len(batch)), make([]effects, len(batch))
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return results, effected, err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit

	for i, c := range batch {
		if results[i] = c.ctx.Err(); results[i] != nil {
			continue
		}

		effected[i].settings = w.settings
		results[i], err = run(effected[i].within(ctx), tx, c.run)
		switch {
		case err == nil:
		case len(batch) == 1: // all there is to undo
			return results, effected, nil
		case errors.Is(err, errUndone):
			for i := range effected {
				effected[i].end(false)
			}
			return results, effected, err
		default:
			return results, effected, err
		}
	}

	return results, effected, tx.Commit()
}

// runner runs one change. failed is the change's own error; err means that the whole
// transaction is lost.
type runner func(ctx context.Context, tx *sql.Tx, run func(context.Context, *sql.Tx) error) (failed, err error)

// runPlain runs a change whose failure leaves the transaction half changed.
func (w *writer) runPlain(ctx context.Context, tx *sql.Tx, run func(context.Context, *sql.Tx) error) (failed, err error) {
	if failed = w.contained(ctx, tx, run); failed != nil {
		return failed, errUndone
	}
	return nil, nil
}

// runSaved runs a change behind a savepoint, to which its failure is undone.
func (w *writer) runSaved(ctx context.Context, tx *sql.Tx, run func(context.Context, *sql.Tx) error) (failed, err error) {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT change"); err != nil {
		return nil, err
	}
	if failed = w.contained(ctx, tx, run); failed != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO change"); err != nil {
			return failed, err
		}
	}
	_, err = tx.ExecContext(ctx, "RELEASE change")
	return failed, err
}

// contained keeps a panic in one change from ending the writer for all.
func (w *writer) contained(ctx context.Context, tx *sql.Tx, run func(context.Context, *sql.Tx) error) (err error) {
	defer checkout.Contain(w.log, "store", &err)
	return run(ctx, tx)
}

// update makes one change durable. The change's context knows the actor.
func (s *Store) update(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	return s.change(ctx, changer.do, run)
}

// updateSoon is update for what no buyer waits for, which may wait a little to share
// its commit with other changes.
func (s *Store) updateSoon(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	return s.change(ctx, changer.doSoon, run)
}

func (s *Store) change(ctx context.Context, do func(changer, context.Context, func(context.Context, *sql.Tx) error) error, run func(context.Context, *sql.Tx) error) error {
	if s.writer == nil {
		return ErrReadOnly
	}

	actor := checkout.ActorOf(ctx)
	if trace.SpanFromContext(ctx).IsRecording() { // what nobody traces is not worth a trace of its own
		_, span := tracer.Start(ctx, "store transaction")
		defer span.End()
	}

	return translateErr(do(s.writer, ctx, func(ctx context.Context, tx *sql.Tx) error {
		return run(checkout.WithActor(ctx, actor), tx)
	}))
}
