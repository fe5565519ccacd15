package db

import (
	"context"
	"database/sql"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

func shownPurpose(signInID, object string) string { return "shown once: " + signInID + ":" + object }

// InsertShownSecret keeps a secret, sealed; see users.Store.
func (s *Store) InsertShownSecret(ctx context.Context, secret users.ShownSecret, now time.Time) error {
	sealed := s.sealer.seal(shownPurpose(secret.SignInID, secret.Object), []byte(secret.Secret.Reveal()))
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM shown_secrets WHERE (sign_in_id, object) IN
			(SELECT sign_in_id, object FROM shown_secrets WHERE expires_at < $1 ORDER BY expires_at, sign_in_id, object LIMIT $2)`, millis(now), expiredAtOnce)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, `INSERT INTO shown_secrets (sign_in_id, object, secret_sealed, expires_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (sign_in_id, object) DO UPDATE SET secret_sealed = excluded.secret_sealed, expires_at = excluded.expires_at`,
			secret.SignInID, secret.Object, sealed, millis(secret.ExpiresAt))
		return err
	})
}

// TakeShownSecret returns a secret and removes it; see users.Store.
func (s *Store) TakeShownSecret(ctx context.Context, signInID, object string) (secret users.ShownSecret, err error) {
	var sealed []byte
	var expires int64
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return translateErr(tx.QueryRowContext(ctx, "DELETE FROM shown_secrets WHERE sign_in_id = $1 AND object = $2 RETURNING secret_sealed, expires_at", signInID, object).
			Scan(&sealed, &expires))
	})
	if err != nil {
		return users.ShownSecret{}, err
	}

	text, err := s.sealer.open(shownPurpose(signInID, object), sealed)
	return users.ShownSecret{SignInID: signInID, Object: object, Secret: checkout.Secret(text), ExpiresAt: fromMillis(expires)}, err
}

// forgetShownSecrets removes the secrets that wait for a sign-in, which has ended.
func forgetShownSecrets(ctx context.Context, tx *sql.Tx, signInID string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM shown_secrets WHERE sign_in_id = $1", signInID)
	return err
}
