package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"rieltime/checkout"
)

// Redeliver queues a delivery again; see checkout.EndpointStore.
func (s *Store) Redeliver(ctx context.Context, deliveryID string, at time.Time) (checkout.DeliveryRecord, error) {
	var record checkout.DeliveryRecord
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if err := s.queueAgain(ctx, tx, deliveryID, at); err != nil {
			return err
		}
		if record, err = s.deliveryRecord(ctx, tx, deliveryID); err != nil {
			return err
		}
		return s.audit(ctx, tx, "webhook.redeliver", deliveryID, nil)
	})
	return record, err
}

func (s *Store) queueAgain(ctx context.Context, tx *sql.Tx, deliveryID string, at time.Time) error {
	// The first generation may be under way without a job; see deliverer.
	_, err := tx.ExecContext(ctx, `UPDATE deliveries SET status = 'pending', attempts = 0, next_attempt_at = $1,
		generation = CASE WHEN generation = 0 THEN 1 ELSE generation END WHERE id = $2`, millis(at), deliveryID)
	if err != nil {
		return err
	}
	return s.queue.runNow(ctx, tx, deliveryJob(deliveryID))
}

// redelivery is the queueing again of many deliveries to an endpoint, and how far
// it has got. Its times are milliseconds since 1970.
type redelivery struct {
	EndpointID string `json:"endpoint_id"`
	Failed     bool   `json:"failed,omitempty"` // what was given up; else the events of a range
	From       int64  `json:"from,omitempty"`
	To         int64  `json:"to,omitempty"`
	At         int64  `json:"at"`

	// The last one that was queued: when it was made, and its event's sequence
	// or its own id.
	LastAt       int64  `json:"last_at"`
	LastSequence int64  `json:"last_sequence,omitempty"`
	LastID       string `json:"last_id,omitempty"`
}

func (redelivery) Kind() string { return "redeliver" }

var redeliverFor = 2 * time.Second // while the caller waits; the rest is a job

// RedeliverFailed queues again what was given up; see checkout.EndpointStore.
func (s *Store) RedeliverFailed(ctx context.Context, endpointID string, at time.Time) (count int, err error) {
	endpoint, err := s.Endpoint(ctx, endpointID)
	if err != nil {
		return 0, err
	}
	err = s.lists.QueryRowContext(ctx, "SELECT count(*) FROM deliveries WHERE endpoint_id = $1 AND status = 'failed'", endpointID).Scan(&count)
	if err != nil {
		return 0, translateErr(err)
	}
	return count, s.beginRedelivery(ctx, endpoint, redelivery{EndpointID: endpointID, Failed: true, At: millis(at)}, count)
}

// RedeliverRange queues events again; see checkout.EndpointStore.
func (s *Store) RedeliverRange(ctx context.Context, endpoint checkout.WebhookEndpoint, from, to, at time.Time) (count int, err error) {
	var types []string
	for _, kind := range checkout.EventTypes() {
		if endpoint.Subscribes(kind) {
			types = append(types, string(kind))
		}
	}

	err = s.lists.QueryRowContext(ctx, "SELECT count(*) FROM events WHERE merchant_id = $1 AND mode = $2 AND created_at >= $3 AND created_at < $4 AND type IN "+s.dialect.listed("$5"),
		endpoint.MerchantID, endpoint.Mode, millis(from), millis(to), listOf(types)).Scan(&count)
	if err != nil {
		return 0, translateErr(err)
	}

	return count, s.beginRedelivery(ctx, endpoint, redelivery{EndpointID: endpoint.ID, From: millis(from), To: millis(to), At: millis(at), LastAt: millis(from)}, count)
}

// beginRedelivery has what is quickly done done when it returns.
func (s *Store) beginRedelivery(ctx context.Context, endpoint checkout.WebhookEndpoint, work redelivery, count int) error {
	if count == 0 {
		return nil
	}
	if err := s.Audit(ctx, "webhook.redeliver", endpoint.ID, map[string]any{"deliveries": count}); err != nil {
		return err
	}
	return s.redeliver(context.WithoutCancel(ctx), endpoint, work, redeliverFor)
}

// redeliver goes on with a redelivery, and after a while leaves the rest to a
// job.
func (s *Store) redeliver(ctx context.Context, endpoint checkout.WebhookEndpoint, work redelivery, while time.Duration) error {
	next := s.redeliverEvent
	if work.Failed {
		next = s.redeliverGivenUp
	}

	begun := time.Now()
	_, err := inPiecesFrom(ctx, s, work, func(ctx context.Context, tx *sql.Tx, work *redelivery) (more bool, err error) {
		if time.Since(begun) > while {
			_, err = s.queue.insert(ctx, tx, *work, river.InsertOpts{Queue: river.QueueDefault})
			return false, err
		}
		return next(ctx, tx, endpoint, work)
	})
	return err
}

// redeliverEvent queues the next event of a range, if the endpoint receives it.
func (s *Store) redeliverEvent(ctx context.Context, tx *sql.Tx, endpoint checkout.WebhookEndpoint, work *redelivery) (more bool, err error) {
	var event checkout.Event
	err = tx.QueryRowContext(ctx, `SELECT sequence, id, type, created_at FROM events WHERE merchant_id = $1 AND mode = $2
		AND (created_at, sequence) > ($3, $4) AND created_at < $5 ORDER BY created_at, sequence LIMIT 1`,
		endpoint.MerchantID, endpoint.Mode, work.LastAt, work.LastSequence, work.To).
		Scan(&work.LastSequence, &event.ID, &event.Type, &work.LastAt)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil || !endpoint.Subscribes(event.Type) {
		return err == nil, err
	}

	id, err := insertDelivery(ctx, tx, event, endpoint.ID, fromMillis(work.At))
	if err != nil {
		return false, err
	}

	return true, s.queueAgain(ctx, tx, id, fromMillis(work.At))
}

// redeliverGivenUp queues the next delivery that was given up before.
func (s *Store) redeliverGivenUp(ctx context.Context, tx *sql.Tx, endpoint checkout.WebhookEndpoint, work *redelivery) (more bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT id, created_at FROM deliveries WHERE endpoint_id = $1 AND status = 'failed'
		AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT 1`, endpoint.ID, work.LastAt, work.LastID).Scan(&work.LastID, &work.LastAt)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, s.queueAgain(ctx, tx, work.LastID, fromMillis(work.At))
}

// redeliverWorker does what was left of a redelivery.
type redeliverWorker struct {
	river.WorkerDefaults[redelivery]
	store *Store
}

func (w *redeliverWorker) Work(ctx context.Context, job *river.Job[redelivery]) error {
	endpoint, err := w.store.Endpoint(ctx, job.Args.EndpointID)
	if err == nil && endpoint.Disabled != "" { // meanwhile, so that nothing may be sent to it
		return nil
	}
	if err != nil {
		return outcome(0, err)
	}
	return w.store.redeliver(ctx, endpoint, job.Args, jobTimeout/2)
}

// InsertTestEvent stores an event for one endpoint; see checkout.EndpointStore.
func (s *Store) InsertTestEvent(ctx context.Context, endpointID string, event checkout.Event) (checkout.DeliveryRecord, error) {
	var record checkout.DeliveryRecord
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var stored bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM events WHERE id = $1)", event.ID).Scan(&stored); err != nil {
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
			if err := s.queue.deliver(ctx, tx, checkout.Delivery{ID: id}); err != nil {
				return err
			}
			if err := s.audit(ctx, tx, "webhook_endpoint.test", endpointID, nil); err != nil {
				return err
			}
		}

		record, err = s.deliveryRecord(ctx, tx, id)
		return err
	})
	return record, err
}
