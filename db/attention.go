package db

import (
	"context"
	"time"

	"rieltime/checkout"
)

// OpenReviews counts the payments of a merchant and mode that wait for a decision, by
// review, among the newest of them up to a limit.
func (s *Store) OpenReviews(ctx context.Context, merchantID string, mode checkout.Mode, limit int) (map[checkout.Review]int, error) {
	counts := map[checkout.Review]int{}
	err := forEach(ctx, s.lists, func(row scanner) error {
		var review checkout.Review
		var count int
		err := row.Scan(&review, &count)
		counts[review] = count
		return err
	}, "SELECT review, count(*) FROM (SELECT review FROM payments "+s.dialect.using("payments_review")+
		"WHERE merchant_id = $1 AND mode = $2 AND review <> '' AND decision = '' ORDER BY created_at DESC, id DESC LIMIT CAST($3 AS BIGINT)) AS part GROUP BY review",
		merchantID, mode, limit)
	return counts, err
}

// TroubledRefunds counts the refunds that failed, or of which nobody knows what became,
// among the newest of a merchant and mode since a time, up to a limit.
func (s *Store) TroubledRefunds(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) (failed, unresolved int, err error) {
	err = s.lists.QueryRowContext(ctx, `SELECT count(CASE WHEN status = 'failed' THEN 1 END), count(CASE WHEN status = 'pending' AND unresolved_at > 0 THEN 1 END)
		FROM (SELECT status, unresolved_at FROM refunds `+s.dialect.using("refunds_list")+
		`WHERE merchant_id = $1 AND mode = $2 AND created_at >= $3 ORDER BY created_at DESC, id DESC LIMIT CAST($4 AS BIGINT)) AS part`,
		merchantID, mode, millis(since), limit).Scan(&failed, &unresolved)
	return failed, unresolved, translateErr(err)
}

// FailingEndpoints counts a merchant's webhook endpoints that do not take what they are
// sent, disabled ones for that reason included.
func (s *Store) FailingEndpoints(ctx context.Context, merchantID string, mode checkout.Mode) (count int, err error) {
	err = s.lists.QueryRowContext(ctx, `SELECT count(*) FROM webhook_endpoints WHERE merchant_id = $1 AND mode = $2 AND deleted_at = 0
		AND (disabled_reason IN ('failing', 'gone') OR disabled = 0 AND failing_since > 0)`, merchantID, mode).Scan(&count)
	return count, translateErr(err)
}

// ListTroubledRefunds lists the refunds that TroubledRefunds counts, the newest first.
func (s *Store) ListTroubledRefunds(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) ([]checkout.Refund, error) {
	return selectAll(ctx, s.lists, scanRefund, "SELECT "+refundColumns+" FROM (SELECT * FROM refunds "+s.dialect.using("refunds_list")+
		`WHERE merchant_id = $1 AND mode = $2 AND created_at >= $3 ORDER BY created_at DESC, id DESC LIMIT CAST($4 AS BIGINT)) AS part
		WHERE status = 'failed' OR status = 'pending' AND unresolved_at > 0 ORDER BY created_at DESC, id DESC`,
		merchantID, mode, millis(since), limit)
}
