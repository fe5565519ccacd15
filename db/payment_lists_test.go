package db_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// shopOfPayments is a store with sessions of klaing's, each a minute after the last:
// cs_1 paid, cs_2 late, cs_3 canceled, cs_4 never tried.
func shopOfPayments(t *testing.T) *db.Store {
	t.Helper()
	store := openWith(t, dbtest.Options(t))
	apply(t, store, "")
	for n, how := range []string{"paid", "late", "canceled", "none"} {
		id := fmt.Sprint(n + 1)
		s := session("cs_" + id)
		s.CreatedAt = start.Add(time.Duration(n) * time.Minute)
		s.Customer = checkout.Customer{Name: "Sok Dara " + id, Email: "Dara" + id + "@Example.com", Phone: "+855 12 345 67" + id}
		if how == "none" {
			insert(t, store, s)
			continue
		}
		p := payment("pay_"+id, s.ID)
		p.CreatedAt = s.CreatedAt
		insert(t, store, s, p)
		if _, err := store.Update(t.Context(), s.ID, func(purchase *checkout.Purchase) error {
			proof := proofOf(p)
			proof.BankReferences = []string{"100FT26AB" + id}
			end(purchase, how, proof)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// find lists the ids of all payments, or of sessions without one, that a search finds,
// with a page for each.
func find(t *testing.T, store *db.Store, search string, limit int) string {
	t.Helper()
	filter, err := checkout.ParsePaymentSearch(search)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	var after checkout.Position
	for range 20 {
		page, err := store.FindPayments(t.Context(), "klaing", checkout.ModeTest, filter, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Rows {
			if row.Payment == nil {
				ids = append(ids, row.Session.ID)
				continue
			}
			ids = append(ids, row.Payment.ID)
		}
		if after = page.Next; after.At.IsZero() {
			return strings.Join(ids, " ")
		}
	}
	t.Fatalf("%s does not end", search)
	return ""
}

func TestPaymentsAreFoundByWhatPeopleKnow(t *testing.T) {
	t.Parallel()
	store := shopOfPayments(t)
	for search, want := range map[string]string{
		"":                                   "pay_3 pay_2 pay_1",
		"status:succeeded":                   "pay_2 pay_1",
		"status:late":                        "pay_2",
		"status:review":                      "pay_2",
		"status:late amount:10.00":           "pay_2",
		"status:late amount:10.01":           "",
		"status:canceled currency:USD":       "pay_3",
		"status:refunded":                    "",
		"10.00":                              "pay_3 pay_2 pay_1",
		"$10 status:canceled":                "pay_3",
		"amount:1000 currency:KHR":           "",
		"method:khqr provider:bakong":        "pay_3 pay_2 pay_1",
		"method:card":                        "",
		"cs_1":                               "pay_1",
		"cs_4":                               "cs_4",
		"pay_2":                              "pay_2",
		"pay_2 status:canceled":              "",
		"REFpay_1":                           "pay_1", // our reference at the provider
		"tx pay_1":                           "pay_1", // the transaction
		"100FT26AB1":                         "pay_1", // the bank's reference
		"100ft26ab2 status:late":             "pay_2",
		"100FT26":                            "pay_2 pay_1",
		"100FT26AB9":                         "",
		"order-cs_3":                         "pay_3",
		"ORDER-CS_3":                         "pay_3",
		"order-cs":                           "cs_4 pay_3 pay_2 pay_1",
		"sok dara":                           "cs_4 pay_3 pay_2 pay_1",
		"DARA 2":                             "pay_2",
		"dara1@example.com":                  "pay_1",
		"012 345 673":                        "pay_3",
		"០១២៣៤៥៦៧៤":                          "cs_4",
		"+85512345":                          "cs_4 pay_3 pay_2 pay_1",
		"dara status:succeeded":              "pay_2 pay_1",
		"nobody":                             "",
		"cs_none":                            "",
		"from:2026-01-03 to:2026-01-01":      "",
		"from:2020-01-01 method:khqr":        "pay_3 pay_2 pay_1",
		"to:2020-01-01 status:succeeded":     "",
		"dara to:2020-01-01":                 "",
		`"order-cs_1"`:                       "pay_1",
		"status:succeeded from:2020-01-01":   "pay_2 pay_1",
		"status:mismatch from:2020-01-01 $1": "",
		"paid:2026-01-02":                    "pay_1",
		"paid:2026-01-03":                    "pay_2", // it was late
		"paid:2026-01-04":                    "",
		"paid:2026-01-03 status:late":        "pay_2",
		"paid:2026-01-03 status:review":      "pay_2",
		"paid:2026-01-02 status:taken":       "pay_1",
		"paid:2026-01-03 status:taken":       "",
		"status:taken":                       "pay_1",
		"status:taken dara":                  "pay_1",
		"status:taken 10.00":                 "pay_1",
		"paid:2026-01-02 status:review":      "",
		"paid:2026-01-03 status:succeeded":   "pay_2",
		"paid:2026-01-03 status:refunded":    "",
		"paid:2026-01-03 10.00 method:khqr":  "pay_2",
		"paid:2026-01-03 to:2026-01-02":      "pay_2",
		"paid:2026-01-03 from:2026-01-03":    "",
		"paid:2026-01-03 dara":               "pay_2",
	} {
		for _, limit := range []int{1, 2, 50} {
			if got := find(t, store, search, limit); got != want {
				t.Errorf("%q in pages of %d: %q, want %q", search, limit, got, want)
			}
		}
	}
}

// Nothing of another merchant, or of the other mode, is found by any search.
func TestSearchFindsNothingOfOthers(t *testing.T) {
	t.Parallel()
	store := shopOfPayments(t)
	searches := []string{"", "cs_1", "pay_1", "REFpay_1", "tx pay_1", "100FT26AB1", "100FT", "order-cs_1", "order", "sok dara", "dara1@example.com", "012345671", "10.00", "status:late"}
	for _, search := range searches {
		filter, err := checkout.ParsePaymentSearch(search)
		if err != nil {
			t.Fatal(err)
		}
		for _, owner := range []struct {
			merchant string
			mode     checkout.Mode
		}{{"krama", checkout.ModeTest}, {"klaing", checkout.ModeLive}} {
			page, err := store.FindPayments(t.Context(), owner.merchant, owner.mode, filter, checkout.Position{}, 50)
			if err != nil || len(page.Rows) > 0 {
				t.Errorf("%q finds %d rows for %v, %v", search, len(page.Rows), owner, err)
			}
		}
	}
}

// A page whose filters leave nothing ends after a bounded number of payments, and the
// next ones go on from there.
func TestRareFilterIsLookedForInBoundedPages(t *testing.T) {
	t.Parallel()
	store := filledWith(t, dbtest.Options(t), 5_000)
	var after checkout.Position
	partial := 0
	for range 10 {
		page, err := store.FindPayments(t.Context(), "klaing", checkout.ModeTest, checkout.PaymentFilter{Method: "card"}, after, 50)
		if err != nil || len(page.Rows) > 0 {
			t.Fatal(page.Rows, err)
		}
		if !page.Partial {
			break
		}
		partial, after = partial+1, page.Next
	}
	if partial != 2 {
		t.Errorf("5,000 payments were looked through in %d partial pages, want 2", partial)
	}

	page, err := store.FindPayments(t.Context(), "klaing", checkout.ModeTest, checkout.PaymentFilter{Text: "sok"}, checkout.Position{}, 50)
	if err != nil || !page.Cut || len(page.Rows) < 50 {
		t.Errorf("%d of 5,000 that begin with a word, cut: %t, %v", len(page.Rows), page.Cut, err)
	}
}

func TestForgottenCustomerIsNotFound(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := openWith(t, options)
	apply(t, store, "")
	paid(t, store, "1")
	if got := find(t, store, "sok dara", 50); got != "pay_1" {
		t.Fatalf("found %q", got)
	}
	if n, err := store.Forget(t.Context(), start.Add(time.Hour)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if got := find(t, store, "sok dara", 50); got != "" {
		t.Errorf("found %q after it was forgotten", got)
	}
	if n := count(t, rawDatabase(t, options), "SELECT count(*) FROM search_terms"); n != 0 {
		t.Errorf("%d terms are left", n)
	}
}

// TestProofAfterErasureLeavesNoTerms covers money that comes once the personal data of its
// session are erased.
func TestProofAfterErasureLeavesNoTerms(t *testing.T) {
	t.Parallel()
	store := openWith(t, dbtest.Options(t))
	apply(t, store, "")
	paid(t, store, "1")
	if n, err := store.Forget(t.Context(), start.Add(time.Hour)); err != nil || n != 1 {
		t.Fatal(n, err)
	}

	_, err := store.Update(t.Context(), "cs_1", func(purchase *checkout.Purchase) error {
		second := proofOf(purchase.Payments[0])
		second.TransactionID, second.BankReferences = "tx second", []string{"100FT26AB1"}
		purchase.Settle("pay_1", second, start.Add(2*time.Hour))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, store, "100FT26AB1", 50); got != "" {
		t.Errorf("found %q after it was forgotten", got)
	}
	if got := find(t, store, "tx second", 50); got == "" {
		t.Error("the second proof is not found by its transaction either")
	}
}

// Sessions of a database from before the search, and proofs from before they named the
// bank's references, get their terms when it is opened.
func TestEarlierSessionsGetTheirTerms(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := openWith(t, options)
	apply(t, store, "")
	for n := range 1_203 {
		insert(t, store, session(fmt.Sprintf("cs_%04d", n)))
	}
	paid(t, store, "erased")
	if n, err := store.Forget(t.Context(), start.Add(time.Hour)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	paid(t, store, "1")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	file := rawDatabase(t, options)
	terms := count(t, file, "SELECT count(*) FROM search_terms")
	for _, statement := range []string{
		"DELETE FROM search_terms", "INSERT INTO search_fill (after) VALUES ('')",
		`UPDATE payments SET proof = replace(proof, '"hash":"h"', '"externalRef":"100FT26AB 1"')`,
	} {
		if _, err := file.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}

	options.Access = db.CreateAndMigrate
	store = openWith(t, options)
	if got := count(t, file, "SELECT count(*) FROM search_terms"); got != terms+1 || terms == 0 {
		t.Errorf("%d terms, want %d and that of the proof", got, terms)
	}
	if got := find(t, store, "100ft26ab 1", 50); got != "pay_1" {
		t.Errorf("the earlier proof's reference finds %q", got)
	}
	if n := count(t, file, "SELECT count(*) FROM search_fill"); n != 0 {
		t.Error("the terms are to be filled again")
	}
}

// Rows come newest first, each once, whichever page they are on.
func TestPagesOfAFilledListFollowEachOther(t *testing.T) {
	t.Parallel()
	store := filledWith(t, dbtest.Options(t), 1_000)
	for _, filter := range []checkout.PaymentFilter{{}, {State: "succeeded"}, {State: "late"}, {Amount: checkout.Money{Minor: 1000, Currency: checkout.USD}}, {Method: "khqr", State: "canceled"}} {
		var times []time.Time
		seen := map[string]bool{}
		var after checkout.Position
		for {
			page, err := store.FindPayments(t.Context(), "klaing", checkout.ModeTest, filter, after, 37)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range page.Rows {
				if seen[row.Payment.ID] || row.Session.ID != row.Payment.SessionID || !filter.Matches(*row.Payment) {
					t.Fatalf("%+v: a row twice, of another session, or that does not fit: %+v", filter, row.Payment)
				}
				seen[row.Payment.ID] = true
				times = append(times, row.Payment.CreatedAt)
			}
			if after = page.Next; after.At.IsZero() {
				break
			}
		}
		if len(times) == 0 || !slices.IsSortedFunc(times, func(a, b time.Time) int { return b.Compare(a) }) {
			t.Errorf("%+v: %d rows, not newest first", filter, len(times))
		}
	}
}

// BenchmarkPaymentLists is what the people of a merchant with a million payments look
// for.
func BenchmarkPaymentLists(b *testing.B) {
	store := filledWith(b, dbtest.Options(b), 1_000_000)
	insert(b, store, session("cs_rare"), payment("pay_rare", "cs_rare"))
	middle := start.Add(-180 * 24 * time.Hour)
	for _, look := range []struct {
		name   string
		filter checkout.PaymentFilter
		after  checkout.Position
	}{
		{"newest", checkout.PaymentFilter{}, checkout.Position{}},
		{"deep", checkout.PaymentFilter{}, checkout.Position{At: middle, ID: "pay_"}},
		{"succeeded", checkout.PaymentFilter{State: "succeeded"}, checkout.Position{}},
		{"late", checkout.PaymentFilter{State: "late"}, checkout.Position{}},
		{"review", checkout.PaymentFilter{State: checkout.StateReview}, checkout.Position{}},
		{"late of an amount", checkout.PaymentFilter{State: "late", Amount: checkout.Money{Minor: 1000, Currency: checkout.USD}}, checkout.Position{}},
		{"method and days", checkout.PaymentFilter{Method: "khqr", Created: checkout.TimeRange{From: middle, To: middle.AddDate(0, 1, 0)}}, checkout.Position{}},
		{"paid on days", checkout.PaymentFilter{State: checkout.StateTaken, Recorded: checkout.TimeRange{From: middle, To: middle.AddDate(0, 0, 7)}}, checkout.Position{}},
		{"refunded of those taken", checkout.PaymentFilter{State: checkout.StateRefunded, Recorded: checkout.TimeRange{From: middle, To: middle.AddDate(0, 0, 7)}}, checkout.Position{}},
		{"method of none", checkout.PaymentFilter{Method: "card"}, checkout.Position{}},
		{"currency of none", checkout.PaymentFilter{Currency: checkout.KHR}, checkout.Position{}},
		{"amount", checkout.PaymentFilter{Amount: checkout.Money{Minor: 1000, Currency: checkout.USD}}, checkout.Position{}},
		{"amount of none", checkout.PaymentFilter{Amount: checkout.Money{Minor: 777, Currency: checkout.USD}}, checkout.Position{}},
		{"reference", checkout.PaymentFilter{Text: "order-cs_rare"}, checkout.Position{}},
		{"reference's beginning", checkout.PaymentFilter{Text: "order-cs_0"}, checkout.Position{}},
		{"customer of all", checkout.PaymentFilter{Text: "sok dara"}, checkout.Position{}},
		{"customer of all, late", checkout.PaymentFilter{Text: "sok dara", State: "late"}, checkout.Position{}},
		{"customer of all, of no method", checkout.PaymentFilter{Text: "sok dara", Method: "card"}, checkout.Position{}},
		{"nobody", checkout.PaymentFilter{Text: "nobody at all"}, checkout.Position{}},
		{"id", checkout.PaymentFilter{Text: "pay_rare"}, checkout.Position{}},
		{"transaction", checkout.PaymentFilter{Text: "tx pay_000000000000000000paid"}, checkout.Position{}},
	} {
		b.Run(look.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				if _, err := store.FindPayments(b.Context(), "klaing", checkout.ModeTest, look.filter, look.after, 50); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
		})
	}
}

func TestPurchaseStoryHasWhatHappened(t *testing.T) {
	t.Parallel()
	store := openWith(t, dbtest.Options(t))
	apply(t, store, "https://shop.example/hook")
	paid(t, store, "1")
	paid(t, store, "2")
	purchase, err := store.Purchase(t.Context(), "cs_1")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Audit(checkout.WithActor(t.Context(), "user:usr_1"), "payment.query", "pay_1", nil); err != nil {
		t.Fatal(err)
	}

	story, err := store.PurchaseStory(t.Context(), purchase)
	if err != nil || len(story.Events) != 2 || len(story.Deliveries) != 2 || len(story.Audit) != 1 || story.Audit[0].Action != "payment.query" {
		t.Fatalf("%d events, %d deliveries, audit %+v, %v", len(story.Events), len(story.Deliveries), story.Audit, err)
	}
	for _, event := range story.Events {
		if event.SessionID != "cs_1" {
			t.Errorf("an event of %s", event.SessionID)
		}
	}
}

func TestSavedViewsAreOfOneUserUnlessShared(t *testing.T) {
	t.Parallel()
	store := openWith(t, dbtest.Options(t))
	apply(t, store, "")
	insertUser(t, store) // with a view that is shared
	other := users.User{ID: "usr_2", Email: "other@klaing.example", CreatedAt: start}
	if err := store.InsertUser(t.Context(), other, nil); err != nil {
		t.Fatal(err)
	}
	view := users.SavedView{MerchantID: "klaing", UserID: other.ID, Name: "mine", Query: "q=x", CreatedAt: start}
	for n := range users.MaxSavedViews + 1 {
		view.ID = fmt.Sprintf("view_own_%d", n)
		err := store.InsertSavedView(t.Context(), view)
		if full := n == users.MaxSavedViews; (err != nil) != full {
			t.Fatalf("view %d: %v", n, err)
		}
	}

	for user, want := range map[string]int{"usr_1": 1, "usr_2": users.MaxSavedViews + 1, "usr_3": 1} {
		if views, err := store.SavedViews(t.Context(), "klaing", user); err != nil || len(views) != want {
			t.Errorf("%s sees %d views, want %d, %v", user, len(views), want, err)
		}
	}
	if err := store.DeleteSavedView(t.Context(), "klaing", "usr_2", "view_1", false); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("another's view: %v", err)
	}
	if err := store.DeleteSavedView(t.Context(), "klaing", "usr_1", "view_1", false); err != nil {
		t.Error(err)
	}
}
