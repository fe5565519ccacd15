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

const merchantFile = `
id: klaing
name: Coffee Klaing
return_hosts: [shop.example]
test:
  webhook_url: https://shop.example/hook
  providers:
    bayopay: {gateway_url: "https://bayo.example/pay", niaga_id: klaing, niaga_key: k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3y}
`

// command runs rieltime and returns what it printed.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out, &out)
	return out.String(), err
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(t, args...)
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out
}

// newData makes a data folder with one merchant, under a key.
func newData(t *testing.T) (folder, key string) {
	t.Helper()
	for _, name := range []string{"RIELTIME_DATA", "RIELTIME_KEY", "RIELTIME_KEY_FILE", "RIELTIME_OLD_KEY", "RIELTIME_BASE_URL"} {
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	folder = filepath.Join(t.TempDir(), "data")
	key = base64.StdEncoding.EncodeToString(newKey())
	file := filepath.Join(t.TempDir(), "merchant.yaml")
	if err := os.WriteFile(file, []byte(merchantFile), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "merchant", "apply", file, "--data", folder, "--key", key, "--base-url", "https://pay.example")
	return folder, key
}

func TestBackupAndRestoreByCommand(t *testing.T) {
	folder, key := newData(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	mustRun(t, "backup", file, "--data", folder)
	if out, err := command(t, "restore", file, "--data", folder); err == nil || !strings.Contains(err.Error(), "--force") {
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
	folder, key := newData(t)
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
	if _, err := store.InsertSession(t.Context(), session, checkout.IdempotentRequest{}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	out, err = command(t, "check", "--data", folder)
	if err == nil || !strings.Contains(out, "BROKEN") || !strings.Contains(out, "1: cs_1") {
		t.Errorf("%v\n%s", err, out)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestKeyIsChangedByCommand(t *testing.T) {
	folder, oldKey := newData(t)
	newKey := base64.StdEncoding.EncodeToString(newKey())
	if _, err := command(t, "rekey", "--data", folder, "--key", newKey); err == nil {
		t.Error("no old key, no complaint")
	}
	if _, err := command(t, "audit", "--data", folder, "--key", newKey); err == nil {
		t.Error("opened by a key that sealed nothing")
	}
	mustRun(t, "audit", "--data", folder, "--key", newKey, "--old-key", oldKey)
	if out := mustRun(t, "rekey", "--data", folder, "--key", newKey, "--old-key", oldKey); !strings.HasPrefix(out, "2 secrets") {
		t.Error(out)
	}
	mustRun(t, "check", "--data", folder, "--key", newKey)
	if _, err := command(t, "audit", "--data", folder, "--key", oldKey); err == nil {
		t.Error("the old key still opens")
	}
}

// Whatever a command is for, a wrong folder is said so and stays as it is; only
// serve, demo and merchant apply make a database.
func TestCommandsRefuseAFolderWithoutADatabase(t *testing.T) {
	_, key := newData(t)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	for _, args := range [][]string{
		{"check"}, {"check", "--key", key}, {"audit", "--key", key}, {"kess", "reconcile", "--key", key},
		{"key", "list", "klaing", "--key", key}, {"key", "create", "klaing", "--key", key}, {"key", "revoke", "key_1", "--key", key},
		{"webhook", "list", "klaing", "--key", key}, {"webhook", "redeliver", "we_1", "--failed", "--key", key},
		{"webhook", "deliveries", "we_1", "--key", key},
		{"rekey", "--key", key, "--old-key", key}, {"backup", filepath.Join(t.TempDir(), "b.db")},
		{"doctor", "--key", key, "--base-url", "http://127.0.0.1:1", "--time-url", "http://127.0.0.1:1"},
	} {
		out, err := command(t, append(args, "--data", elsewhere)...)
		if err == nil || !strings.Contains(explainError(err)+out, "there is no database at "+filepath.Join(elsewhere, "rieltime.db")) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		if _, err := os.Stat(elsewhere); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("%v made the folder: %v", args, err)
		}
	}
}

// A server of the version before may be using the database.
func TestCommandsOtherThanServeMigrateNothing(t *testing.T) {
	folder, key := newData(t)
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
		{"check", "--key", key}, {"audit", "--key", key}, {"kess", "reconcile", "--key", key}, {"key", "list", "klaing", "--key", key},
		{"key", "create", "klaing", "--key", key}, {"webhook", "list", "klaing", "--key", key}, {"rekey", "--key", key, "--old-key", key},
		{"webhook", "deliveries", "we_1", "--key", key},
		{"doctor", "--key", key, "--base-url", "http://127.0.0.1:1", "--time-url", "http://127.0.0.1:1"},
	} {
		if out, err := command(t, append(args, "--data", folder)...); err == nil || !strings.Contains(explainError(err)+out, "it is at version 0, this program needs") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if !bytes.Equal(before, must(os.ReadFile(path))) {
		t.Error("the database has changed")
	}
}
