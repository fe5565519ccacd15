package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

// Overdue lists the sessions in which something has run out; see verifier.Store.
func (s *Store) Overdue(ctx context.Context, now, waited time.Time, limit int) ([]string, error) {
	// Counting looks up the payments of each session; for NOT EXISTS, PostgreSQL may
	// read those of all sessions first.
	return queryStrings(ctx, s.read, `SELECT DISTINCT id FROM (
			SELECT id FROM sessions s WHERE status = 'open' AND expires_at <= $1
				AND (expires_at <= $2 OR (SELECT count(*) FROM payments WHERE session_id = s.id AND next_check_at > 0) = 0)
			UNION ALL SELECT session_id FROM payments WHERE status IN ('created', 'requires_action', 'processing') AND expires_at <= $1) part
		LIMIT CAST($3 AS BIGINT)`, millis(now), millis(waited), limit)
}

// Unanswered lists the sessions of payments that are owed a known answer; see
// verifier.Store.
func (s *Store) Unanswered(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return queryStrings(ctx, s.read, `SELECT session_id FROM payments WHERE unanswered_since > 0 AND unanswered_since <= $1 AND review = ''
		ORDER BY unanswered_since LIMIT CAST($2 AS BIGINT)`, millis(before), limit)
}

// due selects payments whose query is due and that nobody has leased. $1 is the
// time now. dueByIndex is the same condition as the indexes by priority have it.
const (
	due        = "next_check_at > 0 AND next_check_at <= $1 AND leased_until <= $1"
	dueByIndex = "next_check_at <> 0 AND next_check_at <= $1 AND leased_until <= $1"
)

// DueAccounts lists the accounts that may be queried now, those that their merchant
// has removed included: they take no new payments, but their old ones are queried.
func (s *Store) DueAccounts(ctx context.Context, now, viewedSince time.Time) ([]verifier.DueAccount, error) {
	return selectAll(ctx, s.read, func(row scanner) (account verifier.DueAccount, err error) {
		var quota quotaRow
		var id string
		var viewed int64
		fields := append([]any{&id}, quota.fields()...)
		err = row.Scan(append(fields, &account.ReportedPaid, &viewed)...)
		account.Quota, account.ViewedAt = quota.read(id), fromMillis(viewed)
		return account, err
	}, `SELECT id, `+quotaColumns+`,
		(SELECT MIN(next_check_at) FROM payments WHERE account_id = a.id AND claimed_at > checked_at AND `+dueByIndex+`) IS NOT NULL,
		(SELECT COALESCE(MIN(created_at), 0) FROM payments WHERE account_id = a.id AND watched_at > $2 AND `+dueByIndex+`)
		FROM provider_accounts a
		WHERE paused_until <= $1 AND next_question_at <= $1
			AND EXISTS (SELECT 1 FROM payments WHERE account_id = a.id AND `+due+`)
		ORDER BY next_question_at`, millis(now), millis(viewedSince))
}

// LeaseDue leases the payments of the next query to an account; see verifier.Store.
func (s *Store) LeaseDue(ctx context.Context, q verifier.Batch) ([]checkout.Payment, error) {
	var leased []checkout.Payment
	asked := time.Now()
	err := s.updateSoon(ctx, func(ctx context.Context, tx *sql.Tx) error {
		leased = nil
		if err := s.lock(ctx, tx, lockAccount, q.AccountID); err != nil {
			return err
		}

		payments, err := selectBatch(ctx, tx, q)
		if err != nil || len(payments) == 0 {
			return err
		}

		payments = q.Together(payments)
		waited := time.Since(asked).Truncate(time.Second) // for the writer or the lock: not part of the lease
		agreed := false
		if err := changeQuota(ctx, tx, q.AccountID, func(quota *verifier.Quota) bool {
			agreed = q.Spend(quota, payments)
			return agreed
		}); err != nil || !agreed {
			return err
		}

		ids := make([]string, len(payments))
		for i, payment := range payments {
			ids[i] = payment.ID
		}

		_, err = tx.ExecContext(ctx, "UPDATE payments SET leased_until = $1 WHERE id IN "+s.dialect.listed("$2"), millis(q.Lease.Add(waited)), listOf(ids))
		leased = payments
		return err
	})
	return leased, err
}

// queryable is what else a payment must be to go into a query, and byPriority the
// order of payments; see verifier.Batch. Their arguments are those of batchArguments.
const (
	queryable  = "account_id = $2 AND (created_at <= $3 OR created_at > $1 OR claimed_at > checked_at) AND checked_at <= $4"
	byPriority = ` ORDER BY claimed_at > checked_at DESC, watched_at > $5 DESC, closed_at = 0 DESC, checked_at > closed_at,
		CASE WHEN watched_at > $5 THEN checked_at ELSE 0 END, CASE WHEN watched_at > $5 THEN created_at ELSE -created_at END`
)

// Up to sortLimit due payments are sorted. Of more than that, the first by priority
// are among those that are reported paid, those whose page is open, and the first
// by the index payments_resting, so that the rest need no sorting; a payment may be
// in all three. For a few, that index would be read past all that are not due yet.
//
// SQLite plans a statement whose LIMIT is a bare argument again at each use.
const (
	sortLimit   = 500
	size        = "CAST($6 AS BIGINT)"
	duePayments = "SELECT id, created_at, checked_at, claimed_at, closed_at, watched_at FROM payments WHERE " + queryable + " AND " + dueByIndex
	batchOfMany = "SELECT id FROM (" + duePayments + " AND claimed_at > checked_at UNION ALL " + duePayments + ` AND watched_at > $5
		UNION ALL SELECT * FROM (` + duePayments + " ORDER BY closed_at = 0 DESC, checked_at > closed_at, created_at DESC LIMIT " + size + ") part) part" + byPriority + " LIMIT 3 * " + size
	batchOfFew = "SELECT id FROM payments WHERE " + queryable + " AND " + due + byPriority + " LIMIT " + size
)

func batchArguments(q verifier.Batch) []any {
	return []any{millis(q.Now), q.AccountID, millis(q.MadeBefore), millis(q.QueriedBefore), millis(q.ViewedSince), q.Size}
}

// selectBatch returns the payments of the next query in the order of
// verifier.Batch.
func selectBatch(ctx context.Context, tx *sql.Tx, q verifier.Batch) ([]checkout.Payment, error) {
	var many bool
	err := tx.QueryRowContext(ctx, "SELECT count(*) > $3 FROM (SELECT 1 FROM payments WHERE account_id = $2 AND "+due+" LIMIT CAST($4 AS BIGINT)) part",
		millis(q.Now), q.AccountID, sortLimit, sortLimit+1).Scan(&many)
	if err != nil {
		return nil, err
	}

	chosen := batchOfFew
	if many {
		chosen = batchOfMany
	}

	return selectPayments(ctx, tx, "WHERE id IN ("+chosen+")"+byPriority+" LIMIT "+size, batchArguments(q)...)
}

// togetherAtMost is how many objects a statement names: what many pages or
// payments need is done a part at a time, each in a transaction of its own.
const togetherAtMost = 500

func listOf(texts []string) string {
	list, _ := json.Marshal(texts) // texts can always be written
	return string(list)
}

// MarkViewed notes that buyers are looking at payments.
func (s *Store) MarkViewed(ctx context.Context, paymentIDs []string, now time.Time, pace time.Duration) error {
	for ids := range slices.Chunk(paymentIDs, togetherAtMost) {
		err := s.updateSoon(ctx, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE payments SET watched_at = $1,
				next_check_at = CASE WHEN doubtful = 0 AND checked_at > 0 AND next_check_at > checked_at + $2 THEN checked_at + $2 ELSE next_check_at END
				WHERE next_check_at > 0 AND id IN `+s.dialect.listed("$3"), millis(now), pace.Milliseconds(), listOf(ids))
			return err
		})
		if err != nil {
			return err
		}
	}

	return nil
}

// Delayed lists payments that wait for their query; see verifier.Store.
func (s *Store) Delayed(ctx context.Context, paymentIDs []string, before time.Time, limit int) ([]checkout.Payment, error) {
	var waiting []checkout.Payment
	for ids := range slices.Chunk(paymentIDs, togetherAtMost) {
		found, err := selectPayments(ctx, s.read, `WHERE next_check_at > 0 AND next_check_at <= $1 AND leased_until <= $1 AND delayed = 0
			AND id IN `+s.dialect.listed("$2")+" LIMIT CAST($3 AS BIGINT)", millis(before), listOf(ids), limit-len(waiting))
		if err != nil {
			return nil, err
		}
		if waiting = append(waiting, found...); len(waiting) == limit {
			break
		}
	}

	return waiting, nil
}

// ClockSetBack takes back what a clock set back since has put ahead; see
// verifier.Store.
func (s *Store) ClockSetBack(ctx context.Context, now, ahead, day time.Time) error {
	at, later := millis(now), millis(ahead)
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE payments SET next_check_at = $1, checked_at = CASE WHEN checked_at > $1 THEN $1 ELSE checked_at END,
			watched_at = CASE WHEN watched_at > $1 THEN $1 ELSE watched_at END, leased_until = CASE WHEN leased_until > $2 THEN 0 ELSE leased_until END
			WHERE next_check_at > 0 AND (checked_at > $2 OR created_at > $2 OR leased_until > $2 OR closed_at > $2 OR reopened_at > $2 OR claimed_at > $2)`, at, later)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, `UPDATE provider_accounts SET paused_until = 0, next_question_at = $1,
			counted_at = CASE WHEN counted_at > $1 THEN $1 ELSE counted_at END, question_day = CASE WHEN question_day > $2 THEN $2 ELSE question_day END
			WHERE next_question_at > $3 OR counted_at > $3`, at, millis(day), later)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, "UPDATE hash_lookups SET at = $1 WHERE at > $2", at, later)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, "UPDATE idempotency_keys SET leased_until = 0 WHERE created_at > $1 AND status = 0", later)
		return err
	})
}
