package db

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"rieltime/checkout"
)

// Overdue lists the sessions in which something has run out.
func (s *Store) Overdue(ctx context.Context, now time.Time, limit int) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id FROM sessions WHERE status = 'open' AND expires_at <= ?
		UNION SELECT session_id FROM payments WHERE status IN ('created', 'requires_action', 'processing') AND expires_at <= ?
		LIMIT ?`, millis(now), millis(now), limit)
	if err != nil {
		return nil, named(err)
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
	return ids, named(rows.Err())
}

const lookingFor = 15 * time.Second

// ClaimDue leases payments that are due to be asked about.
func (s *Store) ClaimDue(ctx context.Context, now, lease time.Time, limit int) ([]checkout.Payment, error) {
	const due = `next_check_at > 0 AND next_check_at <= ? AND leased_until <= ?
		AND account_id IN (SELECT id FROM provider_accounts WHERE enabled = 1 AND paused_until <= ? AND next_question_at <= ?)`
	at := millis(now)
	payments, err := selectPayments(ctx, s.read, "WHERE "+due+` ORDER BY claimed_at > 0 DESC, watched_at > ? DESC, created_at DESC LIMIT ?`,
		at, at, at, at, millis(now.Add(-lookingFor)), limit)
	if err != nil || len(payments) == 0 {
		return nil, err
	}
	var claimed []checkout.Payment
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		claimed = claimed[:0]
		for _, payment := range payments {
			result, err := tx.ExecContext(ctx, "UPDATE payments SET leased_until = ? WHERE id = ? AND next_check_at > 0 AND next_check_at <= ? AND leased_until <= ?",
				millis(lease), payment.ID, at, at)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil {
				return err
			} else if n == 1 {
				claimed = append(claimed, payment)
			}
		}
		return nil
	})
	return claimed, err
}

// Postpone gives leased payments back.
func (s *Store) Postpone(ctx context.Context, payments []checkout.Payment, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, payment := range payments {
			if _, err := tx.ExecContext(ctx, "UPDATE payments SET leased_until = 0, next_check_at = ? WHERE id = ? AND next_check_at > 0",
				millis(at), payment.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Watch notes that buyers are looking at payments.
func (s *Store) Watch(ctx context.Context, paymentIDs []string, now time.Time, pace time.Duration) error {
	if len(paymentIDs) == 0 {
		return nil
	}
	args := []any{millis(now), pace.Milliseconds(), pace.Milliseconds()}
	for _, id := range paymentIDs {
		args = append(args, id)
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE payments SET watched_at = ?,
			next_check_at = CASE WHEN doubtful = 0 AND next_check_at > checked_at + ? THEN checked_at + ? ELSE next_check_at END
			WHERE next_check_at > 0 AND id IN (?`+strings.Repeat(", ?", len(paymentIDs)-1)+`)`, args...)
		return err
	})
}

// indochina is the calendar that daily allowances run by.
var indochina = time.FixedZone("ICT", 7*60*60)

// TakeQuestion spends one question of an account's budget.
func (s *Store) TakeQuestion(ctx context.Context, accountID string, budget checkout.Budget, now time.Time) (ok bool, retryAt time.Time, err error) {
	local := now.In(indochina)
	day := int64(local.Year()*1000 + local.YearDay())
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var paused, next, countedDay, asked int64
		err := tx.QueryRowContext(ctx, "SELECT paused_until, next_question_at, question_day, questions_asked FROM provider_accounts WHERE id = ?", accountID).
			Scan(&paused, &next, &countedDay, &asked)
		if err != nil {
			return err
		}
		if countedDay != day {
			asked = 0
		}
		if until := moment(max(paused, next)); until.After(now) {
			retryAt = until
			return nil
		}
		if budget.PerDay > 0 && asked >= int64(budget.PerDay) {
			retryAt = time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, indochina)
			return nil
		}
		if budget.PerSecond > 0 {
			next = millis(now) + int64(1000/budget.PerSecond)
		}
		ok = true
		_, err = tx.ExecContext(ctx, "UPDATE provider_accounts SET next_question_at = ?, question_day = ?, questions_asked = ? WHERE id = ?",
			next, day, asked+1, accountID)
		return err
	})
	return ok, retryAt, err
}

// PauseAccount lets nobody ask an account for a while.
func (s *Store) PauseAccount(ctx context.Context, accountID string, until time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE provider_accounts SET paused_until = ? WHERE id = ? AND paused_until < ?", millis(until), accountID, millis(until))
		return err
	})
}
