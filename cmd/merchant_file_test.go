package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// applyFile applies a merchant file to a new database.
func applyFile(t *testing.T, text string) (folder string, err error) {
	t.Helper()
	folder, key := newDataFolder(t)
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = runCommand(t, "merchant", "apply", file, "--data", folder, "--key", key, "--base-url", "https://pay.example")
	return folder, err
}

func TestMerchantFileErrorsNameEachFieldAndItsLine(t *testing.T) {
	for text, want := range map[string][]string{
		"id: coffee\nname: Coffee Klaing\nreturn_hosts: [shop.example.com]\nsupport_contact: 012000001\ntest:\n  providers: {}\n": {
			"line 4: support_contact must be text, but is a number: write it in quotes."},
		"id: coffee\ncolour: red\nreturn_hosts: [a.example, 5]\ntest:\n  webhook: x\n": {
			`line 2: colour: Unknown setting "colour": use accent,`, "line 3: return_hosts[1] must be text,", `line 5: test.webhook: Unknown setting "webhook"`},
		"id: Coffee\nreturn_hosts: [shop.example]\naccent: red\ntest:\n  providers:\n    bakong:\n      base_url: https://api.example\n      account: 012345670\n      qr_life_seconds: soon\n    nobody: {}\n": {
			"line 1: id must be lower-case", "name is required", "line 3: accent must be a colour",
			"line 8: test.providers.bakong.account: account must be text, but is a number", "line 9: test.providers.bakong.qr_life_seconds: qr_life_seconds must be a whole number, but is text",
			`line 10: test.providers.nobody: Unknown provider "nobody"`},
		"id: coffee\nname: Caf\xe9\n":                  {"line 2 of the merchant file is not valid UTF-8"},
		"id: coffee\nname: A\n---\nid: tea\nname: B\n": {"has 2 documents"},
		"id: coffee\nid: tea\n":                        {"neither YAML nor JSON", "already defined"},
	} {
		_, err := applyFile(t, text)
		if err == nil {
			t.Errorf("applied:\n%s", text)
			continue
		}

		for _, part := range want {
			if !strings.Contains(explainError(err), part) {
				t.Errorf("no %q for\n%s\nbut: %s", part, text, explainError(err))
			}
		}

		for _, inside := range []string{"Go ", "struct", "json:", "MerchantSpec"} {
			if strings.Contains(explainError(err), inside) {
				t.Errorf("the error mentions %q: %s", inside, explainError(err))
			}
		}
	}
}

// Neither a bank's shared address nor an account number or phone number can be paid:
// merchant apply refuses them with the same reasons as khqr encode.
func TestAccountsThatCannotBePaidToAreRefused(t *testing.T) {
	for account, reason := range map[string]string{
		"abaakhppxxx@abaa": "account_information: account_information is missing: this account is shared by all customers of its bank",
		"012345678":        "account: account is a phone number, not a Bakong account",
		"000111222":        "account: account is an account number, not a Bakong account",
	} {
		_, err := applyFile(t, "id: coffee\nname: Coffee\nreturn_hosts: [shop.example]\ntest:\n  providers:\n    bakong:\n      base_url: https://api.example\n"+
			"      merchant_name: Coffee\n      token: abc\n      account: \""+account+"\"\n")
		if err == nil || !strings.Contains(explainError(err), reason) {
			t.Errorf("%s: %v", account, err)
		}
	}
}

// Editors write a byte order mark, and a file may have the markers of a YAML document.
func TestMerchantFileMayHaveDocumentMarkers(t *testing.T) {
	plain := "id: coffee\nname: Coffee\nreturn_hosts: [shop.example]\ntest:\n  providers:\n    bakong:\n      base_url: https://api.example\n" +
		"      merchant_name: Coffee\n      token: abc\n      account: coffee@devb\n"
	for _, text := range []string{"\ufeff" + plain, "---\n" + plain, plain + "...\n", "# ours\n---\n" + plain + "---\n"} {
		if _, err := applyFile(t, text); err != nil {
			t.Errorf("%q: %v", text[:10], err)
		}
	}
}

// A name of invisible characters counts as missing.
func TestInvisibleNameIsRefused(t *testing.T) {
	_, err := applyFile(t, "id: coffee\nname: Coffee\nreturn_hosts: [shop.example]\ntest:\n  providers:\n    bakong:\n      base_url: https://api.example\n"+
		"      merchant_name: \"\\u200b\"\n      token: abc\n      account: coffee@devb\n")
	if err == nil || !strings.Contains(explainError(err), "merchant_name is missing") {
		t.Error(err)
	}
}

func TestWrongMerchantFileMakesNoDatabase(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte("name: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	_, key := newDataFolder(t)
	if _, err := runCommand(t, "merchant", "apply", file, "--data", folder, "--key", key, "--base-url", "https://pay.example"); err == nil {
		t.Error("applied")
	}

	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder was created: %v", err)
	}
}
