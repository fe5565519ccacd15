package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Original is a closed purchase that Fill copies; of all copies, as many are of
// it as its Share is of all shares.
type Original struct {
	SessionID string
	Share     int
}

const (
	filledTogether = 5_000                // sessions in one transaction
	filledOver     = 365 * 24 * time.Hour // the copies' times, back from their original's
	// Ids that follow each other are much quicker to index than random ones.
	changedEnd = 16 // characters at the end of an id that are new in each copy
)

// filling is for a database that nobody would miss: what it holds after a power
// cut is not known.
var filling = url.Values{"_txlock": {"immediate"}, "_pragma": {"synchronous(OFF)", "cache_size(-256000)", "foreign_keys(OFF)", "temp_store(MEMORY)"}}

// connectToFill opens one connection that waits for no disk and checks no foreign
// keys. In PostgreSQL only a superuser can leave those out; others fill more slowly.
func (s *Store) connectToFill(ctx context.Context) (*sql.DB, error) {
	if s.url == "" {
		return connect(s.path, 1, filling)
	}

	unbounded, err := postgresConnections(ctx, s.url, nil)
	if err != nil {
		return nil, err
	}

	unbounded.config.RuntimeParams["synchronous_commit"] = "off"
	db := unbounded.open(1)
	_, err = db.ExecContext(ctx, "SET session_replication_role = replica")
	var failure *pgconn.PgError
	if err != nil && !errors.As(err, &failure) {
		return nil, errors.Join(err, db.Close())
	}

	return db, nil
}

// Fill adds copies of purchases, with their events, deliveries and lines of the
// audit trail, made evenly over the last year: a database as a merchant's is
// after so many sessions. It is for a database that nobody would miss: one that
// has live sessions is refused, and one whose filling was cut off is of no use.
// The ids and transaction ids of the originals are longer than 16 characters.
// Progress is called with how many copies there are.
func (s *Store) Fill(ctx context.Context, originals []Original, sessions int, progress func(done int)) error {
	db, err := s.connectToFill(ctx)
	if err != nil {
		return err
	}

	defer db.Close()

	if err := refuseLiveSessions(ctx, db); err != nil {
		return err
	}

	f := &fill{sessions: sessions, run: strings.ToLower(rand.Text()[:4]), insert: s.dialect.fill.insert}
	if err := f.read(ctx, db, originals); err != nil {
		return err
	}

	if s.dialect.monthly {
		if err := fillMonths(ctx, db); err != nil {
			return err
		}
	}

	indexes, err := s.dropIndexes(ctx, db)
	if err != nil {
		return err
	}

	_, err = db.ExecContext(ctx, "CREATE TEMP TABLE copied (number BIGINT NOT NULL, original BIGINT NOT NULL, ending TEXT NOT NULL, earlier BIGINT NOT NULL)")
	for first := 0; first < sessions && err == nil; first += filledTogether {
		last := min(first+filledTogether, sessions)
		if err = f.part(ctx, db, first, last); err == nil {
			progress(last)
		}
	}

	if err == nil {
		err = rebuildTakings(ctx, db)
	}

	for _, statement := range indexes {
		if _, failed := db.ExecContext(context.WithoutCancel(ctx), statement); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", statement, failed))
		}
	}

	_, failed := db.ExecContext(context.WithoutCancel(ctx), s.dialect.fill.filled)
	if err = errors.Join(err, failed, db.Close()); err != nil {
		return err
	}

	return s.DigestEvents(ctx, s.now().AddDate(0, 0, -1))
}

func refuseLiveSessions(ctx context.Context, db *sql.DB) error {
	var live bool
	err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM provider_accounts a WHERE mode = 'live'
		AND EXISTS (SELECT 1 FROM sessions WHERE merchant_id = a.merchant_id AND mode = 'live'))`).Scan(&live)
	if err == nil && live {
		err = errors.New("this database has live sessions: fill one made for the purpose")
	}
	return err
}

// fillMonths makes the partitions of the copies' months.
func fillMonths(ctx context.Context, db *sql.DB) error {
	var first, last int64
	err := db.QueryRowContext(ctx, monthsComment+"SELECT min(created_at), max(created_at) FROM sessions").Scan(&first, &last)
	if err != nil {
		return err
	}

	from := fromMillis(first).Add(-filledOver)
	months := monthsFrom(from, int(fromMillis(last).Sub(from)/(28*24*time.Hour))+1)
	for _, table := range monthlyTables {
		if err := makeMonthsIn(ctx, db, table, months); err != nil {
			return err
		}
	}

	return nil
}

// dropIndexes drops what is made faster of all rows than row by row, and gives
// the statements that make it again.
func (s *Store) dropIndexes(ctx context.Context, db *sql.DB) (statements []string, err error) {
	var drops []string
	for _, table := range slices.Concat(filledTables, []filledTable{{name: "delivery_attempts"}}) {
		err := forEach(ctx, db, func(row scanner) error {
			var name, statement string
			err := row.Scan(&name, &statement)
			drops, statements = append(drops, name), append(statements, strings.Replace(statement, " ON ONLY ", " ON ", 1))
			return err
		}, s.dialect.fill.indexes, table.name)
		if err != nil {
			return nil, err
		}
	}

	for _, name := range drops {
		if _, err := db.ExecContext(ctx, "DROP INDEX "+name); err != nil {
			return nil, err
		}
	}

	return statements, nil
}

// fill is what Fill does, by statements that are the same for all parts.
type fill struct {
	sessions int
	shares   []int  // for each share of all, the number of its original
	run      string // four characters of the ids, so that a database can be filled again
	insert   string // how a statement begins that inserts rows
	inserts  []insertion
}

// read makes the statements from the rows of the originals.
func (f *fill) read(ctx context.Context, db *sql.DB, originals []Original) error {
	byTable := map[string]*insertion{}
	for number, original := range originals {
		f.shares = append(f.shares, slices.Repeat([]int{number}, original.Share)...)
		rows, err := purchaseRows(ctx, db, original.SessionID)
		if err != nil {
			return fmt.Errorf("the purchase to copy, %s: %w", original.SessionID, err)
		}

		ids := idsOf(rows)
		for _, row := range rows {
			into := byTable[row.table]
			if into == nil {
				into = &insertion{table: row.table, columns: strings.Join(row.columns, ", ")}
				byTable[row.table] = into
			}

			into.add(row, ids, number)
		}
	}

	for _, table := range slices.Concat(filledTables, []filledTable{{name: "delivery_attempts"}}) {
		if into := byTable[table.name]; into != nil {
			f.inserts = append(f.inserts, *into)
		}
	}

	return nil
}

// part adds the sessions of some numbers.
func (f *fill) part(ctx context.Context, db *sql.DB, first, last int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}

	defer func() { _ = tx.Rollback() }()

	if _, err := tx.ExecContext(ctx, "DELETE FROM copied"); err != nil {
		return err
	}

	rows := make([]string, 0, last-first)
	for n := first; n < last; n++ {
		rows = append(rows, fmt.Sprintf("(%d, %d, '%s%012x', %d)", n, f.shares[n%len(f.shares)], f.run, n,
			int64(f.sessions-n)*(filledOver.Milliseconds()/int64(f.sessions))))
	}

	if _, err = tx.ExecContext(ctx, "INSERT INTO copied VALUES "+strings.Join(rows, ", ")); err != nil {
		return err
	}

	for _, into := range f.inserts {
		if _, err := tx.ExecContext(ctx, f.insert+into.statement(), into.args...); err != nil {
			return fmt.Errorf("%s: %w", into.table, err)
		}
	}

	_, err = tx.ExecContext(ctx, "UPDATE event_feeds SET last_sequence = "+lastStored)
	if err != nil {
		return err
	}

	return tx.Commit()
}
