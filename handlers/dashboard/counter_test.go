package dashboard_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
)

const counterPath = "/dashboard/test/klaing/counter"

// saleKey is the key of the keypad's form.
func (b *browser) saleKey() string {
	b.h.T.Helper()
	key, _ := b.page(counterPath).Find(`form.keypad input[name="key"]`).Attr("value")
	return key
}

// sell starts a sale, and returns its page's path.
func (b *browser) sell(amount, currency string) string {
	b.h.T.Helper()
	w := b.post(counterPath, "key", b.saleKey(), "amount", amount, "currency", currency, "note", "iced coffee")
	if w.Code != http.StatusSeeOther {
		b.h.T.Fatalf("sell %s %s: %d %s", amount, currency, w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// sold returns the purchase of a sale by its page's path.
func (h *harness) sold(path string) checkout.Purchase {
	h.T.Helper()
	p, err := h.Purchase(h.T.Context(), path[strings.LastIndex(path, "/")+1:])
	if err != nil {
		h.T.Fatal(err)
	}
	return p
}

func (h *harness) provePaid(p checkout.Purchase, change func(*checkout.Proof)) {
	h.T.Helper()
	proof := checkouttest.Proof(*p.Latest(), "tx-"+p.Latest().Reference, h.Clock())
	if change != nil {
		change(proof)
	}
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof})
	h.SendCallback(*p.Latest())
}

// state is what a sale's page says of it, and what its poll answers.
func (b *browser) state(path string) string {
	b.h.T.Helper()
	state, _ := b.page(path).Find("#counter").Attr("data-state")
	return state
}

func TestDoubleTapMakesOneSale(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	key := b.saleKey()
	answers := make([]*httptest.ResponseRecorder, 4)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i] = b.post(counterPath, "key", key, "amount", "5.50", "currency", "USD") })
	}
	group.Wait()

	path := answers[0].Header().Get("Location")
	for _, w := range answers {
		wantRedirect(t, w, path)
	}
	sale := h.sold(path)
	var metadata map[string]string
	if err := json.Unmarshal(sale.Session.Metadata, &metadata); err != nil {
		t.Fatal(err)
	}
	cashier := h.members[users.RoleCashier]
	if metadata["cashier"] != cashier.ID || metadata["counter"] == "" || sale.Session.CashierID != cashier.ID || !strings.HasPrefix(sale.Session.Reference, "counter-") {
		t.Errorf("the session is %+v", sale.Session)
	}
	if len(sale.Payments) != 1 || b.page(counterPath).Find(".sales li").Length() != 1 {
		t.Errorf("%d payments, sales %s", len(sale.Payments), b.page(counterPath).Find(".sales").Text())
	}
	if trail := h.trail(sale.Session.ID); len(trail) == 0 || trail[0].Actor != users.Actor(cashier.ID) {
		t.Errorf("the audit trail has %+v", trail)
	}

	w := b.post(counterPath, "key", key, "amount", "6.50", "currency", "USD")
	doc := document(t, w)
	if next, _ := doc.Find(`input[name="key"]`).Attr("value"); w.Code != http.StatusConflict || next == key {
		t.Errorf("another amount by the same form: %d", w.Code)
	}
	if typed, _ := doc.Find("#amount").Attr("value"); typed != "6.50" {
		t.Errorf("the form has %q", typed)
	}
}

func TestTwoSalesOfOneAmountAreApart(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first, second := h.as(users.RoleCashier), h.signIn(h.createUser("second@klaing.example", map[string]users.Role{"klaing": users.RoleCashier}))
	paths := [2]string{}
	var group sync.WaitGroup
	for i, b := range []*browser{first, second} {
		key := b.saleKey()
		group.Go(func() {
			paths[i] = b.post(counterPath, "key", key, "amount", "20000", "currency", "KHR").Header().Get("Location")
		})
	}
	group.Wait()

	h.provePaid(h.sold(paths[0]), nil)
	if got := first.state(paths[0]); got != "paid" {
		t.Errorf("the sale that was paid is %q", got)
	}
	if got := second.state(paths[1]); got != "code" {
		t.Errorf("the sale that was not paid is %q", got)
	}
	if paid, open := first.page(counterPath).Find(".sum").Text(), second.page(counterPath).Find(".sum").Text(); !strings.Contains(paid, "20,000") || strings.Contains(open, "20,000") {
		t.Errorf("taken today %q and %q", paid, open)
	}
}

func TestCashierSeesOwnSalesOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	mine, others := h.as(users.RoleCashier), h.signIn(h.createUser("second@klaing.example", map[string]users.Role{"klaing": users.RoleCashier}))
	path := others.sell("5", "USD")
	h.provePaid(h.sold(path), nil)
	online := counterPath + "/" + h.Open().Session.ID
	elsewhere := counterPath + "/" + h.OpenAt("krama").Session.ID
	for _, address := range []string{path, online, elsewhere} {
		for _, w := range []*httptest.ResponseRecorder{mine.get(address), mine.get(address + "/status"), mine.post(address + "/cancel"), mine.post(address + "/code")} {
			if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "PAID") {
				t.Errorf("%s: %d", address, w.Code)
			}
		}
	}
	if mine.page(counterPath).Find(".sales li").Length() != 0 {
		t.Error("the list has another cashier's sale")
	}
	if got := h.as(users.RoleManager).state(path); got != "paid" {
		t.Errorf("a manager sees %q", got)
	}
	if w := h.as(users.RoleManager).get(online); w.Code != http.StatusNotFound {
		t.Errorf("a session of the website at the counter: %d", w.Code)
	}
}

func TestPollOfASaleAnswersWhenItChanges(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	path := b.sell("5", "USD")
	poll, _ := b.page(path).Find("#counter").Attr("hx-get")
	if w := b.get(poll); w.Code != http.StatusNoContent {
		t.Errorf("nothing has changed: %d", w.Code)
	}

	// The verifier queries what a cashier looks at as often as what a buyer does.
	sale := h.sold(path)
	h.AnswerPaid(*sale.Latest(), "tx-1")
	for range 10 {
		b.get(poll)
		h.Pass(time.Second)
	}
	w := b.get(poll)
	if state, _ := document(t, w).Find("#counter").Attr("data-state"); w.Code != http.StatusOK || state != "paid" {
		t.Errorf("after the payment: %d %q", w.Code, state)
	}
}

func TestCashierIsToldWhatToDoAboutMoneyThatDoesNotFit(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	alert := func(path string) string { return b.page(path + "?lang=en").Find(`#counter [role="alert"]`).Text() }

	wrong := b.sell("5", "USD")
	h.provePaid(h.sold(wrong), func(p *checkout.Proof) { p.Amount.Minor = 450 })
	if got := alert(wrong); !strings.Contains(got, "$4.50 came in place of $5.00") {
		t.Errorf("another amount: %q", got)
	}

	late := b.sell("6", "USD")
	wantRedirect(t, b.post(late+"/cancel"), late)
	h.Pass(time.Hour)
	h.provePaid(h.sold(late), nil)
	if got := alert(late); !strings.Contains(got, "$6.00 came after this sale was closed") || b.state(late) != "closed" {
		t.Errorf("late: %q", got)
	}

	twice := b.sell("7", "USD")
	old := h.sold(twice)
	h.Pass(6 * time.Minute)
	if got := b.state(twice); got != "code_over" {
		t.Errorf("an old code: %q", got)
	}
	wantRedirect(t, b.post(twice+"/code"), twice)
	h.provePaid(h.sold(twice), nil)
	h.provePaid(old, nil)
	if got := alert(twice); !strings.Contains(got, "It was paid twice") || b.state(twice) != "paid" {
		t.Errorf("twice: %q", got)
	}
	if marked := b.page(counterPath).Find(".sales .bad").Length(); marked != 3 {
		t.Errorf("%d sales are marked", marked)
	}
}

func TestSaleThatIsRefusedKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	for _, typed := range [][2]string{{"", "USD"}, {"5.555", "USD"}, {"20000.50", "KHR"}, {"-1", "USD"}, {"<b>", "USD"}, {"5,50", "USD"}, {"0,01", "USD"}, {"5 . 5", "USD"}} {
		w := b.post(counterPath, "key", b.saleKey(), "amount", typed[0], "currency", typed[1], "note", "iced coffee")
		doc := document(t, w)
		amount, _ := doc.Find("#amount").Attr("value")
		note, _ := doc.Find("#note").Attr("value")
		if w.Code != http.StatusUnprocessableEntity || amount != typed[0] || note != "iced coffee" || doc.Find("#amount-problem").Length() != 1 {
			t.Errorf("%q: %d, %q %q", typed[0], w.Code, amount, note)
		}
	}
	if p := h.sold(b.sell("២០,០០០", "KHR")); p.Session.Amount.Minor != 20000 || p.Session.Description != "iced coffee" {
		t.Errorf("Khmer digits: %+v", p.Session)
	}
	if w := b.post(counterPath, "key", b.saleKey(), "amount", "5", "currency", "MYR"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a currency that no shift counts: %d", w.Code)
	}
	if w := b.post(counterPath, "key", "short", "amount", "5", "currency", "USD"); w.Code != http.StatusBadRequest {
		t.Errorf("a form without a key: %d", w.Code)
	}
}

func TestSaleWithoutACodeHasTheLink(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.Provider.Refuse = &checkout.Refused{Reason: "no"}
	b := h.as(users.RoleCashier)
	path := b.sell("5", "USD")
	doc := b.page(path)
	link, _ := doc.Find(".copy input").Attr("value")
	if state, _ := doc.Find("#counter").Attr("data-state"); state != "no_code" || link != "https://pay.example/c/"+h.sold(path).Session.ID {
		t.Errorf("%q with the link %q", state, link)
	}

	h.Provider.Refuse = nil
	wantRedirect(t, b.post(path+"/code"), path)
	if got := b.state(path); got != "code" {
		t.Errorf("another try: %q", got)
	}
}
