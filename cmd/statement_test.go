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

func TestStatementFlagsAreKeptWithoutGuesses(t *testing.T) {
	folder, key := newDataFolder(t)
	run := func(text string, flags ...string) (string, error) {
		file := filepath.Join(t.TempDir(), "november.csv")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return runCommand(t, append([]string{"statement", "import", file, "--merchant", "klaing", "--account", "bayopay", "--data", folder, "--key", key}, flags...)...)
	}
	dollars := "Date,Details,Debit,Credit\n28/11/2026,tea,,5.00\n"
	riel := "Account currency: KHR\nDate,Details,Debit (KHR),Credit (KHR)\n28/11/2026,cake,,40600\n"
	other := "Booking Date,Narrative,Money in (KHR)\n28/11/2026,rice,8000\n"

	if out, err := run(dollars, "--currency", "USD"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for text, want := range map[string]string{dollars: "5.00 USD", riel: "40600 KHR", other: "8000 KHR"} {
		if out, err := run(text, "--preview"); err != nil || !strings.Contains(out, want) {
			t.Errorf("not %s: %v\n%s", want, err, out)
		}
	}
	for name, wrong := range map[string][]string{"another currency": {"--currency", "USD"}, "no currency": {"--currency", "THB"}} {
		if out, err := run(riel, append(wrong, "--preview")...); err == nil {
			t.Errorf("%s is taken:\n%s", name, out)
		}
	}

	if out, err := run(riel, "--map", "date=Date;credit=Credit;debit=Debit"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := run(dollars, "--preview"); err != nil || !strings.Contains(out, "NOT UNDERSTOOD (currency)") {
		t.Errorf("a guessed currency is kept: %v\n%s", err, out)
	}
	if out, err := run(other, "--preview"); err != nil || !strings.Contains(out, "8000 KHR") {
		t.Errorf("kept columns block a file that lacks them: %v\n%s", err, out)
	}
	if out, err := run(other, "--preview", "--map", "date=Date;credit=Credit"); err == nil {
		t.Errorf("columns that are given are passed over:\n%s", out)
	}
}

// What a flag says is kept once a statement was read by it: a mistake is not used for the
// statements that follow.
func TestFlagsOfAStatementThatIsRefusedAreNotKept(t *testing.T) {
	folder, key := newDataFolder(t)
	file := filepath.Join(t.TempDir(), "november.csv")
	if err := os.WriteFile(file, []byte("Date,Details,Credit\n28/11/2026,tea,$5.00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(flags ...string) []string {
		return append([]string{"statement", "import", file, "--merchant", "klaing", "--account", "bayopay", "--data", folder, "--key", key}, flags...)
	}
	if out, err := runCommand(t, at("--map", "date=Date;credit=Details")...); err == nil || !strings.Contains(out, "row 2 NOT UNDERSTOOD") {
		t.Errorf("wrong columns: %v\n%s", err, out)
	}
	if out := mustRun(t, at()...); !strings.Contains(out, "1 lines, 1 of them new") {
		t.Errorf("then without flags:\n%s", out)
	}
}
