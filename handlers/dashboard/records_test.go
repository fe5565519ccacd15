package dashboard_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/reconcile"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
)

const recordsPath = "/dashboard/test/klaing/records"

// compare makes the reports of the harness's day while a verifier runs.
func (b *browser) compare(day cambodia.Day) {
	b.h.T.Helper()
	ctx, stop := context.WithCancel(b.h.T.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.h.Verifier.Run(ctx)
	}()
	w := b.post(recordsPath, "day", day.String())
	stop()
	<-done
	if w.Code != http.StatusSeeOther {
		b.h.T.Fatalf("%d %s", w.Code, w.Body)
	}
}

// A payment ended unpaid and was watched for a day; the bank has booked its money since.
func TestComparingFindsMoneyOfPaymentsThatNobodyWatches(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p, unpaid := h.Open(), h.Open()
	day := cambodia.DayOf(p.Latest().CreatedAt)
	h.PassInSteps(26*time.Hour, 10*time.Minute)
	h.PassInSteps(36*time.Hour, time.Hour)
	if got := h.Reload(p); !got.Latest().NextCheckAt.IsZero() || got.Latest().Proof != nil {
		t.Fatalf("the payment is still watched: %+v", got.Latest())
	}
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*p.Latest(), "tx-late", h.Clock())})

	b := h.as(users.RoleAccountant)
	b.compare(day)
	wantTexts(t, b.page(recordsPath+"?lang=en"), "tbody .chip", "No differences")
	wantTexts(t, b.page(recordsPath+"?lang=en"), "tbody td.number", "2", "1", "0", "0")
	if got := h.Latest(p); got.Proof == nil || got.Proof.Source != checkout.SourceQuery || got.Review != checkout.ReviewLate {
		t.Errorf("review %q, proof %+v", got.Review, got.Proof)
	}
	if got := h.Latest(unpaid); got.Proof != nil || !got.NextCheckAt.IsZero() {
		t.Errorf("the unpaid payment: %+v", got)
	}
}

// Comparing again and again costs no more queries than comparing once.
func TestComparingAsksNoQuestionTwiceInTenMinutes(t *testing.T) {
	h := newHarness(t)
	var day cambodia.Day
	for range 5 {
		p := h.Open()
		day = cambodia.DayOf(p.Latest().CreatedAt)
	}
	h.PassInSteps(26*time.Hour, 10*time.Minute)
	h.PassInSteps(36*time.Hour, time.Hour)

	b := h.as(users.RoleAccountant)
	queries := func(compare int) int {
		before := h.Provider.Queries()
		for range compare {
			b.compare(day)
		}
		return h.Provider.Queries() - before
	}
	if first, again := queries(1), queries(4); first != 5 || again != 0 {
		t.Errorf("%d queries about 5 payments, then %d", first, again)
	}
	wantTexts(t, b.page(recordsPath+"?lang=en"), "tbody td.number", "5", "0", "0", "0")

	h.Move(9*time.Minute + 59*time.Second)
	if early := queries(1); early != 0 {
		t.Errorf("%d queries within ten minutes", early)
	}
	h.Move(time.Minute)
	if later := queries(1); later != 5 {
		t.Errorf("%d queries after ten minutes, want 5", later)
	}
}

// What is not known is no difference, and never "unpaid".
func TestComparingSaysWhatIsUnanswered(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.Open()
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{})
	h.Move(time.Hour)
	b := h.as(users.RoleAccountant)
	b.compare(cambodia.DayOf(p.Latest().CreatedAt))
	wantTexts(t, b.page(recordsPath+"?lang=en"), "tbody td.number", "0", "0", "1", "0")
	for _, odd := range []string{"", "x", "9999-01-01"} {
		if w := b.post(recordsPath, "day", odd); w.Code == http.StatusSeeOther || w.Code >= 500 {
			t.Errorf("day %q: %d", odd, w.Code)
		}
	}
}

func TestDifferencesNeedAttentionUntilTheyAreExplained(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	accounts, err := h.Store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		t.Fatal(err)
	}
	day := cambodia.DayOf(h.Clock())
	report := reconcile.Report{Merchant: "klaing", Mode: checkout.ModeTest, Account: accounts[0].ID, Provider: "bank", Day: day, Means: reconcile.ByList, MadeAt: h.Clock()}
	report.Reconciliation = checkout.Reconcile(day.Begin(), (day + 1).Begin(), nil, []checkout.Order{
		{Reference: "<script>alert(1)</script>", Amount: "10.00", Currency: "USD", Status: "SUCCESS", Paid: true, CreatedAt: day.Begin()},
	})
	if err := h.Store.SaveReport(t.Context(), report); err != nil {
		t.Fatal(err)
	}

	wantTexts(t, h.as(users.RoleOwner).page(start+"?lang=en"), "#attention-records_differ", "A provider’s records of 1 day differ from ours")
	b := h.as(users.RoleAccountant)
	path, _ := b.page(recordsPath + "?lang=en").Find("tbody th a").Attr("href")
	if doc := b.page(path + "?lang=en"); doc.Find("main script").Length() != 0 || !strings.Contains(doc.Find("main").Text(), "alert(1)") {
		t.Error("the provider's text is not shown as text")
	}
	if w := b.post(path, "note", " "); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no reason: %d", w.Code)
	}
	if w := b.post(path, "note", "an order of the old till"); w.Code != http.StatusSeeOther {
		t.Fatalf("explained: %d %s", w.Code, w.Body)
	}
	if w := b.post(path, "note", "again"); w.Code != http.StatusConflict {
		t.Errorf("explained again: %d", w.Code)
	}
	if h.as(users.RoleOwner).page(start).Find("#attention-records_differ").Length() != 0 {
		t.Error("what is explained needs attention")
	}
	if got := shownText(b.page(path+"?lang=en"), "main"); !strings.Contains(got, "an order of the old till") || !strings.Contains(got, "accountant@klaing.example") {
		t.Errorf("the report says %q", got)
	}
}
