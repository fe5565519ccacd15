package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const paymentsPath = "/dashboard/test/klaing/payments"

// sale makes a paid purchase of klaing's with a reference and a customer.
func (h *harness) sale(reference string, customer checkout.Customer) checkout.Purchase {
	h.T.Helper()
	p := h.order(reference, customer)
	h.AnswerPaid(*p.Latest(), "tx-"+reference)
	h.BuyerSaysPaid(p, "")
	h.Pass(5 * time.Second)
	return h.Reload(p)
}

// order makes a purchase of klaing's with an open payment.
func (h *harness) order(reference string, customer checkout.Customer) checkout.Purchase {
	h.T.Helper()
	params := sessionParams(reference)
	params.Customer = customer
	session, err := h.CreateSession(h.T.Context(), "klaing", checkout.ModeTest, params)
	if err != nil {
		h.T.Fatal(err)
	}
	return h.Start(session.ID)
}

func sessionParams(reference string) checkout.SessionParams {
	return checkout.SessionParams{
		Amount: "10.00", Currency: "USD", Reference: reference,
		SuccessURL: "https://shop.example/thanks", CancelURL: "https://shop.example/cart",
	}
}

// references lists those of the rows on a page.
func references(doc *goquery.Document) string {
	return strings.Join(doc.Find("table.payments tbody th").Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) }), " ")
}

func TestPaymentsAreListedAndFiltered(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.sale("one", checkout.Customer{Name: "Sok Dara", Phone: "012345678"})
	h.order("two", checkout.Customer{})
	b := h.as(users.RoleAccountant)
	for query, want := range map[string]string{
		"":                                "two one",
		"?status=succeeded":               "one",
		"?review=1":                       "",
		"?q=dara":                         "one",
		"?q=012+345+678":                  "one",
		"?q=status:succeeded+amount:10":   "one",
		"?currency=KHR":                   "",
		"?currency=USD&status=succeeded":  "one",
		"?method=khqr":                    "two one",
		"?from=2026-04-14&to=2026-04-14":  "two one",
		"?from=2026-04-15":                "",
		"?q=two&status=requires_action":   "two",
		"?q=tx-one":                       "one",
		"?utm_source=x&limit=1000&sort=a": "two one",
	} {
		if got := references(b.page(paymentsPath + query)); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}

	row := b.page(paymentsPath + "?lang=en&q=one").Find("table.payments tbody tr").Text()
	for _, text := range []string{"$10.00", "Paid", "Sok Dara", "14 April 2026"} {
		if !strings.Contains(row, text) {
			t.Errorf("no %q in %q", text, row)
		}
	}
}

func TestSearchThatIsNotUnderstoodSaysSo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	for query, text := range map[string]string{"q=colour:red": "colour:red", "q=status:gone": "gone", "from=yesterday": "yesterday", "status=%22x": "x", "q=amount:ten": "ten"} {
		w := b.get(paymentsPath + "?" + query)
		doc := document(t, w)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(doc.Find("#q-problem").Text(), text) {
			t.Errorf("%s: %d %q", query, w.Code, doc.Find("#q-problem").Text())
		}
	}

	if w := b.get(paymentsPath + "?after=x"); w.Code != http.StatusNotFound {
		t.Errorf("a position that is none: %d", w.Code)
	}
}

func TestPagesOfPaymentsFollowEachOther(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for range 51 {
		h.Open()
		h.Move(time.Second)
	}
	b := h.as(users.RoleOwner)
	doc := b.page(paymentsPath + "?currency=USD")
	older, _ := doc.Find(`a[rel="next"]`).Attr("href")
	if n := doc.Find("table.payments tbody tr").Length(); n != 50 || !strings.Contains(older, "currency=USD") {
		t.Fatalf("%d rows, and then %q", n, older)
	}
	doc = b.page(older)
	if n := doc.Find("table.payments tbody tr").Length(); n != 1 || doc.Find(`a[rel="next"]`).Length() != 0 || doc.Find(`a[rel="first"]`).Length() != 1 {
		t.Errorf("%d rows on the second page", n)
	}
}

func TestNumberMayBeAnAmount(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	doc := h.as(users.RoleOwner).page(paymentsPath + "?q=5000")
	if link, _ := doc.Find("main > p > a").First().Attr("href"); !strings.Contains(link, "q=amount%3A5000") {
		t.Errorf("the number leads to %q", link)
	}
}

func TestViewsAreSavedSharedAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	owner, manager := h.as(users.RoleOwner), h.as(users.RoleManager)
	wantRedirect(t, owner.post("/dashboard/test/klaing/views", "name", "Late <b>ones</b>", "query", "status=late&evil=1&after=1.x", "shared", "yes"), paymentsPath+"?done=view_saved&status=late")
	wantRedirect(t, owner.post("/dashboard/test/klaing/views", "name", "Mine", "query", "q=dara"), paymentsPath+"?done=view_saved&q=dara")

	links := func(b *browser) *goquery.Selection { return b.page(paymentsPath).Find("main > nav.filters a") }
	if n := links(owner).Length(); n != 2 {
		t.Errorf("their owner sees %d views", n)
	}
	shared := links(manager)
	if href, _ := shared.Attr("href"); shared.Length() != 1 || href != paymentsPath+"?status=late" || shared.Text() != "Late <b>ones</b>" {
		t.Errorf("another sees %d views, %q to %q", shared.Length(), shared.Text(), href)
	}

	remove, _ := owner.page(paymentsPath).Find("ul.views form").First().Attr("action")
	if w := manager.post(remove); w.Code != http.StatusNotFound {
		t.Errorf("another may delete it: %d", w.Code)
	}
	wantRedirect(t, owner.post(remove), paymentsPath+"?done=view_deleted")
	if n := links(owner).Length(); n != 1 {
		t.Errorf("%d views are left", n)
	}

	for _, fields := range [][]string{{"name", "", "query", "q=x"}, {"name", strings.Repeat("x", 61), "query", "q=x"}, {"name", "x", "query", "status=none"}, {"name", "x", "query", "%zz"}} {
		if w := owner.post("/dashboard/test/klaing/views", fields...); w.Code < 400 || w.Code >= 500 {
			t.Errorf("%q: %d", fields, w.Code)
		}
	}
}

// TestViewsOfWhoHasLeft: those that they share stay with the team, and an owner can delete
// them.
func TestViewsOfWhoHasLeft(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	owner, accountant, manager, gone := h.as(users.RoleOwner), h.as(users.RoleAccountant), h.as(users.RoleManager), h.members[users.RoleManager]
	manager.post("/dashboard/test/klaing/views", "name", "Shared", "query", "status=late", "shared", "yes")
	manager.post("/dashboard/test/klaing/views", "name", "Own", "query", "status=late")
	wantRedirect(t, owner.post("/dashboard/test/klaing/team/"+gone.ID+"/remove"), "/dashboard/test/klaing/team?done=member_removed")

	forms := func(b *browser) *goquery.Selection { return b.page(paymentsPath).Find("ul.views form") }
	if n := accountant.page(paymentsPath).Find("main > nav.filters a").Length(); n != 1 || forms(accountant).Length() != 0 {
		t.Errorf("an accountant sees %d views, and may delete %d", n, forms(accountant).Length())
	}
	remove, _ := forms(owner).Attr("action")
	if w := accountant.post(remove); w.Code != http.StatusNotFound {
		t.Errorf("an accountant deletes it: %d", w.Code)
	}
	wantRedirect(t, owner.post(remove), paymentsPath+"?done=view_deleted")
	if n := accountant.page(paymentsPath).Find("main > nav.filters a").Length(); n != 0 {
		t.Errorf("%d views are left", n)
	}

	if views, err := h.Store.SavedViews(t.Context(), "klaing", gone.ID); err != nil || len(views) != 0 {
		t.Errorf("who has left still has %v, %v", views, err)
	}
}

// A search finds nothing of another merchant's, or of the other mode, whatever ids it has.
func TestSearchShowsNothingOfOthers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	theirs := h.OpenAt("krama")
	own := h.Open()
	b := h.as(users.RoleOwner)
	for _, path := range []string{paymentsPath, "/dashboard/live/klaing/payments"} {
		purchase := theirs
		if strings.Contains(path, "live") {
			purchase = own
		}
		for _, text := range []string{purchase.Session.ID, purchase.Latest().ID, purchase.Session.Reference, purchase.Latest().Reference} {
			if rows := references(b.page(path + "?q=" + url.QueryEscape(text))); rows != "" {
				t.Errorf("%s finds %q by %s", path, rows, text)
			}
		}
	}
}

// What merchants and buyers wrote is shown as they wrote it, and is never markup.
func TestStoredMarkupIsTextInTheListOfPayments(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	markup := `<script>alert(1)</script><img src=x onerror=alert(1)>`
	h.sale(markup, checkout.Customer{Name: markup})
	doc := h.as(users.RoleOwner).page(paymentsPath + "?q=" + url.QueryEscape(`"`+markup+`"`))
	if got := references(doc); got != markup {
		t.Errorf("the reference is %q", got)
	}
	if doc.Find("main script, main img").Length() != 0 {
		t.Error("a text is markup")
	}
}
