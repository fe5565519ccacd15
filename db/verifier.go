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
	rows, err := s.read.QueryContext(ctx, `SELECT DISTINCT id FROM (
			SELECT id FROM sessions s WHERE status = 'open' AND expires_at <= ?
				AND (expires_at <= ? OR NOT EXISTS (SELECT 1 FROM payments WHERE session_id = s.id AND next_check_at > 0))
			UNION ALL SELECT session_id FROM payments WHERE status IN ('created', 'requires_action', 'processing') AND expires_at <= ?)
		LIMIT ?`, millis(now), millis(waited), millis(now), limit)
	if err != nil {
		return nil, translateErr(err)
	}

	defer rows.Close()

	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}

	return ids, translateErr(rows.Err())
}

// Unanswered lists the sessions of payments that are owed a known answer; see
// verifier.Store.
func (s *Store) Unanswered(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return queryStrings(ctx, s.read, `SELECT session_id FROM payments WHERE unanswered_since > 0 AND unanswered_since <= ? AND review = ''
		ORDER BY unanswered_since LIMIT ?`, millis(before), limit)
}

// due is a payment that may be asked about: its question's time has come and
// nobody is asking. It takes the time now twice. dueByUrgency says the same of
// one that is looked up by its urgency, as the indexes for that say it.
const (
	due          = "next_check_at > 0 AND next_check_at <= ? AND leased_until <= ?"
	dueByUrgency = "next_check_at <> 0 AND next_check_at <= ? AND leased_until <= ?"
)

// DueAccounts lists the accounts that may be asked something now. One that its
// merchant took out takes no new payments, and still answers for the old.
func (s *Store) DueAccounts(ctx context.Context, now, lookingSince time.Time) ([]verifier.DueAccount, error) {
	at := millis(now)
	rows, err := s.read.QueryContext(ctx, `SELECT id, `+quotaColumns+`,
		EXISTS (SELECT 1 FROM payments WHERE account_id = a.id AND claimed_at > checked_at AND `+dueByUrgency+`),
		(SELECT COALESCE(MIN(created_at), 0) FROM payments WHERE account_id = a.id AND watched_at > ? AND `+dueByUrgency+`)
		FROM provider_accounts a
		WHERE paused_until <= ? AND next_question_at <= ?
			AND EXISTS (SELECT 1 FROM payments WHERE account_id = a.id AND `+due+`)
		ORDER BY next_question_at`,
		at, at, millis(lookingSince), at, at, at, at, at, at)
	if err != nil {
		return nil, translateErr(err)
	}

	defer rows.Close()

	var accounts []verifier.DueAccount
	for rows.Next() {
		var row quotaRow
		var account verifier.DueAccount
		var id string
		var looked int64
		fields := append([]any{&id}, row.fields()...)
		if err := rows.Scan(append(fields, &account.ReportedPaid, &looked)...); err != nil {
			return nil, err
		}

		account.Quota, account.ViewedAt = row.read(id), fromMillis(looked)
		accounts = append(accounts, account)
	}

	return accounts, translateErr(rows.Err())
}

// LeaseDue makes up the next question to an account; see verifier.Store.
func (s *Store) LeaseDue(ctx context.Context, q verifier.Batch) ([]checkout.Payment, error) {
	var taken []checkout.Payment
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		taken = nil
		payments, err := toAskAbout(ctx, tx, q)
		if err != nil || len(payments) == 0 {
			return err
		}

		payments = q.Together(payments)
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

		_, err = tx.ExecContext(ctx, "UPDATE payments SET leased_until = ? WHERE id IN "+listed, millis(q.Lease), listOf(ids))
		taken = payments
		return err
	})
	return taken, err
}

// askable is what else a question asks of a payment, and byUrgency the order of
// payments; see verifier.Batch. The order takes verifier.Batch.ViewedSince
// twice.
const (
	askable   = "account_id = ? AND (created_at <= ? OR created_at > ? OR claimed_at > checked_at) AND checked_at <= ?"
	byUrgency = ` ORDER BY claimed_at > checked_at DESC, watched_at > ? DESC, closed_at = 0 DESC, checked_at > closed_at,
		CASE WHEN watched_at > ? THEN created_at ELSE -created_at END`
)

// Of many that are due, the most urgent are among those that are claimed, those
// that are looked at and the first of all by the index payments_resting: they are
// never sorted as a whole. The same payment may be in all three. A few are sorted,
// because that index would be read past all that wait until they are due.
const (
	few    = 500
	urgent = "SELECT id, created_at, checked_at, claimed_at, closed_at, watched_at FROM payments WHERE " + askable + " AND " + dueByUrgency
	ofMany = "SELECT id FROM (" + urgent + " AND claimed_at > checked_at UNION ALL " + urgent + ` AND watched_at > ?
		UNION ALL SELECT * FROM (` + urgent + " ORDER BY closed_at = 0 DESC, checked_at > closed_at, created_at DESC LIMIT ?))" + byUrgency + " LIMIT 3 * ?"
	ofFew = "SELECT id FROM payments WHERE " + askable + " AND " + due + byUrgency + " LIMIT ?"
)

// toAskAbout selects a question's payments in the order of
// verifier.Batch.
func toAskAbout(ctx context.Context, tx *sql.Tx, q verifier.Batch) ([]checkout.Payment, error) {
	now, looking := millis(q.Now), millis(q.ViewedSince)
	var many bool
	err := tx.QueryRowContext(ctx, "SELECT count(*) > ? FROM (SELECT 1 FROM payments WHERE account_id = ? AND "+due+" LIMIT ?)",
		few, q.AccountID, now, now, few+1).Scan(&many)
	if err != nil {
		return nil, err
	}

	chosen, args := ofFew, []any{q.AccountID, millis(q.MadeBefore), now, millis(q.AskedBefore), now, now}
	if many {
		chosen, args = ofMany, slices.Concat(args, args, []any{looking}, args, []any{q.Size})
	}

	return selectPayments(ctx, tx, "WHERE id IN ("+chosen+")"+byUrgency+" LIMIT ?",
		append(args, looking, looking, q.Size, looking, looking, q.Size)...)
}

// togetherAtMost is how many objects a statement names: what many pages or
// payments need is done a part at a time, each in a transaction of its own.
const togetherAtMost = 500

// listed is a list of texts in a condition, whose one argument is listOf: SQLite
// bounds how many arguments a statement has.
const listed = "(SELECT value FROM json_each(?))"

func listOf(texts []string) string {
	list, _ := json.Marshal(texts) // texts can always be written
	return string(list)
}

// MarkViewed notes that buyers are looking at payments.
func (s *Store) MarkViewed(ctx context.Context, paymentIDs []string, now time.Time, pace time.Duration) error {
	for ids := range slices.Chunk(paymentIDs, togetherAtMost) {
		err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE payments SET watched_at = ?,
				next_check_at = CASE WHEN doubtful = 0 AND checked_at > 0 AND next_check_at > checked_at + ? THEN checked_at + ? ELSE next_check_at END
				WHERE next_check_at > 0 AND id IN `+listed, millis(now), pace.Milliseconds(), pace.Milliseconds(), listOf(ids))
			return err
		})
		if err != nil {
			return err
		}
	}

	return nil
}

// Delayed lists payments that wait for their question: not all of very many,
// but more of them when these are no longer asked for.
func (s *Store) Delayed(ctx context.Context, paymentIDs []string, before time.Time) ([]checkout.Payment, error) {
	var waiting []checkout.Payment
	for ids := range slices.Chunk(paymentIDs, togetherAtMost) {
		found, err := selectPayments(ctx, s.read, `WHERE next_check_at > 0 AND next_check_at <= ? AND leased_until <= ? AND delayed = 0
			AND id IN `+listed, millis(before), millis(before), listOf(ids))
		if err != nil {
			return nil, err
		}
		if waiting = append(waiting, found...); len(waiting) >= togetherAtMost {
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
		_, err := tx.ExecContext(ctx, `UPDATE payments SET next_check_at = ?, checked_at = CASE WHEN checked_at > ? THEN ? ELSE checked_at END,
			watched_at = CASE WHEN watched_at > ? THEN ? ELSE watched_at END, leased_until = CASE WHEN leased_until > ? THEN 0 ELSE leased_until END
			WHERE next_check_at > 0 AND ? < max(checked_at, created_at, leased_until, closed_at, reopened_at, claimed_at)`, at, at, at, at, at, later, later)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, `UPDATE provider_accounts SET paused_until = 0, next_question_at = ?,
			counted_at = CASE WHEN counted_at > ? THEN ? ELSE counted_at END, question_day = CASE WHEN question_day > ? THEN ? ELSE question_day END
			WHERE next_question_at > ? OR counted_at > ?`, at, at, at, millis(day), millis(day), later, later)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, "UPDATE idempotency_keys SET leased_until = 0 WHERE created_at > ? AND status = 0", later)
		return err
	})
}
