package khqrcmd

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rieltime/khqr"
)

// encodeArgs are what every encode needs, and more.
func encodeArgs(more ...string) []string {
	return append([]string{"encode", "--account", "sok_dara@demo", "--name", "Sok Dara"}, more...)
}

func TestBlanksAroundACodeAreRemovedWithANote(t *testing.T) {
	for name, around := range map[string][2]string{
		"blanks": {"  ", " "}, "no-break spaces": {"\u00a0", "\u00a0"}, "zero-width spaces": {"\u200b", "\u200b"},
		"byte order mark": {"\ufeff", ""}, "tab": {"\t", ""}, "fillers": {"\u3164", "\u034f"}, "lines before": {"\n \r\n", "\u2060\r\n"},
	} {
		padded := around[0] + static + around[1]
		for how, run := range map[string]func(args ...string) (string, string, error){
			"argument": func(args ...string) (string, string, error) {
				return runCommandWithNotes(t, "", append(args, padded)...)
			},
			"stdin": func(args ...string) (string, string, error) { return runCommandWithNotes(t, padded, args...) },
		} {
			for _, args := range [][]string{{"decode", "--json"}, {"verify"}, {"qr"}} {
				out, notes, err := run(args...)
				if err != nil || out == "" {
					t.Errorf("%s, %s, %q: %v", name, how, args, err)
				}

				if want := how == "argument" || name != "lines before"; want && !strings.Contains(notes, "removed") {
					t.Errorf("%s, %s, %q: no note", name, how, args)
				}
			}
		}
	}

	if _, notes, err := runCommandWithNotes(t, static+"\r\n", "verify"); err != nil || notes != "" {
		t.Errorf("a plain line: %v, %q", err, notes)
	}
}

func TestCodeIsNeverMadeOfInvalidUTF8(t *testing.T) {
	for _, args := range [][]string{
		encodeArgs("--bill", "A\xff"), encodeArgs("--city", "\xc3"), encodeArgs("--union-pay", "\xff"), encodeArgs("--currency", "us\xff"),
		{"encode", "--account", "sok\xff@demo", "--name", "Sok"}, {"encode", "--account", "sok@demo", "--name", "S\xffk"},
		{"decode", static + "\xff"}, {"verify", "\xff" + static}, {"qr", "00\xff"},
	} {
		out, err := runCommand(t, "", args...)
		if err == nil || strings.Contains(out, "\ufffd") || strings.Contains(out, "000201") {
			t.Errorf("%q: %v, %q", args, err, out)
		}
	}
}

func TestInvalidUTF8NamesTheArgument(t *testing.T) {
	for want, args := range map[string][]string{
		"the argument is not": {"decode", "--json", "00\xff"},
		"--bill is not":       encodeArgs("--json", "--bill", "A\xff"),
		"--city is not":       encodeArgs("--json", "--city=A\xff"),
		"-o is not":           {"qr", static, "-o", "a\xff.png"},
	} {
		if _, err := runCommand(t, "", args...); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestEmptyFlagsAreRefused(t *testing.T) {
	for _, flag := range []string{"--merchant-id", "--bank", "--amount", "--city", "--account-information", "--currency", "--language"} {
		out, err := runCommand(t, "", encodeArgs(flag, "")...)
		if err == nil || !strings.Contains(err.Error(), flag+" is empty") || out != "" {
			t.Errorf("%s: %v, %q", flag, err, out)
		}
	}

	if _, err := runCommand(t, static, "qr", "-o", ""); err == nil {
		t.Error("an empty name of a file passes")
	}

	for _, name := range []string{"decode", "verify", "qr"} {
		if _, err := runCommand(t, static, name, ""); err == nil || !strings.Contains(err.Error(), "the code is empty") {
			t.Errorf("%s with an empty code: %v", name, err)
		}
	}
}

func TestFlagsWithoutEffectAreRefused(t *testing.T) {
	for _, c := range []struct {
		says string
		args []string
	}{
		{"--account-information", encodeArgs("--merchant-id", "1", "--bank", "Demo Bank", "--account-information", "2")},
		{"--expires-in", encodeArgs("--expires-in", "5m")},
		{"--expires-in", encodeArgs("--expires-in", "5m", "--amount", "0")},
		{"--amount", encodeArgs("--amount", "0")},
		{"--amount", encodeArgs("--amount", "0.00", "--currency", "USD")},
		{"--alternate-city", encodeArgs("--alternate-city", "ភ្នំពេញ")},
		{"alternate name", encodeArgs("--language", "km")},
		{"--scale", []string{"qr", "--scale", "4", static}},
		{"--scale", []string{"qr", "--scale", "4", "-o", filepath.Join(t.TempDir(), "a.txt"), static}},
		{"--format", []string{"qr", "--format", "svg", "-o", filepath.Join(t.TempDir(), "a.png"), static}},
	} {
		if out, err := runCommand(t, "", c.args...); err == nil || !strings.Contains(err.Error(), c.says) || out != "" {
			t.Errorf("%q: %v, %q", c.args, err, out)
		}
	}
}

func TestLifetimeOfACodeIsBounded(t *testing.T) {
	for life, fits := range map[string]bool{"0s": false, "-1m": false, "1ns": false, "1s": true, "10m": true, "10m1s": false, "24h": false} {
		out, err := runCommand(t, "", encodeArgs("--amount", "4000", "--expires-in="+life)...)
		if (err == nil) != fits || (err != nil && !strings.Contains(err.Error(), "from 1s to 10m0s")) {
			t.Errorf("%s: %v, %q", life, err, out)
		}
	}
}

func TestFileFormatMatchesItsExtension(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"code.jpg", "code.pdf", "code", "code.png.bak"} {
		path := filepath.Join(dir, name)
		_, err := runCommand(t, static, "qr", "-o", path)
		if err == nil || !strings.Contains(err.Error(), ".png, .svg or .txt") {
			t.Errorf("%s: %v", name, err)
		}

		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was written: %v", name, err)
		}
	}

	path := filepath.Join(dir, "CODE.PNG")
	if _, err := runCommand(t, static, "qr", "-o", path); err != nil {
		t.Error(err)
	}

	if data, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(data), "\x89PNG") {
		t.Errorf("CODE.PNG: %v", err)
	}
}

func TestErrorsAreJSONOnRequest(t *testing.T) {
	for _, args := range [][]string{
		{"decode", "hello"}, {"decode", ""}, {"decode", "00\xff"}, {"verify", ""}, {"decode", strings.Replace(static, "john", "jane", 1)},
		encodeArgs("--merchant-id", ""), {"encode", "--account", "012345678", "--name", "Sok"}, encodeArgs("--expires-in", "0s"),
	} {
		out, err := runCommand(t, "", append(args, "--json")...)
		var answer struct {
			Valid    *bool
			Error    string
			Problems []problem
		}
		if jsonErr := json.Unmarshal([]byte(out), &answer); jsonErr != nil || err == nil || answer.Valid == nil || *answer.Valid || (answer.Error == "" && len(answer.Problems) == 0) {
			t.Errorf("%q: %v, %v\n%s", args, err, jsonErr, out)
		}
	}
}

func TestExitStatusIsInTheHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"encode", "--help"}, {"decode", "--help"}, {"verify", "--help"}, {"qr", "--help"}} {
		out, _, _ := runCommandWithNotes(t, "", args...) // help ends the parsing with an error
		if !strings.Contains(out, "Exit status: 0") {
			t.Errorf("%q:\n%s", args, out)
		}
	}
}

func TestKnownMistakesAreNamed(t *testing.T) {
	out, err := runCommand(t, "", "verify", "00020101021129170013sok_dara@demo5204599953031165802KH5909Café Sok6010Phnom Penh630477B4")
	if !errors.Is(err, ErrInvalid) || !strings.Contains(out, "counts its lengths in bytes") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := runCommand(t, "", "encode", "--account", "abaakhppxxx@abaa", "--name", "Sok"); !errors.Is(err, khqr.KHQRInvalid) || !strings.Contains(err.Error(), "shared by all customers") {
		t.Errorf("a bank's address: %v", err)
	}
}
