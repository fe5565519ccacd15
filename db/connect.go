package db

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

func fileURL(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// realPath is the file that a path leads to: what is beside a database, such as its lock, is
// beside that file, also where the path is a symbolic link.
func realPath(path string) string {
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return file
	}
	if to, err := os.Readlink(path); err == nil { // SQLite makes the file there
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		return to
	}
	return path // there is no file yet
}

// databaseAt is ErrNoDatabase when there is none.
func databaseAt(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || (err == nil && info.Size() == 0) {
		return fmt.Errorf("%w at %s", ErrNoDatabase, path)
	}
	return err
}

// connect opens a pool. busy_timeout comes first, so that the pragmas after it
// wait for other processes too.
func connect(path string, connections int, access url.Values) (*sql.DB, error) {
	query := url.Values{"mode": access["mode"], "_txlock": access["_txlock"], "_pragma": {
		"busy_timeout(10000)", // wait for another process's transaction
		"foreign_keys(ON)",    // no row without its parent
		"cache_size(-8000)",   // 8 MB a connection
	}}
	if access.Get("mode") != "ro" {
		query["_pragma"] = append(query["_pragma"],
			"journal_mode(WAL)",            // readers go on while the writer writes
			"synchronous(FULL)",            // a commit that was answered survives a power cut
			"journal_size_limit(67108864)") // the log shrinks again after a burst
	}

	query["_pragma"] = append(query["_pragma"], access["_pragma"]...)
	file, err := newConnector(fileURL(path) + "?" + query.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}

	db := sql.OpenDB(file)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

var (
	// writing takes the write lock when a transaction begins, where it can be
	// waited for, not at its first write, where it cannot.
	// The old pages of a change that may be undone alone are kept in memory.
	writing     = url.Values{"_txlock": {"immediate"}, "_pragma": {"temp_store(MEMORY)"}}
	writingPast = url.Values{"_txlock": {"immediate"}, "_pragma": {"temp_store(MEMORY)", "synchronous(OFF)"}}
	reading     = url.Values{"_txlock": {"deferred"}, "_pragma": {"query_only(ON)"}}
	listing     = url.Values{"_txlock": {"deferred"}, "_pragma": {"query_only(ON)", "cache_size(-2000)"}} // read once, in order

	// readingOnly leaves every byte of the file as it is, also when it is opened.
	readingOnly = url.Values{"_txlock": {"deferred"}, "mode": {"ro"}}
)
