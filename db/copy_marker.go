package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// ErrUnfinishedCopy is the error of opening a database to which a copy has begun.
var ErrUnfinishedCopy = errors.New("the database holds an unfinished copy")

// copiesTable is in a database for as long as a copy to it is unfinished: for each
// table, what it is a copy of, and how far it has got.
const copiesTable = "database_copies"

const createCopiesTable = `CREATE TABLE ` + copiesTable + ` (
	name        TEXT PRIMARY KEY,
	source      TEXT NOT NULL,
	run         TEXT NOT NULL,
	source_rows BIGINT NOT NULL,
	source_sum  TEXT NOT NULL,
	copied_rows BIGINT NOT NULL DEFAULT 0,
	last_key    TEXT NOT NULL DEFAULT '')`

// refuseUnfinishedCopy is ErrUnfinishedCopy for a database that nothing may use yet.
func refuseUnfinishedCopy(ctx context.Context, d dialect, q querier) error {
	unfinished, err := hasTable(ctx, d, q, copiesTable)
	if err != nil || !unfinished {
		return err
	}

	var source string
	if err := q.QueryRowContext(ctx, copyComment+"SELECT max(source) FROM "+copiesTable).Scan(&source); err != nil {
		return err
	}
	return fmt.Errorf("%w of %s: run rieltime db copy again, until it is done", ErrUnfinishedCopy, source)
}

// copyMark is how far the copy of one table has got.
type copyMark struct {
	copied  int64
	lastKey []any // of the last row copied; empty: there is none
}

// begin records what is to be copied, or goes on with a copy that was begun of the
// very same rows. Of two processes that copy, the later one wins: each batch is
// written only while the marks are of its own run.
func (c *copying) begin(ctx context.Context) (marks map[string]copyMark, err error) {
	resumed, err := hasTable(ctx, c.to.dialect, c.to.pool, copiesTable)
	if err != nil {
		return nil, err
	}

	tx, err := c.to.pool.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}

	defer func() { _ = tx.Rollback() }()

	if !resumed {
		if _, err := tx.ExecContext(ctx, createCopiesTable); err != nil {
			return nil, err
		}

		for _, t := range copiedTables {
			sum := c.sums[t.name]
			_, err := tx.ExecContext(ctx, copyComment+insertInto(copiesTable, "name, source, run, source_rows, source_sum"),
				t.name, c.from.name, c.run, sum.rows, sum.text())
			if err != nil {
				return nil, err
			}
		}

		return map[string]copyMark{}, tx.Commit()
	}

	if marks, err = c.readMarks(ctx, tx); err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, copyComment+"UPDATE "+copiesTable+" SET run = $1", c.run); err != nil {
		return nil, err
	}

	return marks, tx.Commit()
}

func (c *copying) readMarks(ctx context.Context, tx *sql.Tx) (map[string]copyMark, error) {
	marks := map[string]copyMark{}
	err := forEach(ctx, tx, func(row scanner) error {
		var name, source, begun, lastKey string
		var rows int64
		var mark copyMark
		if err := row.Scan(&name, &source, &rows, &begun, &mark.copied, &lastKey); err != nil {
			return err
		}

		if found := c.sums[name]; found.rows != rows || found.text() != begun {
			return fmt.Errorf("%s holds an unfinished copy of %s, and %s is not what it was when that began: the table %s has changed. Make a new, empty database and copy to that one", c.to.name, source, c.from.name, name)
		}

		var err error
		mark.lastKey, err = decodeKey(lastKey)
		marks[name] = mark
		return err
	}, copyComment+"SELECT name, source, source_rows, source_sum, copied_rows, last_key FROM "+copiesTable)
	if err == nil && len(marks) != len(copiedTables) {
		err = fmt.Errorf("%s holds an unfinished copy made by another version", c.to.name)
	}

	return marks, err
}

// mark records in the transaction of a batch how far its table has got.
func (c *copying) mark(ctx context.Context, tx *sql.Tx, t copiedTable, mark copyMark) error {
	result, err := tx.ExecContext(ctx, copyComment+"UPDATE "+copiesTable+" SET copied_rows = $1, last_key = $2 WHERE name = $3 AND run = $4",
		mark.copied, encodeKey(mark.lastKey), t.name, c.run)
	if err != nil {
		return err
	}

	changed, err := result.RowsAffected()
	if err == nil && changed != 1 {
		err = ErrInUse
	}

	return err
}

// encodeKey writes texts in quotes and numbers without, since JSON cannot hold every
// text.
func encodeKey(key []any) string {
	texts := make([]string, len(key))
	for i, value := range key {
		if text, is := value.(string); is {
			texts[i] = strconv.Quote(text)
		} else {
			texts[i] = fmt.Sprint(value)
		}
	}

	list, _ := json.Marshal(texts) // texts in ASCII or UTF-8: it cannot fail
	return string(list)
}

func decodeKey(text string) (key []any, err error) {
	if text == "" {
		return nil, nil
	}

	var texts []string
	if err := json.Unmarshal([]byte(text), &texts); err != nil {
		return nil, err
	}

	for _, text := range texts {
		var value any
		if text[:1] == `"` {
			value, err = strconv.Unquote(text)
		} else {
			value, err = strconv.ParseInt(text, 10, 64)
		}

		if err != nil {
			return nil, err
		}

		key = append(key, value)
	}

	return key, nil
}
