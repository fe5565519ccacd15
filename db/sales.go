package db

import (
	"context"
	"database/sql"

	"rieltime/checkout"
)

// madeSale returns the session of a sale whose form was sent before; checkout.ErrNotFound
// when it was not. Whoever stores the sale first holds the lock until the commit.
func (s *Store) madeSale(ctx context.Context, tx *sql.Tx, sale checkout.Session) (checkout.Session, error) {
	if err := s.lock(ctx, tx, lockSession, sale.ID); err != nil {
		return checkout.Session{}, err
	}
	made, err := scanSession(tx.QueryRowContext(ctx, "SELECT "+sessionColumns+" FROM sessions WHERE id = $1", sale.ID))
	if err != nil {
		return checkout.Session{}, err
	}
	made.Repeated = true
	return made, sale.SameSale(made)
}

const salesOf = "merchant_id = $1 AND mode = $2 AND cashier_id <> '' AND cashier_id = $3 AND created_at >= $4 AND created_at < $5"

// Sales lists the sales that a cashier made within a range, the newest first; at most
// limit.
func (s *Store) Sales(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string, made checkout.TimeRange, limit int) ([]checkout.Sale, error) {
	return selectAll(ctx, s.lists, func(row scanner) (sale checkout.Sale, err error) {
		var r sessionRow
		if err := row.Scan(append(r.fields(), &sale.Attention)...); err != nil {
			return sale, err
		}
		sale.Session, err = r.read()
		return sale, err
	}, "SELECT "+sessionColumns+`, EXISTS (SELECT 1 FROM payments WHERE session_id = sessions.id AND review <> '' AND decision = '')
		FROM sessions `+s.dialect.using("sessions_cashier")+"WHERE "+salesOf+" ORDER BY created_at DESC, id DESC LIMIT CAST($6 AS BIGINT)",
		merchantID, mode, cashierID, millis(made.From), millis(made.To), limit)
}

// SaleTakings adds up what the sales took that a cashier made within a range, by currency
// and method. Money counts that was proved to be for the sale, as much as came.
func (s *Store) SaleTakings(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string, made checkout.TimeRange) ([]checkout.SaleTakings, error) {
	return s.saleTakings(ctx, s.lists, merchantID, mode, cashierID, made)
}

func (s *Store) saleTakings(ctx context.Context, q querier, merchantID string, mode checkout.Mode, cashierID string, made checkout.TimeRange) ([]checkout.SaleTakings, error) {
	return selectAll(ctx, q, func(row scanner) (t checkout.SaleTakings, err error) {
		err = row.Scan(&t.Taken.Currency, &t.Provider, &t.Method, &t.Taken.Minor, &t.Count)
		return t, err
	}, `SELECT coalesce(json_extract(p.proof, '$.currency'), p.currency), p.provider, p.method,
			CAST(sum(coalesce(CAST(json_extract(p.proof, '$.minor') AS BIGINT), p.amount)) AS BIGINT), count(*)
		FROM (SELECT payment_id FROM sessions `+s.dialect.using("sessions_cashier")+"WHERE "+salesOf+` AND status = 'complete') AS sale
		JOIN payments p ON p.id = sale.payment_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
		merchantID, mode, cashierID, millis(made.From), millis(made.To))
}
