package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStatementIsPreviewedImportedAndShown(t *testing.T) {
	folder, key := newDataFolder(t)
	file := filepath.Join(t.TempDir(), "november.csv")
	const text = "Booked,What,Paid in,Currency\n28/11/2026,tea,5.00,USD\n28/11/2026,coffee,five,USD\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(command ...string) []string {
		return append(append([]string{"statement"}, command...), "--merchant", "klaing", "--account", "bayopay", "--data", folder, "--key", key)
	}

	if out, err := runCommand(t, at("import", file, "--preview")...); err == nil || !strings.Contains(out+err.Error(), "Booked | What") {
		t.Errorf("without a map: %v\n%s", err, out)
	}
	out := mustRun(t, at("import", file, "--preview", "--map", "date=Booked;credit=Paid in;text=#2;currency=Currency")...)
	for _, want := range []string{"2026-11-28", "5.00 USD", "row 3 NOT UNDERSTOOD (amount)"} {
		if !strings.Contains(out, want) {
			t.Errorf("the preview lacks %q:\n%s", want, out)
		}
	}
	if out := mustRun(t, at("show")...); strings.Contains(out, "tea") {
		t.Errorf("a preview imported:\n%s", out)
	}

	for i, want := range []string{"1 lines, 1 of them new", "1 lines, 0 of them new"} {
		command := at("import", file)
		if i == 0 {
			command = append(command, "--map", "date=Booked;credit=Paid in;text=#2;currency=Currency")
		}
		if out, err := runCommand(t, command...); err == nil || !strings.Contains(out, want) || !strings.Contains(err.Error(), "1 rows were not understood") {
			t.Errorf("import %d: %v\n%s", i+1, err, out)
		}
	}
	out = mustRun(t, at("show")...)
	if !strings.Contains(out, "bank_only") || !strings.Contains(out, "tea") {
		t.Fatalf("shown:\n%s", out)
	}
	if out := mustRun(t, at("list")...); strings.Count(out, "november.csv") != 2 {
		t.Errorf("listed:\n%s", out)
	}

	line := strings.Fields(strings.Split(out, "\n")[1])[0]
	for name, wrong := range map[string][]string{
		"a payment that is not proposed": at("explain", line, "--payment", "pay_1", "--note", "x"),
		"a line that is not there":       at("explain", "bl_none", "--note", "x"),
	} {
		if out, err := runCommand(t, wrong...); err == nil {
			t.Errorf("%s is taken: %s", name, out)
		}
	}
	mustRun(t, at("explain", line, "--note", "paid back in cash")...)
	if _, err := runCommand(t, at("explain", line, "--note", "again")...); err == nil {
		t.Error("a line is explained twice")
	}
	if out := mustRun(t, at("show")...); strings.Contains(out, "tea") {
		t.Errorf("a line that was explained needs attention:\n%s", out)
	}

	statement := strings.Fields(strings.Split(mustRun(t, at("list")...), "\n")[2])[0] // the first that was imported
	mustRun(t, at("withdraw", statement, "--note", "wrong columns")...)
	if out, err := runCommand(t, at("withdraw", statement, "--note", "again")...); err == nil {
		t.Errorf("withdrawn twice: %s", out)
	}
	if out := mustRun(t, at("show", "--state", "bank_only")...); strings.Contains(out, "tea") {
		t.Errorf("a line of a withdrawn statement is shown:\n%s", out)
	}
}
