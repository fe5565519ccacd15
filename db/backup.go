package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of Backup and Restore that a person can do something about.
var (
	ErrExists = errors.New("there is a file of this name already")
	ErrInUse  = errors.New("the database is in use: stop rieltime first")
)

// sidecars are the files that SQLite keeps beside a database. One that belonged
// to another database of the same name changes, and so ruins, the new one.
var sidecars = []string{"-wal", "-shm", "-journal"}

// besides lists the sidecars of path that hold data: a -shm never does, and an
// empty log is what reading leaves.
func besides(path string) (found []string, err error) {
	for _, suffix := range []string{"-wal", "-journal"} {
		info, err := os.Lstat(path + suffix)
		switch {
		case err == nil && info.Size() > 0:
			found = append(found, path+suffix)
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return nil, err
		}
	}
	return found, nil
}

// alone is an error that wraps ErrExists when a sidecar of path holds data.
func alone(path string) error {
	found, err := besides(path)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("%w: %s, left by a database that was at %s, and may hold the last of its data", ErrExists, strings.Join(found, ", "), path)
	}
	return err
}

// Backup writes a copy of the database at path, as it is at one moment, to a
// new file that only its owner may read. Others may go on reading and writing.
// The copy holds the secrets sealed: restoring it needs the key too.
func Backup(ctx context.Context, path, to string) error {
	if err := databaseAt(path); err != nil {
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s: %w", to, ErrExists), err)
	}
	if err := alone(to); err != nil {
		return err
	}

	file, err := os.CreateTemp(filepath.Dir(to), ".rieltime-backup-*") // 0600
	if err != nil {
		return err
	}

	unfinished := file.Name()
	defer os.Remove(unfinished)

	if err := file.Close(); err != nil {
		return err
	}

	db, err := connect(path, 1, readingOnly)
	if err != nil {
		return err
	}

	_, err = db.ExecContext(ctx, "VACUUM INTO $1", unfinished)
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if err := intact(ctx, unfinished); err != nil {
		return fmt.Errorf("the copy: %w", err)
	}
	if err := syncFile(unfinished); err != nil {
		return err
	}
	if err := os.Link(unfinished, to); err != nil { // unlike a rename, this overwrites nothing
		return err
	}

	return errors.Join(syncFile(filepath.Dir(to)), note(ctx, path, "backup", to))
}

// restoreWait is how long Restore waits for others to close the database.
const restoreWait = 500 * time.Millisecond

// Restore puts a copy made by Backup in the place of the database at path. The
// copy is checked before, and again in its place. A database that is there
// already, or what is left of one, is kept beside it when force is set, under
// the name that Restore returns, and else ErrExists; one that a program has open
// is ErrInUse. Whatever interrupts Restore, the whole database before or the whole
// copy is at path.
func Restore(ctx context.Context, from, path string, force bool) (kept string, err error) {
	if err := occupied(path); err != nil && (!force || !errors.Is(err, ErrExists)) {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}

	lock, err := openLockFile(path)
	if err != nil {
		return "", err
	}

	defer lock.Close()

	if err := lock.exclude(ctx, restoreWait); err != nil {
		return "", err
	}

	arriving, err := arrive(ctx, from, filepath.Dir(path))
	if err != nil {
		return "", err
	}

	defer os.Remove(arriving)

	if kept, err = makeRoom(ctx, path); err != nil {
		return "", err
	}
	if err := os.Rename(arriving, path); err != nil {
		return kept, err
	}
	if err := errors.Join(syncFile(filepath.Dir(path)), alone(path), intact(ctx, path)); err != nil {
		return kept, fmt.Errorf("the restored database: %w", err)
	}

	return kept, nil
}

// arrive copies a backup into a folder, and checks it: one whole file, that
// needs no other beside it, and is on the disk.
func arrive(ctx context.Context, from, folder string) (arriving string, err error) {
	// A backup has none. What stands in a log would be missing from the copy.
	if beside, err := besides(from); err != nil || len(beside) > 0 {
		return "", errors.Join(err, fmt.Errorf("%s is not a backup but a database that is in use or was not closed, for there is %s: make a backup of it first (rieltime backup)",
			from, strings.Join(beside, ", ")))
	}

	file, err := os.CreateTemp(folder, ".rieltime-restore-*") // 0600; a new name has no sidecars of another
	if err != nil {
		return "", err
	}

	arriving = file.Name()
	defer func() {
		if err != nil {
			_ = os.Remove(arriving)
		}
	}()

	if err := copyInto(file, from); err != nil {
		return arriving, err
	}
	if err := intact(ctx, arriving); err != nil {
		return arriving, fmt.Errorf("%s: %w", from, err)
	}
	if err := closeLog(ctx, arriving); err != nil { // made by other means, it may be in write-ahead mode
		return arriving, err
	}
	if err := note(ctx, arriving, "restore", from); err != nil {
		return arriving, err
	}

	return arriving, errors.Join(alone(arriving), syncFile(arriving))
}

// occupied is ErrExists when a database, or what is left of one, is at path.
func occupied(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("%s: %w", path, ErrExists)
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	return alone(path)
}

// makeRoom keeps the database at path, or what is left of one, under another
// name too. A whole database stays at path, for a rename to replace.
func makeRoom(ctx context.Context, path string) (kept string, err error) {
	if err := occupied(path); errors.Is(err, ErrExists) {
		kept = path + ".before-" + time.Now().UTC().Format("20060102T150405.000")
	} else if err != nil {
		return "", err
	}

	if err := closeLog(ctx, path); err != nil {
		return "", err
	}
	if err := os.Link(path, kept); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}

	// What is left now is of a database that is gone or cannot be opened.
	for _, suffix := range sidecars {
		if kept == "" { // it holds nothing
			err = os.Remove(path + suffix)
		} else {
			err = os.Rename(path+suffix, kept+suffix)
		}

		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}

	return kept, nil
}

// closeLog has a database stand in its one file, if nobody has it open. One that
// is too broken to be opened stays as it is.
func closeLog(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", fileURL(path)+"?mode=rw&_pragma=busy_timeout(500)")
	if err != nil {
		return err
	}

	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = DELETE") // refused while another connection is open
	_ = db.Close()
	var failure *sqlite.Error
	switch {
	case isBusy(err):
		return ErrInUse
	case errors.As(err, &failure) && (failure.Code()&0xff == sqlite3.SQLITE_CORRUPT || failure.Code()&0xff == sqlite3.SQLITE_NOTADB):
		return nil // nothing of it can be opened
	case errors.As(err, &failure) && failure.Code()&0xff == sqlite3.SQLITE_CANTOPEN && errors.Is(databaseAt(path), ErrNoDatabase):
		return nil // only its sidecars are left
	}

	return err
}

// note adds to a database's audit trail, if it has one yet, what was done with a
// file.
func note(ctx context.Context, path, command, file string) error {
	// A server that writes without a pause leaves few gaps: wait for one.
	db, err := sql.Open("sqlite", fileURL(path)+"?mode=rw&_pragma=busy_timeout(120000)")
	if err != nil {
		return err
	}

	defer db.Close()

	var has bool
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'audit')").Scan(&has)
	if err != nil || !has {
		return err
	}

	_, err = db.ExecContext(ctx, `INSERT INTO audit (at, actor, action, object, detail)
		VALUES ($1, 'cli:' || $2, 'database.' || $3, '', json_object('file', $4))`, millis(time.Now()), command, command, filepath.Base(file))
	return errors.Join(err, db.Close())
}

// intact reports what is wrong with a copy: it must be a sound database of ours.
func intact(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", fileURL(path)+"?mode=ro")
	if err != nil {
		return err
	}

	defer db.Close()

	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("not a sound database: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("not a sound database: %s", verdict)
	}

	var ours bool
	err = db.QueryRowContext(ctx, "SELECT count(*) = 3 FROM sqlite_master WHERE name IN ('"+versionTable+"', 'sessions', 'payments')").Scan(&ours)
	if err == nil && !ours {
		err = errors.New("not a database of rieltime")
	}

	return err
}

// copyInto fills a new file, and closes it.
func copyInto(target *os.File, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return errors.Join(err, target.Close())
	}
	defer source.Close()
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
