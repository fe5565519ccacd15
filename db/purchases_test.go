package db_test

import (
	"fmt"
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

// A change starts from what is stored, unless nothing can have changed since it was loaded.
func TestUpdateFromLoadsWhatMayHaveChanged(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := openWith(t, options)
	apply(t, store, "")
	load := func(id string) checkout.Purchase {
		t.Helper()
		loaded, err := store.Purchase(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return loaded
	}
	insert(t, store, session("cs_unpaid"))
	insert(t, store, session("cs_paying"), payment("pay_1", "cs_paying"))
	unpaid, paying := load("cs_unpaid"), load("cs_paying")
	executeIn(t, options, "UPDATE sessions SET description = 'another'")
	executeIn(t, options, "UPDATE payments SET delayed = 1")

	ofLink := unpaid
	ofLink.Session.LinkID = "pl_1"
	for _, c := range []struct {
		what   string
		loaded checkout.Purchase
		again  bool
	}{{"without payments", unpaid, false}, {"with a payment", paying, true}, {"of a link", ofLink, true}} {
		_, err := store.UpdateFrom(t.Context(), c.loaded, func(p *checkout.Purchase) error {
			if again := p.Session.Description == "another"; again != c.again {
				t.Errorf("%s: loaded again: %t", c.what, again)
			}
			for _, payment := range p.Payments {
				if !payment.Delayed {
					t.Errorf("%s: the payment is as it was", c.what)
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
	}

	for range 2 { // the second knows nothing of the first
		if _, err := store.UpdateFrom(t.Context(), unpaid, func(p *checkout.Purchase) error {
			p.Payments = append(p.Payments, payment(fmt.Sprintf("pay_%d", 2+len(p.Payments)), "cs_unpaid"))
			p.Session.Version++
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	if after := load("cs_unpaid"); len(after.Payments) != 2 || after.Session.Version != unpaid.Session.Version+2 {
		t.Errorf("%d payments, version %d after %d", len(after.Payments), after.Session.Version, unpaid.Session.Version)
	}
}
