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

func queryStrings(ctx context.Context, q querier, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}

	defer rows.Close()

	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		found = append(found, text)
	}

	return found, rows.Err()
}

// numbered is an event's body with its place in the feed, which the database
// gives when it stores the event: the same bytes at each reading.
func numbered(body string, sequence int64) json.RawMessage {
	return fmt.Appendf(nil, `{"sequence":%d,%s`, sequence, strings.TrimPrefix(body, "{"))
}
