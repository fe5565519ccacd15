package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/internal/cambodia"
)

const bankStatementColumns = "id, merchant_id, mode, account_id, name, format, imported_at, imported_by, first_day, last_day, line_count, added_count, bad_count"

var insertBankStatementQuery = insertInto("bank_statements", bankStatementColumns)

// InsertStatement stores a bank's statement without its lines.
func (s *Store) InsertStatement(ctx context.Context, b statements.Imported) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertBankStatementQuery, b.ID, b.MerchantID, b.Mode, b.AccountID, b.Name, string(b.Format),
			millis(b.At), b.By, int64(b.First), int64(b.Last), b.Lines, b.Added, b.Bad)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "statement.import", b.ID, map[string]any{"account": b.AccountID, "name": b.Name, "lines": b.Lines, "not_understood": b.Bad})
	})
}

// CountBankLines stores how many lines of a statement were not known before.
func (s *Store) CountBankLines(ctx context.Context, statementID string, added int) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := changeRow(ctx, tx, "UPDATE bank_statements SET added_count = $1 WHERE id = $2", added, statementID)
		if errors.Is(err, checkout.ErrNotFound) {
			return statements.ErrWithdrawn
		}
		return err
	})
}

// lockStatement locks the statements of an account for an import, whose statement somebody
// may have withdrawn meanwhile.
func (s *Store) lockStatement(ctx context.Context, tx *sql.Tx, b statements.Imported) error {
	if err := s.lock(ctx, tx, lockStatements, b.AccountID); err != nil {
		return err
	}
	var kept bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM bank_statements WHERE id = $1)", b.ID).Scan(&kept)
	if err == nil && !kept {
		return statements.ErrWithdrawn
	}
	return err
}

func scanBankStatement(row scanner) (b statements.Imported, err error) {
	var at int64
	err = row.Scan(&b.ID, &b.MerchantID, &b.Mode, &b.AccountID, &b.Name, &b.Format, &at, &b.By, &b.First, &b.Last, &b.Lines, &b.Added, &b.Bad)
	b.At = fromMillis(at)
	return b, err
}

// BankStatement finds a statement of a merchant's accounts.
func (s *Store) BankStatement(ctx context.Context, merchantID string, mode checkout.Mode, id string) (statements.Imported, error) {
	b, err := scanBankStatement(s.read.QueryRowContext(ctx, "SELECT "+bankStatementColumns+" FROM bank_statements WHERE id = $1 AND merchant_id = $2 AND mode = $3", id, merchantID, mode))
	return b, translateErr(err)
}

// BankStatements lists the statements of an account that were imported last, the newest
// first.
func (s *Store) BankStatements(ctx context.Context, accountID string, limit int) ([]statements.Imported, error) {
	return selectAll(ctx, s.lists, scanBankStatement, "SELECT "+bankStatementColumns+" FROM bank_statements "+s.dialect.using("bank_statements_list")+
		"WHERE account_id = $1 ORDER BY imported_at DESC, id DESC LIMIT CAST($2 AS BIGINT)", accountID, limit)
}

const bankLineColumns = `id, merchant_id, mode, account_id, statement_id, line_key, occurrence, file_row, day, at, amount, currency, money_out,
	reference, hash, payer, description, balance, state, how, payment_id, proposals, needs_attention`

const (
	bankLinesAtOnce = 50 // values of one list

	// bankLinesOfInsert is the rows of one INSERT. SQLite looks each parameter's name up in
	// a list of all: with 50 rows this took half of the time that an INSERT takes.
	bankLinesOfInsert = 8
)

// insertBankLines is the INSERT of some lines that are not there yet.
func insertBankLines(rows int) string {
	count := len(columnNames(bankLineColumns))
	values := make([]string, rows)
	for i := range values {
		values[i] = "(" + placeholders(1+i*count, count) + ")"
	}
	return "INSERT INTO bank_lines (" + bankLineColumns + ") VALUES " + strings.Join(values, ", ") + " ON CONFLICT (account_id, line_key, occurrence) DO NOTHING"
}

var insertManyBankLinesQuery, insertBankLineQuery = insertBankLines(bankLinesOfInsert), insertBankLines(1)

func bankLineValues(b statements.Imported, e statements.Entry) []any {
	return []any{
		e.ID, b.MerchantID, b.Mode, b.AccountID, b.ID, e.Key.Content, e.Key.Occurrence, e.Row, int64(e.Day), millis(e.At), e.Amount.Minor, e.Amount.Currency, flag(e.Out),
		e.Reference, e.Hash, e.Payer, e.Text, e.Balance, string(e.State), string(e.How), e.Record, strings.Join(e.Proposals, " "), flag(e.NeedsAttention),
	}
}

// KnownBankLines are the lines of an account's days that are stored.
func (s *Store) KnownBankLines(ctx context.Context, accountID string, from, to cambodia.Day) (map[statements.LineKey]bool, error) {
	known := map[statements.LineKey]bool{}
	err := forEach(ctx, s.lists, func(row scanner) error {
		var key statements.LineKey
		err := row.Scan(&key.Content, &key.Occurrence)
		known[key] = true
		return err
	}, "SELECT line_key, occurrence FROM bank_lines "+s.dialect.using("bank_lines_list")+"WHERE account_id = $1 AND day >= $2 AND day <= $3", accountID, int64(from), int64(to))
	return known, err
}

// InsertBankLines stores those lines of a statement that are not known, and returns how
// many. A match with a payment that has another line by now is left out.
func (s *Store) InsertBankLines(ctx context.Context, b statements.Imported, lines []statements.Entry) (added int, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		added = 0
		if err := s.lockStatement(ctx, tx, b); err != nil {
			return err
		}
		lines, err := takePayments(ctx, tx, b.AccountID, lines)
		if err != nil {
			return err
		}

		for rest := lines; len(rest) > 0; {
			query, count := insertBankLineQuery, 1
			if len(rest) >= bankLinesOfInsert {
				query, count = insertManyBankLinesQuery, bankLinesOfInsert
			}

			var values []any
			for _, line := range rest[:count] {
				values = append(values, bankLineValues(b, line)...)
			}
			inserted, err := tx.ExecContext(ctx, query, values...)
			if err != nil {
				return err
			}
			rows, err := inserted.RowsAffected()
			if err != nil {
				return err
			}
			added, rest = added+int(rows), rest[count:]
		}
		return nil
	})
	return added, err
}

func scanBankLine(row scanner) (e statements.Entry, err error) {
	var merchant, mode, proposals string
	var day, at, decided int64
	err = row.Scan(&e.ID, &merchant, &mode, &e.AccountID, &e.StatementID, &e.Key.Content, &e.Key.Occurrence, &e.Row, &day, &at, &e.Amount.Minor, &e.Amount.Currency, &e.Out,
		&e.Reference, &e.Hash, &e.Payer, &e.Text, &e.Balance, &e.State, &e.How, &e.Record, &proposals, &e.NeedsAttention, &e.Decision.Note, &e.Decision.By, &decided)
	e.Day, e.At, e.Decision.At = cambodia.Day(day), fromMillis(at), fromMillis(decided)
	if proposals != "" {
		e.Proposals = strings.Fields(proposals)
	}
	return e, err
}

const selectBankLines = "SELECT " + bankLineColumns + ", decision_note, decided_by, decided_at FROM bank_lines "

// OpenBankLines lists the lines of an account's days that have no payment and that nobody
// decided about, and the payments that lines of more days around have.
func (s *Store) OpenBankLines(ctx context.Context, accountID string, from, to cambodia.Day) (lines []statements.Entry, taken map[string]bool, err error) {
	lines, err = selectAll(ctx, s.lists, scanBankLine, selectBankLines+s.dialect.using("bank_lines_state")+
		"WHERE account_id = $1 AND state = 'bank_only' AND day >= $2 AND day <= $3 AND decided_at = 0", accountID, int64(from), int64(to))
	if err != nil {
		return nil, nil, err
	}

	taken = map[string]bool{}
	for _, state := range []statements.State{statements.Matched, statements.AmountDiffers} {
		ids, err := queryStrings(ctx, s.lists, "SELECT payment_id FROM bank_lines "+s.dialect.using("bank_lines_state")+
			"WHERE account_id = $1 AND state = $2 AND day >= $3 AND day <= $4", accountID, string(state), int64(from-takenAround), int64(to+takenAround))
		if err != nil {
			return nil, nil, err
		}
		for _, id := range ids {
			taken[id] = true
		}
	}
	return lines, taken, nil
}

// takenAround is how many days a line may be from the payment that it has.
const takenAround = 10

// ListBankLines lists a page of an account's lines, the latest day first, behind a line
// if there is one. It returns one more than limit where there are more.
func (s *Store) ListBankLines(ctx context.Context, account checkout.Account, filter statements.Filter, limit int) ([]statements.Entry, error) {
	args := arguments{account.ID}
	index, where := "bank_lines_list", "WHERE account_id = $1"
	switch {
	case filter.NeedsAttention:
		args = arguments{account.MerchantID, account.Mode, account.ID}
		index, where = "bank_lines_attention", "WHERE needs_attention = 1 AND merchant_id = $1 AND mode = $2 AND account_id = $3"
	case filter.State != "":
		index = "bank_lines_state"
		where += " AND state = " + args.bind(string(filter.State))
	}

	if filter.From != 0 {
		where += " AND day >= " + args.bind(int64(filter.From))
	}
	switch {
	case filter.After.ID != "":
		where += " AND (day, id) < (" + args.bind(int64(filter.After.Day)) + ", " + args.bind(filter.After.ID) + ")"
	case filter.To != 0:
		where += " AND day <= " + args.bind(int64(filter.To))
	}
	return selectAll(ctx, s.lists, scanBankLine, selectBankLines+s.dialect.using(index)+where+" ORDER BY day DESC, id DESC LIMIT "+args.bind(limit+1), args...)
}

// BankLine finds a line of a merchant's accounts.
func (s *Store) BankLine(ctx context.Context, merchantID string, mode checkout.Mode, id string) (statements.Entry, error) {
	found, err := selectAll(ctx, s.read, scanBankLine, selectBankLines+"WHERE id = $1 AND merchant_id = $2 AND mode = $3", id, merchantID, mode)
	if err == nil && len(found) == 0 {
		err = checkout.ErrNotFound
	}
	if err != nil {
		return statements.Entry{}, err
	}
	return found[0], nil
}

// ForgetBankTexts blanks who paid and the descriptions in lines of days before a moment.
// References and hashes stay: they name transactions.
func (s *Store) ForgetBankTexts(ctx context.Context, before time.Time) error {
	return s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) {
		forgotten, err := tx.ExecContext(ctx, "UPDATE bank_lines SET payer = '', description = '' WHERE id IN (SELECT id FROM bank_lines "+s.dialect.using("bank_lines_personal")+
			"WHERE (payer <> '' OR description <> '') AND day < $1 ORDER BY day, id LIMIT 20)", int64(cambodia.DayOf(before)))
		if err != nil {
			return false, err
		}
		rows, err := forgotten.RowsAffected()
		return rows > 0, err
	})
}
