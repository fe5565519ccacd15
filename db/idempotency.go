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

// CheckIdempotency tells of a claim that cannot be taken: the errors are those of
// checkout.Claim. Nothing is written.
func (s *Store) CheckIdempotency(ctx context.Context, claim checkout.IdempotentRequest) error {
	_, err := s.lookAtClaim(ctx, s.read, claim)
	return translateErr(err)
}

// LeaseIdempotency takes a claim until a moment, and gives its seed: the one it had when
// it was taken before and never answered. What the change waits for its turn to
// be written is added to the lease.
func (s *Store) LeaseIdempotency(ctx context.Context, claim checkout.IdempotentRequest, until time.Time) (checkout.IdempotentRequest, error) {
	lease := until.Sub(s.now())
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		claim.LeasedUntil = s.now().Add(lease)
		if claim.Seed, err = s.lookAtClaim(ctx, tx, claim); err != nil {
			return err
		}
		if claim.Seed == nil {
			return s.insertClaim(ctx, tx, &claim, checkout.Response{})
		}

		claim.Retried = true
		_, err = tx.ExecContext(ctx, "UPDATE idempotency_keys SET leased_until = $1 WHERE merchant_id = $2 AND mode = $3 AND key = $4",
			millis(claim.LeasedUntil), claim.MerchantID, claim.Mode, claim.Key)
		return err
	})
	return claim, err
}

// RenewIdempotency keeps a claim until a later moment, to which its wait for the
// writer is added. One that was answered or taken over is checkout.ErrNotFound.
func (s *Store) RenewIdempotency(ctx context.Context, claim checkout.IdempotentRequest, until time.Time) (checkout.IdempotentRequest, error) {
	lease := until.Sub(s.now())
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		until = s.now().Add(lease)
		var renewed int
		return tx.QueryRowContext(ctx, `UPDATE idempotency_keys SET leased_until = $1
			WHERE merchant_id = $2 AND mode = $3 AND key = $4 AND leased_until = $5 AND status = 0 RETURNING 1`,
			millis(until), claim.MerchantID, claim.Mode, claim.Key, millis(claim.LeasedUntil)).Scan(&renewed)
	})
	if err == nil {
		claim.LeasedUntil = until
	}

	return claim, err
}

// lookAtClaim gives the seed of a claim that waits to be taken over; nil when
// there is no such claim.
func (s *Store) lookAtClaim(ctx context.Context, q querier, claim checkout.IdempotentRequest) (seed []byte, err error) {
	var route, bodyHash, location string
	var seedSealed, answerSealed []byte
	var leased int64
	var status int
	err = q.QueryRowContext(ctx, `SELECT route, body_hash, seed_sealed, leased_until, status, location, answer_sealed
		FROM idempotency_keys WHERE merchant_id = $1 AND mode = $2 AND key = $3 AND created_at > $4`,
		claim.MerchantID, claim.Mode, claim.Key, millis(s.now().Add(-checkout.IdempotencyKeptFor))).
		Scan(&route, &bodyHash, &seedSealed, &leased, &status, &location, &answerSealed)

	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case route != claim.Route || bodyHash != claim.BodyHash:
		return nil, checkout.ErrIdempotencyMismatch
	case status > 0:
		body, err := s.sealer.open(idempotencyPurpose("answer", claim), answerSealed)
		if err != nil {
			return nil, err
		}
		return nil, &checkout.Replay{Response: checkout.Response{Status: status, Location: location, Body: body}}

	case leased > millis(s.now()):
		return nil, checkout.ErrIdempotencyInFlight
	}

	return s.sealer.open(idempotencyPurpose("seed", claim), seedSealed)
}

// insertClaim stores a claim with a new seed in place of one that has grown too
// old, and with its answer when there is one already.
func (s *Store) insertClaim(ctx context.Context, tx *sql.Tx, claim *checkout.IdempotentRequest, answer checkout.Response) error {
	claim.Seed = make([]byte, 32)
	_, _ = rand.Read(claim.Seed) // crypto/rand never fails: it ends the process instead
	_, err := tx.ExecContext(ctx, `INSERT INTO idempotency_keys
		(merchant_id, mode, key, route, body_hash, seed_sealed, created_at, leased_until, status, location, answer_sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (merchant_id, mode, key) DO UPDATE SET route = excluded.route, body_hash = excluded.body_hash,
			seed_sealed = excluded.seed_sealed, created_at = excluded.created_at, leased_until = excluded.leased_until,
			status = excluded.status, location = excluded.location, answer_sealed = excluded.answer_sealed`,
		claim.MerchantID, claim.Mode, claim.Key, claim.Route, claim.BodyHash, s.sealer.seal(idempotencyPurpose("seed", *claim), claim.Seed),
		millis(s.now()), millis(claim.LeasedUntil), answer.Status, answer.Location, s.sealer.seal(idempotencyPurpose("answer", *claim), answer.Body))
	return err
}

// KeepAnswer keeps what was answered to a claimed request, to answer it again.
func (s *Store) KeepAnswer(ctx context.Context, claim checkout.IdempotentRequest, answer checkout.Response) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE idempotency_keys SET status = $1, location = $2, answer_sealed = $3
			WHERE merchant_id = $4 AND mode = $5 AND key = $6 AND route = $7 AND body_hash = $8 AND status = 0`,
			answer.Status, answer.Location, s.sealer.seal(idempotencyPurpose("answer", claim), answer.Body),
			claim.MerchantID, claim.Mode, claim.Key, claim.Route, claim.BodyHash)
		return err
	})
}

// ReleaseIdempotency gives back a claim that has no answer. One that is forgotten
// leaves its key free for any request; else only the same request may take it
// over.
func (s *Store) ReleaseIdempotency(ctx context.Context, claim checkout.IdempotentRequest, forget bool) error {
	change := "UPDATE idempotency_keys SET leased_until = 0"
	if forget {
		change = "DELETE FROM idempotency_keys"
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, change+" WHERE merchant_id = $1 AND mode = $2 AND key = $3 AND leased_until = $4 AND status = 0",
			claim.MerchantID, claim.Mode, claim.Key, millis(claim.LeasedUntil))
		return err
	})
}

const claimsPrunedAtOnce = 20

// pruneClaims forgets claims that are no longer answered, some at a time.
func (s *Store) pruneClaims(ctx context.Context) error {
	err := s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) {
		result, err := tx.ExecContext(ctx, `DELETE FROM idempotency_keys WHERE (merchant_id, mode, key) IN
			(SELECT merchant_id, mode, key FROM idempotency_keys WHERE created_at <= $1 LIMIT $2)`,
			millis(s.now().Add(-checkout.IdempotencyKeptFor)), claimsPrunedAtOnce)
		if err != nil {
			return false, err
		}
		pruned, err := result.RowsAffected()
		return pruned == claimsPrunedAtOnce, err
	})
	if err != nil {
		return fmt.Errorf("prune idempotency keys: %w", err)
	}

	return nil
}

func idempotencyPurpose(what string, claim checkout.IdempotentRequest) string {
	return "idempotency " + what + ":" + claim.MerchantID + ":" + string(claim.Mode) + ":" + claim.Key
}
