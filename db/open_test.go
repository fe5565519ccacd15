package db_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
)

// withoutRiver closes a store and takes the job queue's tables out of its file,
// so that the next start has their migrations pending.
func withoutRiver(t *testing.T, store *db.Store, path string) {
	t.Helper()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	rows, err := raw(t, path).Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'river_%'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()

	var tables []string
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	if err := rows.Close(); err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}

	for _, table := range tables {
		execute(t, path, "DROP TABLE "+table)
	}
}

const openInChild = "RIELTIME_TEST_OPEN"

// Some replicas are processes and some are not: locks of one process are not
// locks between its own connections.
func TestReplicasStartingTogetherOnPendingMigrationsAllStart(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(openInChild); path != "" {
		openAt(t, path, make([]byte, db.KeySize))
		return
	}
	for name, existing := range map[string]bool{"without a database": false, "without the job queue": true} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rieltime.db")
			if existing {
				store := openAt(t, path, make([]byte, db.KeySize))
				apply(t, store, "")
				paid(t, store, "1")
				withoutRiver(t, store, path)
			}
			startTogether(t, path)
			store := openAt(t, path, make([]byte, db.KeySize))
			if _, err := store.Purchase(t.Context(), "cs_1"); err != nil && existing {
				t.Error(err)
			}
		})
	}
}

func startTogether(t *testing.T, path string) {
	t.Helper()
	var replicas sync.WaitGroup
	for range 12 {
		replicas.Go(func() {
			store, err := db.Open(context.Background(), db.Options{Path: path, Key: make([]byte, db.KeySize)})
			if err != nil {
				t.Errorf("a start failed: %v", err)
				return
			}
			if err := errors.Join(store.Ready(context.Background()), store.Close()); err != nil {
				t.Errorf("a replica that has started: %v", err)
			}
		})
	}
	for range 4 {
		replicas.Go(func() {
			child := exec.Command(os.Args[0], "-test.run", "^TestReplicasStartingTogetherOnPendingMigrationsAllStart$")
			child.Env = append(os.Environ(), openInChild+"="+path)
			if out, err := child.CombinedOutput(); err != nil {
				t.Errorf("a process failed to start: %v\n%s", err, out)
			}
		})
	}
	replicas.Wait()
}

// holdWriteLock begins a write to a file, as another process would, until release.
func holdWriteLock(t *testing.T, path string) (release func()) {
	t.Helper()
	one, err := raw(t, path).Conn(t.Context())
	if err == nil {
		_, err = one.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _, _ = one.ExecContext(context.Background(), "ROLLBACK") }
}

// SQLite refuses at once the second of two processes that put a file into WAL mode.
func TestANewFileIsOpenedByOneProcessAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	release := []func(){holdWriteLock(t, path), holdWriteLock(t, path+".lock")}

	lines, log := io.Pipe()
	opened := make(chan error, 1)
	go func() {
		store, err := db.Open(context.Background(), db.Options{Path: path, Key: make([]byte, db.KeySize), Log: slog.New(slog.NewTextHandler(log, nil))})
		if err == nil {
			err = store.Close()
		}
		opened <- errors.Join(err, log.Close())
	}()

	waits := false
	for text := bufio.NewScanner(lines); text.Scan(); {
		if strings.Contains(text.Text(), "another process migrates the database") {
			waits = true
			for _, release := range release {
				release()
			}
		}
	}
	if err := <-opened; err != nil || !waits {
		t.Errorf("waits %t, error %v", waits, err)
	}
}

func TestOnlyWhoMayMakesADatabase(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	options := db.Options{Path: filepath.Join(folder, "rieltime.db"), Key: make([]byte, db.KeySize)}
	for _, access := range []db.Access{db.Existing, db.ReadOnly} {
		options.Access = access
		if _, err := db.Open(t.Context(), options); !errors.Is(err, db.ErrNoDatabase) || !strings.Contains(err.Error(), options.Path) {
			t.Errorf("%d: %v", access, err)
		}
	}
	if _, err := db.Check(t.Context(), options); !errors.Is(err, db.ErrNoDatabase) {
		t.Errorf("check: %v", err)
	}
	if err := db.Backup(t.Context(), options.Path, filepath.Join(t.TempDir(), "b.db")); !errors.Is(err, db.ErrNoDatabase) {
		t.Errorf("backup: %v", err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left a folder: %v", err)
	}
	var log bytes.Buffer
	options.Access, options.Log = db.CreateAndMigrate, slog.New(slog.NewTextHandler(&log, nil))
	for range 2 {
		store, err := db.Open(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "making a new, empty one"); n != 1 {
		t.Errorf("said %d times that the database is new:\n%s", n, log.String())
	}
}

// Neither opening nor reading may change what a person only wants to look at.
func TestReadOnlyChangesNothing(t *testing.T) {
	path, copied := filepath.Join(t.TempDir(), "rieltime.db"), filepath.Join(t.TempDir(), "copy.db")
	writer := openAt(t, path, make([]byte, db.KeySize))
	apply(t, writer, "")
	paid(t, writer, "1")
	if err := db.Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	before := must(os.ReadFile(copied))
	store, err := db.Open(t.Context(), db.Options{Path: copied, Key: make([]byte, db.KeySize), Access: db.ReadOnly})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Purchase(t.Context(), "cs_1"); err != nil {
		t.Error(err)
	}
	if _, err := store.CheckSecrets(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := store.InsertSession(t.Context(), session("cs_2"), checkout.IdempotentRequest{}, checkout.Addresses{}); !errors.Is(err, db.ErrReadOnly) {
		t.Errorf("wrote: %v", err)
	}
	if broken := check(t, copied); len(broken) > 0 {
		t.Errorf("broken: %+v", broken)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, must(os.ReadFile(copied))) {
		t.Error("the file has changed")
	}
	if files, _ := filepath.Glob(copied + "*"); len(files) != 1 {
		t.Errorf("files beside it: %v", files)
	}
}

// A server of another version may be using the database: only serving migrates.
func TestOtherVersionsAreReportedNotMigrated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ change, says string }{
		{"DELETE FROM schema_versions WHERE version_id > 0", "is at version 0, this program needs"},
		{"INSERT INTO schema_versions (version_id, is_applied) VALUES (9999, 1)", "is at version 9999, this program knows only"},
		{"DROP TABLE schema_versions", "not a database of rieltime"},
		{"CREATE TABLE goose_db_version (version_id INTEGER)", "was made before the first release"},
	} {
		execute(t, path, test.change)
		for _, access := range []db.Access{db.Existing, db.ReadOnly} {
			_, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Access: access})
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v", test.change, err)
			}
		}
	}
}

// What a kill has left in the log is read too, and stays there.
func TestReadOnlySeesWhatAKillHasLeftInTheLog(t *testing.T) {
	path, _ := backupOf(t)
	before := must(os.ReadFile(path + "-wal"))
	if broken := check(t, path); len(broken) > 0 {
		t.Errorf("broken: %+v", broken)
	}
	store, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Access: db.ReadOnly})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Purchase(t.Context(), "cs_3"); err != nil {
		t.Error(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, must(os.ReadFile(path+"-wal"))) {
		t.Error("the log has changed")
	}
}
