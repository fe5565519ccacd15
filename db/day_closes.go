package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

const dayCloseColumns = "id, merchant_id, mode, account_id, currency, day, figures, note, closed_at, closed_by, reopened_at, reopened_by, reason"

var insertDayCloseQuery = insertInto("day_closes", dayCloseColumns)

func scanDayClose(row scanner) (d checkout.DayClose, err error) {
	var figures string
	var closed, reopened int64
	err = row.Scan(&d.ID, &d.MerchantID, &d.Mode, &d.AccountID, &d.Currency, &d.Day, &figures, &d.Note, &closed, &d.ClosedBy, &reopened, &d.ReopenedBy, &d.Reason)
	if err != nil {
		return d, translateErr(err)
	}
	d.ClosedAt, d.ReopenedAt = fromMillis(closed), fromMillis(reopened)
	return d, json.Unmarshal([]byte(figures), &d.Figures)
}

// InsertDayClose closes a day; checkout.ErrDayClosed when it is closed.
func (s *Store) InsertDayClose(ctx context.Context, d checkout.DayClose) error {
	figures, err := json.Marshal(d.Figures)
	if err != nil {
		return err
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// The index of closed days decides between two that close one at once.
		inserted, err := tx.ExecContext(ctx, insertDayCloseQuery+" ON CONFLICT DO NOTHING",
			d.ID, d.MerchantID, d.Mode, d.AccountID, d.Currency, d.Day, string(figures), d.Note, millis(d.ClosedAt), d.ClosedBy, 0, "", "")
		if err != nil {
			return err
		}
		if rows, err := inserted.RowsAffected(); err != nil || rows == 0 {
			return errors.Join(err, checkout.ErrDayClosed)
		}
		return s.audit(ctx, tx, "day.close", d.ID, map[string]any{"account": d.AccountID, "currency": d.Currency, "day": d.Day.String(), "figures": d.Figures, "note": d.Note})
	})
}

// ReopenDay lets reopen end the close of a merchant's day. What does not exist is
// checkout.ErrNotFound.
func (s *Store) ReopenDay(ctx context.Context, merchantID string, mode checkout.Mode, id string, reopen func(*checkout.DayClose) error) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		d, err := scanDayClose(tx.QueryRowContext(ctx, "SELECT "+dayCloseColumns+" FROM day_closes WHERE id = $1 AND merchant_id = $2 AND mode = $3", id, merchantID, mode))
		if err != nil {
			return err
		}
		if err := reopen(&d); err != nil {
			return err
		}
		changed, err := tx.ExecContext(ctx, "UPDATE day_closes SET reopened_at = $1, reopened_by = $2, reason = $3 WHERE id = $4 AND reopened_at = 0",
			millis(d.ReopenedAt), d.ReopenedBy, d.Reason, id)
		if err != nil {
			return err
		}
		if rows, err := changed.RowsAffected(); err != nil || rows == 0 {
			return errors.Join(err, checkout.ErrDayNotClosed)
		}
		return s.audit(ctx, tx, "day.reopen", id, map[string]any{"account": d.AccountID, "currency": d.Currency, "day": d.Day.String(), "reason": d.Reason})
	})
}

const dayClosesListed = 1000 // of one day: far more than anybody makes

// DayCloses lists the closes of a merchant's day, also those that were reopened, the
// first one first.
func (s *Store) DayCloses(ctx context.Context, merchantID string, mode checkout.Mode, day cambodia.Day) ([]checkout.DayClose, error) {
	return selectAll(ctx, s.lists, scanDayClose, "SELECT "+dayCloseColumns+" FROM day_closes "+s.dialect.using("day_closes_day")+
		"WHERE merchant_id = $1 AND mode = $2 AND day = $3 ORDER BY closed_at, id LIMIT CAST($4 AS BIGINT)", merchantID, mode, day, dayClosesListed)
}

// BankDays adds up what the statements of an account show of a day, by currency; a
// currency that no statement of the day shows is missing. Payments that no line shows are
// none of the bank's.
func (s *Store) BankDays(ctx context.Context, accountID string, day cambodia.Day) (map[checkout.Currency]checkout.BankDay, error) {
	days := map[checkout.Currency]checkout.BankDay{}
	err := forEach(ctx, s.lists, func(row scanner) error {
		var currency checkout.Currency
		var out, fee bool
		var sum checkout.Sum
		if err := row.Scan(&currency, &out, &fee, &sum.Minor, &sum.Count); err != nil {
			return err
		}

		of := days[currency]
		switch {
		case fee:
			of.Fees = of.Fees.Add(sum)
		case out:
			of.Out = of.Out.Add(sum)
		default:
			of.In = of.In.Add(sum)
		}
		days[currency] = of
		return nil
	}, "SELECT currency, money_out, CASE WHEN state = 'fee' THEN 1 ELSE 0 END AS fee, CAST(sum(amount) AS BIGINT), count(*) FROM bank_lines "+s.dialect.using("bank_lines_list")+
		"WHERE account_id = $1 AND day = $2 AND state <> 'ours_only' GROUP BY currency, money_out, fee", accountID, day)
	return days, translateErr(err)
}
