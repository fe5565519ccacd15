package db

import (
	"context"
	"database/sql"
	"reflect"
	"slices"

	"rieltime/checkout"
)

// Purchase loads a session with its payments, as they were at one moment.
func (s *Store) Purchase(ctx context.Context, sessionID string) (checkout.Purchase, error) {
	ctx = context.WithoutCancel(ctx) // few rows by their keys: watching for the end would take longer
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot})
	if err != nil {
		return checkout.Purchase{}, translateErr(err)
	}
	defer func() { _ = tx.Rollback() }()
	return loadPurchase(ctx, tx, sessionID)
}

func loadPurchase(ctx context.Context, q querier, sessionID string) (p checkout.Purchase, err error) {
	var paying bool
	if p.Session, p.Merchant, paying, err = selectSessionAndMerchant(ctx, q, sessionID); err != nil {
		return p, err
	}
	if paying { // to look for none made the start of a payment a fifth dearer
		if p.Payments, err = selectPayments(ctx, q, "WHERE session_id = $1 ORDER BY ordinal", sessionID); err != nil {
			return p, err
		}
		if p.Refunds, err = loadRefunds(ctx, q, sessionID, p.Payments); err != nil {
			return p, err
		}
	}
	if p.Session.LinkID == "" {
		return p, nil
	}

	link, err := selectLink(ctx, q, p.Session.LinkID)
	p.LimitedLink, p.LimitedUses = link.Limited(), link.MaxUses > 0
	p.UseGone = !p.Session.HoldsUse && link.SoldOut()
	return p, err
}

var sessionAndMerchant = "SELECT " + qualified("s", sessionColumns) + ", " + qualified("m", merchantColumns) +
	", EXISTS (SELECT 1 FROM payments WHERE session_id = s.id) FROM sessions s JOIN merchants m ON m.id = s.merchant_id WHERE s.id = $1"

// selectSessionAndMerchant also reports whether the session has payments.
func selectSessionAndMerchant(ctx context.Context, q querier, sessionID string) (session checkout.Session, merchant checkout.Merchant, paying bool, err error) {
	var s sessionRow
	var m merchantRow
	if err := q.QueryRowContext(ctx, sessionAndMerchant, sessionID).Scan(append(append(s.fields(), m.fields()...), &paying)...); err != nil {
		return session, merchant, false, translateErr(err)
	}

	if session, err = s.read(); err != nil {
		return session, merchant, false, err
	}
	merchant, err = m.read()
	return session, merchant, paying, err
}

// Update changes a purchase; see checkout.Store.
func (s *Store) Update(ctx context.Context, sessionID string, change func(*checkout.Purchase) error) (checkout.Purchase, error) {
	return s.changePurchase(ctx, sessionID, loadPurchase, change)
}

// UpdateFrom changes a purchase that was just loaded; see checkout.Store.
func (s *Store) UpdateFrom(ctx context.Context, loaded checkout.Purchase, change func(*checkout.Purchase) error) (checkout.Purchase, error) {
	return s.changePurchase(ctx, loaded.Session.ID, func(ctx context.Context, q querier, sessionID string) (checkout.Purchase, error) {
		if unchanged(ctx, q, loaded) {
			return loaded, nil
		}
		return loadPurchase(ctx, q, sessionID)
	}, change)
}

// unchanged reports whether a purchase is still what was loaded. Its version shows that
// only without payments and links, which also change without a new one.
func unchanged(ctx context.Context, q querier, loaded checkout.Purchase) bool {
	if len(loaded.Payments) > 0 || loaded.Session.LinkID != "" {
		return false
	}
	var version int
	err := q.QueryRowContext(ctx, "SELECT version FROM sessions WHERE id = $1", loaded.Session.ID).Scan(&version)
	return err == nil && version == loaded.Session.Version
}

func (s *Store) changePurchase(ctx context.Context, sessionID string, load func(context.Context, querier, string) (checkout.Purchase, error), change func(*checkout.Purchase) error) (checkout.Purchase, error) {
	defer s.glances.forget(sessionID) // after a commit whose outcome is unknown too

	update := s.update
	if checkout.IsInBackground(ctx) {
		update = s.updateSoon
	}

	var after checkout.Purchase
	err := update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockSession, sessionID); err != nil {
			return err
		}
		if err := s.lockPayments(ctx, tx, sessionID); err != nil {
			return err
		}

		before, err := load(ctx, tx, sessionID)
		if err != nil {
			return err
		}

		after = before
		after.Payments = slices.Clone(before.Payments)
		after.Refunds = slices.Clone(before.Refunds)
		if err := change(&after); err != nil {
			return err
		}
		if err := s.savePurchase(ctx, tx, before, after); err != nil {
			return err
		}
		if err := s.saveRefunds(ctx, tx, before.Refunds, after.Refunds); err != nil {
			return err
		}
		if err := s.auditPurchase(ctx, tx, before, after); err != nil {
			return err
		}

		if err := s.insertEvents(ctx, tx, after.Events()); err != nil {
			return err
		}

		return addTakings(ctx, tx, after.Session, checkout.ChangedTakings(before, after, s.now()))
	})
	return after, err
}

func (s *Store) savePurchase(ctx context.Context, tx *sql.Tx, before, after checkout.Purchase) error {
	for i, payment := range after.Payments {
		if i < len(before.Payments) && reflect.DeepEqual(before.Payments[i], payment) {
			continue
		}

		if i >= len(before.Payments) || transactionOf(before.Payments[i]) != transactionOf(payment) {
			if err := s.unusedTransaction(ctx, tx, payment); err != nil {
				return err
			}
		}

		var err error
		var proof *checkout.Proof // so far
		if i < len(before.Payments) {
			proof = before.Payments[i].Proof
			err = updatePayment(ctx, tx, before.Payments[i], payment)
		} else {
			err = insertPayment(ctx, tx, after.Session, payment, i)
		}

		if err != nil {
			return err
		}

		if err := insertProofTerms(ctx, tx, payment, proof); err != nil {
			return err
		}
	}

	if !reflect.DeepEqual(before.Session, after.Session) {
		if err := s.countUse(ctx, tx, before, after); err != nil {
			return err
		}
	}

	return updateSession(ctx, tx, before, after)
}

// byTransaction finds a proof. That the id is not empty shows SQLite that the
// index payments_transaction has all there can be.
const byTransaction = "WHERE provider = $1 AND mode = $2 AND transaction_id = $3 AND transaction_id <> ''"

// transactionOf is the transaction that a payment has for itself; empty when
// it has none.
func transactionOf(p checkout.Payment) string {
	if p.Proof == nil || p.TransactionLost {
		return ""
	}
	return p.Proof.TransactionID
}

// sameMoney selects, of the payments with a transaction's number, those that
// another payment cannot share it with: of its account, of its payee, and all
// others unless one of the two is contested. Within an account the unique index
// payments_transaction holds the same. Its arguments follow byTransaction's.
const sameMoney = " AND (account_id = $4 OR json_extract(proof, '$.payee') = $5 OR (review <> 'contested' AND $6 <> 'contested'))"

// unusedTransaction refuses a proof whose transaction another payment has.
func (s *Store) unusedTransaction(ctx context.Context, tx *sql.Tx, p checkout.Payment) error {
	if transactionOf(p) == "" {
		return nil
	}
	if err := s.lock(ctx, tx, lockTransaction, p.Provider, string(p.Mode), transactionOf(p)); err != nil {
		return err
	}

	var used bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM payments "+byTransaction+sameMoney+" AND id <> $7)",
		p.Provider, p.Mode, transactionOf(p), p.AccountID, p.Proof.Payee, p.Review, p.ID).Scan(&used)
	if err == nil && used {
		return checkout.ErrTransactionReused
	}
	return err
}
