package db

import (
	"context"
	"database/sql"
)

// InsertLogo stores a merchant's picture by its hash. The same one again changes nothing.
func (s *Store) InsertLogo(ctx context.Context, merchantID, hash string, picture []byte) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO merchant_logos (merchant_id, hash, picture) VALUES ($1, $2, $3) ON CONFLICT (merchant_id, hash) DO NOTHING",
			merchantID, hash, picture)
		return err
	})
}

// Logo returns a merchant's picture by its hash.
func (s *Store) Logo(ctx context.Context, merchantID, hash string) (picture []byte, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT picture FROM merchant_logos WHERE merchant_id = $1 AND hash = $2", merchantID, hash).Scan(&picture)
	return picture, translateErr(err)
}

// KeepLogo removes a merchant's pictures but one.
func (s *Store) KeepLogo(ctx context.Context, merchantID, hash string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM merchant_logos WHERE merchant_id = $1 AND hash <> $2", merchantID, hash)
		return err
	})
}
