package db

import (
	"context"
	"time"

	"rieltime/checkout"
)

// RecentAttempts returns a merchant's newest payments; see checkout.Store.
func (s *Store) RecentAttempts(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) ([]checkout.Attempt, error) {
	return selectAll(ctx, s.read, func(row scanner) (a checkout.Attempt, err error) {
		err = row.Scan(&a.AccountID, &a.Status, &a.FailureCode, &a.Doubtful)
		return a, err
	}, `SELECT account_id, status, failure_code, doubtful FROM payments
		WHERE merchant_id = $1 AND mode = $2 AND created_at >= $3
			AND EXISTS (SELECT 1 FROM payments WHERE merchant_id = $1 AND mode = $2 AND created_at >= $3 AND (failure_code = 'unreachable' OR doubtful = 1))
		ORDER BY created_at DESC, id DESC LIMIT CAST($4 AS BIGINT)`,
		merchantID, mode, millis(since), limit)
}

// AttemptOutcomes returns what became of a merchant's newest attempts since a time, at most
// limit, without the payments for money that came beside an attempt.
func (s *Store) AttemptOutcomes(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) ([]checkout.AttemptOutcome, error) {
	return selectAll(ctx, s.lists, func(row scanner) (o checkout.AttemptOutcome, err error) {
		var created, recorded int64
		err = row.Scan(&o.Provider, &o.Status, &created, &recorded)
		o.CreatedAt, o.RecordedAt = fromMillis(created), fromMillis(recorded)
		return o, err
	}, "SELECT provider, status, created_at, recorded_at FROM payments "+s.dialect.using("payments_list")+
		"WHERE merchant_id = $1 AND mode = $2 AND created_at >= $3 AND extra_of = '' ORDER BY created_at DESC, id DESC LIMIT CAST($4 AS BIGINT)",
		merchantID, mode, millis(since), limit)
}
