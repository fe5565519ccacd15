package db

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

func codeAppPurpose(userID string) string { return "code app:" + userID }

// SetCodeApp keeps a new app for codes; see users.Store.
func (s *Store) SetCodeApp(ctx context.Context, app users.CodeApp) error {
	sealed := s.sealer.seal(codeAppPurpose(app.UserID), []byte(app.Secret.Reveal()))
	return s.changeCodes(ctx, users.ErrCodeAppKept, "code_app.create", app.UserID,
		`INSERT INTO code_apps (user_id, secret_sealed, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (user_id) DO UPDATE SET secret_sealed = excluded.secret_sealed, created_at = excluded.created_at WHERE code_apps.confirmed_at = 0`,
		app.UserID, sealed, millis(app.CreatedAt))
}

// CodeApp finds a user's app for codes.
func (s *Store) CodeApp(ctx context.Context, userID string) (users.CodeApp, error) {
	app := users.CodeApp{UserID: userID}
	var sealed []byte
	var created, confirmed int64
	row := s.read.QueryRowContext(ctx, "SELECT secret_sealed, created_at, confirmed_at, last_step FROM code_apps WHERE user_id = $1", userID)
	if err := row.Scan(&sealed, &created, &confirmed, &app.LastStep); err != nil {
		return app, translateErr(err)
	}

	secret, err := s.sealer.open(codeAppPurpose(userID), sealed)
	app.Secret, app.CreatedAt, app.ConfirmedAt = checkout.Secret(secret), fromMillis(created), fromMillis(confirmed)
	return app, err
}

// ConfirmCodeApp confirms an app; see users.Store.
func (s *Store) ConfirmCodeApp(ctx context.Context, userID string, step int64, hashes []string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		confirmed, err := tx.ExecContext(ctx, "UPDATE code_apps SET confirmed_at = $1, last_step = $2 WHERE user_id = $3 AND confirmed_at = 0", millis(at), step, userID)
		if err != nil {
			return err
		}
		if rows, err := confirmed.RowsAffected(); err != nil || rows == 0 {
			return cmp.Or(err, error(users.ErrCodeAppKept))
		}
		if err := setRecoveryCodes(ctx, tx, userID, hashes, at); err != nil {
			return err
		}
		return s.audit(ctx, tx, "code_app.confirm", userID, nil)
	})
}

// UseCodeStep accepts the code of a step; see users.Store.
func (s *Store) UseCodeStep(ctx context.Context, userID string, step int64) error {
	return s.changeCodes(ctx, users.ErrCodeRefused, "", userID,
		"UPDATE code_apps SET last_step = $1 WHERE user_id = $2 AND confirmed_at > 0 AND last_step < $3", step, userID, step)
}

// DeleteCodeApp removes an app and the recovery codes; see users.Store.
func (s *Store) DeleteCodeApp(ctx context.Context, userID string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := setRecoveryCodes(ctx, tx, userID, nil, time.Time{}); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM code_apps WHERE user_id = $1", userID); err != nil {
			return err
		}
		return s.audit(ctx, tx, "code_app.delete", userID, nil)
	})
}

// SetRecoveryCodes replaces a user's recovery codes; see users.Store.
func (s *Store) SetRecoveryCodes(ctx context.Context, userID string, hashes []string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := setRecoveryCodes(ctx, tx, userID, hashes, at); err != nil {
			return err
		}
		return s.audit(ctx, tx, "recovery_codes.create", userID, nil)
	})
}

func setRecoveryCodes(ctx context.Context, tx *sql.Tx, userID string, hashes []string, at time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM recovery_codes WHERE user_id = $1", userID); err != nil {
		return err
	}
	for _, hash := range hashes {
		_, err := tx.ExecContext(ctx, "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3)", userID, hash, millis(at))
		if err != nil {
			return err
		}
	}
	return nil
}

// UseRecoveryCode accepts a recovery code once; see users.Store.
func (s *Store) UseRecoveryCode(ctx context.Context, userID, hash string, at time.Time) error {
	return s.changeCodes(ctx, users.ErrCodeRefused, "recovery_code.use", userID,
		"UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2 AND code_hash = $3 AND used_at = 0", millis(at), userID, hash)
}

// CountRecoveryCodes counts a user's recovery codes that are not used.
func (s *Store) CountRecoveryCodes(ctx context.Context, userID string) (unused int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at = 0", userID).Scan(&unused)
	return unused, err
}

// changeCodes runs a statement that must change a row, else it returns refusal. An action
// is written into the audit trail.
func (s *Store) changeCodes(ctx context.Context, refusal *checkout.Error, action, userID, query string, arguments ...any) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		changed, err := tx.ExecContext(ctx, query, arguments...)
		if err != nil {
			return err
		}
		if rows, err := changed.RowsAffected(); err != nil || rows == 0 {
			return cmp.Or(err, error(refusal))
		}
		if action == "" {
			return nil
		}
		return s.audit(ctx, tx, action, userID, nil)
	})
}
