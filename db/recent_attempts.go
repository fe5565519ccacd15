package db

import (
	"context"
	"time"

	"rieltime/checkout"
)

// RecentAttempts tells of a merchant's newest payments; see checkout.Store.
func (s *Store) RecentAttempts(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) ([]checkout.Attempt, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT account_id, status, failure_code, doubtful FROM payments
		WHERE merchant_id = $1 AND mode = $2 AND created_at >= $3 ORDER BY created_at DESC, id DESC LIMIT $4`,
		merchantID, mode, millis(since), limit)
	if err != nil {
		return nil, translateErr(err)
	}

	defer rows.Close()

	var attempts []checkout.Attempt
	for rows.Next() {
		var a checkout.Attempt
		if err := rows.Scan(&a.AccountID, &a.Status, &a.FailureCode, &a.Doubtful); err != nil {
			return nil, translateErr(err)
		}
		attempts = append(attempts, a)
	}

	return attempts, translateErr(rows.Err())
}
