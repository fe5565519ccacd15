package db

import (
	"context"
	"database/sql"
	"strings"
)

// What a transaction locks before it reads what it decides by. SQLite has one
// writer and needs no locks. In PostgreSQL, where transactions run side by side
// and see what others have committed (READ COMMITTED), each of these is an advisory
// lock until the transaction ends: it also covers rows that are not there yet. A
// transaction takes its locks in this order, and last the row of event_feeds, which
// numbers the events; two that still wait for each other
// are a deadlock, which PostgreSQL ends and transactions.do retries.
const (
	lockIdempotency = "idempotency" // by merchant, mode and key
	lockReference   = "reference"   // by merchant, mode and reference: one open session
	lockVisitor     = "visitor"     // by link and visitor: one open session
	lockSession     = "session"     // by id: the purchase with its payments and refunds
	lockTransaction = "transaction" // by provider, mode and number: it pays once
	lockLink        = "link"        // by id: its uses
	lockAccount     = "account"     // by id: the quota of queries, and which payments are leased
	lockLookups     = "lookups"     // of transaction hashes, all together: their bounds overlap
	lockRow         = "row"         // by table and id: the generation of its job
	lockEndpoint    = "endpoint"    // by id, or by merchant and mode for their number
)

// lock holds off other transactions that lock the same until tx ends.
func (s *Store) lock(ctx context.Context, tx *sql.Tx, what string, of ...string) error {
	if s.dialect.lock == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.dialect.lock, what+":"+strings.Join(of, ":"))
	return err
}
