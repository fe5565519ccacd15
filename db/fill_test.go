package db_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// filled is a store with copies of a paid, a canceled and an expired purchase,
// and one under review, of which the last is rare.
func filled(t testing.TB, sessions int) (store *db.Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "rieltime.db")
	return filledWith(t, dbtest.File(t, path), sessions), path
}

func filledWith(t testing.TB, options db.Options, sessions int) *db.Store {
	t.Helper()
	store := openWith(t, options)
	apply(t, store, "https://shop.example/hook")
	for _, id := range []string{"paid", "late", "canceled", "expired"} {
		long := "000000000000000000" + id
		p := payment("pay_"+long, "cs_"+long)
		insert(t, store, session("cs_"+long), p)
		_, err := store.Update(t.Context(), "cs_"+long, func(purchase *checkout.Purchase) error {
			end(purchase, id, proofOf(p))
			for i, event := range purchase.Events() {
				purchase.Events()[i].Body = fmt.Appendf(nil, `{"id":%q,"type":%q,"data":{"object":{"id":%q,"reference":%q}}}`,
					event.ID, event.Type, p.ID, purchase.Session.Reference)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	originals := []db.Original{
		{SessionID: "cs_000000000000000000paid", Share: 70}, {SessionID: "cs_000000000000000000canceled", Share: 9},
		{SessionID: "cs_000000000000000000expired", Share: 20}, {SessionID: "cs_000000000000000000late", Share: 1},
	}
	done := 0
	if err := store.Fill(t.Context(), originals, sessions, func(n int) { done = n }); err != nil || done != sessions {
		t.Fatalf("%d made, %v", done, err)
	}
	return store
}

// end brings a purchase to one of its ends.
func end(purchase *checkout.Purchase, how string, proof checkout.Proof) {
	switch how {
	case "paid":
		purchase.Settle(purchase.Payments[0].ID, proof, start)
	case "canceled":
		_ = purchase.Cancel(start)
	case "expired":
		_ = purchase.ExpireNow(start)
	case "late":
		_ = purchase.ExpireNow(start)
		proof.PaidAt = start.Add(24 * time.Hour)
		purchase.Settle(purchase.Payments[0].ID, proof, start.Add(24*time.Hour))
	}
}

func TestFillMakesASoundDatabase(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := filledWith(t, options, 6_000)
	if options.URL == "" {
		for _, finding := range check(t, options.Path) {
			if !finding.Note { // the originals came before copies of earlier times
				t.Errorf("%+v", finding)
			}
		}
	}
	file := rawDatabase(t, options)
	for query, want := range map[string]int{
		"SELECT count(*) FROM sessions":                                               6_004,
		"SELECT count(*) FROM sessions WHERE status = 'complete'":                     4_201,
		"SELECT count(DISTINCT transaction_id) FROM payments WHERE proof <> ''":       4_262,
		"SELECT count(*) FROM payments WHERE review = 'late'":                         61,
		"SELECT count(DISTINCT created_at) FROM sessions":                             6_001,
		"SELECT count(*) FROM sessions WHERE forgotten_at > 0":                        4_521, // older than 90 of 365 days
		"SELECT count(*) FROM sessions WHERE forgotten_at > 0 AND customer <> '{}'":   0,
		"SELECT count(*) FROM events e JOIN deliveries d ON d.event_id = e.id":        count(t, file, "SELECT count(*) FROM events"),
		"SELECT count(*) FROM deliveries WHERE status = 'delivered' AND attempts = 1": count(t, file, "SELECT count(*) FROM delivery_attempts"),
	} {
		if got := count(t, file, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	page, more, err := store.ListPayments(t.Context(), "klaing", checkout.ModeTest, checkout.PaymentQuery{InReview: true, ListPart: checkout.ListPart{Limit: 10}})
	if err != nil || len(page) != 10 || !more {
		t.Errorf("%d under review, more: %t, %v", len(page), more, err)
	}
}

// rawDatabase is a database without the store, on either engine.
func rawDatabase(t testing.TB, options db.Options) *sql.DB {
	t.Helper()
	if options.URL == "" {
		return raw(t, options.Path)
	}
	pool, err := sql.Open("pgx", options.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func count(t testing.TB, file *sql.DB, query string) (n int) {
	t.Helper()
	if err := file.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func millisText(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }
