package db

import (
	"context"
	"database/sql"
	"time"

	"rieltime/checkout"
)

// insertEvents stores events with a delivery, and its job, for each endpoint
// that hears them.
func (s *Store) insertEvents(ctx context.Context, tx *sql.Tx, events []checkout.Event) error {
	for _, e := range events {
		_, err := tx.ExecContext(ctx, `INSERT INTO events (id, merchant_id, mode, type, session_id, payment_id, created_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, e.MerchantID, e.Mode, e.Type, e.SessionID, e.PaymentID, millis(e.CreatedAt), string(e.Body))
		if err != nil {
			return err
		}
		if err := s.insertDeliveries(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) insertDeliveries(ctx context.Context, tx *sql.Tx, e checkout.Event) error {
	endpoints, err := texts(ctx, tx, "SELECT id FROM webhook_endpoints WHERE merchant_id = ? AND mode = ? AND disabled = 0", e.MerchantID, e.Mode)
	if err != nil {
		return err
	}
	for _, endpoint := range endpoints {
		id := checkout.NewDeliveryID()
		_, err := tx.ExecContext(ctx, "INSERT INTO deliveries (id, event_id, endpoint_id, status, created_at) VALUES (?, ?, ?, 'pending', ?)",
			id, e.ID, endpoint, millis(e.CreatedAt))
		if err != nil {
			return err
		}
		if err := s.queue.deliver(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

func texts(ctx context.Context, q querier, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		found = append(found, text)
	}
	return found, rows.Err()
}

// Delivery loads what is to be sent where.
func (s *Store) Delivery(ctx context.Context, id string) (d checkout.Delivery, err error) {
	var status, body string
	var sealed []byte
	err = s.read.QueryRowContext(ctx, `SELECT d.id, d.event_id, d.endpoint_id, d.status, w.url, w.secret_sealed, w.disabled, e.body,
		(SELECT count(*) FROM delivery_attempts a WHERE a.delivery_id = d.id)
		FROM deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id JOIN events e ON e.id = d.event_id WHERE d.id = ?`, id).
		Scan(&d.ID, &d.EventID, &d.EndpointID, &status, &d.URL, &sealed, &d.Disabled, &body, &d.Attempts)
	if err != nil {
		return d, named(err)
	}
	d.Done = status != "pending"
	d.Body = []byte(body)
	secret, err := s.sealer.open(endpointPurpose(d.EndpointID), sealed)
	d.Secret = checkout.Secret(secret)
	return d, err
}

// RecordAttempt keeps what came of trying a delivery.
func (s *Store) RecordAttempt(ctx context.Context, a checkout.DeliveryAttempt) error {
	status := "pending"
	switch {
	case a.Delivered:
		status = "delivered"
	case a.GaveUp:
		status = "failed"
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO delivery_attempts (delivery_id, at, status, answer, took_ms) VALUES (?, ?, ?, ?, ?)",
			a.DeliveryID, millis(a.At), a.Status, a.Answer, a.Took.Milliseconds())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE deliveries SET status = ?, attempted_at = ? WHERE id = ? AND status <> 'delivered'", status, millis(a.At), a.DeliveryID)
		return err
	})
}

// pendingDeliveries lists deliveries that still wait, made before a moment.
func (s *Store) pendingDeliveries(ctx context.Context, before time.Time) ([]string, error) {
	return texts(ctx, s.read, "SELECT id FROM deliveries WHERE status = 'pending' AND created_at < ? ORDER BY created_at", millis(before))
}
