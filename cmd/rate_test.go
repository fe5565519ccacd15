package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRatesAreSetImportedAndListed(t *testing.T) {
	folder, key := newDataFolder(t)
	rate := func(command ...string) []string {
		return append(append([]string{"rate"}, command...), "--merchant", "klaing", "--data", folder, "--key", key)
	}
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "rates.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}

	days := file("\ufeffDate,Sell\n2026-01-02,4100\n2026-01-01 08:00,4050.50\n")
	if out := mustRun(t, rate("import", days, "--value-column", "sell")...); !strings.Contains(out, "2 rates, 2 of them new") || !strings.Contains(out, "1 USD = 4050.5 KHR") {
		t.Errorf("imported:\n%s", out)
	}
	if out := mustRun(t, rate("import", days, "--value-column", "sell")...); !strings.Contains(out, "2 rates, 0 of them new") {
		t.Errorf("imported again:\n%s", out)
	}
	if out, err := runCommand(t, rate("import", days)...); err == nil || !strings.Contains(out+err.Error(), "Date | Sell") {
		t.Errorf("without the column: %v\n%s", err, out)
	}
	if out := mustRun(t, rate("import", file("Date;Sell, in riel;rate\n2026-01-02 09:00;1,2;4110\n"))...); !strings.Contains(out, "1 USD = 4110 KHR") {
		t.Errorf("imported with semicolons:\n%s", out)
	}
	if out, err := runCommand(t, rate("import", file("date,rate\n2026-01-03,410\n"))...); err == nil || !strings.Contains(out, "far off, not used") {
		t.Errorf("far off: %v\n%s", err, out)
	}

	if _, err := runCommand(t, rate("set", "5000")...); err == nil || !strings.Contains(err.Error(), "--confirm") {
		t.Errorf("set far off: %v", err)
	}
	mustRun(t, rate("set", "5000", "--confirm", "--valid-for", "8h")...)
	out := mustRun(t, rate("list")...)
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 6 || !strings.Contains(lines[1], "5000") || !strings.Contains(lines[1], "cli:rate set") || !strings.Contains(lines[5], "too old") {
		t.Errorf("listed:\n%s", out)
	}
	if out := mustRun(t, rate("list", "--live")...); strings.Contains(out, "rate_") {
		t.Errorf("live mode has the rates of test mode:\n%s", out)
	}
	for _, wrong := range []string{"0", "-1", "four", "4e3"} {
		if out, err := runCommand(t, rate("set", "--confirm", "--", wrong)...); err == nil {
			t.Errorf("%q is taken: %s", wrong, out)
		}
	}
}
