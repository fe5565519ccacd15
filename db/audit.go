package db

import (
	"context"
	"database/sql"
	"encoding/json"

	"rieltime/checkout"
)

var insertAuditQuery = insertInto("audit", "at, actor, action, object, detail")

// audit adds a line to the audit trail in the transaction of what it records.
// What buyers, providers and the verifier do has no actor and is recorded by the
// rows and events themselves.
func (s *Store) audit(ctx context.Context, tx *sql.Tx, action, object string, detail map[string]any) error {
	actor := checkout.ActorOf(ctx)
	if actor == "" {
		return nil
	}

	if detail == nil {
		detail = map[string]any{}
	}

	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, insertAuditQuery,
		millis(s.now()), actor, action, object, string(text))
	return err
}

// Audit adds a line about something that has no transaction of its own.
func (s *Store) Audit(ctx context.Context, action, object string, detail map[string]any) error {
	actor := checkout.ActorOf(ctx)
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return s.audit(checkout.WithActor(ctx, actor), tx, action, object, detail)
	})
}

// auditPurchase records what a key or a command has done to a purchase: closed
// its session, asked for refunds, decided about reviews.
func (s *Store) auditPurchase(ctx context.Context, tx *sql.Tx, before, after checkout.Purchase) error {
	if checkout.ActorOf(ctx) == "" {
		return nil
	}

	if before.Session.Status != after.Session.Status {
		if err := s.audit(ctx, tx, "session."+string(after.Session.Status), after.Session.ID, nil); err != nil {
			return err
		}
	}

	for i := range before.Payments {
		if was, is := before.Payments[i].Decision, after.Payments[i].Decision; was == nil && is != nil {
			detail := map[string]any{"decision": is.Decision, "note": is.Note}
			if err := s.audit(ctx, tx, "review.decide", after.Payments[i].ID, detail); err != nil {
				return err
			}
		}
	}

	for _, refund := range after.Refunds[len(before.Refunds):] {
		detail := map[string]any{"payment": refund.PaymentID, "amount": refund.Amount.Decimal(), "currency": refund.Amount.Currency, "by_hand": refund.ByHand != nil}
		if err := s.audit(ctx, tx, "refund.create", refund.ID, detail); err != nil {
			return err
		}
	}

	return nil
}

// AuditQuery selects lines of the audit trail; empty fields select all.
type AuditQuery struct {
	Actor  string
	Object string
	After  int64 // sequence: only newer lines
	Limit  int
}

// AuditTrail lists the newest lines of the trail, oldest first.
func (s *Store) AuditTrail(ctx context.Context, query AuditQuery) ([]checkout.AuditEntry, error) {
	args := arguments{query.After}
	where := "sequence > $1"
	if query.Object != "" {
		where += " AND object = " + args.bind(query.Object)
	}

	if query.Actor != "" {
		where += " AND actor = " + args.bind(query.Actor)
	}

	return selectAll(ctx, s.lists, scanAuditEntry, `SELECT sequence, at, actor, action, object, detail FROM (
		SELECT * FROM `+s.dialect.rowsOf(auditTable)+` WHERE `+where+` ORDER BY sequence DESC LIMIT `+args.bind(query.Limit)+`) part ORDER BY sequence`, args...)
}

func scanAuditEntry(row scanner) (e checkout.AuditEntry, err error) {
	var at int64
	var detail string
	err = row.Scan(&e.Sequence, &at, &e.Actor, &e.Action, &e.Object, &detail)
	e.At, e.Detail = fromMillis(at), json.RawMessage(detail)
	return e, err
}

func (s *Store) auditApply(ctx context.Context, tx *sql.Tx, setup checkout.MerchantSetup, applied []checkout.AppliedMode, changes []string) error {
	modes := map[string]any{}
	for _, mode := range applied {
		modes[string(mode.Mode)] = map[string]any{
			"accounts": mode.Accounts, "key_made": mode.APIKey != "", "webhook_made": mode.WebhookSecret != "",
		}
	}
	return s.audit(ctx, tx, "merchant.apply", setup.Merchant.ID, map[string]any{"modes": modes, "changed": changes})
}
