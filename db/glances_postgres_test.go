//go:build postgres

package db_test

import (
	"testing"

	"rieltime/db/dbtest"
)

// In a database that was restored into another server, changes have numbers of the first
// one's transactions, which the other does not reach for long.
func TestChangesOfAnotherServerArePruned(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	store := openWith(t, options)
	apply(t, store, "")
	insert(t, store, session("cs_1"))
	raise(t, store)
	executeIn(t, options, `INSERT INTO session_changes (number, session_id)
		SELECT pg_current_xact_id()::text::bigint + 1000000 + n, 'cs_of_before' FROM generate_series(1, 3000) n`)

	if err := store.PruneChanges(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := text(t, options.URL, "SELECT string_agg(DISTINCT session_id, ' ') FROM session_changes"); got != "cs_1" {
		t.Errorf("changes of %q are kept, want those of cs_1", got)
	}
}
