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

// Bounds of look-ups. Those of claims that were kept have no address; kept = 1 is no
// look-up, but what a buyer entered instead of one.
const (
	withinBuyersBounds = `SELECT (SELECT count(*) FROM hash_lookups WHERE session_id = $1 AND address <> '' AND kept = 0) < $2
		AND (SELECT count(*) FROM hash_lookups WHERE address = $3 AND at > $4) < $5`
	withinAccountsBounds = `SELECT (SELECT count(*) FROM hash_lookups WHERE account_id = $1 AND at > $2 AND kept = 0) <= $3
		AND ($4 < 0 OR (SELECT count(*) FROM hash_lookups WHERE account_id = $5 AND at >= $6 AND kept = 0) <= $7)`
)

// AllowHashLookup counts look-ups of a transaction hash within their bounds; see
// verifier.Store.
func (s *Store) AllowHashLookup(ctx context.Context, l verifier.HashLookup) (allowance verifier.HashAllowance, err error) {
	address := ""
	if !l.Kept {
		sum := sha256.Sum256([]byte(l.Address))
		address = hex.EncodeToString(sum[:])
	}

	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockLookups); err != nil {
			return err
		}

		allowed := true
		if !l.Kept {
			err := tx.QueryRowContext(ctx, withinBuyersBounds, l.SessionID, l.PerSession, address, millis(l.At.Add(-time.Hour)), l.PerHour).Scan(&allowed)
			if allowance = verifier.HashTooOften; err != nil || !allowed {
				return err
			}
		}

		insert := func(kept bool) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO hash_lookups (account_id, session_id, address, at, kept) VALUES ($1, $2, $3, $4, $5)",
				l.AccountID, l.SessionID, address, millis(l.At), flag(kept))
			return err
		}

		err := tx.QueryRowContext(ctx, withinAccountsBounds, l.AccountID, millis(l.At.Add(-time.Minute)), l.PerMinute-l.Count,
			l.PerDay, l.AccountID, millis(l.Day), l.PerDay-l.Count).Scan(&allowed)
		if err != nil {
			return err
		}

		if !allowed || l.Paused {
			allowance = verifier.HashNotNow
			if l.Kept {
				return nil
			}
			return insert(true)
		}

		allowance = verifier.HashAllowed
		for range l.Count {
			if err := insert(false); err != nil {
				return err
			}
		}
		return nil
	})
	return allowance, err
}

// claimsAhead is how far ahead a kept claim is put off at the most; see verifier.Store.
const claimsAhead = 10 * time.Minute

// ClaimsDue lists the sessions with kept claims that are due; see verifier.Store.
func (s *Store) ClaimsDue(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return queryStrings(ctx, s.read, `SELECT id FROM sessions WHERE claims_due_at > 0 AND (claims_due_at <= $1 OR claims_due_at > $2)
		ORDER BY claims_due_at LIMIT CAST($3 AS BIGINT)`, millis(now), millis(now.Add(claimsAhead)), limit)
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
