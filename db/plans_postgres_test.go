package db_test

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rieltime/db"
	"rieltime/db/dbtest"
)

// plannedVariable is the environment variable with the number of sessions that
// PostgreSQL's plans are looked at for. Without it a database of few sessions, whose
// statistics tell of many, is asked, which takes seconds.
const plannedVariable = "PLANS_SESSIONS"

const (
	plannedFew  = 2_000
	plannedMany = 2_000_000
)

// checkPostgresPlans looks at the plan that PostgreSQL has for any arguments of each
// statement.
func checkPostgresPlans(t testing.TB) {
	t.Helper()
	options := dbtest.Fresh(t)
	sessions, _ := strconv.Atoi(os.Getenv(plannedVariable))
	begun := time.Now()
	fillForPlans(t, options, cmp.Or(sessions, plannedFew))
	if sessions == 0 {
		believeMany(t, rawDatabase(t, options), plannedMany/plannedFew)
	}
	conn, err := rawDatabase(t, options).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	if _, err := conn.ExecContext(t.Context(), "SET plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}

	p := postgresPlans{conn: conn, rows: map[string]float64{}}
	p.countRows(t)
	checked := 0
	for _, query := range serving(t) {
		root, err := p.explain(t.Context(), query)
		if err != nil {
			if !ofSQLite.MatchString(err.Error()) {
				t.Errorf("%s: %v", query, err)
			}
			continue
		}
		checked++
		if grows := p.grows(root); grows != "" && !mayGrow(query) {
			t.Errorf("grows with the database: %s: %s", grows, query)
		}
	}
	fmt.Printf("%d plans of PostgreSQL among %d sessions, made and looked at in %s\n", checked, int(p.rows["sessions"]), time.Since(begun).Round(time.Second))
}

// ofSQLite are PostgreSQL's errors about statements of SQLite or of tests' own tables.
var ofSQLite = regexp.MustCompile(`column "rowid" does not exist|relation "(parents|children|t)" does not exist|must have an alias|syntax error at or near "\)"`)

// A page of a list costs up to 1,700 of the planner's units, in which a page read
// from a disk is 4; to read a table of many rows costs 20,000 and more.
const (
	costliest = 4_000
	manyRows  = 10_000
)

// growing are statements, or what is special in them, whose cost grows in the planner's
// eyes for any arguments, with the reason why it does not for real ones.
var growing = []struct{ part, reason string }{
	{"UPDATE idempotency_keys SET leased_until = 0 WHERE created_at > $1 AND status = 0",
		"after the clock was set back: keys that were made while it was ahead, of which none is older than a week"},
	{"UPDATE hash_lookups SET at = $1 WHERE at > $2", "after the clock was set back: look-ups that were made while it was ahead, of which none is older than two days"},
	{"SELECT (SELECT count(*) FROM hash_lookups WHERE session_id = $1 AND address <> '' AND kept = 0) < $2 AND (SELECT count(*) FROM hash_lookups WHERE address = $3 AND at > $4) < $5",
		"a look-up beyond a bound is not stored, so that no more are counted than the bounds allow; the planner assumes a third of all"},
	{"SELECT (SELECT count(*) FROM hash_lookups WHERE account_id = $1 AND at > $2 AND kept = 0) <= $3 AND ($4 < 0 OR (SELECT count(*) FROM hash_lookups WHERE account_id = $5 AND at >= $6 AND kept = 0) <= $7)",
		"a look-up beyond a bound is not stored, so that no more are counted than the bounds allow; the planner assumes a third of all"},
	{"SELECT id, reference, proof, recorded_at FROM payments WHERE merchant_id = $1 AND mode = $2 AND recorded_at > 0 AND recorded_at >= $3 AND recorded_at < $4 AND account_id = $5",
		"the payments of a statement's days"},
	{"recorded_at > 0 AND recorded_at < $3 AND recorded_at >= $4 AND review <> '' AND decision = '' ORDER BY recorded_at DESC",
		"there are fewer than lookedThrough payments in the range: else it begins at the last of them"},
	{"recorded_at > 0 AND recorded_at < $3 AND recorded_at >= $5 AND review <> '' AND review = $4 ORDER BY recorded_at DESC",
		"the same"},
	{"SELECT session_id, proof FROM payments WHERE session_id > $1 AND session_id <= $2 AND proof <> ''",
		"the payments of the sessions of one piece of background work"},
	{"SELECT id FROM webhook_endpoints w WHERE disabled = 1 AND EXISTS (SELECT 1 FROM deliveries WHERE endpoint_id = w.id AND status = 'pending')",
		"an index has the deliveries that are pending, and no others"},
}

func mayGrow(query string) bool {
	query = indexed.ReplaceAllString(query, "")
	return slices.ContainsFunc(growing, func(g struct{ part, reason string }) bool { return strings.Contains(query, g.part) })
}

// fillForPlans fills a database with closed sessions and what else is kept, all of
// one merchant, and a few sessions that are being paid.
func fillForPlans(t testing.TB, options db.Options, sessions int) {
	t.Helper()
	store := filledWith(t, options, sessions)
	for n := range sessions / plannedFew {
		id := fmt.Sprintf("open_%d", n)
		insert(t, store, session("cs_"+id), payment("pay_"+id, "cs_"+id))
	}

	file := rawDatabase(t, options)
	for _, statement := range alsoKept {
		if _, err := file.ExecContext(t.Context(), statement, sessions/4); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if _, err := file.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
}

// alsoKept adds $1 rows to the tables that Fill leaves as they are.
var alsoKept = []string{
	`INSERT INTO audit (at, actor, action, object) SELECT 1767323045000 - n * (31536000000 / $1), 'key_' || n % 50, 'session.canceled', 'cs_' || n FROM generate_series(1, $1) n`, // over the year that Fill fills
	`INSERT INTO idempotency_keys (merchant_id, mode, key, route, body_hash, seed_sealed, answer_sealed, created_at, leased_until)
		SELECT 'klaing', 'test', 'key-' || n, 'POST /v1/sessions', 'hash', '', '', n, 0 FROM generate_series(1, $1) n`,
	`INSERT INTO refunds (id, payment_id, session_id, merchant_id, mode, provider, reference, amount, currency, reason, by_hand, asked_by,
		created_at, status, transaction_id, failure_code, raw, closed_at)
		SELECT 're_' || id, id, session_id, merchant_id, mode, provider, id, 1, 'USD', '', '', '', created_at, 'succeeded', id, '', '', closed_at FROM payments
		WHERE status = 'succeeded' LIMIT $1`,
	`INSERT INTO hash_lookups (account_id, session_id, address, at) SELECT 'acct_1', id, 'address of ' || id, created_at FROM sessions LIMIT $1`,
	`INSERT INTO event_digests (merchant_id, mode, date, first_sequence, last_sequence, event_id)
		SELECT merchant_id, mode, 'day ' || sequence, sequence, sequence, id FROM events ORDER BY sequence LIMIT least($1, 365)`,
	`INSERT INTO payment_links (id, merchant_id, mode, amount, amount_min, amount_max, currency, description, reference_prefix, success_url, cancel_url,
		payment_methods, locale, custom_fields, max_uses, expires_at, created_at)
		SELECT 'pl_' || n, 'klaing', 'test', 100, 0, 0, 'USD', '', '', '', '', '[]', 'km', '[]', 0, 0, n FROM generate_series(1, $1) n`,
}

// believeMany has the planner believe that the tables that grow hold so many times
// as many rows as they do.
func believeMany(t testing.TB, file *sql.DB, times int) {
	t.Helper()
	if _, err := file.ExecContext(t.Context(), `UPDATE pg_class SET reltuples = reltuples * $1
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND reltuples > 30
			AND relname NOT LIKE 'event_digests%' AND relname NOT LIKE 'river_%'`, times); err != nil {
		t.Fatal(err)
	}
}

type postgresPlans struct {
	conn     *sql.Conn
	rows     map[string]float64 // that the planner believes in, by table
	prepared int
}

func (p *postgresPlans) countRows(t testing.TB) {
	t.Helper()
	rows, err := p.conn.QueryContext(t.Context(), "SELECT relname, reltuples FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		var count float64
		if err := rows.Scan(&table, &count); err != nil {
			t.Fatal(err)
		}
		p.rows[table] = count
	}
	if err := rows.Err(); err != nil || p.rows["sessions"] < plannedMany/10 {
		t.Fatalf("%f sessions in the statistics, %v", p.rows["sessions"], err)
	}
}

// step is a node of a plan.
type step struct {
	Type       string  `json:"Node Type"`
	Relation   string  `json:"Relation Name"`
	Index      string  `json:"Index Name"`
	Cond       string  `json:"Index Cond"`
	Filter     string  `json:"Filter"`
	JoinFilter string  `json:"Join Filter"`
	Rows       float64 `json:"Plan Rows"`
	Cost       float64 `json:"Total Cost"`
	Plans      []step
}

var limits = regexp.MustCompile(`LIMIT (\$\d+|(3 \* )?CAST\(\$\d+ AS BIGINT\))`)

// withLimits is a statement that asks for a hundred rows at once, where it says how
// many: for any number PostgreSQL assumes a tenth of all. Its other arguments are
// numbered again.
func withLimits(query string) string {
	numbers := map[string]string{}
	return placeholder.ReplaceAllStringFunc(limits.ReplaceAllString(query, "LIMIT 100"), func(number string) string {
		if numbers[number] == "" {
			numbers[number] = fmt.Sprintf("$%d", len(numbers)+1)
		}
		return numbers[number]
	})
}

// What dialect makes of a list for SQLite, and for an index.
var (
	jsonEach = regexp.MustCompile(`\(SELECT value FROM json_each\((\$\d+)\)\)`)
	indexed  = regexp.MustCompile(`INDEXED BY \w+ `)
)

// explain returns the plan of a statement for any arguments.
func (p *postgresPlans) explain(ctx context.Context, query string) (root step, err error) {
	query = indexed.ReplaceAllString(jsonEach.ReplaceAllString(withLimits(query), "(SELECT jsonb_array_elements_text($1::jsonb))"), "")
	arguments := placeholders(query)
	p.prepared++
	name := fmt.Sprintf("planned_%d", p.prepared)
	if _, err := p.conn.ExecContext(ctx, "PREPARE "+name+" AS "+query); err != nil {
		return root, err
	}

	execute := "EXPLAIN (FORMAT JSON) EXECUTE " + name
	if arguments > 0 {
		execute += "(" + strings.TrimSuffix(strings.Repeat("NULL, ", arguments), ", ") + ")"
	}

	var text string
	if err := p.conn.QueryRowContext(ctx, execute).Scan(&text); err != nil {
		return root, err
	}

	var plans []struct{ Plan step }
	err = json.Unmarshal([]byte(text), &plans)
	if err == nil {
		root = plans[0].Plan
	}
	return root, err
}

// grows says what in a plan costs more the more is kept, and "" for nothing.
func (p *postgresPlans) grows(root step) string {
	if table := p.readWhole(root, false); table != "" {
		return "reads all of " + table
	}
	if root.Cost > costliest {
		return fmt.Sprintf("costs %.0f", root.Cost)
	}
	return ""
}

// readWhole is a large table that a plan reads from end to end, or in the order of an
// index until enough of its rows fit a join: if few do, that is all of it.
func (p *postgresPlans) readWhole(s step, joined bool) string {
	inOrder := joined && s.Cond == "" && strings.HasPrefix(s.Type, "Index")
	if (s.Type == "Seq Scan" || inOrder) && p.rows[s.Relation] > manyRows {
		return s.Relation
	}
	for _, part := range s.Plans {
		if table := p.readWhole(part, joined || s.JoinFilter != ""); table != "" {
			return table
		}
	}
	return ""
}
