package khqrcmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"rieltime/khqr"
)

const static = "00020101021129190015john_smith@devb5204599953031165802KH5910John Smith6010Phnom Penh63046BFA"

var now = time.UnixMilli(1767225600000)

// runCommand runs "khqr" with args, as the program does.
func runCommand(t *testing.T, stdin string, args ...string) (stdout string, err error) {
	t.Helper()
	stdout, _, err = runCommandWithNotes(t, stdin, args...)
	return stdout, err
}

// runCommandWithNotes also gives what was said on standard error.
func runCommandWithNotes(t *testing.T, stdin string, args ...string) (stdout, notes string, err error) {
	t.Helper()
	var root struct {
		KHQR Cmd `cmd:"" name:"khqr"`
	}
	root.KHQR.Stdin = strings.NewReader(stdin)
	root.KHQR.Now = func() time.Time { return now }
	var out, said bytes.Buffer
	root.KHQR.Stderr = &said
	parser, err := kong.New(&root, kong.Writers(&out, &said), kong.BindTo(&out, (*io.Writer)(nil)), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}

	context, err := parser.Parse(append([]string{"khqr"}, args...))
	if err != nil {
		return out.String(), said.String(), err
	}

	err = context.Run()
	return out.String(), said.String(), err
}

// encodeDynamic is a merchant code in dollars with a label and Khmer text.
func encodeDynamic(t *testing.T, args ...string) string {
	t.Helper()
	out, err := runCommand(t, "", append([]string{
		"encode", "--account", "khqr@devb", "--merchant-id", "013345168", "--bank", "Dev Bank",
		"--name", "Coffee Klaing", "--city", "Siem Reap", "--currency", "usd", "--amount", "10.50", "--bill", "INV-1",
		"--language", "km", "--alternate-name", "ហាងកាហ្វេ",
	}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func hasLine(text string, fields ...string) bool {
	for line := range strings.Lines(text) {
		if strings.Join(strings.Fields(line), " ") == strings.Join(fields, " ") {
			return true
		}
	}
	return false
}

func TestEncodePrintsTheCodeItsMD5AndExpiration(t *testing.T) {
	out := encodeDynamic(t)
	first, rest, _ := strings.Cut(out, "\n")
	if problems := khqr.Verify(first, now); len(problems) > 0 {
		t.Errorf("first line %q: %v", first, problems)
	}
	if !hasLine(rest, "MD5", khqr.MD5(first)) || !hasLine(rest, "Expires", "2026-01-01T00:10:00.000Z") {
		t.Errorf("got\n%s", rest)
	}
}

func TestEncodeWritesAStaticIndividualCode(t *testing.T) {
	out, err := runCommand(t, "", "encode", "--account", "john_smith@devb", "--name", "John Smith", "--json")
	var got struct {
		QR, MD5, Kind, Expires string
		Dynamic                bool
	}
	if err := errors.Join(err, json.Unmarshal([]byte(out), &got)); err != nil {
		t.Fatal(err)
	}

	if got.QR != static || got.MD5 != khqr.MD5(static) || got.Kind != "individual" || got.Dynamic || got.Expires != "" {
		t.Errorf("got %+v", got)
	}
}

func TestEncodeFailsWithTheOfficialCode(t *testing.T) {
	_, err := runCommand(t, "", "encode", "--account", "john", "--name", "John Smith")
	if !errors.Is(err, khqr.BakongAccountIDInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestDecodePrintsATable(t *testing.T) {
	code, _, _ := strings.Cut(encodeDynamic(t), "\n")
	out, err := runCommand(t, "", "decode", code)
	if err != nil {
		t.Fatal(err)
	}

	for _, line := range [][]string{
		{"Kind", "dynamic merchant"}, {"Account", "khqr@devb"}, {"Merchant id", "013345168"}, {"Amount", "10.50 USD"},
		{"Bill number", "INV-1"}, {"Alternate name", "ហាងកាហ្វេ"}, {"Expires", "2026-01-01T00:10:00.000Z"}, {"Valid", "yes"},
	} {
		if !hasLine(out, line...) {
			t.Errorf("no line %q in\n%s", line, out)
		}
	}
}

func TestDecodeReadsTheFirstLineOfStandardInput(t *testing.T) {
	for _, args := range [][]string{{"decode"}, {"decode", "-"}} {
		out, err := runCommand(t, encodeDynamic(t), args...)
		if err != nil || !hasLine(out, "Account", "khqr@devb") {
			t.Errorf("%q: got %v and\n%s", args, err, out)
		}
	}
}

func TestDecodePrintsJSONWithEveryTag(t *testing.T) {
	tags, err := khqr.Parse(static)
	if err != nil {
		t.Fatal(err)
	}

	code, err := tags.Set("40", "0003abc").Seal()
	if err != nil {
		t.Fatal(err)
	}

	out, err := runCommand(t, "", "decode", "--json", code)
	if err != nil {
		t.Fatal(err)
	}

	var got decodeResult
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}

	if got.Account != "john_smith@devb" || got.Currency != "KHR" || !got.Valid || got.MD5 != khqr.MD5(code) {
		t.Errorf("got %+v", got)
	}

	if len(got.Tags) != len(tags)+1 || got.Tags[3].ID != "40" || got.Tags[3].Sub[0].Value != "abc" {
		t.Errorf("tags are %+v", got.Tags)
	}

	if table, _ := runCommand(t, "", "decode", code); !hasLine(table, "Tag 40", "0003abc") {
		t.Errorf("the table lacks tag 40:\n%s", table)
	}
}

func TestDecodeShowsAnOldCodeAndADamagedOne(t *testing.T) {
	old := "00020101021230410015john_smith@devb01061234560208Dev Bank52045999530384054035.05802KH" +
		"5916john smith actor6010Phnom Penh62130709Counter 299170013161343857579463048EF2"
	out, err := runCommand(t, "", "decode", old)
	if err != nil || !hasLine(out, "Expires", "none: an old code") || !hasLine(out, "Valid", "no") {
		t.Errorf("old: %v\n%s", err, out)
	}

	out, err = runCommand(t, "", "decode", strings.Replace(static, "john", "jane", 1))
	if !errors.Is(err, ErrInvalid) || !hasLine(out, "Account", "jane_smith@devb") || !hasLine(out, "Valid", "no") {
		t.Errorf("damaged: %v\n%s", err, out)
	}

	if out, err = runCommand(t, "", "decode", "hello"); !errors.Is(err, khqr.KHQRInvalid) || out != "" {
		t.Errorf("no code at all: %v\n%s", err, out)
	}
}

func TestTheTableIsSafeForATerminal(t *testing.T) {
	tags, err := khqr.Parse(static)
	if err != nil {
		t.Fatal(err)
	}

	code, err := tags.Set("59", "\x1b[2JPaid\u202e").Seal()
	if err != nil {
		t.Fatal(err)
	}

	out, _ := runCommand(t, "", "decode", code)
	if strings.ContainsAny(out, "\x1b\u202e") || !strings.Contains(out, "[2JPaid") {
		t.Errorf("got %q", out)
	}
}

func TestVerifyReturnsTheReason(t *testing.T) {
	if out, err := runCommand(t, "", "verify", static); err != nil || !hasLine(out, "Valid", "yes") {
		t.Errorf("sound: %v\n%s", err, out)
	}

	altered := strings.Replace(static, "John", "Jane", 1)
	out, err := runCommand(t, "", "verify", altered)
	if !errors.Is(err, ErrInvalid) || !strings.Contains(out, "crc does not match") || !strings.Contains(out, "KHQR_INVALID, 8") {
		t.Errorf("altered: %v\n%s", err, out)
	}

	out, err = runCommand(t, "", "verify", "--json", altered)
	var got struct {
		Valid    bool
		Problems []struct {
			Code  int
			Name  string
			Field string
		}
	}
	if jsonErr := json.Unmarshal([]byte(out), &got); jsonErr != nil || !errors.Is(err, ErrInvalid) {
		t.Fatalf("%v, %v\n%s", err, jsonErr, out)
	}

	if got.Valid || len(got.Problems) != 1 || got.Problems[0].Code != 8 || got.Problems[0].Field != "crc" {
		t.Errorf("got %+v", got)
	}
}

func TestNoCodeIsAnError(t *testing.T) {
	for _, name := range []string{"decode", "verify", "qr"} {
		if out, err := runCommand(t, "\n", name); err == nil || out != "" {
			t.Errorf("%s: got %v, %q", name, err, out)
		}
	}
}
