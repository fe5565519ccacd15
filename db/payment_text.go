package db

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"rieltime/checkout"
)

const (
	idsAtOnce    = 20  // sessions that an id or a transaction leads to
	prefixAtOnce = 100 // sessions of each index that begin with a text
	textRounds   = 20  // pages of sessions that one page of payments is looked for in
	shortestPart = 2   // characters of a text that sessions begin with
	shortHash    = 8   // characters of a transaction's hash that banks show
)

// lastCharacter is behind any other in the order of bytes.
const lastCharacter = string(utf8.MaxRune)

// textSearch is a search of sessions by a text.
type textSearch struct {
	store    *Store
	merchant string
	mode     checkout.Mode
	text     string
}

// findByText lists the payments of the sessions that a text leads to: by an id, or by a
// reference or a customer that is the text, or, when there is none, that begins with it.
// A session that nobody has tried to pay is a row of its own.
func (s *Store) findByText(ctx context.Context, search textSearch, filter checkout.PaymentFilter, after checkout.Position, limit int) (page checkout.PaymentPage, err error) {
	next, cut, err := search.sessions(ctx)
	if err != nil {
		return page, err
	}

	page.Cut = cut
	for range textRounds {
		found, err := next(after, limit)
		if err != nil {
			return page, err
		}
		if len(found) == 0 {
			page.Next = checkout.Position{}
			return page, nil
		}

		done, err := s.addRows(ctx, &page, found, filter, limit)
		if err != nil {
			return page, err
		}
		if done < len(found) || len(found) == limit {
			page.Next, after = found[done-1], found[done-1]
		} else {
			page.Next = checkout.Position{}
			return page, nil
		}

		if len(page.Rows) >= limit {
			return page, nil
		}
	}

	page.Partial = true
	return page, nil
}

// addRows adds the payments of sessions until the page is full, and returns how many
// sessions it has added.
func (s *Store) addRows(ctx context.Context, page *checkout.PaymentPage, found []checkout.Position, filter checkout.PaymentFilter, limit int) (done int, err error) {
	ids := make([]string, len(found))
	for i, position := range found {
		ids[i] = position.ID
	}

	sessions, err := s.Sessions(ctx, ids)
	if err != nil {
		return 0, err
	}

	payments, err := selectPayments(ctx, s.lists, "WHERE session_id IN "+s.dialect.listed("$1")+" ORDER BY session_id, ordinal", listOf(ids))
	if err != nil {
		return 0, err
	}

	bySession := map[string][]*checkout.Payment{}
	for i := range payments {
		bySession[payments[i].SessionID] = append(bySession[payments[i].SessionID], &payments[i])
	}

	text := filter.Text
	filter.Text = ""
	for _, id := range ids {
		if len(page.Rows) >= limit {
			break
		}
		done++
		session, exists := sessions[id]
		if !exists {
			continue
		}
		if len(bySession[id]) == 0 && filter == (checkout.PaymentFilter{}) {
			page.Rows = append(page.Rows, checkout.PaymentRow{Session: session})
		}
		for _, payment := range slices.Backward(bySession[id]) {
			if filter.Matches(*payment) && (!strings.HasPrefix(text, "pay_") || payment.ID == text) {
				page.Rows = append(page.Rows, checkout.PaymentRow{Session: session, Payment: payment})
			}
		}
	}

	return done, nil
}

// positionsAfter returns some positions, newest first, behind another.
type positionsAfter func(after checkout.Position, limit int) ([]checkout.Position, error)

// sessions finds what the text leads to; cut says that more sessions begin with it than
// are found.
func (t textSearch) sessions(ctx context.Context) (next positionsAfter, cut bool, err error) {
	found, err := t.byID(ctx)
	if err != nil || len(found) > 0 {
		return within(found), false, err
	}

	exact := func(after checkout.Position, limit int) ([]checkout.Position, error) {
		return t.exact(ctx, after, limit)
	}
	if found, err = exact(checkout.Position{}, 1); err != nil || len(found) > 0 {
		return exact, false, err
	}

	found, cut, err = t.beginning(ctx)
	return within(found), cut, err
}

// within pages through positions that are known.
func within(found []checkout.Position) positionsAfter {
	return func(after checkout.Position, limit int) ([]checkout.Position, error) {
		from := 0
		if !after.At.IsZero() {
			from = slices.IndexFunc(found, func(p checkout.Position) bool { return newerFirst(after, p) < 0 })
		}
		if from < 0 {
			return nil, nil
		}
		return found[from:min(len(found), from+limit)], nil
	}
}

func newerFirst(a, b checkout.Position) int {
	if order := b.At.Compare(a.At); order != 0 {
		return order
	}
	return strings.Compare(b.ID, a.ID)
}

// merged brings positions of several indexes in order, each once.
func merged(found []checkout.Position, limit int) []checkout.Position {
	slices.SortFunc(found, newerFirst)
	found = slices.Compact(found)
	return found[:min(len(found), limit)]
}

func (t textSearch) positions(ctx context.Context, query string, args ...any) ([]checkout.Position, error) {
	return selectAll(ctx, t.store.lists, func(row scanner) (p checkout.Position, err error) {
		var at int64
		err = row.Scan(&at, &p.ID)
		p.At = fromMillis(at)
		return p, err
	}, query, args...)
}

// idSources find the session of an object of a merchant, $1 and $2, by its id.
var idSources = map[string]string{
	"cs_":  "SELECT created_at, id FROM sessions s WHERE id = $3",
	"pay_": "SELECT s.created_at, s.id FROM payments o JOIN sessions s ON s.id = o.session_id WHERE o.id = $3",
	"re_":  "SELECT s.created_at, s.id FROM refunds o JOIN sessions s ON s.id = o.session_id WHERE o.id = $3",
	"evt_": "SELECT s.created_at, s.id FROM events o JOIN sessions s ON s.id = o.session_id WHERE o.id = $3",
	"del_": "SELECT s.created_at, s.id FROM deliveries d JOIN events o ON o.id = d.event_id JOIN sessions s ON s.id = o.session_id WHERE d.id = $3",
}

// byID finds the session of an id of ours, of a payment's reference at its provider, or
// of a transaction.
func (t textSearch) byID(ctx context.Context) (found []checkout.Position, err error) {
	if kind, _, is := strings.Cut(t.text, "_"); is {
		if source := idSources[kind+"_"]; source != "" {
			return t.positions(ctx, source+" AND s.merchant_id = $1 AND s.mode = $2", t.merchant, t.mode, t.text)
		}
	}

	byReference, err := t.positions(ctx, `SELECT s.created_at, s.id FROM payments p JOIN sessions s ON s.id = p.session_id
		WHERE p.account_id IN (SELECT id FROM provider_accounts WHERE merchant_id = $1 AND mode = $2) AND p.reference IN `+t.store.dialect.listed("$3")+` LIMIT 20`,
		t.merchant, t.mode, listOf(variants(t.text)))
	if err != nil {
		return nil, err
	}

	found = byReference
	for _, id := range variants(t.text) {
		to := id
		if len(id) == shortHash && strings.Trim(id, "0123456789abcdef") == "" {
			to += lastCharacter
		}
		byTransaction, err := t.positions(ctx, `SELECT s.created_at, s.id FROM payments p`+t.using("payments_transaction")+` JOIN sessions s ON s.id = p.session_id
			WHERE p.provider IN (SELECT provider FROM provider_accounts WHERE merchant_id = $1 AND mode = $2) AND p.mode = $2
				AND p.transaction_id >= $3 AND p.transaction_id <= $4 AND p.transaction_id <> '' AND p.merchant_id = $1 LIMIT 20`,
			t.merchant, t.mode, id, to)
		if err != nil {
			return nil, err
		}
		found = append(found, byTransaction...)
	}

	return merged(found, idsAtOnce), nil
}

// using makes a query use an index; there is no need for one that is a table's key.
func (t textSearch) using(index string) string {
	if index == "" {
		return ""
	}
	return " " + strings.TrimSpace(t.store.dialect.using(index))
}

// variants are the ways in which a text may have been written: references distinguish upper
// from lower case.
func variants(text string) (all []string) {
	for _, variant := range []string{text, strings.ToUpper(text), strings.ToLower(text)} {
		if !slices.Contains(all, variant) {
			all = append(all, variant)
		}
	}
	return all
}

// terms are the folded forms of the text.
func (t textSearch) terms() []string {
	terms := []string{checkout.FoldTerm(t.text)}
	if phone := checkout.PhoneTerm(t.text); len(phone) > shortestPart && phone != terms[0] {
		terms = append(terms, phone)
	}
	return terms
}

// exact finds the sessions whose reference, customer or payment link the text is.
func (t textSearch) exact(ctx context.Context, after checkout.Position, limit int) (found []checkout.Position, err error) {
	read := func(table, index, column, id, value string) error {
		args := arguments{t.merchant, t.mode, value}
		query := "SELECT created_at, " + id + " FROM " + table + t.using(index) + " WHERE merchant_id = $1 AND mode = $2 AND " + column + " = $3"
		if !after.At.IsZero() {
			query += " AND (created_at, " + id + ") < (" + args.bind(millis(after.At)) + ", " + args.bind(after.ID) + ")"
		}
		some, err := t.positions(ctx, query+" ORDER BY created_at DESC, "+id+" DESC LIMIT "+args.bind(limit), args...)
		found = append(found, some...)
		return err
	}

	for _, reference := range variants(t.text) {
		if err := read("sessions", "sessions_reference", "reference", "id", reference); err != nil {
			return nil, err
		}
	}

	for _, term := range t.terms() {
		if err := read("search_terms", "", "term", "session_id", term); err != nil {
			return nil, err
		}
	}

	if strings.HasPrefix(t.text, "pl_") {
		if err := read("sessions", "sessions_link", "link_id <> '' AND link_id", "id", t.text); err != nil {
			return nil, err
		}
	}

	return merged(found, limit), nil
}

// beginning finds sessions whose reference or customer begins with the text, at most so
// many of each; cut says that there may be more.
func (t textSearch) beginning(ctx context.Context) (found []checkout.Position, cut bool, err error) {
	if utf8.RuneCountInString(t.text) < shortestPart {
		return nil, false, nil
	}

	read := func(table, index, column, id, value string) error {
		some, err := t.positions(ctx, "SELECT created_at, "+id+" FROM "+table+t.using(index)+" WHERE merchant_id = $1 AND mode = $2 AND "+
			column+" >= $3 AND "+column+" < $4 ORDER BY "+column+" DESC, created_at DESC, "+id+" DESC LIMIT $5",
			t.merchant, t.mode, value, value+lastCharacter, prefixAtOnce)
		found = append(found, some...)
		cut = cut || len(some) == prefixAtOnce
		return err
	}

	for _, reference := range variants(t.text) {
		if err := read("sessions", "sessions_reference", "reference", "id", reference); err != nil {
			return nil, false, err
		}
	}

	for _, term := range t.terms() {
		if err := read("search_terms", "", "term", "session_id", term); err != nil {
			return nil, false, err
		}
	}

	return merged(found, len(found)), cut, nil
}
