package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of Backup and Restore that a person can do something about.
var (
	ErrExists = errors.New("there is a file of this name already")
	ErrInUse  = errors.New("the database is in use: stop rieltime first")
)

// Backup writes a copy of the database at path, as it is at one moment, to a
// new file that only its owner may read. Others may go on reading and writing.
// The copy holds the secrets sealed: restoring it needs the key too.
func Backup(ctx context.Context, path, to string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s: %w", to, ErrExists), err)
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
	db, err := connect(path, 1, url.Values{"_txlock": {"deferred"}})
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", unfinished)
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

// Restore puts a copy made by Backup in the place of the database at path. The
// copy is checked first. A database that is there already is kept beside it
// when force is set, under the name that Restore returns, and else ErrExists; one
// that a program has open is ErrInUse.
func Restore(ctx context.Context, from, path string, force bool) (kept string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	arriving := path + ".restoring"
	defer os.Remove(arriving)
	if err := copyFile(from, arriving); err != nil {
		return "", err
	}
	if err := intact(ctx, arriving); err != nil {
		return "", fmt.Errorf("%s: %w", from, err)
	}
	if err := note(ctx, arriving, "restore", from); err != nil {
		return "", err
	}
	if _, err := os.Lstat(path); err == nil {
		if !force {
			return "", fmt.Errorf("%s: %w", path, ErrExists)
		}
		if kept, err = setAside(ctx, path); err != nil {
			return "", err
		}
	}
	if err := os.Rename(arriving, path); err != nil {
		return kept, err
	}
	return kept, syncFile(filepath.Dir(path))
}

// setAside renames a database, if nobody has it open. One that is too broken
// to be opened is renamed with its log.
func setAside(ctx context.Context, path string) (kept string, err error) {
	db, err := sql.Open("sqlite", fileURL(path)+"?_pragma=busy_timeout(500)")
	if err != nil {
		return "", err
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = DELETE") // refused while another connection is open
	_ = db.Close()
	var failure *sqlite.Error
	if errors.As(err, &failure) && (failure.Code()&0xff == sqlite3.SQLITE_BUSY || failure.Code()&0xff == sqlite3.SQLITE_LOCKED) {
		return "", ErrInUse
	}
	kept = path + ".before-" + time.Now().UTC().Format("20060102T150405.000")
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return kept, nil
}

// note tells a database's audit trail, if it has one yet, of a file.
func note(ctx context.Context, path, command, file string) error {
	// A server that writes without a pause leaves few gaps: wait for one.
	db, err := sql.Open("sqlite", fileURL(path)+"?_pragma=busy_timeout(120000)")
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
		VALUES (?, 'cli:' || ?, 'database.' || ?, '', json_object('file', ?))`, millis(time.Now()), command, command, filepath.Base(file))
	return errors.Join(err, db.Close())
}

// intact tells what is wrong with a copy: it must be a sound database of ours.
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
	err = db.QueryRowContext(ctx, "SELECT count(*) = 3 FROM sqlite_master WHERE name IN ('goose_db_version', 'sessions', 'payments')").Scan(&ours)
	if err == nil && !ours {
		err = errors.New("not a database of rieltime")
	}
	return err
}

func fileURL(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
