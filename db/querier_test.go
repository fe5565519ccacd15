package db

import (
	"path/filepath"
	"testing"
)

func TestSelectAllReportsAFailureAmongTheRows(t *testing.T) {
	store, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "rieltime.db"), Key: make([]byte, KeySize)})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()

	// The second row fails when SQLite computes it, after the first was read.
	got, err := queryStrings(t.Context(), store.read, `SELECT json_extract(value, '$') FROM (SELECT '"one"' AS value UNION ALL SELECT 'no JSON')`)
	if err == nil || got != nil {
		t.Errorf("%q, %v", got, err)
	}
}
