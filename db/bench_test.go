package db_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

func benchStore(b *testing.B) *db.Store {
	b.Helper()
	store := open(b)
	apply(b, store, "")
	return store
}

// Creates that arrive together share their commits.
func BenchmarkInsertSession(b *testing.B) {
	for _, parallel := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", parallel), func(b *testing.B) {
			store := benchStore(b)
			var n atomic.Int64
			b.SetParallelism(parallel)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					s := session(fmt.Sprintf("cs_%d", n.Add(1)))
					if _, err := store.InsertSession(b.Context(), s, checkout.IdempotentRequest{}, checkout.Addresses{}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkKept is what is asked all the time, of a young database and of one
// that has kept a million paid sessions: the times should not differ.
func BenchmarkKept(b *testing.B) {
	for _, kept := range []int{1, 1_000_000} {
		path := filepath.Join(b.TempDir(), "rieltime.db")
		store := openAt(b, path, make([]byte, db.KeySize))
		apply(b, store, "")
		insert(b, store, session("cs_1"), payment("pay_1", "cs_1"))
		keep(b, path, kept)
		now := start.Add(time.Minute)
		var n int
		for name, ask := range map[string]func() error{
			"glance":   func() error { _, err := store.Glance(b.Context(), "cs_1"); return err },
			"purchase": func() error { _, err := store.Purchase(b.Context(), "cs_1"); return err },
			"create": func() error {
				n++
				_, err := store.InsertSession(b.Context(), session(fmt.Sprintf("cs_new_%d", n)), checkout.IdempotentRequest{}, checkout.Addresses{})
				return err
			},
			"overdue": func() error {
				_, err := store.Overdue(b.Context(), now, now.Add(-2*time.Minute), 200)
				return err
			},
			"due accounts": func() error { _, err := store.DueAccounts(b.Context(), now, now); return err },
			"list": func() error {
				_, _, err := store.ListSessions(b.Context(), "klaing", checkout.ModeTest, checkout.SessionQuery{ListPart: checkout.ListPart{Limit: 10}})
				return err
			},
		} {
			b.Run(fmt.Sprintf("%s/kept=%d", name, kept), func(b *testing.B) {
				for b.Loop() {
					if err := ask(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkTakeQuestion is the choice of whom to ask about among so many that
// are due and so many that wait, on their tapering schedule, until they are: the
// times should hardly differ.
func BenchmarkTakeQuestion(b *testing.B) {
	for _, c := range []struct{ due, waiting int }{{100, 1_000}, {1_000, 10_000}, {10_000, 100_000}, {10, 100_000}} {
		path := filepath.Join(b.TempDir(), "rieltime.db")
		store := openAt(b, path, make([]byte, db.KeySize))
		apply(b, store, "")
		insert(b, store, session("cs_1"), payment("pay_1", "cs_1"))
		now := start.Add(24 * time.Hour)
		makeDue(b, path, c.due, c.waiting, now)
		for _, size := range []int{1, 50} {
			b.Run(fmt.Sprintf("list=%d/due=%d/waiting=%d", size, c.due, c.waiting), func(b *testing.B) {
				q := question(now, size)
				q.Lease = now // which is over at once
				for b.Loop() {
					if payments, err := store.LeaseDue(b.Context(), q); err != nil || len(payments) != min(size, c.due+1) {
						b.Fatal(len(payments), err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("accounts/due=%d/waiting=%d", c.due, c.waiting), func(b *testing.B) {
			for b.Loop() {
				if accounts, err := store.DueAccounts(b.Context(), now, now.Add(-15*time.Second)); err != nil || len(accounts) != 1 {
					b.Fatal(accounts, err)
				}
			}
		})
	}
}

// makeDue adds so many payments that are due and so many that are not yet. Of those that are due, one in a hundred is claimed and one in five is
// looked at; most are closed.
func makeDue(b testing.TB, path string, due, waiting int, now time.Time) {
	b.Helper()
	every := (due + waiting) / due
	at := now.UnixMilli()
	age := fmt.Sprintf("%d - n * 7919 %% 86000 * 1000", at)
	copies(b, path, "payments", due*every, map[string]string{
		"id": "'pay_due_' || n", "reference": "'DUE' || n", "ordinal": "n", "created_at": age, "expires_at": age + " + 300000",
		"closed_at":     "CASE WHEN n % 4 = 0 THEN 0 ELSE " + age + " + 300000 END",
		"checked_at":    fmt.Sprintf("CASE WHEN n %% 5 = 0 THEN 0 ELSE %d - 60000 - n %% 60000 END", at),
		"next_check_at": fmt.Sprintf("%d - 5000 + CASE WHEN n %% %d = 0 THEN 0 ELSE 6000 + n END", at, every),
		"watched_at":    fmt.Sprintf("CASE WHEN n %% %d = 0 THEN %d - n %% 7000 ELSE 0 END", 5*every, at),
		"claimed_at":    fmt.Sprintf("CASE WHEN n %% %d = 0 THEN %d - n %% 7000 ELSE 0 END", 100*every, at),
	})
}

// keep adds copies of the session and payment that are there, paid long ago.
func keep(b *testing.B, path string, n int) {
	b.Helper()
	for table, changed := range map[string]map[string]string{
		"sessions": {"id": "'cs_old_' || n", "reference": "'old-' || n", "status": "'complete'", "payment_id": "'pay_old_' || n",
			"latest_payment": "'pay_old_' || n", "closed_at": "created_at - n", "created_at": "created_at - n", "expires_at": "expires_at - n"},
		"payments": {"id": "'pay_old_' || n", "session_id": "'cs_old_' || n", "reference": "'OLD' || n", "status": "'succeeded'",
			"transaction_id": "'tx' || n", "closed_at": "created_at - n", "created_at": "created_at - n", "next_check_at": "0"},
	} {
		copies(b, path, table, n, changed)
	}
}

// copies adds so many copies of a table's one row, with some columns changed.
func copies(b testing.TB, path, table string, n int, changed map[string]string) {
	b.Helper()
	file, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(60000)")
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Exec(copying(b, file, table, changed), n); err != nil {
		b.Fatal(err)
	}
	if _, err := file.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		b.Fatal(err)
	}
}

// copying is the statement that copies a table's one row so many times.
func copying(b testing.TB, file *sql.DB, table string, changed map[string]string) string {
	b.Helper()
	rows, err := file.Query("SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	var columns, values []string
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			b.Fatal(err)
		}
		columns, values = append(columns, column), append(values, cmp.Or(changed[column], column))
	}
	return fmt.Sprintf(`WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
		INSERT INTO %s (%s) SELECT %s FROM number, (SELECT * FROM %[1]s LIMIT 1)`, table, strings.Join(columns, ", "), strings.Join(values, ", "))
}
