package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"rieltime/checkout"
)

// advanceFeed counts events onto the feed of a merchant and mode, and returns the
// last number that the feed then has given. Numbers are given in the transaction
// that stores their events, not by a sequence of the database: a sequence counts
// before the commit, so that a later number may be seen before an earlier one,
// which a reader whose cursor has passed it never sees, and a rollback leaves a
// gap. Here the counter is a row, and PostgreSQL holds its lock until the commit:
// events become visible in the order of their numbers, and a rollback takes its
// numbers back. SQLite has one writer.
//
// With no events it reads the counter under the same lock: no number up to it
// becomes visible later, and each one after it is given after this transaction.
func advanceFeed(ctx context.Context, tx *sql.Tx, merchantID string, mode checkout.Mode, events int) (last int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO event_feeds (merchant_id, mode, last_sequence) VALUES ($1, $2, $3)
		ON CONFLICT (merchant_id, mode) DO UPDATE SET last_sequence = event_feeds.last_sequence + excluded.last_sequence
		RETURNING last_sequence`, merchantID, mode, events).Scan(&last)
	return last, err
}

// numbered is an event's body with its place in the feed, which the database
// gives when it stores the event: the same bytes at each reading.
func numbered(body string, sequence int64) json.RawMessage {
	return fmt.Appendf(nil, `{"sequence":%d,%s`, sequence, strings.TrimPrefix(body, "{"))
}
