package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"rieltime/checkout"
)

const searchTermColumns = "merchant_id, mode, term, created_at, session_id"

// insertSearchTerms stores what a new session is found by, in one statement.
func insertSearchTerms(ctx context.Context, tx *sql.Tx, s checkout.Session) error {
	terms := checkout.SearchTerms(s.Customer)
	if len(terms) == 0 {
		return nil
	}

	var args arguments
	rows := make([]string, len(terms))
	for i, term := range terms {
		rows[i] = "(" + strings.Join([]string{
			args.bind(s.MerchantID), args.bind(s.Mode), args.bind(term), args.bind(millis(s.CreatedAt)), args.bind(s.ID),
		}, ", ") + ")"
	}

	_, err := tx.ExecContext(ctx, "INSERT INTO search_terms ("+searchTermColumns+") VALUES "+strings.Join(rows, ", ")+" ON CONFLICT DO NOTHING", args...)
	return err
}

const filledAtOnce = 500

// fillSearchTerms stores the terms of sessions that were made before there were any, in
// pieces: it goes on where it was interrupted.
func fillSearchTerms(ctx context.Context, db *sql.DB) error {
	for {
		more, err := fillSomeTerms(ctx, db)
		if err != nil || !more {
			return err
		}
	}
}

func fillSomeTerms(ctx context.Context, db *sql.DB) (more bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()

	var after string
	err = tx.QueryRowContext(ctx, "SELECT after FROM search_fill").Scan(&after)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}

	sessions, err := selectAll(ctx, tx, func(row scanner) (s checkout.Session, err error) {
		var customer string
		var created int64
		if err := row.Scan(&s.ID, &s.MerchantID, &s.Mode, &created, &customer); err != nil {
			return s, err
		}
		s.CreatedAt = fromMillis(created)
		return s, json.Unmarshal([]byte(customer), &s.Customer)
	}, "SELECT id, merchant_id, mode, created_at, customer FROM sessions WHERE id > $1 ORDER BY id LIMIT $2", after, filledAtOnce)
	if err != nil {
		return false, err
	}

	for _, session := range sessions {
		if err := insertSearchTerms(ctx, tx, session); err != nil {
			return false, err
		}
		after = session.ID
	}

	if len(sessions) < filledAtOnce {
		_, err = tx.ExecContext(ctx, "DELETE FROM search_fill")
	} else {
		_, err = tx.ExecContext(ctx, "UPDATE search_fill SET after = $1", after)
	}
	if err != nil {
		return false, err
	}

	return len(sessions) == filledAtOnce, tx.Commit()
}
