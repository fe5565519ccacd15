package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"rieltime/db"
	"rieltime/db/dbtest"
)

// statementsRun are the statements that this package's tests had the engines run.
var statementsRun = struct {
	sync.Mutex
	texts map[string]bool
}{texts: map[string]bool{}}

// TestMain runs all tests and then looks how the engines would run each statement:
// what the server asks must not cost more the more it has kept.
func TestMain(m *testing.M) {
	db.RecordStatements(func(query string) {
		statementsRun.Lock()
		defer statementsRun.Unlock()
		statementsRun.texts[query] = true
	})
	code := m.Run()
	if os.Getenv(openInChild) != "" {
		os.Exit(code)
	}

	t := &afterTests{}
	defer func() {
		if recover() != nil {
			code = 1
		}
		t.cleanUp()
		if t.failed {
			code = 1
		}
		os.Exit(code)
	}()
	checkSQLitePlans(t)
	if os.Getenv(dbtest.ServerVariable) != "" {
		checkPostgresPlans(t)
	}
}

// afterTests is what the helpers of tests need when no test is running.
type afterTests struct {
	testing.TB
	failed   bool
	cleanups []func()
}

func (*afterTests) Helper()                  {}
func (*afterTests) Context() context.Context { return context.Background() }
func (t *afterTests) Cleanup(f func())       { t.cleanups = append(t.cleanups, f) }
func (t *afterTests) Error(args ...any)      { t.failed = true; fmt.Println(args...) }
func (t *afterTests) Errorf(format string, args ...any) {
	t.Error(fmt.Sprintf(format, args...))
}
func (t *afterTests) Fatal(args ...any) { t.Error(args...); panic("fatal") }
func (t *afterTests) Fatalf(format string, args ...any) {
	t.Fatal(fmt.Sprintf(format, args...))
}

func (t *afterTests) TempDir() string {
	dir, err := os.MkdirTemp("", "plans")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (t *afterTests) cleanUp() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}

var (
	queries = regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE|WITH) `)
	notOurs = regexp.MustCompile(`river_|schema_versions|goose_db_version|pragma_|sqlite_master|pg_|INTO copied |FROM copied`)
)

// serving are the statements of a server at work: not the migrations, nor the
// whole checks of a database, which read everything once, nor its filling or its
// copy, whose statements begin with a comment.
func serving(t testing.TB) (texts []string) {
	t.Helper()
	apart, err := db.ReadingAll()
	if err != nil {
		t.Fatal(err)
	}
	apart = oneLine(apart)

	statementsRun.Lock()
	defer statementsRun.Unlock()
	for query := range statementsRun.texts {
		text := oneLine(query)
		if queries.MatchString(text) && !notOurs.MatchString(text) && !strings.Contains(apart, text) {
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	return texts
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// placeholders is how many arguments a statement has.
func placeholders(query string) (count int) {
	for _, found := range placeholder.FindAllStringSubmatch(query, -1) {
		number, _ := strconv.Atoi(found[1])
		count = max(count, number)
	}
	return max(count, strings.Count(query, "?"))
}

// small is a step through what does not grow with the sessions: settings, what
// another step found, or an index of what is still to do.
var small = regexp.MustCompile(`^(\d+-ROW VALUES CLAUSE|search_fill|provider_accounts|webhook_endpoints|mail_server|telegram_bots( USING (COVERING )?INDEX sqlite_autoindex_telegram_bots_\d+)?|event_feeds( USING INDEX sqlite_autoindex_event_feeds_\d+)?|part|terms|a( USING COVERING INDEX sqlite_autoindex_provider_accounts_\d+)?|w|\(subquery-\d+\)|json_each .*|CONSTANT ROW|.* USING INDEX (\w+_pending|payments_due))$`)

func checkSQLitePlans(t testing.TB) {
	t.Helper()
	options := db.Options{Path: t.TempDir() + "/x.db", Key: make([]byte, db.KeySize)}
	openWith(t, options)
	file := raw(t, options.Path)
	namesIndexes := os.Getenv(dbtest.ServerVariable) == "" // statements of PostgreSQL do not; see dialect.using
	for _, query := range serving(t) {
		steps, err := sqlitePlan(file, query)
		if err != nil && !ofPostgres.MatchString(err.Error()) {
			t.Errorf("%s: %v", query, err)
		}
		for _, step := range steps {
			if table, scan := strings.CutPrefix(step, "SCAN "); scan && !small.MatchString(table) {
				t.Errorf("reads a whole table: %s in %s", step, query)
			}
			if found := ofOneOwner.FindStringSubmatch(step); found != nil && namesIndexes && !smallOfOwners.MatchString(found[1]) && !readsInOrder(query, steps) {
				t.Errorf("reads all that a merchant has: %s in %s", step, query)
			}
		}
	}
}

// ofOneOwner is a step through all rows of a merchant, and smallOfOwners are the tables of
// which a merchant has few.
var (
	ofOneOwner    = regexp.MustCompile(`^SEARCH (\w+) USING (?:COVERING )?INDEX \w+ \(merchant_id=\?(?: AND mode=\?)?\)$`)
	smallOfOwners = regexp.MustCompile(`^(provider_accounts|webhook_endpoints|api_keys|merchant_logos|telegram_bots|telegram_chats|telegram_codes|telegram_people|addressees|a|b|m)$`)
)

// readsInOrder reports whether a query ends after so many rows, or after the last one,
// which it reads in the order of an index.
func readsInOrder(query string, steps []string) bool {
	ends := strings.Contains(query, "LIMIT") && strings.Contains(query, "ORDER BY") || strings.Contains(query, "(SELECT max(")
	return ends && !slices.Contains(steps, "USE TEMP B-TREE FOR ORDER BY")
}

// ofPostgres are SQLite's errors about statements of PostgreSQL or of tests' own tables.
var ofPostgres = regexp.MustCompile(`no such (table|function)|unrecognized token: ":"|near "(FOR|SELECT)": syntax error`)

func sqlitePlan(file *sql.DB, query string) (steps []string, err error) {
	rows, err := file.Query("EXPLAIN QUERY PLAN "+query, make([]any, placeholders(query))...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, rows.Err()
}
