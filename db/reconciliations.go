package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/reconcile"
	"rieltime/internal/cambodia"
)

const reconciliationColumns = "account_id, day, merchant_id, mode, differs_since, differences, report, explained_at, explained_by, explanation"

var insertReconciliationQuery = insertInto("reconciliations", reconciliationColumns)

func scanReconciliation(row scanner) (k reconcile.Kept, err error) {
	var key reconcile.Key
	var since, differences, explained int64
	var report string
	err = row.Scan(&key.AccountID, &key.Day, &key.MerchantID, &key.Mode, &since, &differences, &report, &explained, &k.Explanation.By, &k.Explanation.Note)
	if err != nil {
		return k, translateErr(err)
	}
	err = json.Unmarshal([]byte(report), &k.Report)
	k.Day, k.Since, k.Explanation.At = key.Day, fromMillis(since), fromMillis(explained)
	return k, err
}

// MakeDue makes the next query about payments without a proof due at now.
func (s *Store) MakeDue(ctx context.Context, paymentIDs []string, now time.Time) error {
	for ids := range slices.Chunk(paymentIDs, togetherAtMost) {
		err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE payments SET next_check_at = $1 WHERE proof = '' AND (next_check_at = 0 OR next_check_at > $1) AND id IN "+s.dialect.listed("$2"),
				millis(now), listOf(ids))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// CountUnqueried counts those payments without a proof that were not queried since.
func (s *Store) CountUnqueried(ctx context.Context, paymentIDs []string, since time.Time) (total int, err error) {
	for ids := range slices.Chunk(paymentIDs, togetherAtMost) {
		var count int
		err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM payments WHERE proof = '' AND checked_at < $1 AND id IN "+s.dialect.listed("$2"), millis(since), listOf(ids)).Scan(&count)
		if err != nil {
			return 0, err
		}
		total += count
	}
	return total, nil
}

// SaveReport stores a report in place of the one of the same account and day. The
// explanation stays while the differences are the same. Of new ones the merchant's chats
// and addressees are notified.
func (s *Store) SaveReport(ctx context.Context, report reconcile.Report) error {
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}

	key := report.Key()
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lockReport(ctx, tx, key); err != nil {
			return err
		}
		before, err := scanReconciliation(tx.QueryRowContext(ctx, "SELECT "+reconciliationColumns+" FROM reconciliations WHERE account_id = $1 AND day = $2", key.AccountID, key.Day))
		if err != nil && !errors.Is(err, checkout.ErrNotFound) {
			return err
		}

		since, explanation := report.MadeAt, reconcile.Explanation{}
		known := err == nil && before.SameDifferences(report)
		if known {
			since, explanation = before.Since, before.Explanation // so that nobody is notified twice
		}
		if _, err := tx.ExecContext(ctx, insertReconciliationQuery+` ON CONFLICT (account_id, day) DO UPDATE SET differs_since = excluded.differs_since, differences = excluded.differences,
			report = excluded.report, explained_at = excluded.explained_at, explained_by = excluded.explained_by, explanation = excluded.explanation`,
			key.AccountID, key.Day, key.MerchantID, key.Mode, millis(since), report.Differences(), string(text), millis(explanation.At), explanation.By, explanation.Note); err != nil {
			return err
		}

		if known || report.Differences() == 0 {
			return nil
		}
		return s.queueReceivers(ctx, tx, key.MerchantID, key.Mode)
	})
}

var errReportExplained = &checkout.Error{Kind: checkout.KindConflict, Code: "report_explained", Detail: "There is nothing to explain any more."}

// ExplainReport stores what a person says about a report with differences.
func (s *Store) ExplainReport(ctx context.Context, key reconcile.Key, e reconcile.Explanation) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lockReport(ctx, tx, key); err != nil {
			return err
		}
		changed, err := tx.ExecContext(ctx, `UPDATE reconciliations SET explained_at = $1, explained_by = $2, explanation = $3
			WHERE account_id = $4 AND day = $5 AND merchant_id = $6 AND mode = $7 AND differences > 0 AND explained_at = 0`,
			millis(e.At), e.By, e.Note, key.AccountID, key.Day, key.MerchantID, key.Mode)
		if err != nil {
			return err
		}
		if rows, err := changed.RowsAffected(); err != nil || rows == 0 {
			return errReportExplained.WithCause(err)
		}
		return s.audit(ctx, tx, "reconciliation.explain", key.AccountID, map[string]any{"day": key.Day.String(), "note": e.Note})
	})
}

// lockReport keeps an explanation from being written over by a report that was compared
// with the one before it.
func (s *Store) lockReport(ctx context.Context, tx *sql.Tx, key reconcile.Key) error {
	return s.lock(ctx, tx, lockRow, "reconciliations", key.AccountID, key.Day.String())
}

// Report finds the report of an account's day.
func (s *Store) Report(ctx context.Context, key reconcile.Key) (reconcile.Kept, error) {
	return scanReconciliation(s.read.QueryRowContext(ctx, "SELECT "+reconciliationColumns+" FROM reconciliations WHERE account_id = $1 AND day = $2 AND merchant_id = $3 AND mode = $4",
		key.AccountID, key.Day, key.MerchantID, key.Mode))
}

// Reports lists a merchant's reports of days up to one, the latest first.
func (s *Store) Reports(ctx context.Context, merchantID string, mode checkout.Mode, to cambodia.Day, limit int) ([]reconcile.Kept, error) {
	return selectAll(ctx, s.lists, scanReconciliation, "SELECT "+reconciliationColumns+" FROM reconciliations "+s.dialect.using("reconciliations_list")+
		"WHERE merchant_id = $1 AND mode = $2 AND day <= $3 ORDER BY day DESC, account_id DESC LIMIT CAST($4 AS BIGINT)", merchantID, mode, to, limit)
}

// OpenReports counts a merchant's reports whose differences nobody has explained, of those
// that differ since after a time, and says since when the last of them does.
func (s *Store) OpenReports(ctx context.Context, merchantID string, mode checkout.Mode, after time.Time) (count int, last time.Time, err error) {
	var at int64
	err = s.read.QueryRowContext(ctx, "SELECT count(*), coalesce(max(differs_since), 0) FROM reconciliations "+s.dialect.using("reconciliations_open")+
		"WHERE merchant_id = $1 AND mode = $2 AND differs_since > $3 AND differences > 0 AND explained_at = 0", merchantID, mode, millis(after)).Scan(&count, &at)
	return count, fromMillis(at), err
}
