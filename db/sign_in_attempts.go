package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"rieltime/checkout/users"
)

// CountAttempt counts an attempt at a password; see users.Store.
func (s *Store) CountAttempt(ctx context.Context, subject string, at time.Time, waitAfter func(int) time.Duration) (wait time.Duration, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		wait = 0
		if _, err := tx.ExecContext(ctx, "DELETE FROM sign_in_attempts WHERE last_at < $1", millis(at.Add(-users.AttemptsKept))); err != nil {
			return err
		}

		// The row is locked by its own update, whose values stay where it comes too early.
		var attempts int
		var last int64
		err := tx.QueryRowContext(ctx, `INSERT INTO sign_in_attempts (subject, attempts, last_at) VALUES ($1, 0, 0)
			ON CONFLICT (subject) DO UPDATE SET attempts = sign_in_attempts.attempts RETURNING attempts, last_at`, subject).Scan(&attempts, &last)
		if err != nil {
			return err
		}

		if last > 0 {
			wait = max(0, fromMillis(last).Add(waitAfter(attempts)).Sub(at))
		}

		if wait > 0 {
			return nil
		}

		_, err = tx.ExecContext(ctx, "UPDATE sign_in_attempts SET attempts = attempts + 1, last_at = $1 WHERE subject = $2", millis(at), subject)
		return err
	})
	return wait, err
}

// ForgetAttempts forgets the attempts of a subject, which has found the password.
func (s *Store) ForgetAttempts(ctx context.Context, subject string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM sign_in_attempts WHERE subject = $1", subject)
		return err
	})
}

// NoteFailedSignIn writes a wrong password of a user into the audit trail.
func (s *Store) NoteFailedSignIn(ctx context.Context, userID, address string) error {
	return s.Audit(ctx, "user.sign_in_failed", userID, map[string]any{"address": address})
}

// SetPassword replaces a user's password; see users.Store.
func (s *Store) SetPassword(ctx context.Context, hash string, keep users.SignIn, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := changeRow(ctx, tx, "UPDATE sign_ins SET token_hash = $1 WHERE id = $2 AND ended_at = 0", keep.TokenHash, keep.ID)
		if err != nil {
			return err
		}
		if err := setPassword(ctx, tx, keep.UserID, hash, keep.ID, millis(at)); err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.password", keep.UserID, nil)
	})
}

func setPassword(ctx context.Context, tx *sql.Tx, userID, hash, keep string, at int64) error {
	if _, err := tx.ExecContext(ctx, "UPDATE users SET password_hash = $1 WHERE id = $2", hash, userID); err != nil {
		return err
	}
	return endSignIns(ctx, tx, userID, keep, at)
}

// endSignIns ends all sign-ins of a user but keep.
func endSignIns(ctx context.Context, tx *sql.Tx, userID, keep string, at int64) error {
	ended, err := queryStrings(ctx, tx, "UPDATE sign_ins SET ended_at = $1 WHERE user_id = $2 AND ended_at = 0 AND id <> $3 RETURNING id", at, userID, keep)
	for _, id := range ended {
		err = errors.Join(err, forgetShownSecrets(ctx, tx, id))
	}
	return err
}

// Disable keeps a user from signing in; see users.Store.
func (s *Store) Disable(ctx context.Context, userID string, at time.Time, force bool) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		disable := func() error {
			if _, err := tx.ExecContext(ctx, "UPDATE users SET disabled_at = $1 WHERE id = $2", millis(at), userID); err != nil {
				return err
			}
			if err := endSignIns(ctx, tx, userID, "", millis(at)); err != nil {
				return err
			}
			return s.audit(ctx, tx, "user.disable", userID, map[string]any{"force": force})
		}
		if force {
			return disable()
		}

		// Each merchant of theirs keeps an owner, checked in one order by all.
		merchants, err := queryStrings(ctx, tx, "SELECT merchant_id FROM memberships WHERE user_id = $1 AND role = $2 ORDER BY merchant_id", userID, users.RoleOwner)
		if err != nil {
			return err
		}
		for _, merchant := range merchants {
			change := disable
			disable = func() error { return keepOwner(ctx, tx, merchant, change) }
		}
		return disable()
	})
}

// Enable lets a disabled user sign in again.
func (s *Store) Enable(ctx context.Context, userID string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE users SET disabled_at = 0 WHERE id = $1", userID); err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.enable", userID, nil)
	})
}

// RenewSignIn keeps when the user of a sign-in has last proved who they are.
func (s *Store) RenewSignIn(ctx context.Context, id string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE sign_ins SET authenticated_at = $1 WHERE id = $2", millis(at), id); err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.confirm", id, nil)
	})
}

// ListUsers lists all users, by their addresses.
func (s *Store) ListUsers(ctx context.Context) ([]users.User, error) {
	return selectAll(ctx, s.lists, scanUser, "SELECT "+userColumns+" FROM users ORDER BY email")
}
