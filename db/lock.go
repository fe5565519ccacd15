package db

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"time"
)

// lockFile is an empty SQLite file beside the database. Its locks, which the
// system frees when a process ends, are held for whole steps that no single
// transaction of the database covers: a shared one by each process that has the
// database open for writing, the one reserved lock, beside any shared ones, by
// the process that migrates it, and the exclusive one, beside no other, by a
// restore and by a copy to another database or from one.
type lockFile struct {
	db      *sql.DB
	release func() error // of the lock held until Close; nil: none is
}

const (
	lockSuffix = ".lock"
	lockPause  = 20 * time.Millisecond // between two tries to take a lock
)

// creatingLockFile keeps the stores of one process from opening a lock file that
// another of them has just created: to close it frees all locks that the process
// has on it.
var creatingLockFile sync.Mutex

func openLockFile(path string) (*lockFile, error) {
	creatingLockFile.Lock()
	defer creatingLockFile.Unlock()

	// Made here, so that its owner alone may read it. One that is there is not
	// opened, for the same reason.
	file, err := os.OpenFile(path+lockSuffix, os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	}

	if err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}

	db, err := sql.Open("sqlite", fileURL(path+lockSuffix)+"?mode=rw")
	return &lockFile{db: db}, err
}

// share waits for a restore or a copy to end and then holds a shared lock until
// Close. One that takes longer than shareWait is ErrCopying.
func (l *lockFile) share(ctx context.Context) (err error) {
	trying, cancel := context.WithTimeout(ctx, shareWait)
	defer cancel()
	l.release, err = l.hold(trying, "BEGIN", "SELECT count(*) FROM sqlite_master") // SQLite takes the lock when it first reads
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return ErrCopying
	}
	return err
}

// reserve waits until no other process migrates the database; waiting is called for
// it when it has to.
func (l *lockFile) reserve(ctx context.Context, waiting func()) (release func() error, err error) {
	release, err = l.tryHold(ctx, "BEGIN IMMEDIATE")
	if !isBusy(err) {
		return release, err
	}
	waiting()
	return l.hold(ctx, "BEGIN IMMEDIATE")
}

// exclude holds the exclusive lock, or is ErrInUse when another process keeps
// the database open for as long as wait.
func (l *lockFile) exclude(ctx context.Context, wait time.Duration) (err error) {
	trying, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	l.release, err = l.hold(trying, "BEGIN EXCLUSIVE")
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return ErrInUse
	}
	return err
}

// hold tries until the statements have taken their lock or ctx ends.
func (l *lockFile) hold(ctx context.Context, statements ...string) (release func() error, err error) {
	for {
		release, err := l.tryHold(context.WithoutCancel(ctx), statements...)
		if !isBusy(err) {
			return release, err
		}

		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

// tryHold opens a transaction, which holds a lock, on a connection of its own.
func (l *lockFile) tryHold(ctx context.Context, statements ...string) (release func() error, err error) {
	one, err := l.db.Conn(ctx)
	if err != nil {
		return nil, err
	}

	release = func() error {
		_, _ = one.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") // an error: no transaction was begun
		return one.Close()
	}

	for _, statement := range statements {
		if _, err := one.ExecContext(ctx, statement); err != nil {
			return nil, errors.Join(err, release())
		}
	}

	return release, nil
}

// Close frees what share or exclude holds.
func (l *lockFile) Close() (err error) {
	if l.release != nil {
		err, l.release = l.release(), nil
	}
	return errors.Join(err, l.db.Close())
}
