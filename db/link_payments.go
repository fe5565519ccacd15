package db

import (
	"context"
	"time"

	"rieltime/checkout"
)

// LinkPayments lists the money that came by a merchant's payment links, recorded since a
// time, the latest first; at most limit.
func (s *Store) LinkPayments(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) ([]checkout.LinkPayment, error) {
	return selectAll(ctx, s.lists, func(row scanner) (p checkout.LinkPayment, err error) {
		var recorded int64
		err = row.Scan(&p.ID, &p.SessionID, &p.Description, &p.Came.Currency, &p.Came.Minor, &p.Attention, &recorded)
		p.RecordedAt = fromMillis(recorded)
		return p, err
	}, `SELECT p.id, p.session_id, s.description, coalesce(json_extract(p.proof, '$.currency'), p.currency),
			coalesce(CAST(json_extract(p.proof, '$.minor') AS BIGINT), p.amount), p.review <> '' AND p.decision = '', p.recorded_at
		FROM payments p `+s.dialect.using("payments_recorded")+`JOIN sessions s ON s.id = p.session_id
		WHERE p.merchant_id = $1 AND p.mode = $2 AND p.recorded_at > 0 AND p.recorded_at >= $3 AND s.link_id <> '' AND p.decision <> 'refuse'
		ORDER BY p.recorded_at DESC, p.id DESC LIMIT CAST($4 AS BIGINT)`, merchantID, mode, millis(since), limit)
}
