package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rieltime/checkout"
)

const sessionColumns = `id, merchant_id, mode, status, amount, currency, reference, description,
	line_items, customer, success_url, cancel_url, payment_methods, locale, metadata,
	created_at, expires_at, closed_at, payment_id, version, link_id, first_expires_at, buyer_locale, holds_use, cashier_id, pay_currencies, converted, kept_claims, claims_due_at`

var insertSessionQuery = insertInto("sessions", sessionColumns)

// sessionRow takes a row's sessionColumns.
type sessionRow struct {
	session                              checkout.Session
	items, customer, methods, metadata   string
	payCurrencies, converted, keptClaims string
	created, expires, closed, firstEnded int64
	claimsDue                            int64 // as the claims say
}

func (r *sessionRow) fields() []any {
	s := &r.session
	return []any{&s.ID, &s.MerchantID, &s.Mode, &s.Status, &s.Amount.Minor, &s.Amount.Currency, &s.Reference, &s.Description,
		&r.items, &r.customer, &s.SuccessURL, &s.CancelURL, &r.methods, &s.Locale, &r.metadata,
		&r.created, &r.expires, &r.closed, &s.PaymentID, &s.Version, &s.LinkID, &r.firstEnded, &s.BuyerLocale, &s.HoldsUse, &s.CashierID, &r.payCurrencies, &r.converted, &r.keptClaims, &r.claimsDue}
}

func (r *sessionRow) read() (checkout.Session, error) {
	s := r.session
	s.CreatedAt, s.ExpiresAt, s.ClosedAt, s.FirstExpiresAt = fromMillis(r.created), fromMillis(r.expires), fromMillis(r.closed), fromMillis(r.firstEnded)
	if r.metadata != "" {
		s.Metadata = json.RawMessage(r.metadata)
	}
	if r.keptClaims != "" {
		if err := json.Unmarshal([]byte(r.keptClaims), &s.KeptClaims); err != nil {
			return s, err
		}
	}

	return s, errors.Join(
		json.Unmarshal([]byte(r.items), &s.LineItems),
		json.Unmarshal([]byte(r.customer), &s.Customer),
		json.Unmarshal([]byte(r.methods), &s.PaymentMethods),
		json.Unmarshal([]byte(r.payCurrencies), &s.PayCurrencies),
		json.Unmarshal([]byte(r.converted), &s.Converted))
}

func scanSession(row scanner) (checkout.Session, error) {
	var r sessionRow
	if err := row.Scan(r.fields()...); err != nil {
		return checkout.Session{}, translateErr(err)
	}
	return r.read()
}

// InsertSession stores a session with the result of its request; see
// checkout.Store.
func (s *Store) InsertSession(ctx context.Context, session checkout.Session, request checkout.IdempotentRequest, addresses checkout.Addresses) (checkout.Session, error) {
	made := session
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if request.Key != "" {
			if err := s.lockIdempotency(ctx, tx, request); err != nil {
				return err
			}
			if _, err := s.selectIdempotency(ctx, tx, request); err != nil {
				return err
			}
		}

		var err error
		if made, err = s.insertOrFind(ctx, tx, session); err != nil || request.Key == "" {
			return err
		}

		result, err := made.RequestResult(addresses.SessionURL(made.ID))
		if err != nil {
			return err
		}

		return s.upsertIdempotency(ctx, tx, &request, result)
	})
	return made, err
}

// insertOrFind stores a session unless an open one has its reference; that one
// is given for the same request only.
func (s *Store) insertOrFind(ctx context.Context, tx *sql.Tx, session checkout.Session) (checkout.Session, error) {
	if err := s.lock(ctx, tx, lockReference, session.MerchantID, string(session.Mode), session.Reference); err != nil {
		return session, err
	}
	if session.CashierID != "" {
		if made, err := s.madeSale(ctx, tx, session); !errors.Is(err, checkout.ErrNotFound) {
			return made, err
		}
	}

	open, err := scanSession(tx.QueryRowContext(ctx, "SELECT "+sessionColumns+` FROM sessions
		WHERE merchant_id = $1 AND mode = $2 AND reference = $3 AND status = 'open' AND expires_at > $4 LIMIT 1`,
		session.MerchantID, session.Mode, session.Reference, millis(session.CreatedAt)))
	switch {
	case errors.Is(err, checkout.ErrNotFound):
		if err := insertSession(ctx, tx, session); err != nil {
			return session, err
		}
		return session, s.audit(ctx, tx, "session.create", session.ID, map[string]any{"amount": session.Amount.Decimal(), "currency": session.Amount.Currency})

	case err != nil:
		return open, err
	}

	open.Repeated = true
	return open, session.AgreesWith(open)
}

func insertSession(ctx context.Context, tx *sql.Tx, s checkout.Session) error {
	items, err := json.Marshal(s.LineItems)
	if err != nil {
		return err
	}

	customer, err := json.Marshal(s.Customer)
	if err != nil {
		return err
	}

	methods, err := json.Marshal(s.PaymentMethods)
	if err != nil {
		return err
	}

	currencies, err := json.Marshal(s.PayCurrencies)
	if err != nil {
		return err
	}

	converted, err := json.Marshal(append([]checkout.ConvertedAmount{}, s.Converted...)) // a list also without any
	if err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, insertSessionQuery,
		s.ID, s.MerchantID, s.Mode, s.Status, s.Amount.Minor, s.Amount.Currency, s.Reference, s.Description,
		string(items), string(customer), s.SuccessURL, s.CancelURL, string(methods), s.Locale, string(s.Metadata),
		millis(s.CreatedAt), millis(s.ExpiresAt), millis(s.ClosedAt), s.PaymentID, s.Version, s.LinkID, millis(s.FirstExpiresAt), s.BuyerLocale, flag(s.HoldsUse), s.CashierID, string(currencies), string(converted), "", 0)
	if err != nil {
		return err
	}

	return insertSearchTerms(ctx, tx, s.ID, checkout.SearchTerms(s.Customer))
}

func selectSessions(ctx context.Context, q querier, where string, args ...any) ([]checkout.Session, error) {
	return selectAll(ctx, q, scanSession, "SELECT "+sessionColumns+" FROM sessions "+where, args...)
}

// Sessions finds sessions by their ids, with their ids as keys.
func (s *Store) Sessions(ctx context.Context, ids []string) (map[string]checkout.Session, error) {
	list, err := json.Marshal(ids) // one argument, however many there are
	if err != nil {
		return nil, err
	}
	sessions, err := selectSessions(ctx, s.lists, "WHERE id IN "+s.dialect.listed("$1"), string(list))
	byID := make(map[string]checkout.Session, len(sessions))
	for _, session := range sessions {
		byID[session.ID] = session
	}
	return byID, err
}

var changingOfSession = columnNames("status, expires_at, closed_at, payment_id, latest_payment, version, buyer_locale, holds_use, kept_claims, claims_due_at")

// updateSession writes what has changed of a purchase's session.
func updateSession(ctx context.Context, tx *sql.Tx, before, after checkout.Purchase) error {
	values := func(p checkout.Purchase) []any {
		latest := ""
		if payment := p.Latest(); payment != nil {
			latest = payment.ID
		}
		s := p.Session
		return []any{s.Status, millis(s.ExpiresAt), millis(s.ClosedAt), s.PaymentID, latest, s.Version, s.BuyerLocale, flag(s.HoldsUse), keptClaimsText(s), millis(s.ClaimsDueAt())}
	}

	query, args := updateChanged("sessions", after.Session.ID, changingOfSession, values(before), values(after))
	if query == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

// keptClaimsText is how a session's kept claims are stored: as JSON, empty without any.
func keptClaimsText(s checkout.Session) string {
	if len(s.KeptClaims) == 0 {
		return ""
	}
	text, _ := json.Marshal(s.KeptClaims) // texts and times can always be written
	return string(text)
}

// ListSessions pages through a merchant's sessions.
func (s *Store) ListSessions(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.SessionQuery) ([]checkout.Session, bool, error) {
	l := newList("sessions", merchantID, mode, query.ListPart)
	l.filter("reference", query.Reference)
	l.filter("status", string(query.Status))
	l.within = query.Created
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
