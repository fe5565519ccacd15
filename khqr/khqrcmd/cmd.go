// Package khqrcmd is "khqr" on the command line: it encodes, decodes, verifies
// and draws KHQR codes. Embed Cmd in a kong command line and bind standard output
// as an io.Writer.
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

// Cmd is the command and its four parts.
type Cmd struct {
	Encode Encode `cmd:"" help:"Write a code from its fields."`
	Decode Decode `cmd:"" help:"Show what a code says."`
	Verify Verify `cmd:"" help:"Say whether a code is sound, and why not."`
	QR     QR     `cmd:"" name:"qr" help:"Draw a code as PNG, SVG or in the terminal."`

	// Stdin is where a code is read from that is not an argument; nil is the
	// process's standard input.
	Stdin io.Reader `kong:"-"`
	// Stderr is where it is said that something was left out of a code; nil is
	// the process's standard error.
	Stderr io.Writer `kong:"-"`
	// Now is the clock; nil is time.Now.
	Now func() time.Time `kong:"-"`
}

// Help lists the exit statuses of all four.
func (*Cmd) Help() string {
	return "Exit status: 0 when done, 1 when not: the code is not valid, an input is wrong, or a file cannot be written. See each command's help."
}

// ErrInvalid is returned by a command that was given an unsound code, after it
// has shown why.
var ErrInvalid = errors.New("the code is not valid")

func (c *Cmd) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// note says something beside the answer.
func (c *Cmd) note(text string) {
	out := c.Stderr
	if out == nil {
		out = os.Stderr
	}
	fmt.Fprintln(out, "note:", text)
}

// checkFlags refuses what would be read as something else than was given: flags
// without a value, such as --name "", which would be taken as not given, and
// broken UTF-8, which would be replaced.
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

// takesValue reports whether an argument is a flag whose value is the argument
// behind it.
func takesValue(given *kong.Context, arg string) bool {
	for _, flag := range given.Flags() {
		if arg == "--"+flag.Name || (flag.Short != 0 && arg == "-"+string(flag.Short)) {
			return !flag.IsBool()
		}
	}
	return false
}

// Source is where a code comes from.
type Source struct {
	Code *string `arg:"" optional:"" help:"The code; without it, or with -, the first line of standard input that is not blank."`
}

const maxInput = 64 << 10 // of standard input; a code is at most 7,089 bytes

// read gives the code without blanks and invisible characters around it, and
// says that there were some.
func (s Source) read(cmd *Cmd, flags *kong.Context) (string, error) {
	if err := checkFlags(flags); err != nil {
		return "", err
	}

	given, err := s.given(cmd)
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
		cmd.note("blanks or invisible characters around the code were left out")
	}

	return text, nil
}

// given is the argument, or the line of standard input without its end.
func (s Source) given(cmd *Cmd) (string, error) {
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

func problemsOf(found []*khqr.Error) []problem {
	all := make([]problem, len(found))
	for i, p := range found {
		all[i] = problem{p.Code, p.Code.String(), p.Field, p.Reason}
	}
	return all
}

// failed is a command's answer in JSON when it has none: what is wrong, as the
// problems of the code where it is the code, else in words.
type failed struct {
	Valid    bool      `json:"valid"`
	Problems []problem `json:"problems,omitempty"`
	Error    string    `json:"error"`
}

// answerJSON writes what went wrong as JSON, where JSON was asked for: whoever
// reads the answer by a program gets one always. It returns err.
func answerJSON(out io.Writer, asked bool, err error) error {
	if !asked || err == nil {
		return err
	}
	answer := failed{Error: err.Error()}
	var wrong *khqr.Error
	if errors.As(err, &wrong) {
		answer.Problems = problemsOf([]*khqr.Error{wrong})
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

// writeTable leaves out rows without a value.
func writeTable(out io.Writer, rows []row) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if r.value != "" {
			fmt.Fprintf(table, "%s\t%s\n", r.name, safe(r.value))
		}
	}
	return table.Flush()
}

// safe keeps what a stranger wrote into a code from steering the terminal.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
