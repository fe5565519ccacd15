package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"rieltime/checkout"
)

// CheckIdempotency returns an error for a request that cannot be leased: those of
// checkout.IdempotentRequest. It writes nothing.
func (s *Store) CheckIdempotency(ctx context.Context, request checkout.IdempotentRequest) error {
	_, err := s.selectIdempotency(ctx, s.read, request)
	return translateErr(err)
}

// LeaseIdempotency leases a request until a moment and sets its seed: that of an
// earlier lease which ended without a result, or a new one. The time that the
// change waits for the writer is added to the lease.
func (s *Store) LeaseIdempotency(ctx context.Context, request checkout.IdempotentRequest, until time.Time) (checkout.IdempotentRequest, error) {
	lease := until.Sub(s.now())
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if err := s.lockIdempotency(ctx, tx, request); err != nil {
			return err
		}

		request.LeasedUntil, request.Retried = s.now().Add(lease), false
		if request.Seed, err = s.selectIdempotency(ctx, tx, request); err != nil {
			return err
		}
		if request.Seed == nil {
			return s.upsertIdempotency(ctx, tx, &request, checkout.RequestResult{})
		}

		request.Retried = true
		_, err = tx.ExecContext(ctx, "UPDATE idempotency_keys SET leased_until = $1 WHERE merchant_id = $2 AND mode = $3 AND key = $4",
			millis(request.LeasedUntil), request.MerchantID, request.Mode, request.Key)
		return err
	})
	return request, err
}

func (s *Store) lockIdempotency(ctx context.Context, tx *sql.Tx, request checkout.IdempotentRequest) error {
	return s.lock(ctx, tx, lockIdempotency, request.MerchantID, string(request.Mode), request.Key)
}

// RenewIdempotency extends the lease of a request, by its wait for the writer too.
// For one that has a result or was taken over it returns checkout.ErrNotFound.
func (s *Store) RenewIdempotency(ctx context.Context, request checkout.IdempotentRequest, until time.Time) (checkout.IdempotentRequest, error) {
	lease := until.Sub(s.now())
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		until = s.now().Add(lease)
		var renewed int
		return tx.QueryRowContext(ctx, `UPDATE idempotency_keys SET leased_until = $1
			WHERE merchant_id = $2 AND mode = $3 AND key = $4 AND leased_until = $5 AND status = 0 RETURNING 1`,
			millis(until), request.MerchantID, request.Mode, request.Key, millis(request.LeasedUntil)).Scan(&renewed)
	})
	if err == nil {
		request.LeasedUntil = until
	}

	return request, err
}

// selectIdempotency returns the seed of a request whose lease has ended; nil when
// the request is new.
func (s *Store) selectIdempotency(ctx context.Context, q querier, request checkout.IdempotentRequest) (seed []byte, err error) {
	var operation, contentHash string
	var result checkout.RequestResult
	var seedSealed, bodySealed []byte
	var leased int64
	err = q.QueryRowContext(ctx, `SELECT route, body_hash, seed_sealed, leased_until, status, location, answer_sealed
		FROM idempotency_keys WHERE merchant_id = $1 AND mode = $2 AND key = $3 AND created_at > $4`,
		request.MerchantID, request.Mode, request.Key, millis(s.now().Add(-checkout.IdempotencyKeptFor))).
		Scan(&operation, &contentHash, &seedSealed, &leased, &result.Effect, &result.ObjectID, &bodySealed)

	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case operation != request.Operation || contentHash != request.ContentHash:
		return nil, checkout.ErrIdempotencyMismatch
	case result.Effect > 0:
		if result.Body, err = s.sealer.open(idempotencyPurpose("answer", request), bodySealed); err != nil {
			return nil, err
		}
		return nil, &checkout.AlreadyCarriedOut{Result: result}

	case leased > millis(s.now()):
		return nil, checkout.ErrIdempotencyInFlight
	}

	return s.sealer.open(idempotencyPurpose("seed", request), seedSealed)
}

const idempotencyColumns = "route, body_hash, seed_sealed, created_at, leased_until, status, location, answer_sealed"

var upsertIdempotencyQuery = insertInto("idempotency_keys", "merchant_id, mode, key, "+idempotencyColumns) +
	" ON CONFLICT (merchant_id, mode, key) DO UPDATE SET " + fromExcluded(idempotencyColumns)

// upsertIdempotency stores a request with a new seed in place of one that has grown too
// old, and with its result when there is one already.
func (s *Store) upsertIdempotency(ctx context.Context, tx *sql.Tx, request *checkout.IdempotentRequest, result checkout.RequestResult) error {
	request.Seed = make([]byte, 32)
	_, _ = rand.Read(request.Seed) // crypto/rand never fails: it ends the process instead
	_, err := tx.ExecContext(ctx, upsertIdempotencyQuery,
		request.MerchantID, request.Mode, request.Key, request.Operation, request.ContentHash, s.sealer.seal(idempotencyPurpose("seed", *request), request.Seed),
		millis(s.now()), millis(request.LeasedUntil), result.Effect, result.ObjectID, s.sealer.seal(idempotencyPurpose("answer", *request), result.Body))
	return err
}

// KeepResult stores the result of a request, for its retries.
func (s *Store) KeepResult(ctx context.Context, request checkout.IdempotentRequest, result checkout.RequestResult) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE idempotency_keys SET status = $1, location = $2, answer_sealed = $3
			WHERE merchant_id = $4 AND mode = $5 AND key = $6 AND route = $7 AND body_hash = $8 AND status = 0`,
			result.Effect, result.ObjectID, s.sealer.seal(idempotencyPurpose("answer", request), result.Body),
			request.MerchantID, request.Mode, request.Key, request.Operation, request.ContentHash)
		return err
	})
}

// ReleaseIdempotency ends the lease of a request that has no result. One that is forgotten
// leaves its key free for any request; else only the same request may take it
// over.
func (s *Store) ReleaseIdempotency(ctx context.Context, request checkout.IdempotentRequest, forget bool) error {
	change := "UPDATE idempotency_keys SET leased_until = 0"
	if forget {
		change = "DELETE FROM idempotency_keys"
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, change+" WHERE merchant_id = $1 AND mode = $2 AND key = $3 AND leased_until = $4 AND status = 0",
			request.MerchantID, request.Mode, request.Key, millis(request.LeasedUntil))
		return err
	})
}

const idempotencyPrunedAtOnce = 20

// pruneIdempotency deletes requests whose results are no longer kept, some at a time.
func (s *Store) pruneIdempotency(ctx context.Context) error {
	err := s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) {
		result, err := tx.ExecContext(ctx, `DELETE FROM idempotency_keys WHERE (merchant_id, mode, key) IN
			(SELECT merchant_id, mode, key FROM idempotency_keys WHERE created_at <= $1 LIMIT $2)`,
			millis(s.now().Add(-checkout.IdempotencyKeptFor)), idempotencyPrunedAtOnce)
		if err != nil {
			return false, err
		}
		pruned, err := result.RowsAffected()
		return pruned == idempotencyPrunedAtOnce, err
	})
	if err != nil {
		return fmt.Errorf("prune idempotency keys: %w", err)
	}

	return nil
}

func idempotencyPurpose(what string, request checkout.IdempotentRequest) string {
	return "idempotency " + what + ":" + request.MerchantID + ":" + string(request.Mode) + ":" + request.Key
}
