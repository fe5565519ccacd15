package handlers_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"rieltime/checkout"
)

// dollarsOnly has BayoPay take US dollars from 1.01 up, as it does.
func (h *harness) dollarsOnly() {
	h.bayopay.takes = func(m checkout.Money) bool { return m.Currency == checkout.USD && m.Minor > 100 }
}

func TestMethodsThatCannotBePaidWithAreRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.dollarsOnly()
	text, key := checkout.NewAPIKey("krama", checkout.ModeTest, h.clock.Now())
	if _, err := h.store.ApplyMerchant(t.Context(), checkout.MerchantSetup{At: h.clock.Now(), Merchant: checkout.Merchant{
		ID: "krama", Name: "Krama House", ReturnHosts: []string{"shop.example"}, LatePayments: checkout.LateReview,
	}, Modes: []checkout.ModeSetup{{Mode: checkout.ModeTest, KeyText: text, Key: key, Accounts: []checkout.Account{ // baray is switched off
		{ID: "acct_kramatestbakong", MerchantID: "krama", Mode: checkout.ModeTest, Provider: "bakong", Settings: []byte("{}")},
		{ID: "acct_kramatestbayopay", MerchantID: "krama", Mode: checkout.ModeTest, Provider: "bayopay", Settings: []byte("{}")},
	}}}}); err != nil {
		t.Fatal(err)
	}

	for _, c := range []struct{ amount, currency, methods, code, param, says string }{
		{"2.00", "USD", `[]`, "payment_methods_empty", "payment_methods", "khqr, bayopay"},
		{"2.00", "USD", `["cash"]`, "payment_method_unknown", "payment_methods[0]", "khqr, bayopay"},
		{"2.00", "USD", `["khqr","khqr:ABAAKHPP"]`, "payment_method_unknown", "payment_methods[1]", "khqr, bayopay"},
		{"2.00", "USD", `["KHQR"]`, "payment_method_unknown", "payment_methods[0]", "khqr, bayopay"},
		{"2.00", "USD", `["baray"]`, "payment_method_unavailable", "payment_methods[0]", "not set up in test mode"},
		{"1.00", "USD", `["khqr","bayopay"]`, "payment_method_unavailable", "payment_methods[1]", "bayopay cannot take 1.00 USD. Possible are: khqr."},
		{"5000", "KHR", `["bayopay"]`, "payment_method_unavailable", "payment_methods[0]", "cannot take 5000 KHR"},
	} {
		money := `"amount":"` + c.amount + `","currency":"` + c.currency + `","payment_methods":` + c.methods
		for _, request := range [][]string{
			{sessions, `{"reference":"A-1","success_url":"https://shop.example/ok","cancel_url":"https://shop.example/no",` + money + `}`},
			{"/v1/payment_links", `{"description":"x","max_uses":1,` + money + `}`},
		} {
			w := h.call("krama test", http.MethodPost, request[0], request[1])
			if got := read[refusal](t, w); w.Code != http.StatusBadRequest || got.Code != c.code || got.Param != c.param || !strings.Contains(got.Detail, c.says) {
				t.Errorf("%s: %d %s", request[1], w.Code, w.Body)
			}
		}
	}

	if w := h.call("krama test", http.MethodPost, sessions, order+`,"payment_methods":["bayopay","khqr"]}`); w.Code != http.StatusCreated {
		t.Errorf("what can be paid: %d %s", w.Code, w.Body)
	}
}

func TestNothingIsSoldThatNoMethodCanTake(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	nothing := func(checkout.Money) bool { return false }
	h.bakong.takes, h.baray.takes, h.bayopay.takes = nothing, nothing, nothing
	w := h.call("klaing test", http.MethodPost, sessions, order+"}")
	if got := read[refusal](t, w); w.Code != http.StatusBadRequest || got.Code != "payment_method_unavailable" || !strings.Contains(got.Detail, "2.50 USD") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	h.wantRefused("POST", "/v1/payment_links", `{"amount_min":"1.00","amount_max":"9.00","currency":"USD","description":"x"}`, "payment_methods", "1.00 USD or 9.00 USD")
}

func TestProviderThatCannotBeReachedStopsNoSale(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.baray.list = errors.New("time-out")
	h.baray.takes = func(checkout.Money) bool { return false }
	for _, methods := range []string{`["baray"]`, `["baray","khqr"]`} {
		h.opened++
		body := strings.Replace(order, "A-1", "B"+methods[2:5]+string(rune('0'+h.opened)), 1)
		if w := h.call("klaing test", http.MethodPost, sessions, body+`,"payment_methods":`+methods+`}`); w.Code != http.StatusCreated {
			t.Errorf("%s: %d %s", methods, w.Code, w.Body)
		}
	}
}

func TestPageWithoutAMethodSaysSoAndLeadsBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"payment_methods":["khqr"]`)
	h.bakong.takes = func(checkout.Money) bool { return false } // switched off since
	for lang, says := range map[string]string{"en": "pay here right now", "km": "មិនមានវិធីបង់ប្រាក់", "zh": "此处目前无法付款"} {
		doc := wantState(t, h.get("/c/"+session, "Accept-Language", lang), "choosing")
		if title := doc.Find("h1").Text(); !strings.Contains(title, says) {
			t.Errorf("%s: %s", lang, title)
		}

		if doc.Find(".methods li").Length() != 0 || doc.Find(`form[action="/c/`+session+`/cancel"] button.primary`).Length() != 1 {
			t.Errorf("%s: %s", lang, doc.Find("main").Text())
		}
	}
}

func TestLinkReservesNoUseForWhatCannotBePaid(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.dollarsOnly()
	link := h.link(`"amount_min":"1.00","amount_max":"9.00","payment_methods":["bayopay"],"max_uses":1`)
	w := h.submit("/l/"+link.ID, "amount", "1.00")
	if doc := html(t, w); w.Code != http.StatusConflict || !strings.Contains(doc.Find("main").Text(), "មិនមានវិធីបង់ចំនួននេះ") {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	if w := h.submit("/l/"+link.ID, "amount", "2.00"); w.Code != http.StatusSeeOther {
		t.Errorf("what can be paid: %d %s", w.Code, w.Body)
	}
}
