package dashboard_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const shiftsPath = counterPath + "/shifts"

// openShift opens a shift with $20 and returns its page's path.
func (b *browser) openShift() string {
	b.h.T.Helper()
	wantRedirect(b.h.T, b.post(shiftsPath, "cash_usd", "20", "cash_khr", "៥០,០០០"), counterPath)
	path, _ := b.page(shiftsPath).Find(".actions .primary").Attr("href")
	return path
}

func TestShiftFromCountToCount(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	path := b.openShift()
	if w := b.post(shiftsPath, "cash_usd", "1"); w.Code != http.StatusConflict || !strings.Contains(document(t, w).Find(`[role="alert"]`).Text(), "វេនរបស់អ្នក") {
		t.Errorf("another shift: %d", w.Code)
	}
	if got, _ := b.page(counterPath).Find(".counter section .actions a").Attr("href"); got != path {
		t.Errorf("the counter leads to %q", got)
	}

	h.Pass(time.Minute)
	h.provePaid(h.sold(b.sell("5.50", "USD")), nil)
	unpaid := b.sell("7", "USD")
	h.Pass(time.Minute)
	wantTexts(t, b.page(path+"?lang=en"), "main section:nth-of-type(1) dd", "$20.00", "$5.50 × 1")

	// A difference needs a note, and is shown while it has none.
	w := b.post(path+"/close?lang=en", "cash_usd", "23", "cash_sales_usd", "4", "other_sales_usd", "12.50", "cash_khr", "50000")
	doc := document(t, w)
	if typed, _ := doc.Find("#cash_sales_usd").Attr("value"); w.Code != http.StatusUnprocessableEntity || typed != "4" || doc.Find("#note[aria-invalid]").Length() != 1 {
		t.Errorf("without a note: %d", w.Code)
	}
	wantTexts(t, doc, "main section:nth-of-type(1) .chip", "$1.00 missing", "$7.00 missing")
	w = b.post(path+"/close", "cash_usd", "many", "note", "x")
	if got := document(t, w).Find("#cash_usd[aria-invalid]").Length(); w.Code != http.StatusUnprocessableEntity || got != 1 {
		t.Errorf("no amount: %d", w.Code)
	}

	wantRedirect(t, b.post(path+"/close", "cash_usd", "23", "cash_sales_usd", "4", "other_sales_usd", "12.50", "cash_khr", "50000", "note", "one <b>screenshot</b> was false"), path)
	h.Pass(time.Minute)
	h.provePaid(h.sold(unpaid), nil) // after the close
	doc = b.page(path + "?lang=en")
	wantTexts(t, doc, "main section:nth-of-type(1) dd", "$20.00", "$4.00", "$23.00", "$1.00 missing", "$5.50 × 1", "$12.50", "$7.00 missing", "$7.00")
	wantTexts(t, doc, "main section:nth-of-type(2) dd", "50,000 ៛", "50,000 ៛", "0 ៛")
	wantTexts(t, doc, ".typed-text", "one <b>screenshot</b> was false")
	if doc.Find("form textarea").Length() != 0 || doc.Find("[data-print]").Length() != 1 {
		t.Error("a closed shift has a form, or cannot be printed")
	}
	if w := b.post(path+"/close", "note", "again"); w.Code != http.StatusConflict {
		t.Errorf("closed twice: %d", w.Code)
	}

	id := path[strings.LastIndex(path, "/")+1:]
	trail := h.trail(id)
	if len(trail) != 2 || trail[0].Action != "shift.open" || trail[1].Action != "shift.close" || trail[1].Actor != users.Actor(h.members[users.RoleCashier].ID) {
		t.Errorf("the audit trail has %+v", trail)
	}
	if again := b.openShift(); again == path {
		t.Error("no shift after a closed one")
	}
}

func TestCashierSeesOwnShiftsOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	mine, other := h.as(users.RoleCashier), h.signIn(h.createUser("second@klaing.example", map[string]users.Role{"klaing": users.RoleCashier}))
	path := other.openShift()
	if w := mine.get(path); w.Code != http.StatusNotFound {
		t.Errorf("another cashier's shift: %d", w.Code)
	}
	if w := mine.post(path+"/close", "note", "x"); w.Code != http.StatusNotFound {
		t.Errorf("close another cashier's shift: %d", w.Code)
	}
	if got := mine.page(shiftsPath).Find(".shifts li").Length(); got != 0 {
		t.Errorf("the list has %d shifts", got)
	}
	if w := mine.get(strings.Replace(path, "/test/", "/live/", 1)); w.Code != http.StatusNotFound {
		t.Errorf("in the other mode: %d", w.Code)
	}

	manager := h.as(users.RoleManager)
	wantTexts(t, manager.page(shiftsPath), ".shifts b", "second@klaing.example")
	h.Pass(time.Minute)
	wantRedirect(t, manager.post(path+"/close", "cash_usd", "20", "cash_khr", "50,000"), path)
	shift, err := h.Store.Shift(t.Context(), path[strings.LastIndex(path, "/")+1:])
	if err != nil || shift.ClosedBy != h.members[users.RoleManager].ID {
		t.Errorf("closed by %q, %v", shift.ClosedBy, err)
	}
}

func TestShiftsAreReadInPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for range 31 {
		shift, err := checkout.OpenShift("klaing", checkout.ModeTest, h.members[users.RoleCashier].ID, nil, h.Clock())
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Store.InsertShift(t.Context(), shift); err != nil {
			t.Fatal(err)
		}
		h.Pass(time.Minute)
		err = h.Store.CloseShift(t.Context(), shift.ID, h.Clock(), func(s *checkout.Shift, taken []checkout.SaleTakings) error {
			return s.CloseAt(h.Clock(), "", nil, "", taken)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	doc := h.as(users.RoleCashier).page(shiftsPath)
	older, _ := doc.Find(`a[rel="next"]`).Attr("href")
	if first, second := doc.Find(".shifts li").Length(), h.as(users.RoleCashier).page(older).Find(".shifts li").Length(); first != 30 || second != 1 {
		t.Errorf("pages of %d and %d", first, second)
	}
}
