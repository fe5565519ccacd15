package db

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestProofsAreFoundByTheirIndex(t *testing.T) {
	store, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "x.db"), Key: make([]byte, KeySize)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	var number, above, unused int
	var plan string
	err = store.read.QueryRowContext(t.Context(), "EXPLAIN QUERY PLAN SELECT id FROM payments "+byTransaction, "bakong", "test", "tx").
		Scan(&number, &above, &unused, &plan)
	if err != nil || !strings.Contains(plan, "USING INDEX payments_transaction") {
		t.Errorf("%q, %v", plan, err)
	}
}

// oneConn is a connection that is used alone, and what is behind it.
func oneConn(t *testing.T) (*sql.Conn, *conn) {
	t.Helper()
	file, err := connect(filepath.Join(t.TempDir(), "x.db"), 1, writing)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	one, err := file.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = one.Close() })
	var behind *conn
	if err := one.Raw(func(c any) error { behind = c.(*conn); return nil }); err != nil {
		t.Fatal(err)
	}
	return one, behind
}

func numbers(t *testing.T, rows *sql.Rows, err error) (found []int) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		found = append(found, n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// A bare argument of LIMIT, which is how River looks for jobs, has SQLite plan at each use.
func TestRiversStatementsArePlannedOnce(t *testing.T) {
	one, _ := oneConn(t)
	var prepared []string
	defer func(before func(string)) { onPrepare = before }(onPrepare)
	onPrepare = func(query string) { prepared = append(prepared, query) }
	rows, err := one.QueryContext(t.Context(), "SELECT value FROM json_each(?1)\nLIMIT ?2", "[1,2,3]", 2)
	if found := numbers(t, rows, err); !slices.Equal(found, []int{1, 2}) {
		t.Errorf("found %v", found)
	}
	if want := "SELECT value FROM json_each(?1)\nLIMIT CAST(?2 AS BIGINT)"; !slices.Equal(prepared, []string{want}) {
		t.Errorf("prepared: %q", prepared)
	}
}

func TestStatementsStayPrepared(t *testing.T) {
	one, behind := oneConn(t)
	const query = "SELECT value FROM json_each(?)"
	for range 3 {
		rows, err := one.QueryContext(t.Context(), query, "[1,2,3]")
		if found := numbers(t, rows, err); !slices.Equal(found, []int{1, 2, 3}) {
			t.Errorf("found %v", found)
		}
	}
	if len(behind.idle) != 1 || behind.idle[query].preparedStatement == nil {
		t.Errorf("kept: %v", slices.Collect(maps.Keys(behind.idle)))
	}
}

func TestOpenRowsHaveTheirStatementAlone(t *testing.T) {
	one, behind := oneConn(t)
	const query = "SELECT value FROM json_each(?)"
	outer, err := one.QueryContext(t.Context(), query, "[1,2,3]")
	if err != nil || !outer.Next() {
		t.Fatal(err)
	}
	inner, err := one.QueryContext(t.Context(), query, "[7,8]")
	if found := numbers(t, inner, err); !slices.Equal(found, []int{7, 8}) {
		t.Errorf("inside: %v", found)
	}
	if rest := numbers(t, outer, nil); !slices.Equal(rest, []int{2, 3}) {
		t.Errorf("outside, after the first: %v", rest)
	}
	if len(behind.idle) != 1 {
		t.Errorf("%d statements are kept, want one", len(behind.idle))
	}
}

func TestKeptStatementsSeeWhatChangedSince(t *testing.T) {
	one, _ := oneConn(t)
	do := func(query string, args ...any) error {
		_, err := one.ExecContext(t.Context(), query, args...)
		return err
	}
	const insert = "INSERT INTO t VALUES (?)"
	if do("CREATE TABLE t (n INTEGER UNIQUE)") != nil || do(insert, 1) != nil {
		t.Fatal("could not begin")
	}
	if err := do(insert, 1); err == nil {
		t.Error("1 went in twice")
	}
	if err := do(insert, 2); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
	rows, err := one.QueryContext(t.Context(), "SELECT * FROM t ORDER BY n")
	if found := numbers(t, rows, err); !slices.Equal(found, []int{1, 2}) {
		t.Errorf("found %v", found)
	}
	if err := do("DROP TABLE t"); err != nil {
		t.Fatal(err)
	}
	if err := do(insert, 3); err == nil {
		t.Error("a row went into a table that is gone")
	}
	if err := do("CREATE TABLE t (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(do(insert, 3), do(insert, 3)); err != nil {
		t.Errorf("into the new table: %v", err)
	}
}

func TestKeptStatementsAreBounded(t *testing.T) {
	one, behind := oneConn(t)
	for n := range 2 * idleStatements {
		var got int
		if err := one.QueryRowContext(t.Context(), fmt.Sprintf("SELECT %d", n)).Scan(&got); err != nil || got != n {
			t.Fatalf("%d: %d, %v", n, got, err)
		}
	}
	if len(behind.idle) != idleStatements {
		t.Errorf("%d statements are kept", len(behind.idle))
	}
}
