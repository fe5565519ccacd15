package db_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

func TestMoneyOfEveryCurrencyIsStored(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	for _, currency := range checkout.Currencies() {
		id := strings.ToLower(string(currency))
		price := checkout.Money{Minor: 15_000_050, Currency: currency}
		s, p, l := session("cs_"+id), payment("pay_"+id, "cs_"+id), link("pl_"+id, 3)
		s.Amount, s.LineItems, p.Amount = price, nil, price
		l.Currency, l.Amount, l.Least, l.Most = currency, price, checkout.Money{}, checkout.Money{}
		insertLink(t, store, l)
		insert(t, store, s, p)

		part := checkout.Money{Minor: 5_000_000, Currency: currency}
		_, err := store.Update(t.Context(), s.ID, func(purchase *checkout.Purchase) error {
			purchase.Settle(p.ID, proofOf(p), start)
			return purchase.RequestRefund("re_"+id, checkout.RefundParams{Payment: p.ID, Amount: part.Decimal(), Reason: "broken", ByHand: &checkout.ByHand{By: "Bopha"}}, start)
		})
		if err != nil {
			t.Fatal(err)
		}

		got, err := store.Purchase(t.Context(), s.ID)
		if err != nil || got.Session.Amount != price || got.Payments[0].Amount != price || got.Payments[0].Proof.Amount != price || got.Refunds[0].Amount != part {
			t.Errorf("%s: %+v, %v", currency, got, err)
		}
		if found, err := store.Link(t.Context(), l.ID); err != nil || found.Amount != price {
			t.Errorf("%s: the link asks for %v, %v", currency, found.Amount, err)
		}
	}

	for _, sum := range takingsOf(t, store, checkout.TakingsByDay) {
		if sum.Taken != (checkout.Sum{Minor: 15_000_050, Count: 1}) || sum.Refunded != (checkout.Sum{Minor: 5_000_000, Count: 1}) {
			t.Errorf("%+v", sum)
		}
	}
	if sums := takingsOf(t, store, checkout.TakingsByDay); len(sums) != len(checkout.Currencies()) {
		t.Errorf("%d sums, want one for each currency", len(sums))
	}
}

func TestLinesOfStatementsAreStoredInEveryCurrency(t *testing.T) {
	t.Parallel()
	b := newBank(t, 0)
	if result := b.importRows("DAY,1,a,,10.00,MYR", "DAY,2,b,,150000.50,IDR"); result.Added != 2 {
		t.Errorf("%+v", result)
	}
}

// TestDatabaseFromBeforeACurrencyIsFoundAndCopied has two tables as they were made when there
// were dollars and riel only.
func TestDatabaseFromBeforeACurrencyIsFoundAndCopied(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	narrowOf := func(options db.Options) []string {
		t.Helper()
		store, err := db.Open(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		found, err := store.NarrowTables(t.Context())
		if err := errors.Join(err, store.Close()); err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := narrowOf(options); len(found) > 0 {
		t.Fatalf("a new database: %v", found)
	}

	narrow := `PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, ', ''MYR'', ''IDR''', '') WHERE name IN ('payments', 'refunds')`
	if options.URL != "" {
		narrow = `ALTER TABLE payments DROP CONSTRAINT payments_currency_check, ADD CHECK (currency IN ('USD', 'KHR'));
			ALTER TABLE refunds DROP CONSTRAINT refunds_currency_check, ADD CHECK (currency IN ('USD', 'KHR'))`
	}
	if _, err := rawDatabase(t, options).Exec(narrow); err != nil {
		t.Fatal(err)
	}
	if found := narrowOf(options); !slices.Equal(found, []string{"payments", "refunds"}) {
		t.Errorf("narrow: %v", found)
	}

	copied := dbtest.Empty(t)
	copied.Key = options.Key
	if _, err := db.Copy(t.Context(), options, copied, func(db.CopyProgress) {}); err != nil {
		t.Fatal(err)
	}
	if found := narrowOf(copied); len(found) > 0 {
		t.Errorf("the copy: %v", found)
	}
}
