package db

import (
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// dialect is what differs between the SQL of SQLite and of PostgreSQL. All other
// statements are the same for both.
type dialect struct {
	name  string // of the folder of its own migrations
	goose goose.Dialect
	river func(*sql.DB) riverdriver.Driver[*sql.Tx]
	types *strings.Replacer // of the types and comments in the migrations

	hasTable  string // whether there is the table $1
	leaderAge string // seconds since the lease of the job queue's leader ended
	texts     string // the texts of the JSON list %s, as a subquery
	anyOf     string // the condition that a column %s is one of the texts %s
	index     string // makes a query use the index %s
	lock      string // holds off other transactions that lock the name $1; empty: there is only one at a time
	payments  string // holds the payment rows of the session $1; empty: there is only one transaction at a time
	ready     string // a write on which nothing depends
	changes   string // the number to read on from, then the sessions that have changed from the number $1 on, $2 rows at most; see glances

	pruneChanges string             // deletes $2 or so of those changes that are older than the last $1 numbers, or have numbers of another server
	clock        string             // the server's time; empty: there is no server
	rescue       string             // gives back the jobs of replicas that have ended; empty: ownsJobs does
	narrow       string             // the tables whose currencies do not include $1
	unbounded    string             // lets the statements of a transaction take as long as they do; empty: they may
	snapshot     sql.IsolationLevel // in which all reads of a transaction see one moment

	// sound are invariants of how the engine keeps the data. PostgreSQL checks
	// its foreign keys itself.
	sound []invariant
	fill  fillDialect

	copying copyDialect
	monthly bool // monthlyTables are in partitions by month

	// ownsJobs: a job that is marked as running at start was run by a process
	// that has ended.
	ownsJobs bool
}

// fillDialect is what differs when a database is filled with copies.
type fillDialect struct {
	insert  string // how a statement begins that inserts rows
	indexes string // the names and definitions of the indexes of the table $1 that can be made again
	filled  string // what makes a filled database ready
}

var sqliteDialect = dialect{
	name:  "sqlite",
	goose: goose.DialectSQLite3,
	river: func(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riversqlite.New(db) },
	types: strings.NewReplacer("/* WITHOUT ROWID */", "WITHOUT ROWID"),

	hasTable:  "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)",
	leaderAge: "SELECT (julianday('now') - julianday(expires_at)) * 86400 FROM river_leader",
	texts:     "(SELECT value FROM json_each(%s))",
	anyOf:     "%s IN %s",
	index:     "INDEXED BY %s ",
	ready:     "PRAGMA user_version = 1",
	changes: `SELECT coalesce(max(number), 0) + 1, '' FROM session_changes
		UNION ALL SELECT 0, session_id FROM session_changes WHERE number >= $1 LIMIT $2`,
	pruneChanges: `DELETE FROM session_changes WHERE number IN (SELECT number FROM session_changes
		WHERE number <= (SELECT max(number) FROM session_changes) - $1 ORDER BY number LIMIT CAST($2 AS BIGINT))`,
	narrow: `SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%CHECK (currency IN (%'
		AND instr(sql, '''' || $1 || '''') = 0 ORDER BY name`,
	copying: sqliteCopying,
	sound: []invariant{
		{holds: "the file is sound", broken: "PRAGMA integrity_check"},
		{holds: "no row without its parent", broken: `SELECT "table" || ' row ' || coalesce(rowid, '?') FROM pragma_foreign_key_check`},
	},
	fill: fillDialect{
		insert:  "INSERT OR FAIL", // no statement is undone alone: SQLite need not be able to
		indexes: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 AND sql LIKE 'CREATE INDEX %'",
		filled:  "PRAGMA wal_checkpoint(TRUNCATE)",
	},
	ownsJobs: true,
}

var postgresDialect = dialect{
	name:  "postgres",
	goose: goose.DialectPostgres,
	river: func(db *sql.DB) riverdriver.Driver[*sql.Tx] { return quietDriver{riverdatabasesql.New(db)} },
	types: strings.NewReplacer(
		" INTEGER PRIMARY KEY AUTOINCREMENT", " BIGINT GENERATED ALWAYS AS IDENTITY", // and a key of its own; see audit
		" /* PARTITION BY RANGE (at) */", " PARTITION BY RANGE (at)",
		" COLLATE BINARY", ` COLLATE "C"`,
		" INTEGER ", " BIGINT ", " BLOB", " BYTEA"),

	hasTable:  "SELECT to_regclass($1) IS NOT NULL",
	leaderAge: "SELECT extract(epoch FROM now() - expires_at)::float8 FROM river_leader",
	texts:     "(SELECT jsonb_array_elements_text(%s::jsonb))",
	anyOf:     "%s = ANY (ARRAY%s)",
	lock:      "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
	payments:  "SELECT 1 FROM payments WHERE session_id = $1 FOR UPDATE",
	changes: `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, ''
		UNION ALL SELECT 0, session_id FROM session_changes WHERE number >= $1 LIMIT $2`,
	pruneChanges: `DELETE FROM session_changes WHERE number IN (
		(SELECT number FROM session_changes WHERE number < pg_snapshot_xmin(pg_current_snapshot())::text::bigint - $1 ORDER BY number LIMIT CAST($2 AS BIGINT))
		UNION ALL
		(SELECT number FROM session_changes WHERE number >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint ORDER BY number LIMIT CAST($2 AS BIGINT)))`,
	ready: "UPDATE schema_versions SET version_id = version_id WHERE pg_current_xact_id() IS NULL",
	clock: "SELECT clock_timestamp()",
	rescue: `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state = 'running'
		AND attempted_at < now() - CASE WHEN kind IN ('daily', 'rates') THEN interval '6 minutes' ELSE interval '2 minutes' END`,
	narrow: `SELECT DISTINCT conrelid::regclass::text FROM pg_constraint WHERE contype = 'c' AND pg_table_is_visible(conrelid)
		AND pg_get_constraintdef(oid) LIKE '%(currency = ANY%' AND position('''' || $1 || '''' IN pg_get_constraintdef(oid)) = 0 ORDER BY 1`,
	unbounded: "SET LOCAL statement_timeout = 0",
	snapshot:  sql.LevelRepeatableRead,
	fill: fillDialect{
		insert:  "INSERT",
		indexes: "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = $1 AND indexdef LIKE 'CREATE INDEX %'",
		filled:  "VACUUM ANALYZE",
	},
	copying: postgresCopying,
	monthly: true,
}

// quietDriver notifies nobody of new jobs: a transaction that does waits at its
// commit for all others that do. See announcer.
type quietDriver struct{ *riverdatabasesql.Driver }

func (quietDriver) SupportsListenNotify() bool { return false }

// migrationFiles are the shared migrations, in the dialect's types, and its own.
func (d dialect) migrationFiles() fs.FS { return migrationFiles{d} }

type migrationFiles struct{ dialect dialect }

func (m migrationFiles) Open(name string) (fs.File, error) {
	file, err := migrations.Open(path.Join("migrations", m.dialect.name, name))
	if err == nil {
		return file, nil
	}
	if file, err = migrations.Open(path.Join("migrations", name)); err != nil {
		return nil, err
	}

	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return &translatedFile{file, strings.NewReader(m.dialect.types.Replace(string(text)))}, file.Close()
}

// ReadDir lists the shared migrations with the dialect's own, in the order of their
// numbers.
func (m migrationFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	shared, err := fs.ReadDir(migrations, path.Join("migrations", name))
	if err != nil {
		return nil, err
	}
	own, err := fs.ReadDir(migrations, path.Join("migrations", m.dialect.name, name))
	all := append(shared, own...)
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, err
}

type translatedFile struct {
	fs.File
	text *strings.Reader
}

func (f *translatedFile) Read(p []byte) (int, error) { return f.text.Read(p) }

// using makes a query of a list use an index: SQLite has no statistics to choose by
// and may read all rows of an owner. PostgreSQL chooses itself.
func (d dialect) using(index string) string {
	if d.index == "" {
		return ""
	}
	return fmt.Sprintf(d.index, index)
}

// listed is a list of texts in a condition, whose one argument is listOf: a
// statement may have only so many arguments.
func (d dialect) listed(placeholder string) string { return fmt.Sprintf(d.texts, placeholder) }

// among is the condition that a column is one of a list of texts. Where rows come from
// several tables, PostgreSQL expects too many of a subquery, and reads all in their order.
func (d dialect) among(column, placeholder string) string {
	return fmt.Sprintf(d.anyOf, column, d.listed(placeholder))
}
