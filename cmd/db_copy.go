package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

type copyCommand struct {
	From checkout.Secret `help:"Database to copy: sqlite:PATH of the file or its folder, or postgres://user:password@host/name" env:"RIELTIME_COPY_FROM" placeholder:"DATABASE" required:""`
	To   checkout.Secret `help:"New, empty database, in the same form; a file is created." env:"RIELTIME_COPY_TO" placeholder:"DATABASE" required:""`
}

// Help returns what the one-line help has no room for.
func (copyCommand) Help() string {
	return `Copies a database to another one, from SQLite to PostgreSQL or back. Stop every rieltime that uses either first: the copy is refused while one runs, and none starts while the copy runs.

The copy goes on where it stopped when the same command is run again. It is done, and may be served, only when the command says so: all rows, by number and checksum, and all invariants have then been compared in both databases. The secrets stay encrypted, so that no key is needed here and the copy needs the same RIELTIME_KEY. The database that is copied is not changed.`
}

// Run copies and shows how far it is.
func (c *copyCommand) Run(ctx context.Context, stdout io.Writer) error {
	from, err := parseDatabase(c.From.Reveal())
	if err != nil {
		return fmt.Errorf("--from %w", err)
	}
	to, err := parseDatabase(c.To.Reveal())
	if err != nil {
		return fmt.Errorf("--to %w", err)
	}

	shown := newCopyProgress(stdout)
	report, err := db.Copy(ctx, from, to, shown.show)
	shown.endLine()
	if errors.Is(err, context.Canceled) {
		return errors.New("stopped: run the same command again, and the copy goes on from here")
	}
	if err != nil {
		return err
	}

	return writeCopyReport(stdout, report)
}

// parseDatabase reads sqlite:PATH, where the path may be that of the folder, or a
// URL of a server. Its errors do not repeat the text, which may hold a password.
func parseDatabase(text string) (db.Options, error) {
	if strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") {
		return db.Options{URL: text}, nil
	}

	path, isFile := strings.CutPrefix(text, "sqlite:")
	if !isFile || path == "" {
		return db.Options{}, errors.New("must be sqlite:PATH or postgres://user:password@host/name")
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = databaseFlags{Data: path}.path()
	}
	path, err := filepath.Abs(path)
	return db.Options{Path: path}, err
}

func writeCopyReport(stdout io.Writer, report db.CopyReport) error {
	rows := int64(0)
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "table\trows in both\tchecksum in both")
	for _, t := range report.Tables {
		rows += t.Rows
		fmt.Fprintf(table, "%s\t%d\t%s\n", t.Name, t.Rows, t.Checksum)
	}
	if err := table.Flush(); err != nil {
		return err
	}

	for _, f := range report.Findings {
		if f.Broken > 0 {
			fmt.Fprintf(stdout, "in both, as before: %s: %s\n", f.Check, findingDetail(f))
		}
	}

	_, err := fmt.Fprintf(stdout, "done: %d rows, and %d invariants that are the same in both. Serve the copy with the same RIELTIME_KEY; keep the other database, which stays as it is.\n",
		rows, len(report.Findings))
	return err
}

// How often progress is shown: on one line of a terminal, or in lines of a log.
const (
	progressAtTerminal = 200 * time.Millisecond
	progressInLog      = 10 * time.Second
)

// copyProgress writes a line for each table that is read, copied or compared.
type copyProgress struct {
	out      io.Writer
	terminal bool
	every    time.Duration

	line    string // the step and the table of the current line
	begun   time.Time
	first   int64 // rows that were done when the line began
	shown   time.Time
	unended bool // the terminal's line may be written over
	longest int
}

func newCopyProgress(out io.Writer) *copyProgress {
	p := &copyProgress{out: out, every: progressInLog}
	if file, is := out.(*os.File); is {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.terminal, p.every = true, progressAtTerminal
		}
	}
	return p
}

func (p *copyProgress) show(now db.CopyProgress) {
	name := now.Step + " " + now.Table
	if now.Step == "check" {
		name = "check the invariants of both"
		if now.Ended && !p.terminal { // the line is there
			return
		}
	}

	if name != p.line {
		p.line, p.begun, p.first, p.shown = name, time.Now(), now.Done, time.Now()
	}
	if !now.Ended && time.Since(p.shown) < p.every && now.Step != "check" {
		return
	}

	p.shown = time.Now()
	p.write(name+p.numbers(now), now.Ended)
}

// numbers are the rows, the rate and the time left.
func (p *copyProgress) numbers(now db.CopyProgress) string {
	if now.Step == "check" {
		return ""
	}

	text := fmt.Sprintf(": %d rows", now.Done)
	if now.Total > 0 && !now.Ended {
		text = fmt.Sprintf(": %d of %d rows", now.Done, now.Total)
	}
	took := time.Since(p.begun)
	if done := now.Done - p.first; done > 0 && took > time.Second {
		rate := float64(done) / took.Seconds()
		text += fmt.Sprintf(", %.0f a second", rate)
		if left := now.Total - now.Done; left > 0 && !now.Ended {
			text += fmt.Sprintf(", %s left", time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second))
		}
	}
	return text
}

func (p *copyProgress) write(text string, ended bool) {
	if !p.terminal {
		fmt.Fprintln(p.out, text)
		return
	}

	// Spaces cover what is longer in the line before.
	fmt.Fprintf(p.out, "\r%-*s", p.longest, text)
	p.longest, p.unended = len(text), true
	if ended {
		p.endLine()
	}
}

// endLine goes to a new line of the terminal.
func (p *copyProgress) endLine() {
	if p.unended {
		fmt.Fprintln(p.out)
		p.unended, p.longest = false, 0
	}
}
