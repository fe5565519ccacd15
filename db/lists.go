package db

import (
	"context"
	"slices"
	"strings"

	"rieltime/checkout"
)

// list is a keyset page over a table ordered by created_at and id, newest
// first.
type list struct {
	table string
	owner string // the condition on whose rows these are
	where string // further conditions
	args  []any
	part  checkout.ListPart
}

// clause is the WHERE, ORDER and LIMIT of the page; one row more than asked
// for tells whether there are more.
func (l *list) clause(ctx context.Context, s *Store) (string, error) {
	cursor, compare, order := l.part.StartingAfter, "<", "DESC"
	if l.part.EndingBefore != "" {
		cursor, compare, order = l.part.EndingBefore, ">", "ASC"
	}
	if cursor != "" {
		var at int64
		owner := append(slices.Clone(l.args[:strings.Count(l.owner, "?")]), cursor)
		err := s.lists.QueryRowContext(ctx, "SELECT created_at FROM "+l.table+" WHERE "+l.owner+" AND id = ?", owner...).Scan(&at)
		if err != nil {
			return "", named(err)
		}
		l.where += " AND (created_at, id) " + compare + " (?, ?)"
		l.args = append(l.args, at, cursor)
	}
	l.args = append(l.args, l.part.Limit+1)
	return "WHERE " + l.owner + l.where + " ORDER BY created_at " + order + ", id " + order + " LIMIT ?", nil
}

func (l *list) filter(column, value string) {
	if value != "" {
		l.where += " AND " + column + " = ?"
		l.args = append(l.args, value)
	}
}

// created keeps to what was created within a range.
func (l *list) created(within checkout.CreatedRange) {
	if !within.From.IsZero() {
		l.where += " AND created_at >= ?"
		l.args = append(l.args, millis(within.From))
	}
	if !within.To.IsZero() {
		l.where += " AND created_at < ?"
		l.args = append(l.args, millis(within.To))
	}
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
	return &list{table: table, owner: "merchant_id = ? AND mode = ?", args: []any{merchantID, mode}, part: part}
}

// ListSessions pages through a merchant's sessions.
func (s *Store) ListSessions(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.SessionQuery) ([]checkout.Session, bool, error) {
	l := newList("sessions", merchantID, mode, query.ListPart)
	l.filter("reference", query.Reference)
	l.filter("status", string(query.Status))
	l.created(query.Created)
	clause, err := l.clause(ctx, s)
	if err != nil {
		return nil, false, err
	}
	sessions, err := selectSessions(ctx, s.lists, clause, l.args...)
	if err != nil {
		return nil, false, err
	}
	sessions, more := page(sessions, query.ListPart)
	return sessions, more, nil
}

// ListPayments pages through a merchant's payments.
func (s *Store) ListPayments(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.PaymentQuery) ([]checkout.Payment, bool, error) {
	l := newList("payments", merchantID, mode, query.ListPart)
	l.filter("session_id", query.SessionID)
	l.filter("merchant_reference", query.MerchantReference)
	l.filter("status", string(query.Status))
	l.created(query.Created)
	if query.InReview {
		l.where += " AND review <> '' AND decision = ''"
	}
	clause, err := l.clause(ctx, s)
	if err != nil {
		return nil, false, err
	}
	payments, err := selectPayments(ctx, s.lists, clause, l.args...)
	if err != nil {
		return nil, false, err
	}
	payments, more := page(payments, query.ListPart)
	return payments, more, nil
}
