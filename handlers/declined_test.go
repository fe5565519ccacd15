package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"rieltime/checkout"
)

const (
	declinedText = "Your bank declined the payment. You can try again here, or pay another way."
	nothingKnown = "We cannot reach the bank right now."
)

// A card may be declined at a provider whose page goes on taking money: the
// buyer reads that, and can try there again or pay another way.
func TestDeclinedCardIsShownWhereItCanBeRetried(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	payment := h.pay(session, "baray")
	version := h.purchase(session).Session.Version
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPending, Code: "declined"})
	if got := h.purchase(session).Session.Version; got == version {
		t.Error("an open page is not told")
	}

	doc := wantState(t, h.get("/c/"+session), "at_provider")
	if text := doc.Find("main").Text(); !strings.Contains(text, declinedText) {
		t.Errorf("the page says %s", text)
	}

	if doc.Find(`a.primary[href^="https://"]`).Length() != 1 || doc.Find(`a[href="/c/`+session+`?choose=1"]`).Length() != 1 {
		t.Errorf("no way on in %s", doc.Find("main").Text())
	}

	if got := h.readPayment(payment.ID); got.Status != checkout.PaymentRequiresAction || got.FailureCode != nil {
		t.Errorf("the attempt, which goes on, is %+v", got)
	}

	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPending}) // another try
	if text := wantState(t, h.get("/c/"+session), "at_provider").Find("main").Text(); strings.Contains(text, declinedText) {
		t.Errorf("the page goes on saying %s", text)
	}

	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPending, Code: "declined"})
	h.prove(payment, "tx-1", payment.Amount.Minor)
	if text := wantState(t, h.get("/c/"+session), "paid").Find("main").Text(); strings.Contains(text, "declined") {
		t.Errorf("paid, the page says %s", text)
	}
}

// What the browser brings back from a provider is believed in nothing: it is
// said where the page knows nothing better.
func TestDeclinedCardThatOnlyTheBrowserReports(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	payment := h.pay(session, "baray")
	page := func(reason string) string {
		t.Helper()
		return html(t, h.get("/c/"+session+"?declined="+reason)).Find("main").Text()
	}
	if text := page("declined"); !strings.Contains(text, declinedText) {
		t.Errorf("the page says %s", text)
	}

	w := h.get("/c/" + session + "?declined=declined")
	if refresh := `url=/c/` + session + `?declined=declined"`; !strings.Contains(w.Body.String(), refresh) {
		t.Errorf("without JavaScript it is forgotten: no %s in %s", refresh, w.Body)
	}

	for _, forged := range []string{"%3Cscript%3E", "paid", "notice.not_yet"} {
		if text := page(forged); strings.Contains(text, "try again here") || strings.Contains(text, "script") {
			t.Errorf("%s: the page says %s", forged, text)
		}
	}

	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictUnknown})
	if text := page("declined"); strings.Contains(text, declinedText) || !strings.Contains(text, nothingKnown) {
		t.Errorf("in doubt, the page says %s", text)
	}

	h.prove(payment, "tx-1", payment.Amount.Minor)
	if text := page("declined"); strings.Contains(text, "declined") {
		t.Errorf("paid, the page says %s", text)
	}

	if w := h.get("/c/" + session + "?declined=declined"); w.Code != http.StatusOK {
		t.Errorf("answered %d", w.Code)
	}
}
