package cmd

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

func TestDatabaseIsCopiedByCommand(t *testing.T) {
	folder, key := newDataFolder(t)
	mustRun(t, "db", "fill", "klaing", "--sessions", "100", "--data", folder, "--key", key)
	copied := filepath.Join(t.TempDir(), "copied")
	out := mustRun(t, "db", "copy", "--from", "sqlite:"+folder, "--to", "sqlite:"+filepath.Join(copied, "rieltime.db"))
	for _, want := range []string{"read sessions: 104 rows\n", "copy sessions: 104 rows\n", "compare sessions: 104 rows\n", "check the invariants of both\n", "\nsessions           104  ", "done: "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}

	if out := mustRun(t, "check", "--data", copied, "--key", key); strings.Contains(out, "BROKEN") {
		t.Error(out)
	}
	if out := mustRun(t, "audit", "--data", copied, "--key", key); !strings.Contains(out, "database.copy") {
		t.Error(out)
	}

	for says, args := range map[string][]string{
		"not empty":                  {"--from", "sqlite:" + folder, "--to", "sqlite:" + copied},
		"no database":                {"--from", "sqlite:" + filepath.Join(copied, "none.db"), "--to", "sqlite:" + filepath.Join(copied, "new.db")},
		"--from must be sqlite:PATH": {"--from", "mysql://root:hunter2@host/x", "--to", "sqlite:" + copied},
		"--to must be sqlite:PATH":   {"--from", "sqlite:" + folder, "--to", "sqlite:"},
	} {
		_, err := runCommand(t, append([]string{"db", "copy"}, args...)...)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestStoppedCopySaysHowToGoOn(t *testing.T) {
	folder, _ := newDataFolder(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out bytes.Buffer
	command := copyCommand{From: checkout.Secret("sqlite:" + folder), To: checkout.Secret("sqlite:" + filepath.Join(t.TempDir(), "rieltime.db"))}
	if err := command.Run(ctx, &out); err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "run the same command again") {
		t.Error(err)
	}
}

func TestCopyShowsRateAndTimeLeft(t *testing.T) {
	var out bytes.Buffer
	p := newCopyProgress(&out)
	p.show(db.CopyProgress{Step: "copy", Table: "sessions", Done: 1000, Total: 10_000})
	p.begun, p.shown = p.begun.Add(-10*time.Second), p.shown.Add(-time.Minute)
	p.show(db.CopyProgress{Step: "copy", Table: "sessions", Done: 6000, Total: 10_000})
	p.show(db.CopyProgress{Step: "copy", Table: "sessions", Done: 7000, Total: 10_000}) // too soon
	if got, want := out.String(), "copy sessions: 6000 of 10000 rows, 500 a second, 8s left\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}

	out.Reset()
	p.terminal = true
	p.write("a longer line", false)
	p.write("short", true)
	p.endLine()
	if got, want := out.String(), "\ra longer line\rshort        \n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
