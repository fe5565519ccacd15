package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io/fs"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rieltime/checkout"
)

// Nothing of a redelivery is left to a job because a test's machine is slow; see
// LeaveRedelivery.
func init() { redeliverFor = time.Hour }

// LeaveRedelivery begins a redelivery of a range that has no time left, so that
// all of it is left to a job.
func (s *Store) LeaveRedelivery(ctx context.Context, endpoint checkout.WebhookEndpoint, from, to time.Time) error {
	work := redelivery{EndpointID: endpoint.ID, From: millis(from), To: millis(to), At: millis(to), LastAt: millis(from)}
	return s.redeliver(ctx, endpoint, work, -1)
}

// StopAnnouncing has the store tell nobody of new jobs.
func (s *Store) StopAnnouncing() { s.announcer.close() }

// WithoutRests has background work on PostgreSQL continue at once after each of its pieces.
// Otherwise it rests for four times as long as the piece took.
func (s *Store) WithoutRests() {
	if t, ok := s.writer.(*transactions); ok {
		over := make(chan time.Time)
		close(over)
		t.rest = func(time.Duration) <-chan time.Time { return over }
	}
}

// RedeliverAtOnce queues a delivery again some times in one transaction, so that no job
// begins meanwhile.
func (s *Store) RedeliverAtOnce(ctx context.Context, deliveryID string, at time.Time, times int) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for range times {
			if err := s.queueAgain(ctx, tx, deliveryID, at); err != nil {
				return err
			}
		}
		return nil
	})
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

// RecordStatements has f hear of every statement that either engine is given, but
// of those prepared before only once.
func RecordStatements(f func(query string)) {
	onPrepare = f
	queryTracer = statementTracer{f}
}

type statementTracer struct{ heard func(query string) }

func (s statementTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.heard(data.SQL)
	return ctx
}

func (statementTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// ReadingAll is the text of the statements that read a database as a whole: the
// migrations and the invariants.
func ReadingAll() (string, error) {
	var all strings.Builder
	err := fs.WalkDir(migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations, path)
		all.Write(text)
		return err
	})
	for _, invariant := range slices.Concat(sqliteDialect.invariants(), postgresDialect.invariants()) {
		all.WriteString(invariant.broken + "\n")
	}
	return all.String(), err
}

// RecordQueries has f hear of every query until the returned function is called. Tests
// that use it run alone.
func RecordQueries(f func(query string, args []driver.NamedValue)) (stop func()) {
	before := onQuery
	onQuery = f
	return func() { onQuery = before }
}

// Pooled reports whether the store has found a pooler before its database.
func (s *Store) Pooled() bool { return s.connections.pooled }

// Bounds are how long a statement of a change and its wait for a lock may take.
func (s *Store) Bounds(ctx context.Context) (statement, lock string, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')").Scan(&statement, &lock)
	})
	return statement, lock, err
}

// ServerClock is the clock of a database's server.
type ServerClock struct{ serverClock }

// NewServerClock returns the clock of a server that ask reads.
func NewServerClock(machine func() time.Time, ask func(context.Context) (server, sent, received time.Time, err error)) *ServerClock {
	return &ServerClock{serverClock{machine: machine, ask: ask}}
}

// Read reads the server's clock.
func (c *ServerClock) Read(ctx context.Context) error { return c.read(ctx, clockWithin) }

// Now is the server's time.
func (c *ServerClock) Now() time.Time { return c.now() }

// CopiedTogether is how many rows of a copy are in one transaction.
const CopiedTogether = copiedTogether

// TablesWithoutPlace lists the tables of a database that Copy neither copies nor is
// said to leave, and those that it copies and are not there.
func TablesWithoutPlace(ctx context.Context, s *Store) (names []string, err error) {
	found, err := queryStrings(ctx, s.read, s.dialect.copying.tables)
	if err != nil {
		return nil, err
	}

	for _, name := range found {
		copied := slices.ContainsFunc(copiedTables, func(t copiedTable) bool { return t.name == name })
		left := slices.ContainsFunc(uncopiedTables, func(begin string) bool { return strings.HasPrefix(name, begin) })
		if copied == left {
			names = append(names, name)
		}
	}
	for _, t := range copiedTables {
		if !slices.Contains(found, t.name) {
			names = append(names, t.name)
		}
	}

	return names, nil
}

// BoundConn bounds how long a read of a connection waits.
func BoundConn(conn net.Conn, reply time.Duration) net.Conn {
	return &boundConn{Conn: conn, reply: reply}
}

// PoolTo opens a pool of so many connections to a PostgreSQL server.
func PoolTo(ctx context.Context, url string, most int) (*sql.DB, error) {
	c, err := postgresConnections(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	return c.open(most), nil
}

const ConnectsAtOnce = connectsAtOnce

// GlanceDuring reads a glance while a change is made, before it is kept.
func (s *Store) GlanceDuring(ctx context.Context, sessionID string, change func()) checkout.Glance {
	s.glances.follow(ctx, s.read)
	_, reserved, _ := s.glances.reserve(sessionID)
	var read checkout.Glance
	if err := s.read.QueryRowContext(ctx, glanceQuery, sessionID).Scan(&read.Version, &read.Status, &read.PaymentID); err != nil {
		panic(err)
	}
	change()
	s.glances.keep(sessionID, reserved, read, nil)
	return read
}

// Glances is how many glances are kept.
func (s *Store) Glances() int { return len(s.glances.known) }

// FollowChanges reads the changes of all replicas now.
func (s *Store) FollowChanges(ctx context.Context) {
	s.glances.asOf = time.Now().Add(-changesEvery)
	s.glances.follow(ctx, s.read)
}

// Pause is as though no page had polled for some time.
func (s *Store) Pause(d time.Duration) { s.glances.asOf = s.glances.asOf.Add(-d) }

// PruneChanges prunes the changes, of which so many are kept.
func (s *Store) PruneChanges(ctx context.Context) error { return s.pruneChanges(ctx) }

// ConnectBesideSilence makes a connection while others take all the room for as long as
// it waits.
func ConnectBesideSilence(ctx context.Context, wait time.Duration) error {
	_, err := limitedConnector{making: make(chan struct{}), wait: wait}.Connect(ctx)
	return err
}

// SetServerClock has stores that are opened from now on read a server's clock by a
// query, until restore is called. Tests that use it run alone.
func SetServerClock(query string) (restore func()) {
	before := postgresDialect.clock
	postgresDialect.clock = query
	return func() { postgresDialect.clock = before }
}

// DeliveredAtOnce is how many first attempts of deliveries are made without a job.
const DeliveredAtOnce = deliveredAtOnce

// SetAside makes the months from a time on, and moves no row to them.
func SetAside(ctx context.Context, s *Store, from time.Time) error {
	for _, table := range monthlyTables {
		if err := makeMonthsIn(ctx, s.write, table, monthsFrom(from, monthsAhead)); err != nil {
			return err
		}
	}
	return nil
}
