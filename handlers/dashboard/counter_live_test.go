package dashboard_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

// payByLink pays a payment link's session.
func (h *harness) payByLink(merchant string, change func(*checkout.Proof)) {
	h.T.Helper()
	session, err := h.OpenLink(h.T.Context(), h.link(merchant, checkout.ModeTest).ID, checkout.LinkChoice{})
	if err != nil {
		h.T.Fatal(err)
	}
	purchase, err := h.StartCode(h.T.Context(), session.ID, checkout.StartParams{})
	if err != nil {
		h.T.Fatal(err)
	}
	h.provePaid(purchase, change)
}

func TestCounterListsWhatCameByLinks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	h.payByLink("krama", nil)
	h.pay() // on the website
	doc := b.page(counterPath)
	poll, _ := doc.Find("#live").Attr("hx-get")
	if doc.Find(".received li").Length() != 0 {
		t.Errorf("the list has %q", doc.Find(".received").Text())
	}
	if w := b.get(poll); w.Code != http.StatusNoContent {
		t.Errorf("nothing has changed: %d", w.Code)
	}

	h.payByLink("klaing", nil)
	w := b.get(poll)
	doc = document(t, w)
	wantTexts(t, doc, ".received.lately b", "$5.00")
	if w.Code != http.StatusOK || doc.Find(".received a").Length() != 0 {
		t.Errorf("%d; a cashier is led to a payment's page", w.Code)
	}
	if h.as(users.RoleManager).page(counterPath).Find(".received a").Length() != 1 {
		t.Error("a manager is not")
	}

	h.Pass(61 * time.Second)
	h.payByLink("klaing", func(p *checkout.Proof) { p.Amount.Minor = 1 })
	doc = b.page(counterPath + "/received?lang=en")
	wantTexts(t, doc, ".received.lately b", "$0.01")
	wantTexts(t, doc, ".received.lately .chip", "Wait, and call the manager")
	wantTexts(t, doc, ".received:not(.lately) b", "$5.00")
	if w := b.get(counterPath + "/received"); !strings.Contains(w.Body.String(), `http-equiv="refresh" content="5"`) {
		t.Error("without JavaScript the list does not load itself again")
	}
	poll, _ = doc.Find("#live").Attr("hx-get")
	if w := b.get(poll); w.Code != http.StatusNoContent {
		t.Errorf("nothing has changed: %d", w.Code)
	}

	h.Pass(11 * time.Minute)
	if w := b.get(poll); w.Code != http.StatusOK || document(t, w).Find(".received li").Length() != 0 {
		t.Error("old payments are shown to a cashier")
	}
}

func TestPaidPageTellsOfASecondPayment(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	path := b.sell("7", "USD")
	old := h.sold(path)
	h.Pass(6 * time.Minute)
	wantRedirect(t, b.post(path+"/code"), path)
	h.provePaid(h.sold(path), nil)
	poll, polls := b.page(path).Find("#counter").Attr("hx-get")
	if w := b.get(poll); !polls || w.Code != http.StatusNoContent {
		t.Fatalf("the page of a sale that is paid polls: %v, %d", polls, w.Code)
	}

	h.provePaid(old, nil)
	doc := document(t, b.get(strings.Replace(poll, "lang=km", "lang=en", 1)))
	if got := doc.Find(`#counter [role="alert"]`).Text(); !strings.Contains(got, "It was paid twice") {
		t.Errorf("after the second payment: %q", got)
	}
	if got := document(t, b.get(strings.Replace(poll, path+"/status", counterPath+"/live", 1))).Find(".sales .bad").Length(); got != 1 {
		t.Errorf("the counter marks %d sales", got)
	}

	h.Pass(saleWatched)
	if _, polls := b.page(path).Find("#counter").Attr("hx-get"); polls {
		t.Error("it polls for ever")
	}
}

const saleWatched = 11 * time.Minute
