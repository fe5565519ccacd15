package db

import (
	"context"
	"database/sql"

	"rieltime/checkout/statements"
)

const withdrawnAtOnce = 200 // lines

// WithdrawStatement deletes a statement after the lines that it added; see
// statements.Store. What is interrupted leaves the statement with fewer lines, to be
// withdrawn again.
func (s *Store) WithdrawStatement(ctx context.Context, b statements.Imported, note string) error {
	_, err := inPiecesFrom(ctx, s, int64(0), func(ctx context.Context, tx *sql.Tx, deleted *int64) (more bool, err error) {
		if err := s.lock(ctx, tx, lockStatements, b.AccountID); err != nil {
			return false, err
		}

		var closed bool
		err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM day_closes WHERE account_id = $1 AND reopened_at = 0 AND day >= $2 AND day <= $3)`,
			b.AccountID, int64(b.First), int64(b.Last)).Scan(&closed)
		if err != nil {
			return false, err
		}
		if closed {
			return false, statements.ErrDaysClosed
		}

		result, err := tx.ExecContext(ctx, "DELETE FROM bank_lines WHERE id IN (SELECT id FROM bank_lines "+s.dialect.using("bank_lines_list")+
			"WHERE account_id = $1 AND day >= $2 AND day <= $3 AND statement_id = $4 ORDER BY day, id LIMIT $5)",
			b.AccountID, int64(b.First), int64(b.Last), b.ID, withdrawnAtOnce)
		if err != nil {
			return false, err
		}
		rows, err := result.RowsAffected()
		*deleted += rows
		if err != nil || rows > 0 {
			return true, err
		}

		if err := changeRow(ctx, tx, "DELETE FROM bank_statements WHERE id = $1", b.ID); err != nil {
			return false, err
		}
		return false, s.audit(ctx, tx, "statement.withdraw", b.ID, map[string]any{"account": b.AccountID, "name": b.Name, "lines": *deleted, "note": note})
	})
	return translateErr(err)
}
