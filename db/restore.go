package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Restore puts a copy made by Backup in the place of the database at path. The
// copy is checked before, and again in its place. A database that is there
// already, or what is left of one, is kept beside it when force is set, under
// the name that Restore returns, and else ErrExists; one that a program has open
// is ErrInUse. Whatever interrupts Restore, the whole database before or the whole
// copy is at path.
func Restore(ctx context.Context, from, path string, force bool) (kept string, err error) {
	from, path = realPath(from), realPath(path)
	if err := checkVacant(path); err != nil && (!force || !errors.Is(err, ErrExists)) {
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

	arriving, err := copyBackup(ctx, from, filepath.Dir(path))
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
	if err := errors.Join(syncFile(filepath.Dir(path)), checkNoSidecars(path), checkIntact(ctx, path)); err != nil {
		return kept, fmt.Errorf("the restored database: %w", err)
	}

	return kept, nil
}

// copyBackup copies a backup into a folder, and checks it: one whole file, that
// needs no other beside it, and is on the disk.
func copyBackup(ctx context.Context, from, folder string) (arriving string, err error) {
	// A backup has none. What stands in a log would be missing from the copy.
	if beside, err := sidecarsOf(from); err != nil || len(beside) > 0 {
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
	if err := checkIntact(ctx, arriving); err != nil {
		return arriving, fmt.Errorf("%s: %w", from, err)
	}
	if err := mergeLog(ctx, arriving); err != nil { // made by other means, it may be in write-ahead mode
		return arriving, err
	}
	if err := recordAudit(ctx, arriving, "restore", from); err != nil {
		return arriving, err
	}

	return arriving, errors.Join(checkNoSidecars(arriving), syncFile(arriving))
}

// checkVacant is ErrExists when a database, or what is left of one, is at path.
func checkVacant(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("%s: %w", path, ErrExists)
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	return checkNoSidecars(path)
}

// makeRoom keeps the database at path, or what is left of one, under another
// name too. A whole database stays at path, for a rename to replace.
func makeRoom(ctx context.Context, path string) (kept string, err error) {
	if err := checkVacant(path); errors.Is(err, ErrExists) {
		kept = path + ".before-" + time.Now().UTC().Format("20060102T150405.000")
	} else if err != nil {
		return "", err
	}

	if err := mergeLog(ctx, path); err != nil {
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
