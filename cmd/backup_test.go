package cmd

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
)

func TestBackupAndRestoreByCommand(t *testing.T) {
	folder, key := newDataFolder(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	mustRun(t, "backup", file, "--data", folder)
	if out, err := runCommand(t, "restore", file, "--data", folder); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("overwrote: %v %s", err, out)
	}

	out := mustRun(t, "restore", file, "--data", folder, "--force")
	if !strings.Contains(out, "is kept as") {
		t.Error(out)
	}

	elsewhere := filepath.Join(t.TempDir(), "new")
	mustRun(t, "restore", file, "--data", elsewhere)
	out = mustRun(t, "audit", "--data", elsewhere, "--key", key)
	for _, want := range []string{"cli:merchant apply  merchant.apply    klaing", "cli:restore"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}

	if out := mustRun(t, "audit", "--data", folder, "--key", key, "--json", "--actor", "cli:restore"); strings.Count(out, "\n") != 1 || !strings.Contains(out, `"action":"database.restore"`) {
		t.Error(out)
	}
}

func TestCheckByCommandFailsOnAViolation(t *testing.T) {
	folder, key := newDataFolder(t)
	out := mustRun(t, "check", "--data", folder)
	if strings.Contains(out, "BROKEN") || strings.Contains(out, "sealed value") {
		t.Error(out)
	}

	if out := mustRun(t, "check", "--data", folder, "--key", key); !strings.Contains(out, "every sealed value opens") {
		t.Error(out)
	}

	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	if out := mustRun(t, "check", "--data", folder, "--key-file", keyFile); !strings.Contains(out, "every sealed value opens") {
		t.Error(out)
	}

	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(folder, "rieltime.db"), Key: must(base64.StdEncoding.DecodeString(key))})
	if err != nil {
		t.Fatal(err)
	}

	session := checkout.Session{ID: "cs_1", MerchantID: "klaing", Mode: checkout.ModeTest, Status: checkout.SessionComplete, Amount: checkout.Money{Minor: 5, Currency: checkout.USD}}
	if _, err := store.InsertSession(t.Context(), session, checkout.IdempotentRequest{}, checkout.Addresses{}); err != nil {
		t.Fatal(err)
	}

	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	out, err = runCommand(t, "check", "--data", folder)
	if err == nil || !strings.Contains(out, "BROKEN") || !strings.Contains(out, "1: cs_1") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestKeyIsChangedByCommand(t *testing.T) {
	folder, oldKey := newDataFolder(t)
	newKey := base64.StdEncoding.EncodeToString(newKey())
	if _, err := runCommand(t, "rekey", "--data", folder, "--key", newKey); err == nil {
		t.Error("accepted without the old key")
	}

	if _, err := runCommand(t, "audit", "--data", folder, "--key", newKey); err == nil {
		t.Error("opened with a key that encrypted nothing")
	}

	mustRun(t, "audit", "--data", folder, "--key", newKey, "--old-key", oldKey)
	if out := mustRun(t, "rekey", "--data", folder, "--key", newKey, "--old-key", oldKey); !strings.HasPrefix(out, "2 secrets") {
		t.Error(out)
	}

	mustRun(t, "check", "--data", folder, "--key", newKey)
	if _, err := runCommand(t, "audit", "--data", folder, "--key", oldKey); err == nil {
		t.Error("the old key still opens the database")
	}
}

// Every command that needs a database reports a wrong folder and does not create it;
// only serve, demo and merchant apply create a database.
func TestCommandsRefuseAFolderWithoutADatabase(t *testing.T) {
	_, key := newDataFolder(t)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	for _, args := range [][]string{
		{"check"}, {"check", "--key", key}, {"audit", "--key", key}, {"reconcile", "--key", key},
		{"key", "list", "klaing", "--key", key}, {"key", "create", "klaing", "--key", key}, {"key", "revoke", "key_1", "--key", key},
		{"webhook", "list", "klaing", "--key", key}, {"webhook", "redeliver", "we_1", "--failed", "--key", key},
		{"webhook", "deliveries", "we_1", "--key", key},
		{"rekey", "--key", key, "--old-key", key}, {"backup", filepath.Join(t.TempDir(), "b.db")},
		{"doctor", "--key", key, "--base-url", "http://127.0.0.1:1", "--time-url", "http://127.0.0.1:1"},
	} {
		out, err := runCommand(t, append(args, "--data", elsewhere)...)
		if err == nil || !strings.Contains(explainError(err)+out, "there is no database at "+filepath.Join(elsewhere, "rieltime.db")) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}

		if _, err := os.Stat(elsewhere); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("%v created the folder: %v", args, err)
		}
	}
}

// A server of the previous version may be using the database.
func TestCommandsOtherThanServeMigrateNothing(t *testing.T) {
	folder, key := newDataFolder(t)
	path := filepath.Join(folder, "rieltime.db")
	file, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}

	defer file.Close()

	if _, err := file.Exec("DELETE FROM schema_versions WHERE version_id > 0; PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}

	before := must(os.ReadFile(path))
	for _, args := range [][]string{
		{"check", "--key", key}, {"audit", "--key", key}, {"reconcile", "--key", key}, {"key", "list", "klaing", "--key", key},
		{"key", "create", "klaing", "--key", key}, {"webhook", "list", "klaing", "--key", key}, {"rekey", "--key", key, "--old-key", key},
		{"webhook", "deliveries", "we_1", "--key", key},
		{"doctor", "--key", key, "--base-url", "http://127.0.0.1:1", "--time-url", "http://127.0.0.1:1"},
	} {
		if out, err := runCommand(t, append(args, "--data", folder)...); err == nil || !strings.Contains(explainError(err)+out, "it is at version 0, this program needs") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}

	if !bytes.Equal(before, must(os.ReadFile(path))) {
		t.Error("the database has changed")
	}
}
