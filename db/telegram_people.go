package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
)

// LinkPerson uses up a code that a user made; see notices.Store. Who was linked to another
// user before is linked to this one.
func (s *Store) LinkPerson(ctx context.Context, hash string, person notices.Person, at time.Time) (notices.Person, error) {
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var createdBy string
		err := tx.QueryRowContext(ctx, `DELETE FROM telegram_codes WHERE code_hash = $1 AND merchant_id = $2 AND mode = $3 AND expires_at > $4 AND user_id <> ''
			RETURNING user_id, created_by`, hash, person.MerchantID, person.Mode, millis(at)).Scan(&person.UserID, &createdBy)
		if errors.Is(err, sql.ErrNoRows) {
			return notices.ErrNoCode
		}
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, `INSERT INTO telegram_people (merchant_id, mode, person_id, user_id, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (merchant_id, mode, person_id) DO UPDATE SET user_id = excluded.user_id, created_at = excluded.created_at`,
			person.MerchantID, person.Mode, person.PersonID, person.UserID, millis(person.CreatedAt))
		if err != nil {
			return err
		}
		return s.audit(checkout.WithActor(ctx, createdBy), tx, "telegram_person.link", person.UserID,
			map[string]any{"merchant": person.MerchantID, "mode": person.Mode, "person": person.PersonID})
	})
	return person, err
}

// Person finds a person who is linked; see notices.Store.
func (s *Store) Person(ctx context.Context, merchantID string, mode checkout.Mode, personID int64) (notices.Person, error) {
	person := notices.Person{MerchantID: merchantID, Mode: mode, PersonID: personID}
	var created int64
	err := s.read.QueryRowContext(ctx, "SELECT user_id, created_at FROM telegram_people WHERE merchant_id = $1 AND mode = $2 AND person_id = $3", merchantID, mode, personID).
		Scan(&person.UserID, &created)
	person.CreatedAt = fromMillis(created)
	return person, translateErr(err)
}

// PeopleOf counts who is linked to a user; see notices.Store.
func (s *Store) PeopleOf(ctx context.Context, merchantID string, mode checkout.Mode, userID string) (count int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM telegram_people WHERE merchant_id = $1 AND mode = $2 AND user_id = $3", merchantID, mode, userID).Scan(&count)
	return count, err
}

// UnlinkPeople unlinks who is linked to a user; see notices.Store.
func (s *Store) UnlinkPeople(ctx context.Context, merchantID string, mode checkout.Mode, userID string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := changeRow(ctx, tx, "DELETE FROM telegram_people WHERE merchant_id = $1 AND mode = $2 AND user_id = $3", merchantID, mode, userID); err != nil {
			return ignoreNotFound(err)
		}
		return s.audit(ctx, tx, "telegram_person.unlink", userID, map[string]any{"merchant": merchantID, "mode": mode})
	})
}
