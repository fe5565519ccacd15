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
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

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
	// Now is the clock; nil is time.Now.
	Now func() time.Time `kong:"-"`
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

// Source is where a code comes from.
type Source struct {
	Code string `arg:"" optional:"" help:"The code; without it, the first line of standard input."`
}

func (s Source) read(cmd *Cmd) (string, error) {
	if s.Code != "" && s.Code != "-" {
		return s.Code, nil
	}
	in := cmd.Stdin
	if in == nil {
		in = os.Stdin
	}
	line, err := bufio.NewReader(io.LimitReader(in, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the code: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("no code: give it as an argument or on standard input")
	}
	return line, nil
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
