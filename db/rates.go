package db

import (
	"context"
	"database/sql"
	"errors"

	"rieltime/checkout"
)

const rateColumns = "id, merchant_id, mode, base, quote, value, source, set_by, rate_at, valid_until, far_off"

var insertRateQuery = insertInto("rates", rateColumns)

func scanRate(row scanner) (r checkout.Rate, err error) {
	var at, until int64
	err = row.Scan(&r.ID, &r.MerchantID, &r.Mode, &r.Base, &r.Quote, &r.Value, &r.Source, &r.By, &at, &until, &r.FarOff)
	r.At, r.ValidUntil = fromMillis(at), fromMillis(until)
	return r, translateErr(err)
}

// lastRates selects rates of a merchant, mode and pair, the latest first.
const lastRates = "SELECT " + rateColumns + " FROM rates WHERE merchant_id = $1 AND mode = $2 AND base = $3 AND quote = $4"

func lastRate(ctx context.Context, q querier, like checkout.Rate, and string) (checkout.Rate, error) {
	rate, err := scanRate(q.QueryRowContext(ctx, lastRates+and+" ORDER BY rate_at DESC LIMIT 1", like.MerchantID, like.Mode, like.Base, like.Quote))
	if errors.Is(err, checkout.ErrNotFound) {
		return checkout.Rate{}, nil
	}
	return rate, err
}

// LastRate finds the last rate; see checkout.Store.
func (s *Store) LastRate(ctx context.Context, like checkout.Rate) (checkout.Rate, error) {
	return lastRate(ctx, s.read, like, "")
}

// InsertRate stores a rate; see checkout.Store.
func (s *Store) InsertRate(ctx context.Context, rate checkout.Rate, decide func(last, accepted checkout.Rate) (checkout.Rate, error)) (checkout.Rate, error) {
	var stored checkout.Rate
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockRates, rate.MerchantID, string(rate.Mode)); err != nil {
			return err
		}
		last, err := lastRate(ctx, tx, rate, "")
		if err != nil {
			return err
		}
		accepted, err := lastRate(ctx, tx, rate, " AND far_off = 0")
		if err != nil {
			return err
		}

		if stored, err = decide(last, accepted); err != nil {
			return err
		}
		r := stored
		_, err = tx.ExecContext(ctx, insertRateQuery, r.ID, r.MerchantID, r.Mode, r.Base, r.Quote, r.Value, r.Source, r.By, millis(r.At), millis(r.ValidUntil), flag(r.FarOff))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "rate.set", r.ID, map[string]any{
			"merchant": r.MerchantID, "mode": r.Mode, "pair": string(r.Base + "/" + r.Quote), "value": r.Value, "source": r.Source, "far_off": r.FarOff,
		})
	})
	return stored, err
}

// Rates lists the rates of a merchant and mode, the latest first.
func (s *Store) Rates(ctx context.Context, merchantID string, mode checkout.Mode, limit int) ([]checkout.Rate, error) {
	return selectAll(ctx, s.lists, scanRate, lastRates+" ORDER BY rate_at DESC LIMIT CAST($5 AS BIGINT)", merchantID, mode, checkout.USD, checkout.KHR, limit)
}
