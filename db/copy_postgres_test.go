//go:build postgres

package db_test

import (
	"errors"
	"strings"
	"testing"

	"rieltime/db"
	"rieltime/db/dbtest"
)

func TestStoreBehindAPoolerKeepsCopiesFromItsDatabase(t *testing.T) {
	t.Parallel()
	from := dbtest.Fresh(t)
	store := openWith(t, dbtest.Pooled(t, from))
	apply(t, store, "")
	if _, err := copyDatabase(t, from, newFile(t)); !errors.Is(err, db.ErrInUse) {
		t.Errorf("copied while it is used: %v", err)
	}
}

func TestTextsThatAServerRefusesAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	from, to := newFile(t), dbtest.Fresh(t)
	inEveryTable(t, from)
	executeIn(t, from, "UPDATE sessions SET reference = 'a' || char(0) WHERE id = 'cs_paid0'")
	executeIn(t, from, "UPDATE merchants SET name = CAST(x'ff' AS TEXT)")
	_, err := copyDatabase(t, from, to)
	for _, want := range []string{"2 values", `sessions with id = "cs_paid0": reference contains a NUL character`, `merchants with id = "klaing": name is not valid UTF-8`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	mustCopy(t, from, newFile(t)) // a file holds them
	openWith(t, to)
}
