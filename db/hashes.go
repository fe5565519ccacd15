package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"rieltime/checkout/verifier"
)

// AllowHashLookup counts a look-up of a transaction hash within its bounds; see
// checkout.Store.
func (s *Store) AllowHashLookup(ctx context.Context, l verifier.HashLookup) (allowed bool, err error) {
	sum := sha256.Sum256([]byte(l.Address))
	address := hex.EncodeToString(sum[:])
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockLookups); err != nil {
			return err
		}

		err := tx.QueryRowContext(ctx, `SELECT
			(SELECT count(*) FROM hash_lookups WHERE session_id = $1) < $2
			AND (SELECT count(*) FROM hash_lookups WHERE address = $3 AND at > $4) < $5
			AND (SELECT count(*) FROM hash_lookups WHERE account_id = $6 AND at > $7) < $8
			AND ($9 < 0 OR (SELECT count(*) FROM hash_lookups WHERE account_id = $10 AND at >= $11) < $12)`,
			l.SessionID, l.PerSession, address, millis(l.At.Add(-time.Hour)), l.PerHour,
			l.AccountID, millis(l.At.Add(-time.Minute)), l.PerMinute, l.PerDay, l.AccountID, millis(l.Day), l.PerDay).Scan(&allowed)
		if err != nil || !allowed {
			return err
		}

		_, err = tx.ExecContext(ctx, "INSERT INTO hash_lookups (account_id, session_id, address, at) VALUES ($1, $2, $3, $4)",
			l.AccountID, l.SessionID, address, millis(l.At))
		return err
	})
	return allowed && err == nil, err
}

const lookupsPrunedAtOnce = 50

// pruneHashLookups forgets look-ups that count against no bound any more, some
// at a time.
func (s *Store) pruneHashLookups(ctx context.Context) error {
	err := s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) {
		result, err := tx.ExecContext(ctx, "DELETE FROM hash_lookups WHERE (account_id, session_id, address, at) IN (SELECT account_id, session_id, address, at FROM hash_lookups WHERE at <= $1 LIMIT $2)",
			millis(s.now().Add(-verifier.HashLookupsKeptFor)), lookupsPrunedAtOnce)
		if err != nil {
			return false, err
		}
		pruned, err := result.RowsAffected()
		return pruned == lookupsPrunedAtOnce, err
	})
	if err != nil {
		return fmt.Errorf("prune hash look-ups: %w", err)
	}

	return nil
}
