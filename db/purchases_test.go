package db_test

import (
	"testing"

	"rieltime/checkout"
	"rieltime/db/dbtest"
)

// A proof must find its payment, also in a database that is not sound.
func TestPaymentsAreLoadedWithoutTheSessionsNoteOfThem(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := openWith(t, options)
	apply(t, store, "")
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	executeIn(t, options, "UPDATE sessions SET latest_payment = ''")

	read, err := store.Purchase(t.Context(), "cs_1")
	if err != nil || read.Payment("pay_1") == nil {
		t.Errorf("read %+v (%v)", read.Payments, err)
	}
	if _, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
		if p.Payment("pay_1") == nil {
			t.Error("a change does not find the payment")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
