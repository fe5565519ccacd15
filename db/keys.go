package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"rieltime/checkout"
)

const keyColumns = "id, merchant_id, mode, name, hash, hint, scopes, addresses, created_at, expires_at, revoked_at, used_at"

var insertKeyQuery = insertInto("api_keys", keyColumns)

func scanKey(row scanner) (k checkout.APIKey, err error) {
	var scopes, addresses string
	var created, expires, revoked, used int64
	err = row.Scan(&k.ID, &k.MerchantID, &k.Mode, &k.Name, &k.Hash, &k.Hint, &scopes, &addresses, &created, &expires, &revoked, &used)
	if err != nil {
		return k, translateErr(err)
	}
	k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.UsedAt = fromMillis(created), fromMillis(expires), fromMillis(revoked), fromMillis(used)
	return k, errors.Join(json.Unmarshal([]byte(scopes), &k.Scopes), json.Unmarshal([]byte(addresses), &k.Addresses))
}

// APIKey finds a key by its hash.
func (s *Store) APIKey(ctx context.Context, hash string) (checkout.APIKey, error) {
	return cachedSettings(s, apiKeyKey{hash}, func() (checkout.APIKey, error) {
		ctx := context.WithoutCancel(ctx) // one row by its key: watching for the end would take longer
		return scanKey(s.read.QueryRowContext(ctx, "SELECT "+keyColumns+" FROM api_keys WHERE hash = $1", hash))
	})
}

// Key finds a key by its id.
func (s *Store) Key(ctx context.Context, id string) (checkout.APIKey, error) {
	return scanKey(s.read.QueryRowContext(ctx, "SELECT "+keyColumns+" FROM api_keys WHERE id = $1", id))
}

// Keys lists a merchant's keys, also those that have ended, oldest first.
func (s *Store) Keys(ctx context.Context, merchantID string) ([]checkout.APIKey, error) {
	return selectAll(ctx, s.lists, scanKey, "SELECT "+keyColumns+" FROM api_keys WHERE merchant_id = $1 ORDER BY created_at, id", merchantID)
}

// LatestKeys lists a merchant's keys of one mode, also those that have ended, newest
// first.
func (s *Store) LatestKeys(ctx context.Context, merchantID string, mode checkout.Mode, limit int) ([]checkout.APIKey, error) {
	return selectAll(ctx, s.lists, scanKey, "SELECT "+keyColumns+" FROM api_keys WHERE merchant_id = $1 AND mode = $2 ORDER BY created_at DESC, id DESC LIMIT $3",
		merchantID, mode, limit)
}

// InsertKey stores a key; see checkout.KeyStore.
func (s *Store) InsertKey(ctx context.Context, key checkout.APIKey, replaces string, until time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := insertKey(ctx, tx, key); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE api_keys SET expires_at = $1 WHERE id = $2 AND (expires_at = 0 OR expires_at > $3)",
			millis(until), replaces, millis(until))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "key.create", key.ID, map[string]any{"merchant": key.MerchantID, "mode": key.Mode, "scopes": key.Scopes, "replaces": replaces})
	})
}

func insertKey(ctx context.Context, tx *sql.Tx, k checkout.APIKey) error {
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return err
	}

	addresses, err := json.Marshal(k.Addresses)
	if err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, insertKeyQuery,
		k.ID, k.MerchantID, k.Mode, k.Name, k.Hash, k.Hint, string(scopes), string(addresses),
		millis(k.CreatedAt), millis(k.ExpiresAt), millis(k.RevokedAt), millis(k.UsedAt))
	return err
}

// RevokeKey ends a key at once. Revoking it again changes nothing.
func (s *Store) RevokeKey(ctx context.Context, id string, at time.Time) (checkout.APIKey, error) {
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at = 0", millis(at), id)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "key.revoke", id, nil)
	})
	if err != nil {
		return checkout.APIKey{}, err
	}

	return s.Key(ctx, id)
}

// NoteKeyUse keeps when a key was last used.
func (s *Store) NoteKeyUse(ctx context.Context, id string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE api_keys SET used_at = $1 WHERE id = $2 AND used_at < $3", millis(at), id, millis(at))
		return err
	})
}
