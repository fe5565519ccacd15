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
// Progress hears how many copies there are.
func (s *Store) Fill(ctx context.Context, originals []Original, sessions int, progress func(done int)) error {
	db, err := s.connectToFill(ctx)
	if err != nil {
		return err
	}

	defer db.Close()

	var live bool
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM provider_accounts a WHERE mode = 'live'
		AND EXISTS (SELECT 1 FROM sessions WHERE merchant_id = a.merchant_id AND mode = 'live'))`).Scan(&live); err != nil || live {
		return errors.Join(err, errors.New("this database has live sessions: fill one made for the purpose"))
	}

	f := &fill{sessions: sessions, run: strings.ToLower(rand.Text()[:4]), insert: s.dialect.fill.insert}
	if err := f.read(ctx, db, originals); err != nil {
		return err
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

	for _, statement := range indexes {
		if _, failed := db.ExecContext(context.WithoutCancel(ctx), statement); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", statement, failed))
		}
	}

	_, failed := db.ExecContext(context.WithoutCancel(ctx), s.dialect.fill.filled)
	return errors.Join(err, failed, db.Close())
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

// insertion adds the copies of all originals' rows of one table.
type insertion struct {
	table, columns string
	selects        []string // one for each row
	args           arguments
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

type filledTable struct{ name, of string }

// filledTables are the tables of a purchase, parents first, with the condition
// on its rows.
var filledTables = []filledTable{
	{"sessions", "id = $1"},
	{"payments", "session_id = $1"},
	{"refunds", "session_id = $1"},
	{"events", "session_id = $1"},
	{"deliveries", "event_id IN (SELECT id FROM events WHERE session_id = $1)"},
	{"audit", "object = $1"},
}

// row is one to copy.
type row struct {
	table   string
	columns []string
	values  []any
}

func purchaseRows(ctx context.Context, db *sql.DB, sessionID string) (found []row, err error) {
	for _, table := range filledTables {
		rows, err := db.QueryContext(ctx, "SELECT * FROM "+table.name+" WHERE "+table.of, sessionID)
		if err != nil {
			return nil, err
		}

		defer rows.Close()

		columns, err := rows.Columns()
		if err != nil {
			return nil, err
		}

		for rows.Next() {
			r := row{table.name, columns, make([]any, len(columns))}
			into := make([]any, len(columns))
			for i := range into {
				into[i] = &r.values[i]
			}

			if err := rows.Scan(into...); err != nil {
				return nil, err
			}

			if i := slices.Index(columns, "sequence"); i >= 0 && table.name == "audit" { // the database counts on
				r.columns, r.values = slices.Delete(slices.Clone(columns), i, i+1), slices.Delete(r.values, i, i+1)
			}

			found = append(found, r)
			if table.name == "deliveries" { // each arrived at its first attempt
				at := func(column string) any { return r.values[slices.Index(r.columns, column)] }
				found = append(found, row{"delivery_attempts", []string{"delivery_id", "at", "status", "answer", "took_ms", "delivered"},
					[]any{at("id"), at("created_at"), int64(200), "ok", int64(80), int64(1)}})
			}
		}

		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}

	if len(found) == 0 {
		return nil, errors.New("there is none")
	}

	return found, nil
}

// idsOf are the texts that are another one in each copy, wherever they stand.
func idsOf(rows []row) (ids []string) {
	for _, row := range rows {
		for i, column := range row.columns {
			text, is := row.values[i].(string)
			name := column == "id" || column == "reference" || column == "transaction_id"
			if is && name && len(text) > changedEnd && !slices.Contains(ids, text) {
				ids = append(ids, text)
			}
		}
	}
	return ids
}

// add makes the SELECT of one row's copies. A time is as much earlier as its
// copy is, a text has its copy's ids, no payment is queried any more, and all
// deliveries have arrived.
func (i *insertion) add(r row, ids []string, original int) {
	values := make([]string, len(r.columns))
	for n, column := range r.columns {
		value := r.values[n]
		if r.table == "payments" && column == "next_check_at" {
			value = int64(0)
		}

		if r.table == "deliveries" {
			switch column {
			case "status":
				value = "delivered"
			case "attempts":
				value = int64(1)
			case "next_attempt_at":
				value = int64(0)
			}
		}

		values[n] = i.args.bind(value)
		if _, is := value.(int64); is {
			values[n] = "CAST(" + values[n] + " AS BIGINT)"
		}

		if at, is := value.(int64); is && at > 0 && isTime(column) {
			values[n] += " - earlier"
		}

		if text, is := value.(string); is {
			for _, id := range ids {
				if strings.Contains(text, id) {
					values[n] = "replace(" + values[n] + ", " + i.args.bind(id) + ", " + i.args.bind(id[:len(id)-changedEnd]) + " || ending)"
				}
			}
		}

		values[n] += " AS " + column
	}

	i.selects = append(i.selects, "SELECT "+strings.Join(values, ", ")+" FROM copied WHERE original = "+i.args.bind(original))
}

func isTime(column string) bool {
	return column == "at" || strings.HasSuffix(column, "_at") || strings.HasSuffix(column, "_since") || strings.HasSuffix(column, "_until")
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

// lastStored is the number of the last event of a feed.
const lastStored = `coalesce((SELECT max(sequence) FROM events e
	WHERE e.merchant_id = event_feeds.merchant_id AND e.mode = event_feeds.mode), 0)`

// statement inserts the copies; events and lines of the audit trail are numbered
// as time goes, events of one time as their originals are.
func (i *insertion) statement() string {
	columns, order := i.columns, ""
	switch i.table {
	case "audit":
		order = " ORDER BY at"
	case "events":
		columns = strings.Replace(columns, "sequence", `row_number() OVER (PARTITION BY merchant_id, mode ORDER BY created_at, sequence)
			+ (SELECT last_sequence FROM event_feeds f WHERE f.merchant_id = copies.merchant_id AND f.mode = copies.mode)`, 1)
	}

	return " INTO " + i.table + " (" + i.columns + ") SELECT " + columns + " FROM (" + strings.Join(i.selects, " UNION ALL ") + ") AS copies" + order
}
