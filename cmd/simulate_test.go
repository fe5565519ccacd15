package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSimulatePrintsAccountsThatAMerchantsFileTakes(t *testing.T) {
	out, _ := startCommand(t, "simulate", "--bakong", "127.0.0.1:0", "--baray", "127.0.0.1:0", "--kess", "127.0.0.1:0", "--bayopay", "127.0.0.1:0")
	out.waitForLine(t, `username: `) // of the last account
	_, accounts, _ := strings.Cut(out.String(), "\n\ntest:")

	folder := t.TempDir()
	file := filepath.Join(folder, "merchant.yaml")
	if err := os.WriteFile(file, []byte("id: coffee\nname: Coffee Klaing\nreturn_hosts: [shop.example.com]\ntest:"+accounts), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := commandOutput(t, "merchant", "apply", file, "--data", filepath.Join(folder, "data"), "--key", strings.TrimSpace(mustRun(t, "genkey")), "--base-url", "http://127.0.0.1:8080")
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, text, accounts)
	}
	for _, provider := range []string{"bakong", "baray", "kess"} {
		if !strings.Contains(accounts, "  "+provider+":\n") {
			t.Errorf("%s is not among the accounts:\n%s", provider, accounts)
		}
	}
}
