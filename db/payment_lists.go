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
	at        string             // the column of the times that the list is ordered by
	within    checkout.TimeRange // of them
}

func newPaymentSearch(merchantID string, mode checkout.Mode, filter checkout.PaymentFilter, after checkout.Position) *paymentSearch {
	p := &paymentSearch{args: arguments{merchantID, mode}, where: "merchant_id = $1 AND mode = $2", at: "created_at", within: filter.Created}
	filter = p.choose(filter)
	p.begin(after)
	p.whereArgs = len(p.args)

	if filter.State != "" {
		p.rest += " AND " + p.hasState(filter.State)
	}
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

	if p.at != "created_at" {
		p.created(filter.Created)
	}

	return p
}

func (p *paymentSearch) created(within checkout.TimeRange) {
	if !within.From.IsZero() {
		p.rest += " AND created_at >= " + p.args.bind(millis(within.From))
	}
	if !within.To.IsZero() {
		p.rest += " AND created_at < " + p.args.bind(millis(within.To))
	}
}

// choose reads by the filter that leaves the fewest payments, as a rule, and returns
// the others.
func (p *paymentSearch) choose(filter checkout.PaymentFilter) (rest checkout.PaymentFilter) {
	rest = filter
	if !filter.Recorded.To.IsZero() {
		p.read("payments_recorded", "recorded_at > 0")
		p.at, p.within = "recorded_at", filter.Recorded
		return rest
	}

	index, selective := stateIndexes[filter.State]
	if filter.State.Review() != checkout.ReviewNone {
		index, selective = "payments_reviewed", true
	}

	switch {
	case selective:
		p.read(index, p.hasState(filter.State))
		rest.State = ""
	case filter.Amount.Minor != 0:
		p.read("payments_amount", "currency = "+p.args.bind(filter.Amount.Currency)+" AND amount = "+p.args.bind(filter.Amount.Minor))
		rest.Amount = checkout.Money{}
	case filter.State != "" && filter.State != checkout.StateTaken:
		p.read("payments_status", p.hasState(filter.State))
		rest.State = ""
	default:
		p.index = "payments_list"
	}

	return rest
}

// stateIndexes have the payments of states that few are in.
var stateIndexes = map[checkout.PaymentState]string{
	checkout.StateReview:   "payments_review",
	checkout.StateRefunded: "payments_refunded",
}

// hasState is the condition for a payment to be in a state.
func (p *paymentSearch) hasState(state checkout.PaymentState) string {
	switch {
	case state == checkout.StateTaken:
		return "transaction_id <> '' AND decision <> 'refuse' AND (review IN ('', 'unknown') OR decision <> '') AND proof <> ''"
	case state == checkout.StateReview:
		return "review <> '' AND decision = ''"
	case state == checkout.StateRefunded:
		return "refunded > 0"
	case state.Review() != checkout.ReviewNone:
		return "review <> '' AND review = " + p.args.bind(state.Review())
	}
	return "status = " + p.args.bind(state)
}

func (p *paymentSearch) read(index, condition string) {
	p.index = index
	p.where += " AND " + condition
}

// begin begins behind a position, and before a time. SQLite looks up by one bound on
// a side, so the closer one is given.
func (p *paymentSearch) begin(after checkout.Position) {
	to := p.within.To
	switch {
	case !after.At.IsZero() && (to.IsZero() || after.At.Before(to)):
		p.where += " AND (" + p.at + ", id) < (" + p.args.bind(millis(after.At)) + ", " + p.args.bind(after.ID) + ")"
	case !to.IsZero():
		p.where += " AND " + p.at + " < " + p.args.bind(millis(to))
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
		lower = " AND (" + p.at + ", id) >= (" + args.bind(millis(end.At)) + ", " + args.bind(end.ID) + ")"
	case !p.within.From.IsZero():
		lower = " AND " + p.at + " >= " + args.bind(millis(p.within.From))
	}

	payments, err := selectPayments(ctx, s.lists, s.dialect.using(p.index)+"WHERE "+p.where+lower+p.rest+
		" ORDER BY "+p.at+" DESC, id DESC LIMIT "+args.bind(limit+1), args...)
	if err != nil {
		return checkout.PaymentPage{}, err
	}

	page := checkout.PaymentPage{Next: end, Partial: !end.At.IsZero()}
	if len(payments) > limit {
		payments = payments[:limit]
		last := payments[limit-1]
		page.Next, page.Partial = checkout.Position{At: p.timeOf(last), ID: last.ID}, false
	}

	page.Rows, err = s.withSessions(ctx, payments)
	return page, err
}

func (p *paymentSearch) timeOf(payment checkout.Payment) time.Time {
	if p.at == "recorded_at" {
		return payment.RecordedAt
	}
	return payment.CreatedAt
}

// end finds the last payment that a page looks at; the zero position when there are
// few enough, or every one fits.
func (p *paymentSearch) end(ctx context.Context, s *Store) (end checkout.Position, err error) {
	if p.rest == "" {
		return end, nil
	}

	args, where := slices.Clone(p.args[:p.whereArgs]), p.where
	if !p.within.From.IsZero() {
		where += " AND " + p.at + " >= " + args.bind(millis(p.within.From))
	}

	var at int64
	err = s.lists.QueryRowContext(ctx, fmt.Sprintf("SELECT %[1]s, id FROM payments %[2]sWHERE %[3]s ORDER BY %[1]s DESC, id DESC LIMIT 1 OFFSET %[4]d",
		p.at, s.dialect.using(p.index), where, lookedThrough-1), args...).Scan(&at, &end.ID)
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
