package db

import (
	"context"
	"time"

	"rieltime/checkout"
)

// RecentAttempts tells of a merchant's newest payments; see checkout.Store.
func (s *Store) RecentAttempts(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) ([]checkout.Attempt, error) {
	return selectAll(ctx, s.read, func(row scanner) (a checkout.Attempt, err error) {
		err = row.Scan(&a.AccountID, &a.Status, &a.FailureCode, &a.Doubtful)
		return a, err
	}, `SELECT account_id, status, failure_code, doubtful FROM payments
		WHERE merchant_id = $1 AND mode = $2 AND created_at >= $3 ORDER BY created_at DESC, id DESC LIMIT CAST($4 AS BIGINT)`,
		merchantID, mode, millis(since), limit)
}
