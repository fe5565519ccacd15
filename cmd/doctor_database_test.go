package cmd

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rieltime/db"
	"rieltime/db/dbtest"
)

// TestCommandsOnTheDatabaseOfTheRun runs the commands that look at a whole database
// on the engine that the tests run on.
func TestCommandsOnTheDatabaseOfTheRun(t *testing.T) {
	newDataFolder(t) // clears the environment
	database := dbtest.Fresh(t)
	folder := t.TempDir()
	if database.URL == "" {
		folder = filepath.Dir(database.Path)
	}

	file := filepath.Join(t.TempDir(), "merchant.yaml")
	if err := os.WriteFile(file, []byte(merchantFile), 0o600); err != nil {
		t.Fatal(err)
	}

	oldKey, newKey := base64.StdEncoding.EncodeToString(newKey()), base64.StdEncoding.EncodeToString(newKey())
	located := func(args ...string) []string {
		return append(args, "--data", folder, "--database", database.URL)
	}
	mustRun(t, located("merchant", "apply", file, "--key", oldKey, "--base-url", "https://pay.example")...)
	out := mustRun(t, located("rekey", "--key", newKey, "--old-key", oldKey)...)
	if !strings.HasPrefix(out, "2 secrets") { // the account's settings and the endpoint's secret
		t.Errorf("rekey: %s", out)
	}

	out = mustRun(t, located("check", "--key", newKey)...)
	if strings.Count(out, "ok ") < 30 || strings.Contains(out, "BROKEN") {
		t.Errorf("check:\n%s", out)
	}

	out, err := runCommand(t, located("check", "--key", oldKey)...)
	if err == nil {
		t.Errorf("check with the old key:\n%s", out)
	}

	out = mustRun(t, located("audit", "--key", newKey)...)
	if !strings.Contains(out, "database.rekey") {
		t.Errorf("audit:\n%s", out)
	}

	out, _ = runCommand(t, located("doctor", "--key", newKey, "--time-url", unreachableURL, "--base-url", unreachableURL)...)
	if !strings.Contains(out, "ok       the database satisfies its invariants") {
		t.Errorf("doctor:\n%s", out)
	}

	copied := filepath.Join(t.TempDir(), "copy.db")
	out, err = runCommand(t, located("backup", copied)...)
	switch {
	case database.URL == "" && err != nil:
		t.Errorf("backup: %v\n%s", err, out)
	case database.URL != "" && (err == nil || !strings.Contains(err.Error(), "pg_dump")):
		t.Errorf("backup of a server's database: %v, want the tools to use instead", err)
	}
}

// TestDatabaseIsCopiedToTheEngineOfTheRun copies a file to the engine that the tests run on, by
// the command line.
func TestDatabaseIsCopiedToTheEngineOfTheRun(t *testing.T) {
	folder, key := newDataFolder(t)
	target := dbtest.Empty(t)
	to := target.URL
	if to == "" {
		to = "sqlite:" + target.Path
	}

	out := mustRun(t, "db", "copy", "--from", "sqlite:"+folder, "--to", to)
	if !strings.Contains(out, "done") {
		t.Errorf("copy:\n%s", out)
	}

	out = mustRun(t, "check", "--key", key, "--data", filepath.Dir(target.Path), "--database", target.URL)
	if strings.Contains(out, "BROKEN") {
		t.Errorf("check of the copy:\n%s", out)
	}
}

func TestPasswordOfADatabaseIsNotShown(t *testing.T) {
	newDataFolder(t) // clears the environment
	for _, address := range []string{
		"postgres://shop:s3cret@127.0.0.1:1/x", "postgres://shop:s3cret@127.0.0.1:port/x", "postgres://shop:s3cret@127.0.0.1/x?sslmode=none",
		"mysql://shop:s3cret@127.0.0.1/x", "host=127.0.0.1 password=s3cret",
	} {
		out, err := runCommand(t, "check", "--database", address)
		if err == nil || strings.Contains(out+explainError(err), "s3cret") {
			t.Errorf("%s: %v\n%s", address, err, out)
		}
	}
}

func TestDoctorFindsWhatAServerMayLose(t *testing.T) {
	sound := db.Server{
		Version: db.OldestServer, Encoding: "UTF8", Collation: "C", TimeZone: "UTC",
		Fsync: true, FullPageWrites: true, SynchronousCommit: true, SynchronousStandbys: "standby",
		Connections: 100, InUse: 10, Standbys: []db.Standby{{Name: "standby", Synchronous: true}},
	}
	for name, test := range map[string]struct {
		change  func(*db.Server)
		verdict string
		what    string
	}{
		"sound":                  {func(*db.Server) {}, verdictOK, "a standby confirms each commit: standby"},
		"an old version":         {func(s *db.Server) { s.Version = 14 }, verdictProblem, "PostgreSQL 14"},
		"another encoding":       {func(s *db.Server) { s.Encoding = "LATIN1" }, verdictProblem, "LATIN1"},
		"a collation of the OS":  {func(s *db.Server) { s.Collation = "en_US.UTF-8" }, verdictWarning, "en_US.UTF-8"},
		"another time zone":      {func(s *db.Server) { s.TimeZone = "Asia/Phnom_Penh" }, verdictWarning, "Asia/Phnom_Penh"},
		"no fsync":               {func(s *db.Server) { s.Fsync = false }, verdictProblem, "may lose or ruin data"},
		"torn pages":             {func(s *db.Server) { s.FullPageWrites = false }, verdictProblem, "may lose or ruin data"},
		"asynchronous commits":   {func(s *db.Server) { s.SynchronousCommit = false }, verdictProblem, "before they are on its disk"},
		"no synchronous standby": {func(s *db.Server) { s.SynchronousStandbys = "" }, verdictWarning, "no standby confirms"},
		"a standby":              {func(s *db.Server) { s.ReadOnly = true }, verdictProblem, "takes no writes"},
		"few connections":        {func(s *db.Server) { s.InUse = 90 }, verdictWarning, "100 connections are possible, 90 are in use"},
		"few behind a pooler":    {func(s *db.Server) { s.InUse, s.Pooled = 90, true }, verdictOK, "through a pooler"},
		"no month ahead":         {func(s *db.Server) { s.Months.Missing = []string{"audit_2026_12"} }, verdictWarning, "not prepared: audit_2026_12"},
		"a row out of place":     {func(s *db.Server) { s.Months.Unplaced = []string{"audit_default"} }, verdictWarning, "wait for the partition of their month in audit_default"},
		"a detached month":       {func(s *db.Server) { s.Months.Detached = []string{"audit_2026_01_detached"} }, verdictWarning, "still in the database: audit_2026_01_detached"},
		"a slow standby":         {func(s *db.Server) { s.Standbys[0].Behind = time.Minute }, verdictWarning, "standby standby is 1m0s behind"},
		"a lost standby":         {func(s *db.Server) { s.Standbys[0].Behind = time.Hour }, verdictProblem, "standby standby is 1h0m0s behind"},
	} {
		server := sound
		server.Standbys = []db.Standby{sound.Standbys[0]}
		test.change(&server)

		found := false
		for _, f := range checkServer(server) {
			found = found || f.verdict == test.verdict && strings.Contains(f.what, test.what)
			if f.verdict != verdictOK && (f.verdict != test.verdict || f.advice == "") {
				t.Errorf("%s: %+v, want no other finding, and an advice", name, f)
			}
		}
		if !found {
			t.Errorf("%s: no %s with %q", name, test.verdict, test.what)
		}
	}
}
