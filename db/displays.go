package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const displayColumns = "id, merchant_id, mode, user_id, sign_in_id, code_hash, token_hash, paired_at, expires_at"

var insertDisplayQuery = insertInto("displays", displayColumns) + " ON CONFLICT (merchant_id, mode, user_id) DO UPDATE SET " +
	fromExcluded("id, sign_in_id, code_hash, token_hash, paired_at, expires_at")

// displayRow takes a row's displayColumns.
type displayRow struct {
	display         users.Display
	paired, expires int64
}

func (r *displayRow) fields() []any {
	d := &r.display
	return []any{&d.ID, &d.MerchantID, &d.Mode, &d.UserID, &d.SignInID, &d.CodeHash, &d.TokenHash, &r.paired, &r.expires}
}

func (r *displayRow) read() users.Display {
	d := r.display
	d.PairedAt, d.ExpiresAt = fromMillis(r.paired), fromMillis(r.expires)
	return d
}

// InsertDisplay stores a display in place of the one that its cashier had, if any, and
// removes some that have expired.
func (s *Store) InsertDisplay(ctx context.Context, d users.Display, now time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM displays WHERE id IN (SELECT id FROM displays WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2)", millis(now), expiredAtOnce)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, insertDisplayQuery,
			d.ID, d.MerchantID, d.Mode, d.UserID, d.SignInID, d.CodeHash, d.TokenHash, millis(d.PairedAt), millis(d.ExpiresAt))
		return err
	})
}

// PairDisplay takes a code and keeps the hash of the screen's token until a time;
// users.ErrDisplayCode when no code has this hash.
func (s *Store) PairDisplay(ctx context.Context, codeHash, tokenHash string, now, until time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// One statement decides: of two screens with one code the second finds no row.
		var id, user string
		err := tx.QueryRowContext(ctx, `UPDATE displays SET code_hash = '', token_hash = $1, paired_at = $2, expires_at = $3
			WHERE code_hash <> '' AND code_hash = $4 AND expires_at > $5 RETURNING id, user_id`, tokenHash, millis(now), millis(until), codeHash, millis(now)).Scan(&id, &user)
		if errors.Is(err, sql.ErrNoRows) {
			return users.ErrDisplayCode
		}
		if err != nil {
			return err
		}
		return s.audit(checkout.WithActor(ctx, users.Actor(user)), tx, "display.pair", id, nil)
	})
}

// Display finds a paired display by the hash of its token, and its cashier, as long as
// their sign-in goes on.
func (s *Store) Display(ctx context.Context, tokenHash string) (users.Display, users.User, error) {
	var display displayRow
	var user userRow
	row := s.read.QueryRowContext(ctx, `SELECT `+qualified("d", displayColumns)+`, `+qualified("u", userColumns)+`
		FROM displays d JOIN sign_ins i ON i.id = d.sign_in_id JOIN users u ON u.id = d.user_id
		WHERE d.token_hash <> '' AND d.token_hash = $1 AND i.ended_at = 0`, tokenHash)
	if err := row.Scan(append(display.fields(), user.fields()...)...); err != nil {
		return users.Display{}, users.User{}, translateErr(err)
	}
	return display.read(), user.read(), nil
}

// DisplayOf finds the display of a cashier.
func (s *Store) DisplayOf(ctx context.Context, merchantID string, mode checkout.Mode, userID string) (users.Display, error) {
	var display displayRow
	err := s.read.QueryRowContext(ctx, "SELECT "+displayColumns+" FROM displays WHERE merchant_id = $1 AND mode = $2 AND user_id = $3", merchantID, mode, userID).Scan(display.fields()...)
	return display.read(), translateErr(err)
}

// DeleteDisplay unpairs the display of a cashier, if there is one.
func (s *Store) DeleteDisplay(ctx context.Context, merchantID string, mode checkout.Mode, userID string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var id string
		err := tx.QueryRowContext(ctx, "DELETE FROM displays WHERE merchant_id = $1 AND mode = $2 AND user_id = $3 RETURNING id", merchantID, mode, userID).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "display.unpair", id, nil)
	})
}
