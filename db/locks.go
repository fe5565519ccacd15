package db

import (
	"context"
	"database/sql"
	"strings"
)

// What a transaction locks before it reads what it decides by. SQLite has one
// writer and needs no locks. In PostgreSQL transactions run side by side and see
// what others have committed (READ COMMITTED), so that what one has read may be out
// of date when it writes. Each of these is an advisory lock until the transaction
// ends: unlike the lock of a row it also covers rows that are not there yet. For
// each there is a test of many writers that fails without it.
//
// A transaction takes its locks in this order, then the row of event_feeds, which
// numbers the events (see advanceFeed), and last the rows of takings (see addTakings). Two that still wait for each other are
// a deadlock, which PostgreSQL ends and transactions.do retries.
//
// No lock is needed where one statement decides and writes, such as a lease of a
// secret or the end of a key, and none by ApplyMerchant: its first statement writes
// the merchant's row, for which others that apply the merchant wait. It then locks all
// accounts of the merchant, before it writes any.
const (
	lockIdempotency = "idempotency" // by merchant, mode and key: InsertSession, LeaseIdempotency; one request leases a key, and one object is made
	lockReference   = "reference"   // by merchant, mode and reference: InsertSession; one open session
	lockVisitor     = "visitor"     // by link and visitor: InsertLinkSession; one open session
	lockSession     = "session"     // by id: Update, Forget, InsertSession of a sale; the purchase with its payments and refunds
	lockTransaction = "transaction" // by provider, mode and number: Update; it pays once, also at several accounts of a payee
	lockLink        = "link"        // by id: Update; its uses
	lockAccount     = "account"     // by id: LeaseDue, UpdateQuota, ApplyMerchant; the quota of queries, and which payments are leased
	lockLookups     = "lookups"     // AllowHashLookup; of all accounts together: the bounds overlap
	lockRow         = "row"         // by table and id: WakeRefund, Redeliver, the generation of the row's job; InsertMail, how many; SetBot and TakeUpdate, whose a bot and an update are; SaveReport and ExplainReport, which explanation counts
	lockStatements  = "statements"  // by account: InsertBankLines, SaveMatches, InsertMissing, DecideBankLine; a payment has one line, or none shows it
	lockRates       = "rates"       // by merchant and mode: InsertRate; which rate is the last
	lockEndpoint    = "endpoint"    // by id: UpdateEndpoint, DeleteEndpoint, RecordAttempt, ApplyMerchant; or by merchant and mode: InsertEndpoint; their number
)

// lockPayments holds off the changes of a session's payments that name no session:
// MarkViewed, ClockSetBack and ApplyMerchant set when payments are queried next, which
// Update would write over.
func (s *Store) lockPayments(ctx context.Context, tx *sql.Tx, sessionID string) error {
	if s.dialect.payments == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.dialect.payments, sessionID)
	return err
}

// lock holds off other transactions that lock the same until tx ends.
func (s *Store) lock(ctx context.Context, tx *sql.Tx, what string, of ...string) error {
	if s.dialect.lock == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.dialect.lock, what+":"+strings.Join(of, ":"))
	return err
}
