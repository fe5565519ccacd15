package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
)

// backupOf makes a backup that holds one session, and a later database of the
// same merchant, which is then closed.
func backupOf(t *testing.T) (path, copied string) {
	t.Helper()
	path, copied = filepath.Join(t.TempDir(), "rieltime.db"), filepath.Join(t.TempDir(), "backup.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "")
	insert(t, store, session("cs_before"))
	if err := db.Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "2", "3"} {
		paid(t, store, id)
	}
	// What a kill leaves: the log with the last commits beside the database.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.WriteFile(path+suffix+".killed", must(os.ReadFile(path+suffix)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix+".killed", path+suffix); err != nil {
			t.Fatal(err)
		}
	}
	return path, copied
}

// wantRestored fails unless the backup, and nothing beside it, is at path.
func wantRestored(t *testing.T, path string) {
	t.Helper()
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Lstat(path + suffix); err == nil {
			t.Errorf("%s is left", suffix)
		}
	}
	if broken := check(t, path); len(broken) > 0 {
		t.Errorf("broken: %+v", broken)
	}
	store := openAt(t, path, make([]byte, db.KeySize))
	if _, err := store.Purchase(t.Context(), "cs_before"); err != nil {
		t.Errorf("not the backup: %v", err)
	}
	if _, err := store.Purchase(t.Context(), "cs_1"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("what came after the backup is there: %v", err)
	}
}

func TestRestoreBesideALeftLogIsWhole(t *testing.T) {
	t.Parallel()
	for name, left := range map[string][]string{"killed": {"", "-wal", "-shm"}, "log alone": {"-wal"}, "log and index": {"-wal", "-shm"}, "journal": {"-journal"}} {
		t.Run(name, func(t *testing.T) {
			path, copied := backupOf(t)
			if name == "journal" {
				if err := os.Rename(path+"-wal", path+"-journal"); err != nil {
					t.Fatal(err)
				}
			}
			for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
				if !strings.Contains(" "+strings.Join(left, " ")+" ", " "+suffix+" ") {
					_ = os.Remove(path + suffix)
				}
			}
			if _, err := db.Restore(t.Context(), copied, path, false); !errors.Is(err, db.ErrExists) {
				t.Errorf("without force: %v", err)
			}
			kept, err := db.Restore(t.Context(), copied, path, true)
			if err != nil {
				t.Fatal(err)
			}
			if name == "killed" { // the log is part of the database that is kept
				if _, err := openAt(t, kept, make([]byte, db.KeySize)).Purchase(t.Context(), "cs_3"); err != nil {
					t.Errorf("the database before was not kept whole: %v", err)
				}
			} else if _, err := os.Lstat(kept + left[0]); err != nil {
				t.Errorf("what was left is gone: %v", err)
			}
			wantRestored(t, path)
		})
	}
}

func TestRestoreRefusesADatabaseWithItsLog(t *testing.T) {
	path, _ := backupOf(t)
	to, link := filepath.Join(t.TempDir(), "rieltime.db"), filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, link} {
		if _, err := db.Restore(t.Context(), from, to, false); err == nil || !strings.Contains(err.Error(), "rieltime backup") {
			t.Errorf("took %s, whose log holds its last commits: %v", from, err)
		}
	}
	if _, err := os.Lstat(to); err == nil {
		t.Error("left a database")
	}
}

// A server whose file was removed under it goes on writing to its log.
func TestRestoreIsRefusedWhileAServerRuns(t *testing.T) {
	t.Parallel()
	path, copied := filepath.Join(t.TempDir(), "rieltime.db"), filepath.Join(t.TempDir(), "backup.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "")
	if err := db.Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Restore(t.Context(), copied, path, true); !errors.Is(err, db.ErrInUse) {
			t.Errorf("without its %q: %v", suffix, err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Restore(t.Context(), copied, path, true); err != nil {
		t.Errorf("when it has stopped: %v", err)
	}
}

// Some keep the database on another disk and a link to it in the data folder.
func TestRestoreThroughALinkReplacesTheFileThatItLeadsTo(t *testing.T) {
	t.Parallel()
	path, link, copied := filepath.Join(t.TempDir(), "rieltime.db"), filepath.Join(t.TempDir(), "link.db"), filepath.Join(t.TempDir(), "backup.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	if err := db.Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	apply(t, store, "")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}

	if _, err := db.Restore(t.Context(), copied, link, true); !errors.Is(err, db.ErrInUse) {
		t.Errorf("while a server runs: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Restore(t.Context(), copied, link, true); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != path {
		t.Errorf("the link leads to %q (%v)", to, err)
	}
	if _, err := openAt(t, path, make([]byte, db.KeySize)).Merchant(t.Context(), "klaing"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("the file is not as it was copied: %v", err)
	}
}

func TestBackupRefusesANameWithALeftLog(t *testing.T) {
	path, copied := backupOf(t)
	elsewhere := copied + ".2"
	if err := os.WriteFile(elsewhere+"-wal", must(os.ReadFile(path+"-wal")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), path, elsewhere); !errors.Is(err, db.ErrExists) {
		t.Errorf("made a backup beside another's log: %v", err)
	}
}

// Copied by other means, a backup may be in write-ahead mode.
func TestRestoreOfACopyInWriteAheadModeLeavesOneFile(t *testing.T) {
	_, copied := backupOf(t)
	file := raw(t, copied)
	if _, err := file.Exec("PRAGMA journal_mode = WAL"); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "rieltime.db")
	if _, err := db.Restore(t.Context(), copied, to, false); err != nil {
		t.Fatal(err)
	}
	wantRestored(t, to)
}
