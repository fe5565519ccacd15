package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"rieltime/checkout"
)

// LeaveRedelivery begins a redelivery of a range that has no time left, so that
// all of it is left to a job.
func (s *Store) LeaveRedelivery(ctx context.Context, endpoint checkout.WebhookEndpoint, from, to time.Time) error {
	work := redelivery{EndpointID: endpoint.ID, From: millis(from), To: millis(to), At: millis(to), LastAt: millis(from)}
	return s.redeliver(ctx, endpoint, work, -1)
}

// GivenUpTogether is how many deliveries are given up in one transaction.
const GivenUpTogether = givenUpTogether

// InsertEvents stores events in a transaction that does something else before it
// commits, or is rolled back by its error.
func (s *Store) InsertEvents(ctx context.Context, events []checkout.Event, beforeCommit func() error) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.insertEvents(ctx, tx, events); err != nil {
			return err
		}
		return beforeCommit()
	})
}

// HashedAtOnce is how many ids of a digest are in memory at a time.
const HashedAtOnce = hashedAtOnce

// SealedColumns are those that Rekey knows.
func SealedColumns() (columns []string) {
	for _, place := range sealed {
		columns = append(columns, place.table+"."+place.column)
	}
	return columns
}

// RecordQueries has f hear of every query until the returned function is called.
func RecordQueries(f func(query string, args []driver.NamedValue)) (stop func()) {
	before := onQuery
	onQuery = f
	return func() { onQuery = before }
}
