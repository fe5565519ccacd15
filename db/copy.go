package db

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// copiedTogether is how many rows one transaction copies.
const copiedTogether = 1000

// CopyProgress is how far a copy has got with one table.
type CopyProgress struct {
	Step        string // "read", "copy" or "compare"; "check", of no table
	Table       string
	Done, Total int64 // rows; a total of 0 is not known
	Ended       bool
}

// CopyReport is what a copy that is done holds, as its source does.
type CopyReport struct {
	Tables   []CopiedTable
	Findings []Finding // of the invariants, the same in both
}

// CopiedTable is a table that both databases have alike.
type CopiedTable struct {
	Name     string
	Rows     int64
	Checksum string // does not depend on the order of the rows
}

// copying is one run of Copy.
type copying struct {
	from, to *copySide
	read     copyReader // the source, as it is throughout
	run      string     // another one at each run
	columns  map[string][]copiedColumn
	sums     map[string]tableSum    // of the source
	months   map[string][]time.Time // of the source's rows, by table of monthlyTables
	progress func(CopyProgress)
}

// Copy copies a database to an empty one, of either engine, while nothing serves from
// either: else it is ErrInUse. A copy that was interrupted goes on where it stopped
// when Copy is called again. It returns without an error only after all rows and all
// invariants were compared in both; until then no store opens the copy
// (ErrUnfinishedCopy). It needs no key: secrets are copied sealed. The source is not
// changed.
func Copy(ctx context.Context, from, to Options, progress func(CopyProgress)) (report CopyReport, err error) {
	c := &copying{run: rand.Text(), columns: map[string][]copiedColumn{}, sums: map[string]tableSum{}, months: map[string][]time.Time{}, progress: progress}
	if c.from, err = openCopySource(ctx, from); err != nil {
		return report, err
	}

	defer func() { err = errors.Join(err, c.from.Close()) }()

	if err := checkCopySource(ctx, c.from); err != nil {
		return report, fmt.Errorf("%s: %w", c.from.name, err)
	}

	if c.to, err = openCopyTarget(ctx, to); err != nil {
		return report, err
	}

	defer func() { err = errors.Join(err, c.to.Close()) }()

	if err := c.to.makeReady(ctx); err != nil {
		return report, fmt.Errorf("%s: %w", c.to.name, err)
	}

	snapshot, err := c.from.snapshot(ctx)
	if err != nil {
		return report, err
	}

	defer func() { _ = snapshot.Rollback() }()
	c.read = copyReader{snapshot, c.from.dialect}

	for _, step := range []func(context.Context) error{c.readColumns, c.sumSource, c.copyTables, c.compareTables} {
		if err := step(ctx); err != nil {
			return report, err
		}
	}

	if report.Findings, err = c.compareFindings(ctx); err != nil {
		return report, err
	}

	for _, t := range copiedTables {
		sum := c.sums[t.name]
		report.Tables = append(report.Tables, CopiedTable{t.name, sum.rows, sum.text()})
	}

	return report, c.finish(ctx)
}

// readColumns finds the columns of each table, which must be the same in both.
func (c *copying) readColumns(ctx context.Context) error {
	for _, t := range copiedTables {
		from, err := columnsOf(ctx, c.read, c.from.dialect, t.name)
		if err != nil {
			return err
		}

		to, err := columnsOf(ctx, c.to.pool, c.to.dialect, t.name)
		if err != nil {
			return err
		}
		if len(from) == 0 || !slices.Equal(from, to) {
			return fmt.Errorf("the table %s has the columns %v in %s and %v in %s", t.name, namesOf(from), c.from.name, namesOf(to), c.to.name)
		}

		c.columns[t.name] = from
	}

	return nil
}

const unfitShown = 5

// sumSource reads the whole source: its checksums show later whether the copy is
// like it, and whether a copy that goes on is still of the same rows. It also finds,
// before anything is copied, the texts that the target would refuse.
func (c *copying) sumSource(ctx context.Context) error {
	var texts []string
	refused := 0
	for _, t := range copiedTables {
		columns := c.columns[t.name]
		at := slices.IndexFunc(columns, func(column copiedColumn) bool { return column.name == "at" })
		sum, err := c.sumTable(ctx, c.read, "read", t, func(row []any) error {
			if slices.Contains(monthlyTables, t.name) {
				c.findMonth(t.name, row[at])
			}

			for i, value := range row {
				why := ""
				if c.to.dialect.copying.strict {
					why = unfit(value)
				}

				if why == "" {
					continue
				}

				if refused++; refused <= unfitShown {
					texts = append(texts, fmt.Sprintf("%s: %s %s", t.describe(columns, row), columns[i].name, why))
				}
			}

			return nil
		})
		if err != nil {
			return fmt.Errorf("read %s of %s: %w", t.name, c.from.name, err)
		}

		c.sums[t.name] = sum
	}

	if refused > 0 {
		return fmt.Errorf("%d values cannot be stored in %s, and must be changed in %s first:\n%s", refused, c.to.name, c.from.name, strings.Join(texts, "\n"))
	}

	return nil
}

func (c *copying) copyTables(ctx context.Context) error {
	marks, err := c.begin(ctx)
	if err != nil {
		return err
	}

	if err := c.makeMonths(ctx); err != nil {
		return err
	}

	for _, t := range copiedTables {
		if err := c.copyTable(ctx, t, marks[t.name]); err != nil {
			return fmt.Errorf("copy %s: %w", t.name, err)
		}
	}

	if c.to.dialect.copying.filled == "" {
		return nil
	}

	_, err = c.to.pool.ExecContext(ctx, fmt.Sprintf(c.to.dialect.copying.filled, copiedNames()))
	return err
}

// copyTable copies the rows after the last one of the mark, each batch in one
// transaction with its mark. A batch ends where the key changes.
func (c *copying) copyTable(ctx context.Context, t copiedTable, mark copyMark) error {
	columns, shown := c.columns[t.name], CopyProgress{Step: "copy", Table: t.name, Total: c.sums[t.name].rows}
	var rows [][]any
	write := func() error {
		if len(rows) == 0 {
			return nil
		}
		if err := c.writeBatch(ctx, t, rows, &mark); err != nil {
			return err
		}
		rows, shown.Done = rows[:0], mark.copied
		c.progress(shown)
		return ctx.Err()
	}

	err := t.read(ctx, c.read, columns, tablePart{ordered: true, after: mark.lastKey}, func(row []any) error {
		if len(rows) >= copiedTogether && !slices.Equal(t.keyOf(columns, rows[len(rows)-1]), t.keyOf(columns, row)) {
			if err := write(); err != nil {
				return err
			}
		}
		rows = append(rows, row)
		return nil
	})
	if err == nil {
		err = write()
	}

	if err != nil {
		return err
	}

	shown.Done, shown.Ended = mark.copied, true
	c.progress(shown)
	return nil
}

func (c *copying) writeBatch(ctx context.Context, t copiedTable, rows [][]any, mark *copyMark) error {
	conn, err := c.to.pool.Conn(ctx)
	if err != nil {
		return err
	}

	defer conn.Close()

	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}

	defer func() { _ = tx.Rollback() }() // does nothing after Commit

	columns := c.columns[t.name]
	next := copyMark{mark.copied + int64(len(rows)), t.keyOf(columns, rows[len(rows)-1])}
	if err := c.mark(ctx, tx, t, next); err != nil {
		return err
	}
	if err := c.to.dialect.copying.insert(ctx, copyBatch{conn, tx, t.name, namesOf(columns), rows}); err != nil {
		return fmt.Errorf("a batch after %d rows: %w", mark.copied, err)
	}
	if err := tx.Commit(); err != nil {
		return err
	}

	*mark = next
	return nil
}
