// Package khqrcmd provides the command "khqr", which encodes, decodes, verifies and draws
// KHQR codes. Embed Cmd in a kong command line and bind standard output as an io.Writer.
package khqrcmd

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"rieltime/khqr"
)

// Cmd is the command with its four subcommands.
type Cmd struct {
	Encode Encode `cmd:"" help:"Write a code from its fields."`
	Decode Decode `cmd:"" help:"Show the fields of a code."`
	Verify Verify `cmd:"" help:"Check whether a code is valid, and say why not."`
	QR     QR     `cmd:"" name:"qr" help:"Draw a code as PNG, SVG or in the terminal."`

	// Stdin is read for a code that is not an argument; nil is the process's
	// standard input.
	Stdin io.Reader `kong:"-"`
	// Stderr receives notes, such as that a code was trimmed; nil is the process's
	// standard error.
	Stderr io.Writer `kong:"-"`
	// Now is the clock; nil is time.Now.
	Now func() time.Time `kong:"-"`
}

// Help describes the exit statuses of all subcommands.
func (*Cmd) Help() string {
	return "Exit status: 0 on success; 1 when the code is not valid, an input is wrong, or a file cannot be written. See each command's help."
}

// ErrInvalid is returned for a code that is not valid, after the command has printed the
// reasons.
var ErrInvalid = errors.New("the code is not valid")

func (c *Cmd) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// note prints a note to standard error.
func (c *Cmd) note(text string) {
	out := c.Stderr
	if out == nil {
		out = os.Stderr
	}
	fmt.Fprintln(out, "note:", text)
}

// checkFlags refuses arguments that would not be used as given: empty flags, such as
// --name "", which would count as absent, and invalid UTF-8, which would be replaced.
func checkFlags(given *kong.Context) error {
	for i, arg := range given.Args {
		if utf8.ValidString(arg) {
			continue
		}

		name, _, _ := strings.Cut(arg, "=")
		if i > 0 && takesValue(given, given.Args[i-1]) {
			name = given.Args[i-1]
		}

		if !strings.HasPrefix(name, "-") || !utf8.ValidString(name) {
			name = "the argument"
		}

		return fmt.Errorf("%s is not valid UTF-8", name)
	}

	for _, path := range given.Path {
		if path.Flag != nil && path.Flag.Target.Kind() == reflect.String && path.Flag.Target.String() == "" {
			return fmt.Errorf("--%s is empty: give it a value or leave it out", path.Flag.Name)
		}
	}

	return nil
}

// takesValue reports whether an argument is a flag whose value is the next argument.
func takesValue(given *kong.Context, arg string) bool {
	for _, flag := range given.Flags() {
		if arg == "--"+flag.Name || (flag.Short != 0 && arg == "-"+string(flag.Short)) {
			return !flag.IsBool()
		}
	}
	return false
}

// Source is the input of a command that reads a code.
type Source struct {
	Code *string `arg:"" optional:"" help:"The code; without it, or with -, the first line of standard input that is not blank."`
}

// maxInput bounds standard input, in bytes; a code has at most 7,089.
const maxInput = 64 << 10

// read returns the code without blanks and invisible characters around it. It prints a
// note if there were any.
func (s Source) read(cmd *Cmd, flags *kong.Context) (string, error) {
	if err := checkFlags(flags); err != nil {
		return "", err
	}

	given, err := s.input(cmd)
	if err != nil {
		return "", err
	}

	text := khqr.Trim(given)
	switch {
	case text == "" && s.Code != nil && *s.Code != "-":
		return "", errors.New("the code is empty")
	case text == "":
		return "", errors.New("no code: give it as an argument or on standard input")
	case text != given:
		cmd.note("blanks or invisible characters around the code were removed")
	}

	return text, nil
}

// input returns the argument, or the first line of standard input that is not blank.
func (s Source) input(cmd *Cmd) (string, error) {
	if s.Code != nil && *s.Code != "-" {
		return *s.Code, nil
	}

	in := cmd.Stdin
	if in == nil {
		in = os.Stdin
	}

	lines := bufio.NewReader(io.LimitReader(in, maxInput))
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the code: %w", err)
		}
		if err != nil || khqr.Trim(line) != "" {
			return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
		}
	}
}

// problem is a khqr.Error as JSON.
type problem struct {
	Code   khqr.ErrorCode `json:"code"`
	Name   string         `json:"name"`
	Field  khqr.Field     `json:"field"`
	Reason string         `json:"reason"`
}

// newProblems converts the errors of a code for JSON.
func newProblems(found []*khqr.Error) []problem {
	all := make([]problem, len(found))
	for i, p := range found {
		all[i] = problem{p.Code, p.Code.String(), p.Field, p.Reason}
	}
	return all
}

// errorResult is the JSON output of a command that fails. Problems are those of the code,
// if the code is the reason.
type errorResult struct {
	Valid    bool      `json:"valid"`
	Problems []problem `json:"problems,omitempty"`
	Error    string    `json:"error"`
}

// writeJSONError writes err as JSON if JSON was requested, so that programs always get
// JSON. It returns err.
func writeJSONError(out io.Writer, requested bool, err error) error {
	if !requested || err == nil {
		return err
	}
	answer := errorResult{Error: err.Error()}
	var wrong *khqr.Error
	if errors.As(err, &wrong) {
		answer.Problems = newProblems([]*khqr.Error{wrong})
	}
	return errors.Join(err, writeJSON(out, answer))
}

func (p problem) String() string {
	return fmt.Sprintf("%s %s (%s, %d)", p.Field, p.Reason, p.Name, uint8(p.Code))
}

func writeJSON(out io.Writer, value any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// row is a line of a table.
type row struct{ name, value string }

// writeTable prints the rows that have a value.
func writeTable(out io.Writer, rows []row) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if r.value != "" {
			fmt.Fprintf(table, "%s\t%s\n", r.name, sanitize(r.value))
		}
	}
	return table.Flush()
}

// sanitize replaces the characters of a foreign code that could control the terminal.
func sanitize(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// formatTime returns t in UTC, "" for the zero time.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
