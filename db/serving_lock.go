package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// ErrCopying is the error of opening a database that is being copied, or restored.
var ErrCopying = errors.New("the database is being copied or restored: start again when that is done")

const (
	// A transaction holds the lock. It has no snapshot between its statements, so
	// that it holds back no vacuum.
	serveShared = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended('rieltime serving', 0))"
	serveAlone  = "SELECT pg_try_advisory_xact_lock(hashtextextended('rieltime serving', 0))"

	// A store works at least every second, which shows in the connections that a
	// pooler keeps after it was stopped.
	servingSeen = `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'rieltime' AND pid <> pg_backend_pid()
		AND (state IS DISTINCT FROM 'idle' OR state_change > clock_timestamp() - interval '15 seconds'))`
	servingSeenWait = 5 * time.Second // for connections that were closed to end

	shareWait        = 10 * time.Second // for a copy or a restore to end
	servingLockCheck = 10 * time.Second
)

// servingLock is the lock of a PostgreSQL database that each store that may change
// it holds shared, and a copy holds alone. Behind a pooler, whose connections are
// few, a store does not hold it but only waits for it at start: there a copy finds it
// by what it does.
type servingLock struct {
	pool   *sql.DB // of one connection
	pooled bool
	tx     *sql.Tx // holds the lock; nil when it was lost
	conn   *sql.Conn
	log    *slog.Logger

	stop    context.CancelFunc
	stopped chan struct{} // closed when nothing keeps the lock any more
}

func newServingLock(server connections, log *slog.Logger) *servingLock {
	return &servingLock{pool: server.open(1), pooled: server.pooled, log: log}
}

// share holds the lock beside other stores until Close, or is ErrCopying.
func (l *servingLock) share(ctx context.Context) error {
	err := l.take(ctx, serveShared, shareWait)
	if errors.Is(err, errLockHeld) {
		return ErrCopying
	}
	if err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}

	if l.pooled {
		l.release()
		return nil
	}

	keeping, stop := context.WithCancel(context.Background())
	l.stop, l.stopped = stop, make(chan struct{})
	go l.keep(keeping)
	return nil
}

// exclude holds the lock alone until Close, or is ErrInUse.
func (l *servingLock) exclude(ctx context.Context) error {
	err := l.take(ctx, serveAlone, restoreWait)
	if errors.Is(err, errLockHeld) {
		return ErrInUse
	}

	for begun := time.Now(); err == nil; {
		var serving bool
		if _, err = l.tx.ExecContext(ctx, "SELECT pg_stat_clear_snapshot()"); err == nil {
			err = l.tx.QueryRowContext(ctx, servingSeen).Scan(&serving)
		}

		if err != nil || !serving {
			break
		}
		if time.Since(begun) > servingSeenWait {
			return fmt.Errorf("%w, at least 15 seconds before where a pooler is between", ErrInUse)
		}

		time.Sleep(5 * lockPause)
	}

	return err
}

var errLockHeld = errors.New("another process holds the lock")

// take tries for as long as wait, or is errLockHeld.
func (l *servingLock) take(ctx context.Context, query string, wait time.Duration) error {
	for begun := time.Now(); ; {
		held, err := l.try(ctx, query)
		if err != nil || held {
			return err
		}
		if time.Since(begun) > wait {
			return errLockHeld
		}

		select {
		case <-time.After(5 * lockPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *servingLock) try(ctx context.Context, query string) (held bool, err error) {
	if l.conn, err = l.pool.Conn(ctx); err != nil {
		return false, err
	}

	// The end of a context ends the transactions that were begun with it.
	if l.tx, err = l.conn.BeginTx(context.WithoutCancel(ctx), nil); err == nil {
		_, err = l.tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0")
	}

	if err == nil {
		err = l.tx.QueryRowContext(ctx, query).Scan(&held)
	}

	if !held {
		l.release()
	}

	return held, err
}

// release frees the lock, also where its connection is lost.
func (l *servingLock) release() {
	if l.tx != nil {
		_ = l.tx.Rollback()
	}
	if l.conn != nil {
		_ = l.conn.Close()
	}
	l.tx, l.conn = nil, nil
}

// keep takes the lock again when its connection was lost.
func (l *servingLock) keep(ctx context.Context) {
	defer close(l.stopped)

	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(servingLockCheck):
		}

		if l.holds(ctx) {
			continue
		}

		if err := l.retake(ctx); err != nil && ctx.Err() == nil {
			l.log.Warn("the lock that keeps copies from a database in use was lost", "error", err)
		}
	}
}

func (l *servingLock) holds(ctx context.Context) bool {
	if l.tx == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, servingLockCheck/2)
	defer cancel()
	_, err := l.tx.ExecContext(ctx, "SELECT 1")
	return err == nil
}

func (l *servingLock) retake(ctx context.Context) error {
	l.release()
	ctx, cancel := context.WithTimeout(ctx, servingLockCheck/2)
	defer cancel()
	return l.take(ctx, serveShared, 0)
}

// Close frees the lock.
func (l *servingLock) Close() error {
	if l.stop != nil {
		l.stop()
		<-l.stopped
	}
	l.release()
	return l.pool.Close()
}
