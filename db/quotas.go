package db

import (
	"context"
	"database/sql"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

const quotaColumns = "paused_until, next_question_at, question_day, questions_asked, reserve_asked, in_hand, counted_at, learnt_allowance, limit_answers"

var updateQuotaQuery = updateByID("provider_accounts", quotaColumns)

// quotaRow takes a row's quotaColumns.
type quotaRow struct {
	paused, next, day, counted int64
	quota                      verifier.Quota
}

func (r *quotaRow) fields() []any {
	return []any{&r.paused, &r.next, &r.day, &r.quota.Queries, &r.quota.ReserveQueries, &r.quota.InHand, &r.counted, &r.quota.LearnedLimit, &r.quota.LimitAnswers}
}

func (r *quotaRow) read(accountID string) verifier.Quota {
	quota := r.quota
	quota.AccountID = accountID
	quota.PausedUntil, quota.NextAt, quota.Day, quota.CountedAt = fromMillis(r.paused), fromMillis(r.next), fromMillis(r.day), fromMillis(r.counted)
	return quota
}

// QueryUsage implements checkout.Store.
func (s *Store) QueryUsage(ctx context.Context, merchantID string, mode checkout.Mode) (map[string]checkout.QueryUsage, error) {
	usages := map[string]checkout.QueryUsage{}
	err := forEach(ctx, s.read, func(row scanner) error {
		var quota quotaRow
		var id string
		err := row.Scan(append([]any{&id}, quota.fields()...)...)
		usages[id] = quota.read(id).QueryUsage
		return err
	}, "SELECT id, "+quotaColumns+" FROM provider_accounts WHERE merchant_id = $1 AND mode = $2 AND enabled = 1", merchantID, mode)
	return usages, err
}

// UpdateQuota implements verifier.Store.
func (s *Store) UpdateQuota(ctx context.Context, accountID string, change func(*verifier.Quota)) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockAccount, accountID); err != nil {
			return err
		}
		return changeQuota(ctx, tx, accountID, func(quota *verifier.Quota) bool {
			change(quota)
			return true
		})
	})
}

// changeQuota stores what change makes of a quota when it returns true.
func changeQuota(ctx context.Context, tx *sql.Tx, accountID string, change func(*verifier.Quota) bool) error {
	var row quotaRow
	err := tx.QueryRowContext(ctx, "SELECT "+quotaColumns+" FROM provider_accounts WHERE id = $1", accountID).Scan(row.fields()...)
	if err != nil {
		return err
	}

	quota := row.read(accountID)
	if !change(&quota) {
		return nil
	}

	_, err = tx.ExecContext(ctx, updateQuotaQuery,
		millis(quota.PausedUntil), millis(quota.NextAt), millis(quota.Day), quota.Queries, quota.ReserveQueries, quota.InHand, millis(quota.CountedAt), quota.LearnedLimit, quota.LimitAnswers, accountID)
	return err
}
