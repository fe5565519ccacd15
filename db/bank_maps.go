package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rieltime/checkout/statements"
)

// BankMap returns the columns by which the statements of an account are read; an empty
// map when none is kept.
func (s *Store) BankMap(ctx context.Context, accountID string) (m statements.Map, err error) {
	var text string
	err = s.read.QueryRowContext(ctx, "SELECT columns FROM bank_maps WHERE account_id = $1", accountID).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return statements.Map{}, nil
	}
	if err != nil {
		return statements.Map{}, translateErr(err)
	}
	return m, json.Unmarshal([]byte(text), &m)
}

// SaveBankMap keeps the columns by which the statements of an account are read.
func (s *Store) SaveBankMap(ctx context.Context, accountID string, m statements.Map) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO bank_maps (account_id, columns, changed_at) VALUES ($1, $2, $3)
			ON CONFLICT (account_id) DO UPDATE SET columns = excluded.columns, changed_at = excluded.changed_at`, accountID, string(text), millis(s.now()))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "statement.map", accountID, map[string]any{"columns": m.Columns})
	})
}
