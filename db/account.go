package db

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

// SetProfile changes a user's name and language; see users.Store.
func (s *Store) SetProfile(ctx context.Context, userID, name, locale string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE users SET name = $1, locale = $2 WHERE id = $3", name, locale, userID); err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.update", userID, map[string]any{"name": name, "locale": locale})
	})
}

// SignIns lists a user's newest sign-ins that nobody has ended; see users.Store.
func (s *Store) SignIns(ctx context.Context, userID string, limit int) ([]users.SignIn, error) {
	return selectAll(ctx, s.read, scanSignIn, "SELECT "+signInColumns+` FROM sign_ins
		WHERE user_id = $1 AND ended_at = 0 ORDER BY created_at DESC, id DESC LIMIT $2`, userID, limit)
}

func scanSignIn(row scanner) (users.SignIn, error) {
	var r signInRow
	err := row.Scan(r.fields()...)
	return r.read(), err
}

// EndSignInOf ends a sign-in of a user at once; see users.Store.
func (s *Store) EndSignInOf(ctx context.Context, userID, id string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		ended, err := tx.ExecContext(ctx, "UPDATE sign_ins SET ended_at = $1 WHERE id = $2 AND user_id = $3 AND ended_at = 0", millis(at), id, userID)
		if err != nil {
			return err
		}
		if rows, err := ended.RowsAffected(); err != nil || rows == 0 {
			return cmp.Or(err, error(checkout.ErrNotFound))
		}
		if err := forgetShownSecrets(ctx, tx, id); err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.sign_out", id, nil)
	})
}
