package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrServer is for commands about database files when the database is on a server.
var ErrServer = errors.New("this command works on a database file; use pg_dump and pg_restore, or continuous archiving, for a PostgreSQL database (see docs/operations.md)")

// Errors of Backup and Restore that a person can do something about.
var (
	ErrExists = errors.New("there is a file of this name already")
	ErrInUse  = errors.New("the database is in use: stop rieltime first")
)

// sidecars are the files that SQLite keeps beside a database. One that belonged
// to another database of the same name changes, and so ruins, the new one.
var sidecars = []string{"-wal", "-shm", "-journal"}

// sidecarsOf lists the sidecars of path that hold data: a -shm never does, and an
// empty log is what reading leaves.
func sidecarsOf(path string) (found []string, err error) {
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

// checkNoSidecars is an error that wraps ErrExists when a sidecar of path holds data.
func checkNoSidecars(path string) error {
	found, err := sidecarsOf(path)
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
	if err := checkNoSidecars(to); err != nil {
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
	if err := checkIntact(ctx, unfinished); err != nil {
		return fmt.Errorf("the copy: %w", err)
	}
	if err := syncFile(unfinished); err != nil {
		return err
	}
	if err := os.Link(unfinished, to); err != nil { // unlike a rename, this overwrites nothing
		return err
	}

	return errors.Join(syncFile(filepath.Dir(to)), recordAudit(ctx, path, "backup", to))
}

// restoreWait is how long Restore waits for others to close the database.
const restoreWait = 500 * time.Millisecond

// mergeLog has a database stand in its one file, if nobody has it open. One that
// is too broken to be opened stays as it is.
func mergeLog(ctx context.Context, path string) error {
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

// recordAudit adds to a database's audit trail, if it has one yet, what was done with a
// file.
func recordAudit(ctx context.Context, path, command, file string) error {
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

// checkIntact reports what is wrong with a copy: it must be a sound database of ours.
func checkIntact(ctx context.Context, path string) error {
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

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
