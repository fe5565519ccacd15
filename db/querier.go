package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

type scanner interface{ Scan(...any) error }

type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

// arguments are the values of a statement that is put together.
type arguments []any

// bind adds a value and returns its placeholder, such as "$3".
func (a *arguments) bind(value any) string {
	*a = append(*a, value)
	return fmt.Sprintf("$%d", len(*a))
}

// selectAll runs a query and scans all of its rows.
func selectAll[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, translateErr(err)
	}

	defer rows.Close()

	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, translateErr(err)
		}
		all = append(all, one)
	}

	if err := rows.Err(); err != nil {
		return nil, translateErr(err)
	}
	return all, nil
}

func queryStrings(ctx context.Context, q querier, query string, args ...any) ([]string, error) {
	return selectAll(ctx, q, func(row scanner) (text string, err error) {
		err = row.Scan(&text)
		return text, err
	}, query, args...)
}

// numbered is an event's body with its place in the feed, which the database
// gives when it stores the event: the same bytes at each reading.
func numbered(body string, sequence int64) json.RawMessage {
	return fmt.Appendf(nil, `{"sequence":%d,%s`, sequence, strings.TrimPrefix(body, "{"))
}
