package dashboard_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
)

// late makes a purchase of klaing's whose money came after it had been closed.
func (h *harness) late(reference string) checkout.Purchase {
	h.T.Helper()
	p := h.order(reference, checkout.Customer{})
	if _, err := h.ExpireSession(h.T.Context(), p.Session.ID); err != nil {
		h.T.Fatal(err)
	}
	h.Pass(time.Hour)
	h.AnswerPaid(*p.Latest(), "tx-"+reference)
	h.SendCallback(*p.Latest())
	if got := h.Reload(p); got.Latest().Review != checkout.ReviewLate {
		h.T.Fatalf("the payment is %s %s", got.Latest().Status, got.Latest().Review)
	}
	return h.Reload(p)
}

func paymentPath(p checkout.Purchase) string { return paymentsPath + "/" + p.Latest().ID }

func sessionPath(p checkout.Purchase) string {
	return "/dashboard/test/klaing/sessions/" + p.Session.ID
}

// shownText is what the parts of a page that a selector finds say.
func shownText(doc *goquery.Document, selector string) string { return doc.Find(selector).Text() }

func TestPaymentTellsItsStory(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.order("one", checkout.Customer{Name: "Sok Dara", Phone: "012345678"})
	proof := checkouttest.Proof(*p.Latest(), "tx-one", h.Clock())
	proof.Raw = []byte(`{"hash":"tx-one"}`)
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof})
	h.BuyerSaysPaid(p, "")
	h.Pass(5 * time.Second)
	b := h.as(users.RoleManager)
	for _, path := range []string{paymentPath(p), sessionPath(p)} {
		doc := b.page(path + "?lang=en")
		main := shownText(doc, "main")
		for _, text := range []string{
			"Payment one", "$10.00", "Paid", "Sok Dara", "012345678", p.Latest().ID, p.Session.ID, "tx-one",
			"The order of $10.00 was made", "was started", "$10.00 is proved, by a query", "Event payment.succeeded", "Event checkout.session.completed",
		} {
			if !strings.Contains(main, text) {
				t.Errorf("%s: no %q", path, text)
			}
		}
		if href, _ := doc.Find(`a[href^="https://pay.example/r/"]`).Attr("href"); href == "" {
			t.Errorf("%s: no receipt", path)
		}
	}
	if n := b.page(paymentPath(p)).Find("ol.story pre").Length(); n < 3 {
		t.Errorf("%d raw answers and events", n)
	}
}

func TestProviderIsQueriedOnDemand(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.order("one", checkout.Customer{})
	h.Pass(10 * time.Minute)
	h.AnswerPaid(*p.Latest(), "tx-one")
	b := h.as(users.RoleManager)
	wantRedirect(t, b.post(paymentPath(p)+"/check"), paymentPath(p)+"?done=queried")
	h.Pass(time.Second)
	h.WantComplete(p)
	if w := b.post(paymentPath(p) + "/check"); w.Code != http.StatusConflict {
		t.Errorf("a payment that is known: %d", w.Code)
	}
}

func TestRefundFormThatIsSentTwiceMakesOneRefund(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.sale("one", checkout.Customer{})
	b := h.as(users.RoleManager)
	key, _ := b.page(paymentPath(p) + "?open=refund").Find(`details[open] input[name="key"]`).Attr("value")
	if len(key) < 16 {
		t.Fatalf("the form's key is %q", key)
	}

	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			w := b.post(paymentPath(p)+"/refunds", "key", key, "amount", "4.00", "reason", "cold coffee", "by_hand", "yes")
			wantRedirect(t, w, paymentPath(p)+"?done=refunded")
		})
	}
	group.Wait()
	after := h.Reload(p)
	if len(after.Refunds) != 1 || after.Refunds[0].Amount.Minor != 400 || after.Refunds[0].RequestedBy != users.Actor(h.members[users.RoleManager].ID) {
		t.Errorf("refunds %+v", after.Refunds)
	}
	story := shownText(b.page(paymentPath(p)+"?lang=en"), "main")
	for _, text := range []string{"$4.00 was given back by hand", "cold coffee", "refund.create", "manager@klaing.example"} {
		if !strings.Contains(story, text) {
			t.Errorf("no %q", text)
		}
	}
}

func TestRefusedRefundKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.sale("one", checkout.Customer{})
	b := h.as(users.RoleManager)
	for field, fields := range map[string][]string{
		"amount": {"amount", "99.00", "reason", "cold coffee", "by_hand", "yes"},
		"reason": {"amount", "1.00", "reason", "", "by_hand", "yes"},
	} {
		w := b.post(paymentPath(p)+"/refunds", append(fields, "key", "0123456789abcdef")...)
		doc := document(t, w)
		if w.Code < 400 || doc.Find(`details[open] #`+field+`[aria-invalid="true"]`).Length() != 1 {
			t.Errorf("%s: %d", field, w.Code)
		}
		if value, _ := doc.Find("details[open] #amount").Attr("value"); value != fields[1] {
			t.Errorf("%s: the amount is %q now", field, value)
		}
	}
	if w := b.post(paymentPath(p)+"/refunds", "amount", "1.00", "reason", "x", "by_hand", "yes"); w.Code < 400 {
		t.Errorf("a form without a key: %d", w.Code)
	}
	if n := len(h.Reload(p).Refunds); n != 0 {
		t.Errorf("%d refunds", n)
	}
}

func TestReviewIsDecidedOnThePaymentsPage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.late("one")
	b := h.as(users.RoleManager)
	link, _ := b.page(paymentsPath + "?review=1").Find("a.inline-action").Attr("href")
	if link != paymentPath(p)+"?open=review" || b.page(link).Find("details[open] #decision").Length() != 1 {
		t.Errorf("the list leads to %q", link)
	}

	if w := b.post(paymentPath(p)+"/review", "decision", ""); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no decision: %d", w.Code)
	}
	wantRedirect(t, b.post(paymentPath(p)+"/review", "decision", "accept", "note", "they came by"), paymentPath(p)+"?done=decided")
	if after := h.Reload(p); after.Session.Status != checkout.SessionComplete || after.Latest().Decision.By != users.Actor(h.members[users.RoleManager].ID) {
		t.Errorf("session %s, decision %+v", after.Session.Status, after.Latest().Decision)
	}
	if w := b.post(paymentPath(p)+"/review", "decision", "accept"); w.Code != http.StatusConflict {
		t.Errorf("decided again: %d", w.Code)
	}
}

func TestSessionIsExtendedAndClosed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.order("one", checkout.Customer{})
	b := h.as(users.RoleManager)
	wantRedirect(t, b.post(sessionPath(p)+"/extend"), sessionPath(p)+"?done=extended")
	if after := h.Reload(p); !after.Session.ExpiresAt.After(p.Session.ExpiresAt) {
		t.Error("there is no more time")
	}
	wantRedirect(t, b.post(sessionPath(p)+"/close"), sessionPath(p)+"?done=closed")
	if after := h.Reload(p); after.Session.Status != checkout.SessionExpired {
		t.Errorf("the session is %s", after.Session.Status)
	}
	if w := b.post(sessionPath(p) + "/extend"); w.Code < 400 {
		t.Errorf("a closed session got more time: %d", w.Code)
	}
}

// Each id of another merchant, and each of klaing's own in the other mode, is unknown.
func TestNoPageOrFormTakesIDsOfOthers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	theirs, own := h.OpenAt("krama"), h.Open()
	b := h.as(users.RoleOwner)
	for base, p := range map[string]checkout.Purchase{"/dashboard/test/klaing": theirs, "/dashboard/live/klaing": own} {
		payment, session := base+"/payments/"+p.Latest().ID, base+"/sessions/"+p.Session.ID
		for _, page := range []string{payment, session} {
			if w := b.get(page); w.Code != http.StatusNotFound {
				t.Errorf("GET %s: %d", page, w.Code)
			}
		}
		for _, form := range []string{payment + "/check", payment + "/refunds", payment + "/review", session + "/extend", session + "/close", session + "/events/evt_1/resend"} {
			if w := b.post(form, "key", "0123456789abcdef", "amount", "1.00", "reason", "x", "decision", "accept"); w.Code != http.StatusNotFound {
				t.Errorf("POST %s: %d", form, w.Code)
			}
		}
	}
	other := h.Open()
	if _, err := h.ExpireSession(t.Context(), other.Session.ID); err != nil {
		t.Fatal(err)
	}
	if w := b.post(sessionPath(own) + "/events/" + h.Events()[0].ID + "/resend"); w.Code != http.StatusNotFound {
		t.Errorf("an event of another session: %d", w.Code)
	}
}

// A role that may see payments and nothing else has no forms there.
func TestPaymentHasFormsForThoseWhoMaySendThem(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	paid, open, late := h.sale("one", checkout.Customer{}), h.order("two", checkout.Customer{}), h.late("three")
	for _, p := range []checkout.Purchase{paid, open, late} {
		if n := h.as(users.RoleAccountant).page(paymentPath(p)).Find("main form").Length(); n != 0 {
			t.Errorf("an accountant has %d forms about %s", n, p.Session.Reference)
		}
	}
	if n := h.as(users.RoleManager).page(paymentPath(late)).Find(`form[action$="/review"]`).Length(); n != 1 {
		t.Errorf("a manager has %d forms to decide", n)
	}
}

func TestStoredMarkupIsTextOnThePageOfAPayment(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	markup := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	params := sessionParams(markup)
	params.Description, params.Customer = markup, checkout.Customer{Name: markup, ID: "c1"}
	session, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
	if err != nil {
		t.Fatal(err)
	}
	p := h.Start(session.ID)
	h.AnswerPaid(*p.Latest(), markup)
	h.BuyerSaysPaid(p, "")
	h.Pass(5 * time.Second)
	doc := h.as(users.RoleOwner).page(paymentPath(p))
	if doc.Find("main script, main img").Length() != 0 {
		t.Error("a text is markup")
	}
	if n := strings.Count(shownText(doc, "main"), markup); n < 4 {
		t.Errorf("it is shown %d times as it was written", n)
	}
}

// A buyer who asks "I paid, why does it not show?" is answered by what waits to be looked
// up, since when, and when that is next.
func TestClaimThatWaitsIsShown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.order("one", checkout.Customer{})
	h.Provider.NoClaims = true
	h.BuyerSaysPaid(p, "<b>tx-1")
	b := h.as(users.RoleManager)
	claim := h.Reload(p).Session.KeptClaims[0]
	for language, title := range map[string]string{"en": "Named by the buyer, not looked up yet", "km": "អ្នកទិញបានប្រាប់ តែមិនទាន់បានស្វែងរក", "zh": "付款人已提供，尚未查到"} {
		for _, path := range []string{paymentPath(p), sessionPath(p)} {
			main := shownText(b.page(path+"?lang="+language), "main")
			for _, text := range []string{title, "<b>tx-1", claim.KeptAt.In(cambodia.Zone).Format("15:04:05"), claim.NextAt.In(cambodia.Zone).Format("15:04:05")} {
				if !strings.Contains(main, text) {
					t.Errorf("%s, %s: no %q", language, path, text)
				}
			}
		}
	}

	h.Provider.NoClaims = false
	h.Pass(10 * time.Second)
	if main := shownText(b.page(sessionPath(p)+"?lang=en"), "main"); strings.Contains(main, "not looked up yet") || !strings.Contains(main, "Claimed") {
		t.Errorf("after it was looked up: %s", main)
	}
}
