package cmd

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

func TestDatabaseIsFilledByCommand(t *testing.T) {
	folder, key := newDataFolder(t)
	out := mustRun(t, "db", "fill", "klaing", "--sessions", "500", "--data", folder, "--key", key)
	if !strings.Contains(out, "500 sessions in") {
		t.Error(out)
	}

	if out := mustRun(t, "check", "--data", folder, "--key", key); strings.Contains(out, "BROKEN") {
		t.Error(out)
	}

	file, err := sql.Open("sqlite", filepath.Join(folder, "rieltime.db"))
	if err != nil {
		t.Fatal(err)
	}

	defer file.Close()

	for query, want := range map[string]int{
		"SELECT count(*) FROM sessions": 504, "SELECT count(*) FROM payments": 504,
		"SELECT count(*) FROM sessions WHERE status = 'complete'": 351, "SELECT count(*) FROM payments WHERE review = 'late'": 6,
		"SELECT count(*) FROM sqlite_master WHERE name = 'sessions_reference_status'": 1,
		"SELECT count(*) FROM event_digests":                                          1,
	} {
		var n int
		if err := file.QueryRow(query).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d, want %d, %v", query, n, want, err)
		}
	}

	for says, args := range map[string][]string{
		"does not exist": {"db", "fill", "nobody"}, "at least 1": {"db", "fill", "klaing", "--sessions", "0"},
	} {
		if _, err := runCommand(t, append(args, "--data", folder, "--key", key)...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v", args, err)
		}
	}

	if _, err := file.Exec("UPDATE sessions SET mode = 'live' WHERE rowid = 1; INSERT INTO provider_accounts (id, merchant_id, mode, provider, settings_sealed) SELECT 'acct_2', merchant_id, 'live', provider, settings_sealed FROM provider_accounts"); err != nil {
		t.Fatal(err)
	}

	if _, err := runCommand(t, "db", "fill", "klaing", "--sessions", "5", "--data", folder, "--key", key); err == nil || !strings.Contains(err.Error(), "live sessions") {
		t.Errorf("filled a database in use: %v", err)
	}
}
