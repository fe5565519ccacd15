package db

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// askInAll asks in as many transactions as there are connections to read with,
// while all of them are open.
func askInAll(t *testing.T, store *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for range readers {
		tx, err := store.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		defer func() {
			var one int
			if err := (preparedTx{tx, store.reads}).QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
				t.Error(err)
			}
		}()
	}
}

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

func TestReadersDoNotWaitForEachOthersConnections(t *testing.T) {
	store, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "x.db"), Key: make([]byte, KeySize)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	askInAll(t, store)
	for deadline := time.Now().Add(30 * time.Second); store.reads.get("SELECT 1") == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the query was not prepared")
		}
	}
	askInAll(t, store)
}
