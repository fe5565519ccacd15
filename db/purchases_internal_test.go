package db

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"rieltime/checkout"
)

// recordingChanger notes how changes are asked for, and makes none.
type recordingChanger struct {
	changer
	asked []string
}

var errNotMade = errors.New("not made")

func (r *recordingChanger) do(context.Context, func(context.Context, *sql.Tx) error) error {
	r.asked = append(r.asked, "do")
	return errNotMade
}

func (r *recordingChanger) doSoon(context.Context, func(context.Context, *sql.Tx) error) error {
	r.asked = append(r.asked, "doSoon")
	return errNotMade
}

// An answer to the verifier's query may share the commit of others, a buyer's change may
// not be delayed.
func TestUpdateWaitsForOthersOnlyInBackground(t *testing.T) {
	recorder := &recordingChanger{}
	store := &Store{writer: recorder, glances: newGlances(sqliteDialect)}
	for want, ctx := range map[string]context.Context{"do": t.Context(), "doSoon": checkout.InBackground(t.Context())} {
		recorder.asked = nil
		_, err := store.Update(ctx, "cs_1", func(*checkout.Purchase) error { return nil })
		if !errors.Is(err, errNotMade) || len(recorder.asked) != 1 || recorder.asked[0] != want {
			t.Errorf("%v, %v; want %s", recorder.asked, err, want)
		}
	}
}
