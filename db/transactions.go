package db

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rieltime/checkout"
)

// transactions makes each change in a transaction of its own, beside others, and
// runs one again that PostgreSQL has undone: because of another, or because the
// connection was lost before the commit was sent. A change may therefore run
// several times before its caller has its result: what it leaves in variables must
// be that of its last run alone.
type transactions struct {
	db           *sql.DB
	begin        string // the first statement of each; may be empty
	beforeCommit func(try int) error
	committed    func(changes int, took time.Duration)
	retried      func(reason string)
	failed       func(reason string)
	announce     func(queues []string)                // that were given jobs
	dropIdle     func()                               // connections, to a server that takes no writes any more
	rest         func(time.Duration) <-chan time.Time // after a piece of background work
	log          *slog.Logger
}

const (
	transactionTries  = 10
	transactionBounds = 30 * time.Second
	retryPause        = 5 * time.Millisecond // times the number of the try, at most
)

// ErrOutcomeUnknown is the error of a change whose commit was sent and never
// answered. It may be durable or not: only its rows show which. It is also a
// checkout.ErrBusy.
var ErrOutcomeUnknown = errors.New("the connection was lost during a commit: whether the change was made is unknown")

func newTransactions(s *Store, options Options, committed func(int, time.Duration)) *transactions {
	t := &transactions{
		db: s.write, begin: s.connections.begin, log: s.log,
		beforeCommit: options.BeforeCommit, dropIdle: s.dropIdle, committed: committed, retried: options.Retried, failed: options.Failed,
		announce: s.announcer.announce, rest: time.After,
	}
	if t.beforeCommit == nil {
		t.beforeCommit = func(int) error { return nil }
	}

	if t.retried == nil {
		t.retried = func(string) {}
	}

	if t.failed == nil {
		t.failed = func(string) {}
	}

	return t
}

// do makes one change and returns when it is durable. ctx is honoured until the
// change starts; after that it runs to its end.
func (t *transactions) do(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), transactionBounds)
	defer cancel()

	for try := 1; ; try++ {
		err := t.once(ctx, try, run)
		reason := changeError(err)
		if isReadOnly(err) {
			t.dropIdle()
		}
		if err != nil && ctx.Err() != nil {
			err, reason = checkout.ErrBusy.WithCause(err), cmp.Or(reason, reasonTimeout)
		}

		switch {
		case reason == "":
			return err
		case try == transactionTries || !mayRetry(reason) || ctx.Err() != nil:
			t.failed(reason)
			return err
		}

		// The others of a conflict wait for another time.
		t.retried(reason)
		time.Sleep(rand.N(time.Duration(try) * retryPause))
	}
}

// doSoon is do: the server itself commits what waits at the same time together.
func (t *transactions) doSoon(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	return t.do(ctx, run)
}

// doPiece is do for a piece of background work.
func (t *transactions) doPiece(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	begun := time.Now()
	if err := t.do(ctx, run); err != nil {
		return err
	}

	select {
	case <-t.rest((backgroundShare - 1) * time.Since(begun)):
	case <-ctx.Done():
	}
	return nil
}

func (t *transactions) close() {}

func (t *transactions) once(ctx context.Context, try int, run func(context.Context, *sql.Tx) error) error {
	begun := time.Now()
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit

	if t.begin != "" {
		if _, err := tx.ExecContext(ctx, t.begin); err != nil {
			return err
		}
	}

	var effects effects
	ctx = effects.within(ctx)
	committed := false
	defer func() { effects.end(committed) }()

	if err := t.contained(ctx, tx, run); err != nil {
		return err
	}
	if err := t.beforeCommit(try); err != nil {
		return err
	}

	err = tx.Commit()
	t.committed(1, time.Since(begun))
	if committed = err == nil; committed {
		t.announce(effects.queues)
	}
	return commitError(err)
}

// contained makes a panic in a change its error.
func (t *transactions) contained(ctx context.Context, tx *sql.Tx, run func(context.Context, *sql.Tx) error) (err error) {
	defer checkout.Contain(t.log, "store", &err)
	return run(ctx, tx)
}

// commitError makes an error of a commit ErrOutcomeUnknown, unless it is certain
// that nothing was committed: PostgreSQL has answered so, or the commit was never
// sent. A fatal error is no such answer: it may end a session that has committed.
func commitError(err error) error {
	var failure *pgconn.PgError
	refused := errors.As(err, &failure) && failure.SeverityUnlocalized == "ERROR" || errors.Is(err, pgx.ErrTxCommitRollback)
	if err == nil || refused || pgconn.SafeToRetry(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
}

// Reasons for which PostgreSQL does not make a change.
const (
	reasonSerialization  = "serialization"   // undone because of another
	reasonDeadlock       = "deadlock"        // it and another waited for each other
	reasonConnection     = "connection"      // none came about, or it was lost before the commit
	reasonLockTimeout    = "lock_timeout"    // another held a lock for too long
	reasonTimeout        = "timeout"         // a statement, or all of the change, took too long
	reasonOutcomeUnknown = "outcome_unknown" // the commit was not answered
)

// ChangeErrors are all reasons for which PostgreSQL does not make a change.
func ChangeErrors() []string {
	return []string{reasonSerialization, reasonDeadlock, reasonConnection, reasonLockTimeout, reasonTimeout, reasonOutcomeUnknown}
}

// mayRetry reports whether a change that failed for a reason is surely undone, and
// may succeed at once. After a time-out its caller has waited for long enough.
func mayRetry(reason string) bool {
	return reason == reasonSerialization || reason == reasonDeadlock || reason == reasonConnection
}

// changeError returns the reason for an error of PostgreSQL; empty for any other.
func changeError(err error) string {
	if errors.Is(err, ErrOutcomeUnknown) {
		return reasonOutcomeUnknown
	}
	if connectionLost(err) {
		return reasonConnection
	}

	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		return ""
	}

	switch failure.Code {
	case "40001":
		return reasonSerialization
	case "40P01":
		return reasonDeadlock
	case "55P03":
		return reasonLockTimeout
	case "57014":
		return reasonTimeout
	}

	return ""
}

// Unreachable reports whether an error of Open means that the database's server does
// not answer now, as while another takes its place: the next try may succeed.
func Unreachable(err error) bool { return connectionLost(err) }

// connectionLost reports whether an error means that there is no connection to
// PostgreSQL, or none any more.
func connectionLost(err error) bool {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		switch failure.Code {
		case "25006", "53300", "57P01", "57P02", "57P03": // a standby, too many connections, shut down, crashed, starting
			return true
		}
		return failure.Code[:2] == "08"
	}

	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) { // perhaps by its own time-out, which is a deadline too
		return !errors.Is(err, context.Canceled)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return false // whoever asked has given up
	}

	var network net.Error
	return errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
