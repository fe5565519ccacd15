package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"rieltime/checkout"
)

const searchTermColumns = "merchant_id, mode, term, created_at, session_id"

// insertSearchTerms stores what a stored session is found by, in one statement. A session
// whose personal data are erased stays without.
func insertSearchTerms(ctx context.Context, tx *sql.Tx, sessionID string, terms []string) error {
	if len(terms) == 0 {
		return nil
	}

	args := arguments{sessionID}
	rows := make([]string, len(terms))
	for i, term := range terms {
		rows[i] = "(" + args.bind(term) + ")"
	}

	_, err := tx.ExecContext(ctx, "INSERT INTO search_terms ("+searchTermColumns+
		") SELECT merchant_id, mode, column1, created_at, id FROM sessions, (VALUES "+strings.Join(rows, ", ")+
		") AS terms WHERE id = $1 AND forgotten_at = 0 ON CONFLICT DO NOTHING", args...)
	return err
}

// insertProofTerms stores what the session of a payment is found by since it has another
// proof.
func insertProofTerms(ctx context.Context, tx *sql.Tx, payment checkout.Payment, before *checkout.Proof) error {
	after := payment.Proof
	if after == nil || before != nil && slices.Equal(before.BankReferences, after.BankReferences) {
		return nil
	}
	return insertSearchTerms(ctx, tx, payment.SessionID, checkout.ProofTerms(*after))
}

const filledAtOnce = 500

// fillSearchTerms stores the terms of sessions that were made, and of proofs that came,
// before there were any, in pieces: it goes on where it was interrupted.
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
		if err := row.Scan(&s.ID, &customer); err != nil {
			return s, err
		}
		return s, json.Unmarshal([]byte(customer), &s.Customer)
	}, "SELECT id, customer FROM sessions WHERE id > $1 ORDER BY id LIMIT $2", after, filledAtOnce)
	if err != nil {
		return false, err
	}

	if len(sessions) > 0 {
		if err := fillTermsOf(ctx, tx, sessions, after); err != nil {
			return false, err
		}
		after = sessions[len(sessions)-1].ID
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

// earlierProofs names the members of the proofs that were stored before they had
// BankReferences.
var earlierProofs = checkout.ProviderInfo{ReferenceFields: []string{"externalref", "instructionref"}}

// fillTermsOf stores the terms of sessions that follow each other behind an id.
func fillTermsOf(ctx context.Context, tx *sql.Tx, sessions []checkout.Session, after string) error {
	ofProofs := map[string][]string{}
	err := forEach(ctx, tx, func(row scanner) error {
		var session, proof string
		if err := row.Scan(&session, &proof); err != nil {
			return err
		}

		var kept checkout.Proof
		if err := json.Unmarshal([]byte(proof), &kept); err != nil {
			return err
		}
		kept.BankReferences = earlierProofs.BankReferences(kept.Raw)
		ofProofs[session] = append(ofProofs[session], checkout.ProofTerms(kept)...)
		return nil
	}, "SELECT session_id, proof FROM payments WHERE session_id > $1 AND session_id <= $2 AND proof <> ''", after, sessions[len(sessions)-1].ID)
	if err != nil {
		return err
	}

	for _, session := range sessions {
		terms := append(checkout.SearchTerms(session.Customer), ofProofs[session.ID]...)
		if err := insertSearchTerms(ctx, tx, session.ID, terms); err != nil {
			return err
		}
	}

	return nil
}
