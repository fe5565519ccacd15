package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"rieltime/checkout"
)

const endpointColumns = `id, merchant_id, mode, url, secret_sealed, previous_sealed, previous_until, events, description,
	disabled_reason, failing_since, created_at`

func (s *Store) scanEndpoint(row scanner) (e checkout.WebhookEndpoint, err error) {
	var secret, previous []byte
	var until, failing, created int64
	var events string
	err = row.Scan(&e.ID, &e.MerchantID, &e.Mode, &e.URL, &secret, &previous, &until, &events, &e.Description,
		&e.Disabled, &failing, &created)
	if err != nil {
		return e, translateErr(err)
	}

	e.PreviousUntil, e.FailingSince, e.CreatedAt = fromMillis(until), fromMillis(failing), fromMillis(created)
	plain, err := s.sealer.open(endpointPurpose(e.ID), secret)
	if err != nil {
		return e, err
	}

	e.Secret = checkout.Secret(plain)
	if previous != nil {
		if plain, err = s.sealer.open(endpointPurpose(e.ID), previous); err != nil {
			return e, err
		}
		e.PreviousSecret = checkout.Secret(plain)
	}

	return e, json.Unmarshal([]byte(events), &e.Events)
}

func (s *Store) selectEndpoint(ctx context.Context, q querier, id string) (checkout.WebhookEndpoint, error) {
	return s.scanEndpoint(q.QueryRowContext(ctx, "SELECT "+endpointColumns+" FROM webhook_endpoints WHERE id = $1 AND deleted_at = 0", id))
}

// Endpoint finds a webhook endpoint by its id.
func (s *Store) Endpoint(ctx context.Context, id string) (checkout.WebhookEndpoint, error) {
	return cachedSettings(s, endpointKey{id}, func() (checkout.WebhookEndpoint, error) { return s.selectEndpoint(ctx, s.read, id) })
}

// ListEndpoints pages through a merchant's webhook endpoints.
func (s *Store) ListEndpoints(ctx context.Context, merchantID string, mode checkout.Mode, part checkout.ListPart) ([]checkout.WebhookEndpoint, bool, error) {
	l := newList("webhook_endpoints", merchantID, mode, part)
	l.where += " AND deleted_at = 0"
	clause, err := l.clause(ctx, s)
	if err != nil {
		return nil, false, err
	}

	endpoints, err := selectAll(ctx, s.lists, s.scanEndpoint, "SELECT "+endpointColumns+" FROM webhook_endpoints "+clause, l.args...)
	endpoints, more := page(endpoints, part)
	return endpoints, more, err
}

// InsertEndpoint stores an endpoint; see checkout.EndpointStore.
func (s *Store) InsertEndpoint(ctx context.Context, endpoint checkout.WebhookEndpoint) (checkout.WebhookEndpoint, error) {
	stored := endpoint
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if err := s.lock(ctx, tx, lockEndpoint, endpoint.MerchantID, string(endpoint.Mode)); err != nil {
			return err
		}

		stored, err = s.selectEndpoint(ctx, tx, endpoint.ID)
		if !errors.Is(err, checkout.ErrNotFound) {
			return err
		}

		var count int
		err = tx.QueryRowContext(ctx, "SELECT count(*) FROM webhook_endpoints WHERE merchant_id = $1 AND mode = $2 AND deleted_at = 0",
			endpoint.MerchantID, endpoint.Mode).Scan(&count)
		if err != nil {
			return err
		}
		if count >= checkout.MaxEndpoints {
			return checkout.ErrEndpointsTooMany
		}

		stored = endpoint
		if err := s.insertEndpoint(ctx, tx, endpoint, false); err != nil {
			return err
		}

		return s.audit(ctx, tx, "webhook_endpoint.create", endpoint.ID, map[string]any{"url": endpoint.URL})
	})
	return stored, err
}

// insertEndpoint stores an endpoint; applied is the one of a merchant's file.
func (s *Store) insertEndpoint(ctx context.Context, tx *sql.Tx, e checkout.WebhookEndpoint, applied bool) error {
	last, err := advanceFeed(ctx, tx, e.MerchantID, e.Mode, 0)
	if err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, `INSERT INTO webhook_endpoints (id, merchant_id, mode, url, secret_sealed, created_at, applied, hears_since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.ID, e.MerchantID, e.Mode, e.URL, s.sealer.seal(endpointPurpose(e.ID), []byte(e.Secret.Reveal())), millis(e.CreatedAt), flag(applied), last)
	if err != nil {
		return err
	}
	return s.saveEndpoint(ctx, tx, e)
}

// saveEndpoint writes what may change of an endpoint.
func (s *Store) saveEndpoint(ctx context.Context, tx *sql.Tx, e checkout.WebhookEndpoint) error {
	events, err := json.Marshal(e.Events)
	if err != nil {
		return err
	}

	if err := keepHearsSince(ctx, tx, e, string(events)); err != nil {
		return err
	}

	var previous []byte
	if e.PreviousSecret != "" {
		previous = s.sealer.seal(endpointPurpose(e.ID), []byte(e.PreviousSecret.Reveal()))
	}

	_, err = tx.ExecContext(ctx, `UPDATE webhook_endpoints SET url = $1, secret_sealed = $2, previous_sealed = $3, previous_until = $4, description = $5,
		disabled_reason = $6, failing_since = $7, events = $8, disabled = $9 WHERE id = $10`,
		e.URL, s.sealer.seal(endpointPurpose(e.ID), []byte(e.Secret.Reveal())), previous, millis(e.PreviousUntil), e.Description,
		e.Disabled, millis(e.FailingSince), string(events), flag(e.Disabled != ""), e.ID)
	if err != nil || e.Disabled == "" {
		return err
	}

	_, err = giveUpDeliveries(ctx, tx, e.ID)
	return err
}

// keepHearsSince notes from which event on an endpoint listens when it is about to
// be enabled, disabled or given another filter.
func keepHearsSince(ctx context.Context, tx *sql.Tx, e checkout.WebhookEndpoint, events string) error {
	var eventsBefore string
	var disabledBefore bool
	err := tx.QueryRowContext(ctx, "SELECT events, disabled FROM webhook_endpoints WHERE id = $1", e.ID).Scan(&eventsBefore, &disabledBefore)
	if err != nil || events == eventsBefore && disabledBefore == (e.Disabled != "") {
		return err
	}

	last, err := advanceFeed(ctx, tx, e.MerchantID, e.Mode, 0)
	if err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, "UPDATE webhook_endpoints SET hears_since = $1 WHERE id = $2", last, e.ID)
	return err
}

const givenUpTogether = 200

// giveUpDeliveries gives up what waits for an endpoint that is disabled; of very
// many some, and reports whether there may be more: nothing is sent to it in the
// meantime.
func giveUpDeliveries(ctx context.Context, tx *sql.Tx, endpointID string) (more bool, err error) {
	result, err := tx.ExecContext(ctx, `UPDATE deliveries SET status = 'failed', next_attempt_at = 0 WHERE id IN
		(SELECT id FROM deliveries WHERE endpoint_id = $1 AND status = 'pending' LIMIT $2)`, endpointID, givenUpTogether)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == givenUpTogether, err
}

// giveUpTheRest ends what giveUpDeliveries has begun.
func (s *Store) giveUpTheRest(ctx context.Context) error {
	disabled, err := queryStrings(ctx, s.lists, `SELECT id FROM webhook_endpoints w WHERE disabled = 1
		AND EXISTS (SELECT 1 FROM deliveries WHERE endpoint_id = w.id AND status = 'pending')`)
	if err != nil {
		return err
	}

	for _, id := range disabled {
		err := s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) { return giveUpDeliveries(ctx, tx, id) })
		if err != nil {
			return err
		}
	}

	return nil
}

// UpdateEndpoint changes an endpoint; see checkout.EndpointStore.
func (s *Store) UpdateEndpoint(ctx context.Context, id string, change func(*checkout.WebhookEndpoint) error) (checkout.WebhookEndpoint, error) {
	var endpoint checkout.WebhookEndpoint
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if err := s.lock(ctx, tx, lockEndpoint, id); err != nil {
			return err
		}
		if endpoint, err = s.selectEndpoint(ctx, tx, id); err != nil {
			return err
		}

		before := endpoint.Secret
		if err := change(&endpoint); err != nil {
			return err
		}
		if err := s.saveEndpoint(ctx, tx, endpoint); err != nil {
			return err
		}

		action := "webhook_endpoint.update"
		if !before.Equal(endpoint.Secret.Reveal()) {
			action = "webhook_endpoint.rotate_secret"
		}

		return s.audit(ctx, tx, action, id, map[string]any{"url": endpoint.URL, "disabled": endpoint.Disabled})
	})
	return endpoint, err
}

// DeleteEndpoint removes an endpoint; its row stays for the deliveries made to
// it, without its secrets.
func (s *Store) DeleteEndpoint(ctx context.Context, id string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockEndpoint, id); err != nil {
			return err
		}

		result, err := tx.ExecContext(ctx, `UPDATE webhook_endpoints SET deleted_at = $1, disabled = 1, disabled_reason = 'merchant', secret_sealed = $2, previous_sealed = NULL
			WHERE id = $3 AND deleted_at = 0`, millis(at), s.sealer.seal(endpointPurpose(id), nil), id)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, checkout.ErrNotFound)
		}
		if _, err := giveUpDeliveries(ctx, tx, id); err != nil {
			return err
		}

		return s.audit(ctx, tx, "webhook_endpoint.delete", id, nil)
	})
}
