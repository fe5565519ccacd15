package db

import (
	"context"
	"fmt"
	"slices"

	"rieltime/checkout"
)

// list is a keyset page over a table ordered by created_at and id, newest
// first.
type list struct {
	table string
	owner string    // the condition on whose rows these are
	where string    // further conditions
	index string    // has the rows that all filters leave, in order; see clause
	args  arguments // those of owner first
	part  checkout.ListPart

	ownerArgs int

	within checkout.TimeRange
}

// clause is the index, WHERE, ORDER and LIMIT of the page; one row more than
// asked for says whether there are more.
func (l *list) clause(ctx context.Context, s *Store) (string, error) {
	order := "DESC"
	if l.part.EndingBefore != "" {
		order = "ASC"
	}

	if err := l.bound(ctx, s); err != nil {
		return "", err
	}

	if l.index == "" {
		l.index = l.table + "_list"
	}

	// SQLite has no statistics to choose by: it may take an index by which it
	// reads all rows of the owner.
	return s.dialect.using(l.index) + "WHERE " + l.owner + l.where + " ORDER BY created_at " + order + ", id " + order + " LIMIT " + l.args.bind(l.part.Limit+1), nil
}

// bound keeps to what is behind the cursor and within the range of time. SQLite
// looks up by one bound on each side, and reads past whatever another leaves out:
// so where both the cursor and the range bound a side, the closer one does.
func (l *list) bound(ctx context.Context, s *Store) error {
	cursor := l.part.StartingAfter + l.part.EndingBefore // one is empty
	at, err := l.cursorAt(ctx, s, cursor)
	if err != nil {
		return err
	}

	from, to := millis(l.within.From), millis(l.within.To)
	switch {
	case l.part.StartingAfter != "" && (l.within.To.IsZero() || to > at):
		l.condition("(created_at, id) < (%s, %s)", at, cursor)
	case !l.within.To.IsZero():
		l.condition("created_at < %s", to)
	}

	switch {
	case l.part.EndingBefore != "" && (l.within.From.IsZero() || from <= at):
		l.condition("(created_at, id) > (%s, %s)", at, cursor)
	case !l.within.From.IsZero():
		l.condition("created_at >= %s", from)
	}

	return nil
}

// cursorAt is when the object of a cursor was created, if there is a cursor.
func (l *list) cursorAt(ctx context.Context, s *Store, cursor string) (at int64, err error) {
	if cursor == "" {
		return 0, nil
	}
	args := slices.Clone(l.args[:l.ownerArgs])
	err = s.lists.QueryRowContext(ctx, "SELECT created_at FROM "+l.table+" WHERE "+l.owner+" AND id = "+args.bind(cursor), args...).Scan(&at)
	return at, translateErr(err)
}

// condition adds a condition, in which each %s stands for the next value.
func (l *list) condition(format string, values ...any) {
	placeholders := make([]any, len(values))
	for i, value := range values {
		placeholders[i] = l.args.bind(value)
	}
	l.where += " AND " + fmt.Sprintf(format, placeholders...)
}

// filter keeps to rows with a value; the empty one is no filter.
func (l *list) filter(column, value string) {
	if value != "" {
		l.condition(column+" = %s", value)
		l.narrow(column)
	}
}

// narrow chooses the index of one filter more.
func (l *list) narrow(filter string) {
	if l.index == "" {
		l.index = l.table
	}
	l.index += "_" + filter
}

func page[T any](rows []T, part checkout.ListPart) ([]T, bool) {
	more := len(rows) > part.Limit
	if more {
		rows = rows[:part.Limit]
	}
	if part.EndingBefore != "" {
		slices.Reverse(rows)
	}
	return rows, more
}

func newList(table, merchantID string, mode checkout.Mode, part checkout.ListPart) *list {
	return &list{table: table, owner: "merchant_id = $1 AND mode = $2", args: arguments{merchantID, mode}, ownerArgs: 2, part: part}
}
