package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"rieltime/checkout"
)

const paymentColumns = `id, session_id, merchant_id, mode, provider, method, account_id, reference, amount, currency, created_at,
	status, review, failure_code, failure_message, provider_id, payees, next_action, state, proof, transaction_id,
	expires_at, closed_at, checked_at, check_count, next_check_at, watched_at, doubtful, claimed_at, delayed,
	refunded, decision, decision_note, decided_by, decided_at, unanswered_since, reopened_at, failed_checks, recorded_at, extra_of, settings_version, rate`

// keptProof is a proof with the amount that its public form leaves to others.
type keptProof struct {
	checkout.Proof
	Minor    int64             `json:"minor"`
	Currency checkout.Currency `json:"currency"`
}

func scanPayment(row scanner) (p checkout.Payment, err error) {
	var payees, action, state, proof, transaction string
	var created, expires, closed, checked, next, watched, claimedAt, decidedAt, unanswered, reopened, recorded int64
	var decision checkout.ReviewDecision
	err = row.Scan(&p.ID, &p.SessionID, &p.MerchantID, &p.Mode, &p.Provider, &p.Method, &p.AccountID, &p.Reference,
		&p.Amount.Minor, &p.Amount.Currency, &created,
		&p.Status, &p.Review, &p.FailureCode, &p.FailureMessage, &p.ProviderID, &payees, &action, &state, &proof, &transaction,
		&expires, &closed, &checked, &p.CheckCount, &next, &watched, &p.Doubtful, &claimedAt, &p.Delayed,
		&p.Refunded, &decision.Decision, &decision.Note, &decision.By, &decidedAt, &unanswered, &reopened, &p.FailedChecks, &recorded, &p.ExtraOf, &p.SettingsVersion, &p.Rate)
	if err != nil {
		return p, translateErr(err)
	}

	p.CreatedAt, p.ExpiresAt, p.ClosedAt = fromMillis(created), fromMillis(expires), fromMillis(closed)
	p.CheckedAt, p.NextCheckAt, p.WatchedAt, p.ReportedPaidAt = fromMillis(checked), fromMillis(next), fromMillis(watched), fromMillis(claimedAt)
	p.UnansweredSince, p.ReopenedAt, p.RecordedAt = fromMillis(unanswered), fromMillis(reopened), fromMillis(recorded)
	if decision.Decision != "" {
		decision.At = fromMillis(decidedAt)
		p.Decision = &decision
	}

	if state != "" {
		p.State = json.RawMessage(state)
	}

	if proof != "" {
		var kept keptProof
		if err := json.Unmarshal([]byte(proof), &kept); err != nil {
			return p, err
		}

		p.Proof = &kept.Proof
		p.Proof.Amount = checkout.Money{Minor: kept.Minor, Currency: kept.Currency}
		p.TransactionLost = transaction == ""
	}

	return p, errors.Join(json.Unmarshal([]byte(payees), &p.Payees), json.Unmarshal([]byte(action), &p.NextAction))
}

// changing are the values of the columns that may change, in the order of
// changingColumns.
func changing(p checkout.Payment) ([]any, error) {
	payees, err := json.Marshal(p.Payees)
	if err != nil {
		return nil, err
	}

	action, err := json.Marshal(p.NextAction)
	if err != nil {
		return nil, err
	}

	var proof []byte
	transaction := ""
	if p.Proof != nil {
		proof, err = json.Marshal(keptProof{Proof: *p.Proof, Minor: p.Proof.Amount.Minor, Currency: p.Proof.Amount.Currency})
		if err != nil {
			return nil, err
		}

		if !p.TransactionLost {
			transaction = p.Proof.TransactionID
		}
	}

	var decision checkout.ReviewDecision
	if p.Decision != nil {
		decision = *p.Decision
	}

	return []any{
		p.Status, p.Review, p.FailureCode, p.FailureMessage, p.ProviderID, string(payees), string(action), string(p.State), string(proof), transaction,
		millis(p.ExpiresAt), millis(p.ClosedAt), millis(p.CheckedAt), p.CheckCount, millis(p.NextCheckAt), flag(p.Doubtful), millis(p.ReportedPaidAt), flag(p.Delayed),
		p.Refunded, decision.Decision, decision.Note, decision.By, millis(decision.At), millis(p.UnansweredSince), millis(p.ReopenedAt), p.FailedChecks, millis(p.RecordedAt),
	}, nil
}

// changingColumns are those of changing.
const changingColumns = `status, review, failure_code, failure_message, provider_id, payees, next_action, state, proof, transaction_id,
	expires_at, closed_at, checked_at, check_count, next_check_at, doubtful, claimed_at, delayed,
	refunded, decision, decision_note, decided_by, decided_at, unanswered_since, reopened_at, failed_checks, recorded_at`

const createdColumns = "id, session_id, ordinal, merchant_id, mode, merchant_reference, provider, method, account_id, reference, amount, currency, created_at, extra_of, settings_version, rate"

var insertPaymentQuery = insertInto("payments", changingColumns+", "+createdColumns)

// insertPayment stores the payment of a session, whose reference it takes.
func insertPayment(ctx context.Context, tx *sql.Tx, session checkout.Session, p checkout.Payment, ordinal int) error {
	values, err := changing(p)
	if err != nil {
		return err
	}

	values = append(values, p.ID, p.SessionID, ordinal, p.MerchantID, p.Mode, session.Reference, p.Provider, p.Method, p.AccountID, p.Reference,
		p.Amount.Minor, p.Amount.Currency, millis(p.CreatedAt), p.ExtraOf, p.SettingsVersion, p.Rate)
	_, err = tx.ExecContext(ctx, insertPaymentQuery, values...)
	return err
}

var changingNames = columnNames(changingColumns)

// updatePayment writes what has changed of a payment. An answer also gives back the
// lease under which the payment was queried.
func updatePayment(ctx context.Context, tx *sql.Tx, before, after checkout.Payment) error {
	then, err := changing(before)
	if err != nil {
		return err
	}
	now, err := changing(after)
	if err != nil {
		return err
	}

	query, args := updateChanged("payments", after.ID, changingNames, then, now)
	if query == "" {
		return nil
	}
	if !after.CheckedAt.Equal(before.CheckedAt) {
		query = strings.Replace(query, " WHERE", ", leased_until = 0 WHERE", 1)
	}

	_, err = tx.ExecContext(ctx, query, args...)
	return err
}

func selectPayments(ctx context.Context, q querier, where string, args ...any) ([]checkout.Payment, error) {
	return selectAll(ctx, q, scanPayment, "SELECT "+paymentColumns+" FROM payments "+where, args...)
}

func onePayment(payments []checkout.Payment, err error) (checkout.Payment, error) {
	if err != nil {
		return checkout.Payment{}, err
	}
	if len(payments) == 0 {
		return checkout.Payment{}, checkout.ErrNotFound
	}
	return payments[0], nil
}

// Payment finds a payment by its id.
func (s *Store) Payment(ctx context.Context, id string) (checkout.Payment, error) {
	return onePayment(selectPayments(ctx, s.read, "WHERE id = $1", id))
}

// PaymentByReference finds a payment of an account by our reference.
func (s *Store) PaymentByReference(ctx context.Context, accountID, reference string) (checkout.Payment, error) {
	return onePayment(selectPayments(ctx, s.read, "WHERE account_id = $1 AND reference = $2", accountID, reference))
}

// PaymentByTransaction finds the payment that has a transaction; see
// checkout.Store.
func (s *Store) PaymentByTransaction(ctx context.Context, account checkout.Account, proof checkout.Proof) (checkout.Payment, error) {
	// Money to the same payee comes first: it is the same money, which another
	// payment with the same number need not be.
	return onePayment(selectPayments(ctx, s.read, byTransaction+sameMoney+" ORDER BY account_id = $4 OR json_extract(proof, '$.payee') = $5 DESC LIMIT 1",
		account.Provider, account.Mode, proof.TransactionID, account.ID, proof.Payee, checkout.ReviewNone))
}

// ListPayments pages through a merchant's payments.
func (s *Store) ListPayments(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.PaymentQuery) ([]checkout.Payment, bool, error) {
	l := newList("payments", merchantID, mode, query.ListPart)
	if query.InReview {
		l.where += " AND review <> '' AND decision = ''"
		l.narrow("review")
	}

	l.filter("merchant_reference", query.MerchantReference)
	l.filter("status", string(query.Status))
	if query.SessionID != "" { // it has few payments: nothing else needs an index
		l.filter("session_id", query.SessionID)
		l.index = "payments_session"
	}

	l.within = query.Created
	clause, err := l.clause(ctx, s)
	if err != nil {
		return nil, false, err
	}

	payments, err := selectPayments(ctx, s.lists, clause, l.args...)
	if err != nil {
		return nil, false, err
	}

	payments, more := page(payments, query.ListPart)
	return payments, more, nil
}
