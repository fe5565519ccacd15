package db

import (
	"context"
	"database/sql"
	"fmt"
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

// forEach runs a query and reads each of its rows.
func forEach(ctx context.Context, q querier, read func(scanner) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return translateErr(err)
	}

	defer rows.Close()

	for rows.Next() {
		if err := read(rows); err != nil {
			return translateErr(err)
		}
	}

	return translateErr(rows.Err())
}

// selectAll runs a query and scans all of its rows.
func selectAll[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := forEach(ctx, q, func(row scanner) error {
		one, err := scan(row)
		all = append(all, one)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}

	return all, nil
}

func queryStrings(ctx context.Context, q querier, query string, args ...any) ([]string, error) {
	return selectAll(ctx, q, func(row scanner) (text string, err error) {
		err = row.Scan(&text)
		return text, err
	}, query, args...)
}
