package dbtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// keptDatabase is a database of PostgreSQL that one test after another gets, with its
// connections: to make and drop one, and to fill the server's caches for new connections,
// costs more than most tests. Whatever a test leaves that is not known to be undone
// ends the database.
type keptDatabase struct {
	name, url string
	owner     *sql.DB // one connection, which empties it, and shows that a process has it

	unchanged string // asks whether the schema is as it was
	reset     string // deletes all rows

	mu          sync.Mutex
	connections map[string]*pgxpool.Pool // by their settings
}

var kept struct {
	sync.Mutex
	idle []*keptDatabase
}

// take returns an empty database until the end of the test.
func take(t testing.TB, server string) *keptDatabase {
	t.Helper()
	kept.Lock()
	var d *keptDatabase
	if last := len(kept.idle) - 1; last >= 0 {
		d, kept.idle = kept.idle[last], kept.idle[:last]
	}
	kept.Unlock()

	if d == nil {
		var err error
		if d, err = keep(t.Context(), server); err != nil {
			t.Fatal(err)
		}
	}

	t.Cleanup(func() {
		if !t.Failed() && d.empty(context.Background()) == nil {
			kept.Lock()
			defer kept.Unlock()
			kept.idle = append(kept.idle, d)
			return
		}
		if err := d.drop(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// keep makes a migrated database, and drops those of processes that have ended.
func keep(ctx context.Context, server string) (d *keptDatabase, err error) {
	admin, template, err := prepare(server)
	if err != nil {
		return nil, err
	}
	conn, err := admin.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()

	// Until its owner is connected, it looks as if its process had ended.
	if err := execute(ctx, conn, "SELECT pg_advisory_lock(hashtext('kept databases'))"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, execute(ctx, conn, "SELECT pg_advisory_unlock_all()")) }()
	if err := dropLeft(ctx, conn); err != nil {
		return nil, err
	}

	d = &keptDatabase{name: newName("kept"), connections: map[string]*pgxpool.Pool{}}
	d.url = inDatabase(server, d.name)
	if err := execute(ctx, conn, "CREATE DATABASE "+d.name+" TEMPLATE "+template+" STRATEGY FILE_COPY"); err != nil {
		return nil, err
	}
	if d.owner, err = sql.Open("pgx", d.url); err != nil {
		return nil, err
	}
	d.owner.SetMaxOpenConns(1)
	return d, d.describe(ctx)
}

func dropLeft(ctx context.Context, conn *sql.Conn) error {
	var drops string
	err := conn.QueryRowContext(ctx, `SELECT coalesce(string_agg('DROP DATABASE IF EXISTS ' || datname, ';'), '') FROM pg_database d
		WHERE datname LIKE 'kept\_%' AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datid = d.oid)`).Scan(&drops)
	for drop := range strings.SplitSeq(drops, ";") {
		if err == nil && drop != "" {
			err = execute(ctx, conn, drop)
		}
	}
	return err
}

// catalogs change with the schema, or with the statistics by which queries are planned.
const catalogs = "pg_class pg_attribute pg_attrdef pg_constraint pg_index pg_inherits pg_trigger pg_proc pg_type pg_statistic"

// describe makes the statements that compare and empty the database.
func (d *keptDatabase) describe(ctx context.Context) error {
	var filled, sequences, transaction string // what the migrations left: tables with rows, sequences without a value
	err := d.owner.QueryRowContext(ctx, `SELECT
		(SELECT string_agg(quote_ident(relname), ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0),
		(SELECT string_agg(quote_ident(sequencename), ' ') FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NULL),
		pg_current_xact_id()::xid::text`).Scan(&filled, &sequences, &transaction)
	if err != nil {
		return err
	}

	var same []string
	for table := range strings.FieldsSeq(catalogs + " " + filled) {
		rows := fmt.Sprintf("(SELECT count(*) || ' ' || coalesce(bool_or(age(xmin) < age('%s'::xid)), false) FROM %s)", transaction, table)
		var now string
		if err := d.owner.QueryRowContext(ctx, "SELECT "+rows).Scan(&now); err != nil {
			return err
		}
		same = append(same, rows+" = '"+now+"'")
	}
	d.unchanged = "SELECT " + strings.Join(same, " AND ") + fmt.Sprintf(` AND NOT EXISTS
		(SELECT 1 FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database())
		AND %d > (SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r')`, mostKept)

	resets := ""
	for sequence := range strings.FieldsSeq(sequences) {
		resets += "PERFORM setval('" + sequence + "', 1, false);"
	}
	d.reset = `DO $$ DECLARE name text; BEGIN
		PERFORM set_config('session_replication_role', 'replica', true); -- no triggers, no foreign keys
		FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
			AND pg_relation_size(oid) > 0 AND quote_ident(relname) <> ALL (string_to_array('` + filled + `', ' '))
		LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
		` + resets + ` END $$`
	return nil
}

const (
	emptyWithin = 2 * time.Second // for connections that were closed to end
	mostKept    = 4 << 20         // bytes of the tables, which deleted rows take too
)

var errChanged = errors.New("the test has left more than rows")

// empty makes the database as it was made.
func (d *keptDatabase) empty(ctx context.Context) error {
	for end := time.Now().Add(emptyWithin); ; time.Sleep(2 * time.Millisecond) {
		alone, err := d.alone(ctx)
		if err != nil {
			return err
		}
		if alone {
			break
		}
		if time.Now().After(end) {
			return errChanged
		}
	}

	var unchanged bool
	if err := d.owner.QueryRowContext(ctx, d.unchanged).Scan(&unchanged); err != nil {
		return err
	}
	if !unchanged {
		return errChanged
	}
	return execute(ctx, d.owner, d.reset)
}

// alone reports whether nothing of the test is connected any more.
func (d *keptDatabase) alone(ctx context.Context) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var idle, all int32
	for _, pool := range d.connections {
		if pool.Stat().AcquiredConns() > 0 {
			return false, nil
		}
		idle += pool.Stat().TotalConns()
	}
	err := d.owner.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'").Scan(&all)
	return all == idle+1, err
}

// connector gives the connections to the database, which are kept when they are closed; to
// another one they are not.
func (d *keptDatabase) connector(config pgx.ConnConfig) driver.Connector {
	if config.Database != d.name {
		return stdlib.GetConnector(config)
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	settings := fmt.Sprint(config.Host, config.Port, config.User, config.DefaultQueryExecMode, config.RuntimeParams)
	if d.connections[settings] == nil {
		pool, err := newPool(config)
		if err != nil {
			return stdlib.GetConnector(config)
		}
		d.connections[settings] = pool
	}
	return stdlib.GetPoolConnector(d.connections[settings])
}

// newPool makes a pool without a bound of its own: the stores bound theirs.
func newPool(connection pgx.ConnConfig) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(connection.ConnString())
	if err != nil {
		return nil, err
	}
	config.ConnConfig, config.MaxConns = &connection, 100
	return pgxpool.NewWithConfig(context.Background(), config)
}

// drop ends the database, with connections that the test has left open.
func (d *keptDatabase) drop() error {
	err := execute(context.Background(), prepared.admin, "DROP DATABASE IF EXISTS "+d.name+" WITH (FORCE)")
	for _, pool := range d.connections {
		go pool.Close() // waits for those that the test has left
	}
	return errors.Join(err, d.owner.Close())
}
