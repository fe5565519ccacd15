package db

import (
	"cmp"
	"context"
	"database/sql"

	"rieltime/checkout/statements"
)

const withdrawnAtOnce = 200 // lines

// withdrawal is how far a statement is withdrawn: the lines of others, which stay, are not
// read again for each piece.
type withdrawal struct {
	after statements.Position
	lines int
}

// WithdrawStatement deletes a statement after the lines that it added; see
// statements.Store. What is interrupted leaves the statement with fewer lines, to be
// withdrawn again. An import of the statement that goes on ends with ErrWithdrawn.
func (s *Store) WithdrawStatement(ctx context.Context, b statements.Imported, note string) error {
	begin := withdrawal{after: statements.Position{Day: b.First}}
	_, err := inPiecesFrom(ctx, s, begin, func(ctx context.Context, tx *sql.Tx, w *withdrawal) (more bool, err error) {
		if err := s.lock(ctx, tx, lockStatements, b.AccountID); err != nil {
			return false, err
		}

		var closed bool
		err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM day_closes WHERE account_id = $1 AND reopened_at = 0 AND day >= $2 AND day <= $3)`,
			b.AccountID, b.First, b.Last).Scan(&closed)
		if err != nil {
			return false, err
		}
		if closed {
			return false, statements.ErrDaysClosed
		}

		if deleted, err := s.deleteLines(ctx, tx, b, w); err != nil || deleted > 0 {
			return true, err
		}
		if w.after != begin.after { // an import that goes on may have stored lines of the days before
			w.after = begin.after
			return true, nil
		}
		if err := changeRow(ctx, tx, "DELETE FROM bank_statements WHERE id = $1", b.ID); err != nil {
			return false, err
		}
		return false, s.audit(ctx, tx, "statement.withdraw", b.ID, map[string]any{"account": b.AccountID, "name": b.Name, "lines": w.lines, "note": note})
	})
	return translateErr(err)
}

// deleteLines deletes the next lines that a statement added.
func (s *Store) deleteLines(ctx context.Context, tx *sql.Tx, b statements.Imported, w *withdrawal) (deleted int, err error) {
	after := w.after
	err = forEach(ctx, tx, func(row scanner) error {
		var at statements.Position
		if err := row.Scan(&at.Day, &at.ID); err != nil {
			return err
		}
		if cmp.Or(cmp.Compare(at.Day, w.after.Day), cmp.Compare(at.ID, w.after.ID)) > 0 { // they come in any order
			w.after = at
		}
		deleted++
		return nil
	}, "DELETE FROM bank_lines WHERE id IN (SELECT id FROM bank_lines "+s.dialect.using("bank_lines_list")+
		"WHERE account_id = $1 AND (day, id) > ($2, $3) AND day <= $4 AND statement_id = $5 ORDER BY day, id LIMIT $6) RETURNING day, id",
		b.AccountID, after.Day, after.ID, b.Last, b.ID, withdrawnAtOnce)
	w.lines += deleted
	return deleted, err
}
