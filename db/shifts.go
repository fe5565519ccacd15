package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"rieltime/checkout"
)

const shiftColumns = "id, merchant_id, mode, cashier_id, opened_at, opening, closed_at, closed_by, closing"

var insertShiftQuery = insertInto("shifts", shiftColumns)

func scanShift(row scanner) (s checkout.Shift, err error) {
	var opened, closed int64
	var opening, closing string
	err = row.Scan(&s.ID, &s.MerchantID, &s.Mode, &s.CashierID, &opened, &opening, &closed, &s.ClosedBy, &closing)
	if err != nil {
		return s, translateErr(err)
	}

	s.OpenedAt, s.ClosedAt = fromMillis(opened), fromMillis(closed)
	if err := json.Unmarshal([]byte(opening), &s.Opening); err != nil || closing == "" {
		return s, err
	}
	return s, json.Unmarshal([]byte(closing), &s.Close)
}

// InsertShift stores a new shift; checkout.ErrShiftOpen when its cashier has one that is
// open.
func (s *Store) InsertShift(ctx context.Context, shift checkout.Shift) error {
	opening, err := json.Marshal(shift.Opening)
	if err != nil {
		return err
	}

	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// The index of open shifts decides between two that are opened at once.
		inserted, err := tx.ExecContext(ctx, insertShiftQuery+" ON CONFLICT DO NOTHING",
			shift.ID, shift.MerchantID, shift.Mode, shift.CashierID, millis(shift.OpenedAt), string(opening), 0, "", "")
		if err != nil {
			return err
		}
		if rows, err := inserted.RowsAffected(); err != nil || rows == 0 {
			return errors.Join(err, checkout.ErrShiftOpen)
		}
		return s.audit(ctx, tx, "shift.open", shift.ID, map[string]any{"cash": shift.Opening})
	})
}

// Shift finds a shift by its id.
func (s *Store) Shift(ctx context.Context, id string) (checkout.Shift, error) {
	return scanShift(s.read.QueryRowContext(ctx, "SELECT "+shiftColumns+" FROM shifts WHERE id = $1", id))
}

// OpenShift finds the open shift of a cashier.
func (s *Store) OpenShift(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string) (checkout.Shift, error) {
	return scanShift(s.read.QueryRowContext(ctx, "SELECT "+shiftColumns+" FROM shifts WHERE merchant_id = $1 AND mode = $2 AND cashier_id = $3 AND closed_at = 0",
		merchantID, mode, cashierID))
}

// Shifts lists a merchant's shifts, the latest first, behind a position if there is one;
// at most limit. With a cashier's id it lists theirs only.
func (s *Store) Shifts(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string, after checkout.Position, limit int) ([]checkout.Shift, error) {
	args := arguments{merchantID, mode}
	index, where := "shifts_list", ""
	if cashierID != "" {
		index, where = "shifts_cashier", " AND cashier_id = "+args.bind(cashierID)
	}
	if !after.At.IsZero() {
		where += " AND (opened_at, id) < (" + args.bind(millis(after.At)) + ", " + args.bind(after.ID) + ")"
	}
	return selectAll(ctx, s.lists, scanShift, "SELECT "+shiftColumns+" FROM shifts "+s.dialect.using(index)+"WHERE merchant_id = $1 AND mode = $2"+where+
		" ORDER BY opened_at DESC, id DESC LIMIT "+args.bind(limit), args...)
}

// CloseShift closes a shift at now as count says, which gets what the sales of the shift
// have taken by then.
func (s *Store) CloseShift(ctx context.Context, id string, now time.Time, count func(*checkout.Shift, []checkout.SaleTakings) error) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		shift, err := scanShift(tx.QueryRowContext(ctx, "SELECT "+shiftColumns+" FROM shifts WHERE id = $1", id))
		if err != nil {
			return err
		}
		taken, err := s.saleTakings(ctx, tx, shift.MerchantID, shift.Mode, shift.CashierID, shift.Made(now))
		if err != nil {
			return err
		}
		if err := count(&shift, taken); err != nil {
			return err
		}
		closing, err := json.Marshal(shift.Close)
		if err != nil {
			return err
		}

		// One statement decides: of two closes at once the second finds no row.
		var closed string
		err = tx.QueryRowContext(ctx, "UPDATE shifts SET closed_at = $1, closed_by = $2, closing = $3 WHERE id = $4 AND closed_at = 0 RETURNING id",
			millis(shift.ClosedAt), shift.ClosedBy, string(closing), id).Scan(&closed)
		if errors.Is(err, sql.ErrNoRows) {
			return checkout.ErrShiftClosed
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "shift.close", id, map[string]any{"counts": shift.Close.Counts, "differences": shift.Differences()})
	})
}
