package db

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const passkeyColumns = "id, user_id, credential_id, public_key, transports, backup_eligible, backed_up, user_verified, sign_count, name, created_at, used_at, copied_at"

var insertPasskeyQuery = insertInto("passkeys", passkeyColumns)

func scanPasskey(row scanner) (k users.Passkey, err error) {
	var credential, transports string
	var created, used, copied int64
	err = row.Scan(&k.ID, &k.UserID, &credential, &k.PublicKey, &transports, &k.BackupEligible, &k.BackedUp, &k.UserVerified, &k.SignCount,
		&k.Name, &created, &used, &copied)
	if err != nil {
		return k, translateErr(err)
	}

	k.CreatedAt, k.UsedAt, k.CopiedAt = fromMillis(created), fromMillis(used), fromMillis(copied)
	if k.CredentialID, err = users.ParseCredentialID(credential); err != nil {
		return k, err
	}
	return k, json.Unmarshal([]byte(transports), &k.Transports)
}

// InsertPasskey stores a passkey; see users.Store.
func (s *Store) InsertPasskey(ctx context.Context, k users.Passkey, limit int) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var have int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM passkeys WHERE user_id = $1", k.UserID).Scan(&have); err != nil {
			return err
		}
		if have >= limit {
			return users.ErrTooManyPasskeys
		}
		return s.insertPasskey(ctx, tx, k)
	})
}

func (s *Store) insertPasskey(ctx context.Context, tx *sql.Tx, k users.Passkey) error {
	transports, err := json.Marshal(k.Transports)
	if err != nil {
		return err
	}

	inserted, err := tx.ExecContext(ctx, insertPasskeyQuery+" ON CONFLICT (credential_id) DO NOTHING",
		k.ID, k.UserID, k.CredentialText(), k.PublicKey, string(transports), flag(k.BackupEligible), flag(k.BackedUp), flag(k.UserVerified),
		int64(k.SignCount), k.Name, millis(k.CreatedAt), millis(k.UsedAt), millis(k.CopiedAt))
	if err != nil {
		return err
	}
	if rows, err := inserted.RowsAffected(); err != nil || rows == 0 {
		return cmp.Or(err, error(users.ErrPasskeyTaken))
	}

	return s.audit(ctx, tx, "passkey.create", k.ID, map[string]any{"user": k.UserID, "name": k.Name})
}

// Passkeys lists a user's passkeys, oldest first.
func (s *Store) Passkeys(ctx context.Context, userID string) ([]users.Passkey, error) {
	return selectAll(ctx, s.read, scanPasskey, "SELECT "+passkeyColumns+" FROM passkeys WHERE user_id = $1 ORDER BY created_at, id", userID)
}

// PasskeyByCredential finds a passkey by what the device calls it.
func (s *Store) PasskeyByCredential(ctx context.Context, credentialID []byte) (users.Passkey, error) {
	credential := users.Passkey{CredentialID: credentialID}.CredentialText()
	return scanPasskey(s.read.QueryRowContext(ctx, "SELECT "+passkeyColumns+" FROM passkeys WHERE credential_id = $1", credential))
}

// NotePasskeyUse keeps what an assertion says; see users.Store.
func (s *Store) NotePasskeyUse(ctx context.Context, k users.Passkey) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		noted, err := tx.ExecContext(ctx, `UPDATE passkeys SET backed_up = $1, sign_count = $2, used_at = $3
			WHERE id = $4 AND (sign_count < $5 OR sign_count = 0)`,
			flag(k.BackedUp), int64(k.SignCount), millis(k.UsedAt), k.ID, int64(k.SignCount))
		if err != nil {
			return err
		}
		if rows, err := noted.RowsAffected(); err != nil || rows == 0 {
			return cmp.Or(err, error(users.ErrPasskeyCopied))
		}
		return nil
	})
}

// NotePasskeyCopy keeps that there may be a copy of a passkey; see users.Store.
func (s *Store) NotePasskeyCopy(ctx context.Context, id string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE passkeys SET copied_at = $1 WHERE id = $2", millis(at), id); err != nil {
			return err
		}
		return s.audit(ctx, tx, "passkey.copied", id, nil)
	})
}

// RenamePasskey gives a passkey another name; see users.Store.
func (s *Store) RenamePasskey(ctx context.Context, userID, id, name string) error {
	return s.changePasskey(ctx, "passkey.rename", id, map[string]any{"name": name},
		"UPDATE passkeys SET name = $1 WHERE id = $2 AND user_id = $3", name, id, userID)
}

// DeletePasskey forgets a passkey; see users.Store.
func (s *Store) DeletePasskey(ctx context.Context, userID, id string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// Of two passkeys that are removed at the same time, the second waits here.
		if err := changeRow(ctx, tx, "UPDATE users SET email = email WHERE id = $1", userID); err != nil {
			return err
		}
		if err := changeRow(ctx, tx, "DELETE FROM passkeys WHERE id = $1 AND user_id = $2", id, userID); err != nil {
			return err
		}

		var stranded bool
		err := tx.QueryRowContext(ctx, `SELECT password_hash = '' AND NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = users.id)
			FROM users WHERE id = $1`, userID).Scan(&stranded)
		if err == nil && stranded {
			err = users.ErrLastPasskey
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "passkey.delete", id, nil)
	})
}

// changePasskey runs a statement about one passkey, which must be there.
func (s *Store) changePasskey(ctx context.Context, action, id string, detail map[string]any, query string, arguments ...any) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		changed, err := tx.ExecContext(ctx, query, arguments...)
		if err != nil {
			return err
		}
		if rows, err := changed.RowsAffected(); err != nil || rows == 0 {
			return cmp.Or(err, error(checkout.ErrNotFound))
		}
		return s.audit(ctx, tx, action, id, detail)
	})
}
