package db

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
)

const addresseeColumns = `id, merchant_id, mode, email, locale, details, token_sealed, sequence, told_day, webhooks_told, records_told, rate_notified,
	failures, next_at, problem, confirmed_at, stopped_at, created_at`

func addresseePurpose(id string) string { return "addressee:" + id }

func (s *Store) scanAddressee(row scanner) (a notices.Addressee, err error) {
	var sealed []byte
	var records, next, confirmed, stopped, created int64
	err = row.Scan(&a.ID, &a.MerchantID, &a.Mode, &a.Email, &a.Locale, &a.Details, &sealed, &a.Sequence, &a.ToldDay, &a.WebhooksTold, &records,
		&a.RateNotified, &a.Failures, &next, &a.Problem, &confirmed, &stopped, &created)
	if err != nil {
		return a, err
	}
	token, err := s.sealer.open(addresseePurpose(a.ID), sealed)
	a.Token, a.RecordsTold, a.NextAt = checkout.Secret(token), fromMillis(records), fromMillis(next)
	a.ConfirmedAt, a.StoppedAt, a.CreatedAt = fromMillis(confirmed), fromMillis(stopped), fromMillis(created)
	return a, err
}

// InsertAddressee stores an addressee with the mail that asks for a confirmation; see
// notices.Store.
func (s *Store) InsertAddressee(ctx context.Context, asked notices.Asked) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := openAddressees(ctx, tx, asked.MerchantID, asked.Mode, asked.CreatedAt); err != nil {
			return err
		}
		return s.insertAddressee(ctx, tx, asked)
	})
}

// openAddressees keeps others from adding addressees until tx ends, by the lock of the
// feed, and forgets those that did not confirm in time.
func openAddressees(ctx context.Context, tx *sql.Tx, merchantID string, mode checkout.Mode, now time.Time) error {
	if _, err := advanceFeed(ctx, tx, merchantID, mode, 0); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM addressees WHERE merchant_id = $1 AND mode = $2 AND confirmed_at = 0 AND created_at <= $3",
		merchantID, mode, millis(now.Add(-users.LinkLife)))
	return err
}

func (s *Store) insertAddressee(ctx context.Context, tx *sql.Tx, a notices.Asked) error {
	var same, others int
	err := tx.QueryRowContext(ctx, `SELECT coalesce(sum(CASE WHEN email = $1 THEN 1 ELSE 0 END), 0), count(*)
		FROM addressees WHERE merchant_id = $2 AND mode = $3`, a.Email, a.MerchantID, a.Mode).Scan(&same, &others)
	switch {
	case err != nil:
		return err
	case same > 0:
		return notices.ErrAddresseeTaken
	case others >= notices.MaxAddressees:
		return notices.ErrManyAddressees
	}

	sealed := s.sealer.seal(addresseePurpose(a.ID), []byte(a.Token.Reveal()))
	_, err = tx.ExecContext(ctx, "INSERT INTO addressees (id, merchant_id, mode, email, locale, details, token_hash, token_sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		a.ID, a.MerchantID, a.Mode, a.Email, a.Locale, flag(a.Details), a.TokenHash, sealed, millis(a.CreatedAt))
	if err != nil {
		return err
	}
	if err := s.insertMail(ctx, tx, a.Mail); err != nil {
		return err
	}
	return s.audit(ctx, tx, "addressee.add", a.ID, map[string]any{"merchant": a.MerchantID, "mode": a.Mode, "email": a.Email, "details": a.Details})
}

// SetAddressees makes a merchant's addressees those of a list; see notices.Store. It is one
// transaction, as people change them at the same time.
func (s *Store) SetAddressees(ctx context.Context, merchantID string, mode checkout.Mode, wanted []notices.Asked) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := openAddressees(ctx, tx, merchantID, mode, s.now()); err != nil {
			return err
		}
		stored, err := s.addressees(ctx, tx, merchantID, mode)
		if err != nil {
			return err
		}

		added := slices.Clone(wanted)
		for _, a := range stored {
			if at := slices.IndexFunc(added, func(w notices.Asked) bool { return w.Same(a) }); at >= 0 {
				added = slices.Delete(added, at, at+1)
				continue
			}
			if err := s.deleteAddressee(ctx, tx, merchantID, mode, a.ID); err != nil {
				return err
			}
		}

		if len(added) == 0 {
			return nil
		}
		var sends bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM mail_server)").Scan(&sends); err != nil || !sends {
			return cmp.Or(err, error(notices.ErrNoMailServer))
		}
		for _, a := range added {
			if err := s.insertAddressee(ctx, tx, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// Addressees lists a merchant's addressees; see notices.Store.
func (s *Store) Addressees(ctx context.Context, merchantID string, mode checkout.Mode) ([]notices.Addressee, error) {
	return s.addressees(ctx, s.read, merchantID, mode)
}

func (s *Store) addressees(ctx context.Context, q querier, merchantID string, mode checkout.Mode) ([]notices.Addressee, error) {
	return selectAll(ctx, q, s.scanAddressee, "SELECT "+addresseeColumns+" FROM addressees WHERE merchant_id = $1 AND mode = $2 ORDER BY email LIMIT $3",
		merchantID, mode, notices.MaxAddressees)
}

// AddresseeByToken finds an addressee; see notices.Store.
func (s *Store) AddresseeByToken(ctx context.Context, tokenHash string) (notices.Addressee, error) {
	a, err := s.scanAddressee(s.read.QueryRowContext(ctx, "SELECT "+addresseeColumns+" FROM addressees WHERE token_hash = $1", tokenHash))
	return a, translateErr(err)
}

// ConfirmAddressee begins the notices to an addressee; see notices.Store.
func (s *Store) ConfirmAddressee(ctx context.Context, a notices.Addressee, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		sequence, err := advanceFeed(ctx, tx, a.MerchantID, a.Mode, 0)
		if err != nil {
			return err
		}
		err = changeRow(ctx, tx, "UPDATE addressees SET confirmed_at = $1, sequence = $2, told_day = $3 WHERE id = $4 AND confirmed_at = 0",
			millis(at), sequence, cambodia.DayOf(at)-1, a.ID)
		if err != nil {
			return ignoreNotFound(err) // another click has confirmed it
		}
		return s.audit(ctx, tx, "addressee.confirm", a.ID, map[string]any{"merchant": a.MerchantID, "mode": a.Mode, "email": a.Email})
	})
}

// DeleteAddressee ends the e-mails to an address; see notices.Store.
func (s *Store) DeleteAddressee(ctx context.Context, merchantID string, mode checkout.Mode, id string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.deleteAddressee(ctx, tx, merchantID, mode, id) })
}

func (s *Store) deleteAddressee(ctx context.Context, tx *sql.Tx, merchantID string, mode checkout.Mode, id string) error {
	if err := changeRow(ctx, tx, "DELETE FROM addressees WHERE id = $1 AND merchant_id = $2 AND mode = $3", id, merchantID, mode); err != nil {
		return err
	}
	return s.audit(ctx, tx, "addressee.remove", id, map[string]any{"merchant": merchantID, "mode": mode})
}

// LeaseAddressee gives the right to write to an addressee for a while. Where another has
// it, wait is after how long to ask again. One that is removed is checkout.ErrNotFound.
func (s *Store) LeaseAddressee(ctx context.Context, id string, lasting time.Duration) (a notices.Addressee, wait time.Duration, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		a, wait, err = leaseReceiver(ctx, tx, receiverLease{"addressees", addresseeColumns, id, s.now(), lasting}, s.scanAddressee)
		return err
	})
	return a, wait, err
}

// SaveAddressee ends a lease and stores what came of it.
func (s *Store) SaveAddressee(ctx context.Context, a notices.Addressee) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE addressees SET leased_until = 0, sequence = $1, told_day = $2, webhooks_told = $3,
			failures = $4, next_at = $5, problem = $6, stopped_at = $7, records_told = $8, rate_notified = $9 WHERE id = $10`,
			a.Sequence, a.ToldDay, flag(a.WebhooksTold), a.Failures, millis(a.NextAt), a.Problem, millis(a.StoppedAt), millis(a.RecordsTold), a.RateNotified, a.ID)
		return err
	})
}
