package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"rieltime/checkout"
)

// lookedThrough bounds how many payments one page of a list looks through for those
// that its filters leave.
const lookedThrough = 2_000

// paymentSearch is a page of a merchant's payments, newest first: it reads an index
// that has one filter's payments in this order, and leaves out what does not fit the
// other filters.
type paymentSearch struct {
	index string
	where string    // which of the owner's payments are read
	rest  string    // the conditions of the other filters
	args  arguments // those of where first

	whereArgs int
	from      time.Time
}

func newPaymentSearch(merchantID string, mode checkout.Mode, filter checkout.PaymentFilter, after checkout.Position) *paymentSearch {
	p := &paymentSearch{args: arguments{merchantID, mode}, where: "merchant_id = $1 AND mode = $2", from: filter.Created.From}
	filter = p.choose(filter)
	p.begin(after, filter.Created.To)
	p.whereArgs = len(p.args)

	p.equal("status", string(filter.State))
	if filter.Method != "" {
		prefix := filter.Method + ":"
		p.rest += fmt.Sprintf(" AND (method = %s OR substr(method, 1, %d) = %s)", p.args.bind(filter.Method), utf8.RuneCountInString(prefix), p.args.bind(prefix))
	}
	p.equal("provider", filter.Provider)
	p.equal("currency", string(filter.Currency))
	if filter.Amount.Minor != 0 {
		p.equal("currency", string(filter.Amount.Currency))
		p.rest += " AND amount = " + p.args.bind(filter.Amount.Minor)
	}

	return p
}

// choose reads by the filter that leaves the fewest payments, as a rule, and returns
// the others.
func (p *paymentSearch) choose(filter checkout.PaymentFilter) (rest checkout.PaymentFilter) {
	rest = filter
	rest.State = ""
	switch state := filter.State; {
	case state == checkout.StateReview:
		p.read("payments_review", "review <> '' AND decision = ''")
	case state == checkout.StateRefunded:
		p.read("payments_refunded", "refunded > 0")
	case state.Review() != checkout.ReviewNone:
		p.read("payments_reviewed", "review <> '' AND review = "+p.args.bind(state.Review()))
	case filter.Amount.Minor != 0:
		p.read("payments_amount", "currency = "+p.args.bind(filter.Amount.Currency)+" AND amount = "+p.args.bind(filter.Amount.Minor))
		rest.Amount, rest.State = checkout.Money{}, state
	case state != "":
		p.read("payments_status", "status = "+p.args.bind(state))
	default:
		p.index = "payments_list"
	}

	return rest
}

func (p *paymentSearch) read(index, condition string) {
	p.index = index
	p.where += " AND " + condition
}

// begin begins behind a position, and before a time. SQLite looks up by one bound on
// a side, so the closer one is given.
func (p *paymentSearch) begin(after checkout.Position, to time.Time) {
	switch {
	case !after.At.IsZero() && (to.IsZero() || after.At.Before(to)):
		p.where += " AND (created_at, id) < (" + p.args.bind(millis(after.At)) + ", " + p.args.bind(after.ID) + ")"
	case !to.IsZero():
		p.where += " AND created_at < " + p.args.bind(millis(to))
	}
}

func (p *paymentSearch) equal(column, value string) {
	if value != "" {
		p.rest += " AND " + column + " = " + p.args.bind(value)
	}
}

// FindPayments lists a page of a merchant's payments with their sessions. Where the
// filters leave few of those that it reads, it reads no more than lookedThrough and
// says how far it got.
func (s *Store) FindPayments(ctx context.Context, merchantID string, mode checkout.Mode, filter checkout.PaymentFilter, after checkout.Position, limit int) (checkout.PaymentPage, error) {
	if filter.Text != "" {
		return s.findByText(ctx, textSearch{s, merchantID, mode, filter.Text}, filter, after, limit)
	}

	p := newPaymentSearch(merchantID, mode, filter, after)
	end, err := p.end(ctx, s)
	if err != nil {
		return checkout.PaymentPage{}, err
	}

	args := p.args
	lower := ""
	switch {
	case !end.At.IsZero():
		lower = " AND (created_at, id) >= (" + args.bind(millis(end.At)) + ", " + args.bind(end.ID) + ")"
	case !p.from.IsZero():
		lower = " AND created_at >= " + args.bind(millis(p.from))
	}

	payments, err := selectPayments(ctx, s.lists, s.dialect.using(p.index)+"WHERE "+p.where+lower+p.rest+
		" ORDER BY created_at DESC, id DESC LIMIT "+args.bind(limit+1), args...)
	if err != nil {
		return checkout.PaymentPage{}, err
	}

	page := checkout.PaymentPage{Next: end, Partial: !end.At.IsZero()}
	if len(payments) > limit {
		payments = payments[:limit]
		last := payments[limit-1]
		page.Next, page.Partial = checkout.Position{At: last.CreatedAt, ID: last.ID}, false
	}

	page.Rows, err = s.withSessions(ctx, payments)
	return page, err
}

// end finds the last payment that a page looks at; the zero position when there are
// few enough, or every one fits.
func (p *paymentSearch) end(ctx context.Context, s *Store) (end checkout.Position, err error) {
	if p.rest == "" {
		return end, nil
	}

	args, where := slices.Clone(p.args[:p.whereArgs]), p.where
	if !p.from.IsZero() {
		where += " AND created_at >= " + args.bind(millis(p.from))
	}

	var at int64
	err = s.lists.QueryRowContext(ctx, fmt.Sprintf("SELECT created_at, id FROM payments %sWHERE %s ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET %d",
		s.dialect.using(p.index), where, lookedThrough-1), args...).Scan(&at, &end.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return checkout.Position{}, nil
	}
	end.At = fromMillis(at)
	return end, translateErr(err)
}

func (s *Store) withSessions(ctx context.Context, payments []checkout.Payment) ([]checkout.PaymentRow, error) {
	if len(payments) == 0 {
		return nil, nil
	}

	ids := make([]string, len(payments))
	for i, payment := range payments {
		ids[i] = payment.SessionID
	}

	sessions, err := s.Sessions(ctx, ids)
	if err != nil {
		return nil, err
	}

	rows := make([]checkout.PaymentRow, len(payments))
	for i := range payments {
		rows[i] = checkout.PaymentRow{Session: sessions[payments[i].SessionID], Payment: &payments[i]}
	}

	return rows, nil
}
