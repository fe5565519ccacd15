package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/statements"
)

// PaidPayments passes on the payments of an account whose proofs were recorded from one
// time up to another, but those whose money another payment has or that were refused.
func (s *Store) PaidPayments(ctx context.Context, account checkout.Account, from, to time.Time, each func(statements.Paid)) error {
	return forEach(ctx, s.lists, func(row scanner) error {
		var p statements.Paid
		var proof string
		var recorded int64
		if err := row.Scan(&p.ID, &p.Reference, &proof, &recorded); err != nil {
			return err
		}

		var kept keptProof
		if err := json.Unmarshal([]byte(proof), &kept); err != nil {
			return err
		}
		p.At, p.Proof = fromMillis(recorded), kept.Proof
		p.Proof.Amount = checkout.Money{Minor: kept.Minor, Currency: kept.Currency}
		each(p)
		return nil
	}, "SELECT id, reference, proof, recorded_at FROM payments "+s.dialect.using("payments_recorded")+`WHERE merchant_id = $1 AND mode = $2 AND recorded_at > 0
		AND recorded_at >= $3 AND recorded_at < $4 AND account_id = $5 AND transaction_id <> '' AND decision <> 'refuse' ORDER BY recorded_at, id`,
		account.MerchantID, account.Mode, millis(from), millis(to), account.ID)
}

// notTaken is the condition that no line has the payment $1 yet.
const notTaken = "NOT EXISTS (SELECT 1 FROM bank_lines b WHERE b.payment_id = $1 AND b.state IN ('matched', 'amount_differs'))"

// setMatchQuery gives a line that is still open what was found about it.
const setMatchQuery = `UPDATE bank_lines SET payment_id = $1, state = $2, how = $3, proposals = $4, needs_attention = $5
	WHERE id = $6 AND state = 'bank_only' AND decided_at = 0`

// SaveMatches stores what was found about lines, unless a line or a payment has another
// match by now.
func (s *Store) SaveMatches(ctx context.Context, accountID string, lines []statements.Entry) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockStatements, accountID); err != nil {
			return err
		}
		for _, e := range lines {
			takes := e.State == statements.Matched || e.State == statements.AmountDiffers
			query := setMatchQuery
			if takes {
				query += " AND " + notTaken
			}
			_, err := tx.ExecContext(ctx, query, e.Record, string(e.State), string(e.How), strings.Join(e.Proposals, " "), flag(e.NeedsAttention), e.ID)
			if err == nil && takes {
				err = forgetMissing(ctx, tx, accountID, e.Record)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// forgetMissing deletes that a payment has no line.
func forgetMissing(ctx context.Context, tx *sql.Tx, accountID, paymentID string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM bank_lines WHERE account_id = $1 AND line_key = $2 AND occurrence = 1", accountID, statements.MissingKey(paymentID))
	return err
}

var (
	takenOfManyQuery = "SELECT payment_id FROM bank_lines WHERE state IN ('matched', 'amount_differs') AND payment_id IN (" + placeholders(1, bankLinesAtOnce) + ")"
	forgetManyQuery  = "DELETE FROM bank_lines WHERE account_id = $1 AND occurrence = 1 AND line_key IN (" + placeholders(2, bankLinesAtOnce) + ")"
)

// takePayments returns lines without those matches whose payments other lines have, and
// deletes that the payments of the others have no line.
func takePayments(ctx context.Context, tx *sql.Tx, accountID string, lines []statements.Entry) ([]statements.Entry, error) {
	lines = slices.Clone(lines) // a transaction may be tried again
	var takers []*statements.Entry
	for i := range lines {
		if lines[i].State == statements.Matched || lines[i].State == statements.AmountDiffers {
			takers = append(takers, &lines[i])
		}
	}

	for some := range slices.Chunk(takers, bankLinesAtOnce) {
		payments, keys := make([]any, bankLinesAtOnce), []any{accountID}
		for i := range payments {
			payments[i] = some[min(i, len(some)-1)].Record // the last once more where there are fewer
		}
		taken, err := queryStrings(ctx, tx, takenOfManyQuery, payments...)
		if err != nil {
			return nil, err
		}
		for _, payment := range payments {
			keys = append(keys, statements.MissingKey(payment.(string)))
		}
		if _, err := tx.ExecContext(ctx, forgetManyQuery, keys...); err != nil {
			return nil, err
		}

		for _, e := range some {
			if slices.Contains(taken, e.Record) {
				e.Match, e.NeedsAttention = statements.Match{State: statements.BankOnly}, !e.Out
			}
		}
	}
	return lines, nil
}

// InsertMissing stores payments that no line shows.
func (s *Store) InsertMissing(ctx context.Context, b statements.Imported, missing []statements.Entry) error {
	for rest := missing; len(rest) > 0; {
		chunk := rest[:min(len(rest), bankLinesAtOnce)]
		rest = rest[len(chunk):]
		err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
			if err := s.lockStatement(ctx, tx, b); err != nil {
				return err
			}
			for _, e := range chunk {
				var taken bool
				if err := tx.QueryRowContext(ctx, "SELECT NOT ("+notTaken+")", e.Record).Scan(&taken); err != nil {
					return err
				}
				if taken {
					continue
				}
				if _, err := tx.ExecContext(ctx, insertBankLineQuery, bankLineValues(b, e)...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	errLineDecided = &checkout.Error{Kind: checkout.KindConflict, Code: "line_decided", Detail: "This line was explained meanwhile."}
	errLineTaken   = &checkout.Error{Kind: checkout.KindConflict, Code: "payment_has_line", Param: "payment", Detail: "Another line has this payment already."}
)

// DecideBankLine stores what a person says about a line that needs attention: that it is
// of a payment, or, without one, why it is right as it is.
func (s *Store) DecideBankLine(ctx context.Context, line statements.Entry, paymentID string, decision statements.Decision) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockStatements, line.AccountID); err != nil {
			return err
		}
		if paymentID != "" {
			var free bool
			if err := tx.QueryRowContext(ctx, "SELECT "+notTaken, paymentID).Scan(&free); err != nil {
				return err
			}
			if !free {
				return errLineTaken
			}
			if err := forgetMissing(ctx, tx, line.AccountID, paymentID); err != nil {
				return err
			}
		}

		state, how, record := line.State, line.How, line.Record
		if paymentID != "" {
			state, how, record = statements.Matched, statements.ByPerson, paymentID
		}
		changed, err := tx.ExecContext(ctx, `UPDATE bank_lines SET state = $1, how = $2, payment_id = $3, needs_attention = 0, decision_note = $4, decided_by = $5, decided_at = $6
			WHERE id = $7 AND decided_at = 0 AND state = $8`, string(state), string(how), record, decision.Note, decision.By, millis(decision.At), line.ID, string(line.State))
		if err != nil {
			return err
		}
		if rows, err := changed.RowsAffected(); err != nil || rows == 0 {
			return errLineDecided.WithCause(err)
		}
		return s.audit(ctx, tx, "statement.explain", line.ID, map[string]any{"state": line.State, "payment": paymentID, "note": decision.Note})
	})
}
