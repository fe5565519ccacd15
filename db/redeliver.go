package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"rieltime/checkout"
)

// Redeliver queues a delivery again; see checkout.EndpointStore.
func (s *Store) Redeliver(ctx context.Context, deliveryID string, at time.Time) (checkout.DeliveryRecord, error) {
	var record checkout.DeliveryRecord
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if err := s.queueAgain(ctx, tx, deliveryID, at); err != nil {
			return err
		}
		if record, err = deliveryRecord(ctx, tx, deliveryID); err != nil {
			return err
		}
		return s.audit(ctx, tx, "webhook.redeliver", deliveryID, nil)
	})
	return record, err
}

// auditMany tells of deliveries to an endpoint that were queued again together,
// if there were any.
func (s *Store) auditMany(ctx context.Context, tx *sql.Tx, endpointID string, deliveries int) error {
	if deliveries == 0 {
		return nil
	}
	return s.audit(ctx, tx, "webhook.redeliver", endpointID, map[string]any{"deliveries": deliveries})
}

func (s *Store) queueAgain(ctx context.Context, tx *sql.Tx, deliveryID string, at time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE deliveries SET status = 'pending', attempts = 0, next_attempt_at = ? WHERE id = ?", millis(at), deliveryID)
	if err != nil {
		return err
	}
	return s.queue.now(ctx, tx, deliveryJob(deliveryID))
}

const redeliveredTogether = 100 // in one transaction, so that others come in between

// RedeliverFailed queues again what was given up; see checkout.EndpointStore.
func (s *Store) RedeliverFailed(ctx context.Context, endpointID string, at time.Time) (count int, err error) {
	for {
		var ids []string
		err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
			ids, err = texts(ctx, tx, "SELECT id FROM deliveries WHERE endpoint_id = ? AND status = 'failed' ORDER BY created_at LIMIT ?", endpointID, redeliveredTogether)
			for _, id := range ids {
				err = errors.Join(err, s.queueAgain(ctx, tx, id, at))
			}
			return errors.Join(err, s.auditMany(ctx, tx, endpointID, len(ids)))
		})
		if err != nil {
			return count, err
		}
		if count += len(ids); len(ids) < redeliveredTogether {
			return count, nil
		}
	}
}

// RedeliverRange queues events again; see checkout.EndpointStore.
func (s *Store) RedeliverRange(ctx context.Context, endpoint checkout.WebhookEndpoint, from, to, at time.Time) (count int, err error) {
	for after := int64(0); ; {
		events, err := s.selectEvents(ctx, "WHERE merchant_id = ? AND mode = ? AND created_at >= ? AND created_at < ? AND sequence > ? ORDER BY sequence LIMIT ?",
			endpoint.MerchantID, endpoint.Mode, millis(from), millis(to), after, redeliveredTogether)
		if err != nil {
			return count, err
		}
		heard := 0
		err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
			heard = 0
			for _, event := range events {
				if !endpoint.Hears(event.Type) {
					continue
				}
				heard++
				id, err := insertDelivery(ctx, tx, event, endpoint.ID, at)
				if err != nil {
					return err
				}
				if err := s.queueAgain(ctx, tx, id, at); err != nil {
					return err
				}
			}
			return s.auditMany(ctx, tx, endpoint.ID, heard)
		})
		if err != nil {
			return count, err
		}
		if count += heard; len(events) < redeliveredTogether {
			return count, nil
		}
		after = events[len(events)-1].Sequence
	}
}

// InsertTestEvent stores an event for one endpoint; see checkout.EndpointStore.
func (s *Store) InsertTestEvent(ctx context.Context, endpointID string, event checkout.Event) (checkout.DeliveryRecord, error) {
	var record checkout.DeliveryRecord
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var stored bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM events WHERE id = ?)", event.ID).Scan(&stored); err != nil {
			return err
		}
		if !stored {
			if err := s.insertEvents(ctx, tx, []checkout.Event{event}); err != nil {
				return err
			}
		}
		id, err := insertDelivery(ctx, tx, event, endpointID, event.CreatedAt)
		if err != nil {
			return err
		}
		if !stored {
			if err := s.queue.deliver(ctx, tx, id); err != nil {
				return err
			}
			if err := s.audit(ctx, tx, "webhook_endpoint.test", endpointID, nil); err != nil {
				return err
			}
		}
		record, err = deliveryRecord(ctx, tx, id)
		return err
	})
	return record, err
}
