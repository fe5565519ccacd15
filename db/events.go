package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"rieltime/checkout"
)

var insertEventQuery = insertInto("events", "sequence, id, merchant_id, mode, type, session_id, payment_id, created_at, body")

// insertEvents numbers and stores events, with a delivery, and its job, for each
// endpoint that receives them.
func (s *Store) insertEvents(ctx context.Context, tx *sql.Tx, events []checkout.Event) error {
	for _, e := range events {
		// The number is drawn first: from here on no endpoint of the merchant begins
		// to listen, so that hears_since says which events are delivered to it.
		sequence, err := advanceFeed(ctx, tx, e.MerchantID, e.Mode, 1)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, insertEventQuery,
			sequence, e.ID, e.MerchantID, e.Mode, e.Type, e.SessionID, e.PaymentID, millis(e.CreatedAt), string(e.Body))
		if err != nil {
			return err
		}
		if err := s.insertDeliveries(ctx, tx, e, sequence); err != nil {
			return err
		}
		if err := s.queueNotices(ctx, tx, e); err != nil {
			return err
		}
	}

	return nil
}

func (s *Store) insertDeliveries(ctx context.Context, tx *sql.Tx, e checkout.Event, sequence int64) error {
	endpoints, err := s.listeners(ctx, tx, e)
	if err != nil {
		return err
	}

	for _, endpoint := range endpoints {
		id, err := insertDelivery(ctx, tx, e, endpoint, e.CreatedAt)
		if err != nil {
			return err
		}
		delivery := checkout.Delivery{ID: id, EventID: e.ID, EndpointID: endpoint, Body: numbered(string(e.Body), sequence)}
		if err := s.queue.deliver(ctx, tx, delivery); err != nil {
			return err
		}
	}

	return nil
}

// listeners are the endpoints that receive an event.
func (s *Store) listeners(ctx context.Context, tx *sql.Tx, e checkout.Event) ([]string, error) {
	endpoints, err := selectAll(ctx, tx, func(row scanner) (endpoint checkout.WebhookEndpoint, err error) {
		var types string
		if err := row.Scan(&endpoint.ID, &types); err != nil {
			return endpoint, err
		}
		return endpoint, json.Unmarshal([]byte(types), &endpoint.Events)
	}, "SELECT id, events FROM webhook_endpoints WHERE merchant_id = $1 AND mode = $2 AND disabled = 0", e.MerchantID, e.Mode)

	var ids []string
	for _, endpoint := range endpoints {
		if endpoint.Subscribes(e.Type) {
			ids = append(ids, endpoint.ID)
		}
	}

	return ids, err
}

// insertDelivery stores a delivery, unless there is one already, and gives its
// id.
func insertDelivery(ctx context.Context, tx *sql.Tx, e checkout.Event, endpointID string, at time.Time) (id string, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO deliveries (id, event_id, endpoint_id, status, created_at, next_attempt_at) VALUES ($1, $2, $3, 'pending', $4, $5)
		ON CONFLICT (event_id, endpoint_id) DO NOTHING RETURNING id`,
		checkout.NewDeliveryID(), e.ID, endpointID, millis(at), millis(at)).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	return id, tx.QueryRowContext(ctx, "SELECT id FROM deliveries WHERE event_id = $1 AND endpoint_id = $2", e.ID, endpointID).Scan(&id)
}

// ListEvents reads the feed of a merchant's events, and whether it goes on.
func (s *Store) ListEvents(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.EventQuery) ([]checkout.Event, bool, error) {
	where := "WHERE merchant_id = $1 AND mode = $2 AND sequence > $3"
	args := arguments{merchantID, mode, query.AfterSequence}
	if query.Type != "" {
		where += " AND type = " + args.bind(query.Type)
	}

	events, err := s.selectEvents(ctx, where+" ORDER BY sequence LIMIT "+args.bind(query.Limit+1), args...)
	if err != nil {
		return nil, false, err
	}

	more := len(events) > query.Limit
	return events[:min(len(events), query.Limit)], more, nil
}

// LatestEvents reads the end of the feed, newest first.
func (s *Store) LatestEvents(ctx context.Context, merchantID string, mode checkout.Mode, limit int) ([]checkout.Event, error) {
	return s.selectEvents(ctx, "WHERE merchant_id = $1 AND mode = $2 ORDER BY sequence DESC LIMIT $3", merchantID, mode, limit)
}

// Event finds an event by its id.
func (s *Store) Event(ctx context.Context, id string) (checkout.Event, error) {
	events, err := s.selectEvents(ctx, "WHERE id = $1", id)
	if err != nil {
		return checkout.Event{}, err
	}
	if len(events) == 0 {
		return checkout.Event{}, checkout.ErrNotFound
	}
	return events[0], nil
}

func scanEvent(row scanner) (e checkout.Event, err error) {
	var created int64
	var body string
	err = row.Scan(&e.Sequence, &e.ID, &e.MerchantID, &e.Mode, &e.Type, &e.SessionID, &e.PaymentID, &created, &body)
	e.CreatedAt, e.Body = fromMillis(created), numbered(body, e.Sequence)
	return e, err
}

func (s *Store) selectEvents(ctx context.Context, where string, args ...any) ([]checkout.Event, error) {
	return selectAll(ctx, s.lists, scanEvent, "SELECT sequence, id, merchant_id, mode, type, session_id, payment_id, created_at, body FROM events "+where, args...)
}
