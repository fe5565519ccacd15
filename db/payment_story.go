package db

import (
	"context"
	"database/sql"

	"rieltime/checkout"
)

// storyAtMost bounds the events, the deliveries and the lines of the audit trail that a
// purchase's story has.
const storyAtMost = 300

// PurchaseStory reads what happened about a purchase and is kept outside of it.
func (s *Store) PurchaseStory(ctx context.Context, p checkout.Purchase) (story checkout.PurchaseStory, err error) {
	tx, err := s.lists.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot})
	if err != nil {
		return story, translateErr(err)
	}
	defer func() { _ = tx.Rollback() }()

	story.Events, err = selectAll(ctx, tx, scanEvent, `SELECT sequence, id, merchant_id, mode, type, session_id, payment_id, created_at, body
		FROM events WHERE session_id = $1 ORDER BY sequence LIMIT $2`, p.Session.ID, storyAtMost)
	if err != nil {
		return story, err
	}

	if len(story.Events) > 0 {
		ids := make([]string, len(story.Events))
		for i, event := range story.Events {
			ids[i] = event.ID
		}
		story.Deliveries, err = s.selectDeliveries(ctx, tx, "WHERE event_id IN "+s.dialect.listed("$1")+" LIMIT $2", listOf(ids), storyAtMost)
		if err != nil {
			return story, err
		}
	}

	objects := []string{p.Session.ID}
	for _, payment := range p.Payments {
		objects = append(objects, payment.ID)
	}
	for _, refund := range p.Refunds {
		objects = append(objects, refund.ID)
	}
	for _, delivery := range story.Deliveries {
		objects = append(objects, delivery.ID)
	}

	story.Audit, err = selectAll(ctx, tx, scanAuditEntry, "SELECT sequence, at, actor, action, object, detail FROM "+
		s.dialect.rowsOf(auditTable)+" WHERE "+s.dialect.among("object", "$1")+" ORDER BY sequence LIMIT $2", listOf(objects), storyAtMost)
	return story, err
}
