package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"rieltime/checkout"
)

const linkColumns = `id, merchant_id, mode, active, amount, amount_min, amount_max, currency, description, reference_prefix,
	success_url, cancel_url, payment_methods, locale, custom_fields, max_uses, uses, expires_at, created_at, pay_currencies`

var insertLinkQuery = insertInto("payment_links", linkColumns)

// selectedLink are linkColumns and the sums of a link's sessions that are paid.
const selectedLink = linkColumns + ", paid, takings"

func scanLink(row scanner) (l checkout.Link, err error) {
	var methods, fields, currencies string
	var expires, created int64
	err = row.Scan(&l.ID, &l.MerchantID, &l.Mode, &l.Active, &l.Amount.Minor, &l.Least.Minor, &l.Most.Minor, &l.Currency, &l.Description, &l.ReferencePrefix,
		&l.SuccessURL, &l.CancelURL, &methods, &l.Locale, &fields, &l.MaxUses, &l.Uses, &expires, &created, &currencies, &l.Paid, &l.Takings.Minor)
	if err != nil {
		return l, translateErr(err)
	}
	l.Amount.Currency, l.Least.Currency, l.Most.Currency, l.Takings.Currency = l.Currency, l.Currency, l.Currency, l.Currency
	l.ExpiresAt, l.CreatedAt = fromMillis(expires), fromMillis(created)
	return l, errors.Join(json.Unmarshal([]byte(methods), &l.PaymentMethods), json.Unmarshal([]byte(fields), &l.CustomFields), json.Unmarshal([]byte(currencies), &l.PayCurrencies))
}

func selectLink(ctx context.Context, q querier, id string) (checkout.Link, error) {
	return scanLink(q.QueryRowContext(ctx, "SELECT "+selectedLink+" FROM payment_links WHERE id = $1", id))
}

// Link finds a payment link by its id.
func (s *Store) Link(ctx context.Context, id string) (checkout.Link, error) {
	return selectLink(ctx, s.read, id)
}

// InsertLink stores a payment link. One that has the id already is returned.
func (s *Store) InsertLink(ctx context.Context, l checkout.Link) (checkout.Link, error) {
	methods, fields, currencies, err := linkLists(l)
	if err != nil {
		return l, err
	}

	var stored checkout.Link
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, insertLinkQuery+" ON CONFLICT (id) DO NOTHING",
			l.ID, l.MerchantID, l.Mode, flag(l.Active), l.Amount.Minor, l.Least.Minor, l.Most.Minor, l.Currency, l.Description, l.ReferencePrefix,
			l.SuccessURL, l.CancelURL, methods, l.Locale, fields, l.MaxUses, 0, millis(l.ExpiresAt), millis(l.CreatedAt), currencies)
		if err != nil {
			return err
		}
		if stored, err = selectLink(ctx, tx, l.ID); err != nil {
			return err
		}
		if made, err := result.RowsAffected(); err != nil || made == 0 {
			return err
		}

		return s.audit(ctx, tx, "payment_link.create", l.ID, nil)
	})
	return stored, err
}

// DeactivateLink ends a link; again changes nothing.
func (s *Store) DeactivateLink(ctx context.Context, id string) (checkout.Link, error) {
	return s.changeLink(ctx, id, "payment_link.deactivate", func(l *checkout.Link) error { l.Active = false; return nil })
}

// ActivateLink offers a link again; again changes nothing.
func (s *Store) ActivateLink(ctx context.Context, id string) (checkout.Link, error) {
	return s.changeLink(ctx, id, "payment_link.activate", func(l *checkout.Link) error { l.Active = true; return nil })
}

// UpdateLink changes a link; see checkout.LinkStore.
func (s *Store) UpdateLink(ctx context.Context, id string, change func(*checkout.Link) error) (checkout.Link, error) {
	return s.changeLink(ctx, id, "payment_link.update", change)
}

const changedLink = "active, amount, amount_min, amount_max, currency, description, reference_prefix, success_url, cancel_url, " +
	"payment_methods, locale, custom_fields, max_uses, expires_at, pay_currencies"

var updateLinkQuery = updateByID("payment_links", changedLink)

// changeLink changes a link under its lock, and says so in the audit trail.
func (s *Store) changeLink(ctx context.Context, id, action string, change func(*checkout.Link) error) (link checkout.Link, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockLink, id); err != nil {
			return err
		}
		if link, err = selectLink(ctx, tx, id); err != nil {
			return err
		}
		if err := change(&link); err != nil {
			return err
		}

		methods, fields, currencies, err := linkLists(link)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, updateLinkQuery,
			flag(link.Active), link.Amount.Minor, link.Least.Minor, link.Most.Minor, link.Currency, link.Description, link.ReferencePrefix,
			link.SuccessURL, link.CancelURL, methods, link.Locale, fields, link.MaxUses, millis(link.ExpiresAt), currencies, id)
		if err != nil {
			return err
		}

		return s.audit(ctx, tx, action, id, nil)
	})
	return link, err
}

// linkLists are a link's lists as they are stored.
func linkLists(l checkout.Link) (methods, fields, currencies string, err error) {
	m, err := json.Marshal(l.PaymentMethods)
	if err != nil {
		return "", "", "", err
	}
	f, err := json.Marshal(l.CustomFields)
	if err != nil {
		return "", "", "", err
	}
	c, err := json.Marshal(l.PayCurrencies)
	return string(m), string(f), string(c), err
}

// ListLinks pages through a merchant's payment links.
func (s *Store) ListLinks(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.LinkQuery) ([]checkout.Link, bool, error) {
	l := newList("payment_links", merchantID, mode, query.ListPart)
	if query.Active != nil {
		l.condition("active = %s", flag(*query.Active))
		l.narrow("active")
	}

	clause, err := l.clause(ctx, s)
	if err != nil {
		return nil, false, err
	}

	links, err := selectAll(ctx, s.lists, scanLink, "SELECT "+selectedLink+" FROM payment_links "+clause, l.args...)
	links, more := page(links, query.ListPart)
	return links, more, err
}

// InsertLinkSession stores a session of a link that is still offered; see
// checkout.LinkStore.
func (s *Store) InsertLinkSession(ctx context.Context, session checkout.Session, visitor string) (checkout.Session, error) {
	var made checkout.Session
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		made = session
		if err := s.lock(ctx, tx, lockVisitor, session.LinkID, visitor); err != nil {
			return err
		}

		before, err := visitorSession(ctx, tx, session.LinkID, visitor, session.CreatedAt)
		switch {
		case err == nil && before.Same(session):
			made = before
			return nil
		case err != nil && !errors.Is(err, checkout.ErrNotFound):
			return err
		}

		link, err := selectLink(ctx, tx, session.LinkID)
		switch {
		case err != nil:
			return err
		case link.Ended(session.CreatedAt):
			return checkout.ErrLinkEnded
		case link.SoldOut():
			return checkout.ErrLinkSoldOut
		}

		if err := insertSession(ctx, tx, session); err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, "UPDATE sessions SET visitor = $1 WHERE id = $2", visitor, session.ID)
		return err
	})
	return made, err
}

// VisitorSession finds a visitor's newest open session of a link.
func (s *Store) VisitorSession(ctx context.Context, linkID, visitor string, now time.Time) (checkout.Session, error) {
	return visitorSession(ctx, s.read, linkID, visitor, now)
}

func visitorSession(ctx context.Context, q querier, linkID, visitor string, now time.Time) (checkout.Session, error) {
	if visitor == "" {
		return checkout.Session{}, checkout.ErrNotFound
	}
	return scanSession(q.QueryRowContext(ctx, "SELECT "+sessionColumns+` FROM sessions
		WHERE link_id = $1 AND visitor = $2 AND status = 'open' AND expires_at > $3 ORDER BY created_at DESC, id DESC LIMIT 1`,
		linkID, visitor, millis(now)))
}
