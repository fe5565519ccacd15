package db

import (
	"context"
	"database/sql"
	"time"

	"rieltime/checkout"
)

// Delivery loads what is to be sent where.
func (s *Store) Delivery(ctx context.Context, id string) (d checkout.Delivery, err error) {
	ctx = context.WithoutCancel(ctx) // rows by their keys: watching for the end would take longer
	d, stored := reserved(ctx, id)
	if !stored {
		if d, err = s.selectDelivery(ctx, id); err != nil {
			return d, err
		}
	}

	endpoint, err := s.Endpoint(ctx, d.EndpointID)
	if err != nil {
		return d, err
	}

	d.Mode, d.URL, d.Disabled, d.FailingSince = endpoint.Mode, endpoint.URL, endpoint.Disabled != "", endpoint.FailingSince
	d.Secrets = []checkout.Secret{endpoint.Secret}
	if s.now().Before(endpoint.PreviousUntil) {
		d.Secrets = append(d.Secrets, endpoint.PreviousSecret)
	}

	return d, nil
}

func (s *Store) selectDelivery(ctx context.Context, id string) (d checkout.Delivery, err error) {
	var status checkout.DeliveryStatus
	var body string
	var sequence int64
	err = s.read.QueryRowContext(ctx, `SELECT d.id, d.event_id, d.endpoint_id, d.status, d.attempts, d.generation, e.sequence, e.body
		FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.id = $1`, id).
		Scan(&d.ID, &d.EventID, &d.EndpointID, &status, &d.Attempts, &d.Generation, &sequence, &body)
	d.Body, d.Done = numbered(body, sequence), status != checkout.DeliveryPending
	return d, translateErr(err)
}

var insertAttemptQuery = insertInto("delivery_attempts", "delivery_id, at, status, answer, error, took_ms, delivered")

// RecordAttempt keeps what came of trying a delivery; see
// checkout.DeliveryStore.
func (s *Store) RecordAttempt(ctx context.Context, a checkout.DeliveryAttempt) (checkout.WebhookEndpoint, error) {
	var endpoint checkout.WebhookEndpoint
	err := s.updateSoon(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertAttemptQuery,
			a.DeliveryID, millis(a.At), a.Status, a.Answer, a.Error, a.Took.Milliseconds(), flag(a.Delivered))
		if err != nil {
			return err
		}

		var endpointID string
		var times attemptTimes
		err = tx.QueryRowContext(ctx, "SELECT endpoint_id, created_at, attempts_from, attempts_to FROM deliveries WHERE id = $1", a.DeliveryID).
			Scan(&endpointID, &times.created, &times.from, &times.to)
		if err != nil {
			return err
		}

		if err := s.lock(ctx, tx, lockEndpoint, endpointID); err != nil {
			return err
		}

		if err := times.widen(ctx, tx, a); err != nil {
			return err
		}

		status, next := checkout.DeliveryPending, millis(a.NextAt)
		switch {
		case a.Delivered:
			status, next = checkout.DeliveryDelivered, 0
		case a.GaveUp:
			status, next = checkout.DeliveryFailed, 0
		}

		_, err = tx.ExecContext(ctx, `UPDATE deliveries SET status = $1, next_attempt_at = $2, attempts = attempts + 1, attempted_at = $3
			WHERE id = $4 AND status <> 'delivered' AND generation = $5`, status, next, millis(a.At), a.DeliveryID, a.Generation)
		if err != nil {
			return err
		}

		endpoint, err = s.updateEndpoint(ctx, tx, endpointID, a)
		return err
	})
	return endpoint, err
}

// updateEndpoint notes an attempt with its endpoint. Nothing waits for one that is
// disabled, also when it became so while the attempt was under way.
func (s *Store) updateEndpoint(ctx context.Context, tx *sql.Tx, endpointID string, a checkout.DeliveryAttempt) (checkout.WebhookEndpoint, error) {
	endpoint, err := s.selectEndpoint(ctx, tx, endpointID)
	if err != nil {
		return endpoint, ignoreNotFound(err)
	}
	before := endpoint
	endpoint.RecordAttempt(a)
	if endpoint.FailingSince.Equal(before.FailingSince) && endpoint.Disabled == "" {
		return endpoint, nil
	}
	return endpoint, s.saveEndpoint(ctx, tx, endpoint)
}

// ListDeliveries pages through the deliveries to an endpoint, with their
// attempts.
func (s *Store) ListDeliveries(ctx context.Context, query checkout.DeliveryQuery) ([]checkout.DeliveryRecord, bool, error) {
	l := &list{table: "deliveries", owner: "endpoint_id = $1", args: arguments{query.EndpointID}, ownerArgs: 1, part: query.ListPart}
	l.filter("status", string(query.Status))
	clause, err := l.clause(ctx, s)
	if err != nil {
		return nil, false, err
	}

	tx, err := s.lists.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot}) // deliveries and their attempts as they were at one moment
	if err != nil {
		return nil, false, translateErr(err)
	}

	defer func() { _ = tx.Rollback() }()

	records, err := s.selectDeliveries(ctx, tx, clause, l.args...)
	if err != nil {
		return nil, false, err
	}

	records, more := page(records, query.ListPart)
	return records, more, nil
}

// DeliveryRecord finds a delivery with its attempts.
func (s *Store) DeliveryRecord(ctx context.Context, id string) (checkout.DeliveryRecord, error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot})
	if err != nil {
		return checkout.DeliveryRecord{}, translateErr(err)
	}
	defer func() { _ = tx.Rollback() }()
	return s.deliveryRecord(ctx, tx, id)
}

func (s *Store) deliveryRecord(ctx context.Context, q querier, id string) (checkout.DeliveryRecord, error) {
	records, err := s.selectDeliveries(ctx, q, "WHERE id = $1", id)
	if err != nil {
		return checkout.DeliveryRecord{}, err
	}
	if len(records) == 0 {
		return checkout.DeliveryRecord{}, checkout.ErrNotFound
	}
	return records[0], nil
}

func scanDelivery(row scanner) (d scannedDelivery, err error) {
	var next int64
	err = row.Scan(&d.ID, &d.EndpointID, &d.EventID, &d.Status, &next, &d.times.created, &d.times.last, &d.times.from, &d.times.to, &d.EventType, &d.Mode)
	d.NextAttemptAt, d.CreatedAt = fromMillis(next), fromMillis(d.times.created)
	return d, err
}

// scannedDelivery is a delivery and how its attempts are found.
type scannedDelivery struct {
	checkout.DeliveryRecord
	times attemptTimes
}

func (s *Store) selectDeliveries(ctx context.Context, q querier, where string, args ...any) ([]checkout.DeliveryRecord, error) {
	found, err := selectAll(ctx, q, scanDelivery, `SELECT id, endpoint_id, event_id, status, next_attempt_at, created_at, attempted_at, attempts_from, attempts_to,
		(SELECT type FROM events WHERE id = event_id), (SELECT mode FROM events WHERE id = event_id) FROM deliveries `+where, args...)
	if err != nil {
		return nil, err
	}

	records := make([]checkout.DeliveryRecord, len(found))
	for i, d := range found {
		records[i] = d.DeliveryRecord
		if records[i].Attempts, err = s.selectAttempts(ctx, q, d); err != nil {
			return nil, err
		}
	}

	return records, nil
}

// attemptTimes is what a delivery's row holds of when its attempts were made, in
// milliseconds since 1970; 0 for none. It bounds where PostgreSQL looks for them: in the
// partitions of a few months, however many there are.
type attemptTimes struct {
	created, last int64
	from, to      int64 // of attempts that are further than attemptsApart from created
}

// attemptsApart is how far attempts may be from the times in the row, because the
// clock was set back or forward.
const attemptsApart = 31 * 24 * time.Hour

func (t attemptTimes) bounds() (from, to int64) {
	from, to = t.created, max(t.created, t.last, t.to)
	if t.from != 0 {
		from = min(from, t.from)
	}
	return from - attemptsApart.Milliseconds(), to + attemptsApart.Milliseconds()
}

// widen has the bounds contain an attempt, also after later attempts: a delivery is sent
// again after months, or the clock is far off for a while.
func (t attemptTimes) widen(ctx context.Context, tx *sql.Tx, a checkout.DeliveryAttempt) error {
	at := millis(a.At)
	if from, to := t.bounds(); at >= from && at <= to {
		return nil
	}

	query := "UPDATE deliveries SET attempts_to = $1 WHERE id = $2 AND attempts_to < $1"
	if at < t.created {
		query = "UPDATE deliveries SET attempts_from = $1 WHERE id = $2 AND (attempts_from = 0 OR attempts_from > $1)"
	}
	_, err := tx.ExecContext(ctx, query, at, a.DeliveryID)
	return err
}

// selectAttempts reads the attempts of one delivery, oldest first.
func (s *Store) selectAttempts(ctx context.Context, q querier, d scannedDelivery) ([]checkout.DeliveryAttempt, error) {
	from, to := d.times.bounds()
	return selectAll(ctx, q, func(row scanner) (checkout.DeliveryAttempt, error) {
		a := checkout.DeliveryAttempt{DeliveryID: d.ID}
		var at, took int64
		err := row.Scan(&at, &a.Status, &a.Answer, &a.Error, &took, &a.Delivered)
		a.At, a.Took = fromMillis(at), time.Duration(took)*time.Millisecond
		return a, err
	}, "SELECT at, status, answer, error, took_ms, delivered FROM "+s.dialect.rowsOf(attemptsTable)+" WHERE delivery_id = $1 AND at >= $2 AND at <= $3 ORDER BY at",
		d.ID, from, to)
}

const overdueAtOnce = 1000

// overdueDeliveries lists deliveries that should have been tried by now.
func (s *Store) overdueDeliveries(ctx context.Context, before time.Time) ([]string, error) {
	return queryStrings(ctx, s.lists, "SELECT id FROM deliveries WHERE status = 'pending' AND next_attempt_at < $1 ORDER BY next_attempt_at LIMIT $2",
		millis(before), overdueAtOnce)
}
