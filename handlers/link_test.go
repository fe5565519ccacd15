package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/handlers"
	"rieltime/web/templates"
)

// hurried lets many buyers come from one address.
func hurried(c *handlers.Config) { c.PayLimit = handlers.Limit{PerSecond: -1} }

// link makes a payment link; more is further JSON members.
func (h *harness) link(more ...string) checkout.PublicLink {
	h.t.Helper()
	members := append([]string{`"currency":"USD"`}, more...)
	if !strings.Contains(strings.Join(more, ""), `"description"`) {
		members = append(members, `"description":"Cooking class"`)
	}

	w := h.call("klaing test", http.MethodPost, "/v1/payment_links", "{"+strings.Join(members, ",")+"}")
	if w.Code != http.StatusCreated {
		h.t.Fatalf("link not made: %d %s", w.Code, w.Body)
	}

	made := read[checkout.PublicLink](h.t, w)
	if w.Header().Get("Location") != "/v1/payment_links/"+made.ID || made.URL != baseURL+"/l/"+made.ID {
		h.t.Errorf("Location %q, url %s", w.Header().Get("Location"), made.URL)
	}

	return made
}

func (h *harness) uses(link checkout.PublicLink) int {
	h.t.Helper()
	return read[checkout.PublicLink](h.t, h.call("klaing test", http.MethodGet, "/v1/payment_links/"+link.ID, "")).Uses
}

// openedBy is the session that a redirect leads to.
func openedBy(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	session, found := strings.CutPrefix(w.Header().Get("Location"), "/c/")
	if w.Code != http.StatusSeeOther || !found {
		t.Fatalf("no session: %d %q %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	return session
}

func TestLinkOfAFixedAmountLeadsToCheckout(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link := h.link(`"amount":"5.00"`, `"reference_prefix":"class"`, `"payment_methods":["khqr"]`)
	page := wantState(t, h.get("/l/"+link.ID, "Accept-Language", "en"), "open")
	if text := page.Text(); !strings.Contains(text, "Coffee Klaing") || !strings.Contains(text, "$5.00") || !strings.Contains(text, "Cooking class") {
		t.Errorf("the page says %q", text)
	}

	if page.Find("main input").Length() != 0 || page.Find("main button").Length() != 1 || page.Find("script").Length() != 0 {
		t.Error("the page of a fixed amount has one button and no more")
	}

	if h.uses(link) != 0 {
		t.Error("looking at a link used it")
	}

	session := h.purchase(openedBy(t, h.submit("/l/"+link.ID))).Session
	if session.Amount.String() != "5.00 USD" || !strings.HasPrefix(session.Reference, "class-") || session.LinkID != link.ID || session.Description != "Cooking class" {
		t.Errorf("session %+v", session)
	}

	public := read[checkout.PublicSession](t, h.call("klaing test", http.MethodGet, "/v1/checkout/sessions/"+session.ID, ""))
	if orEmpty(public.PaymentLink) != link.ID || orEmpty(public.SuccessURL) != "" {
		t.Errorf("public session %+v", public)
	}

	if h.uses(link) != 0 {
		t.Errorf("opening it took %d uses", h.uses(link))
	}

	h.pay(session.ID, "khqr")
	if h.uses(link) != 1 {
		t.Errorf("%d uses while it is paid", h.uses(link))
	}
}

func TestLinkLetsTheBuyerChooseWithinBounds(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	link := h.link(`"amount_min":"1.00"`, `"amount_max":"2000.00"`)
	for _, test := range []struct{ amount, want string }{
		{"1", "1.00 USD"}, {"2000.00", "2000.00 USD"}, {" $1,250.50 ", "1250.50 USD"}, {"១២.៥", "12.50 USD"},
		{"0.99", ""}, {"2000.01", ""}, {"", ""}, {"abc", ""}, {"-5", ""}, {"1e3", ""}, {"1,5", "1.50 USD"}, {"1.005", ""}, {"<b>", ""},
		{"1,500", ""}, {"5000៛", ""}, {"១២ ដុល្លារ", "12.00 USD"}, {"1 250,50", "1250.50 USD"},
	} {
		w := h.submit("/l/"+link.ID, "amount", test.amount)
		if test.want != "" {
			if got := h.purchase(openedBy(t, w)).Session.Amount.String(); got != test.want {
				t.Errorf("%q made %s, want %s", test.amount, got, test.want)
			}
			continue
		}

		page := wantState(t, w, "open")
		if w.Code != http.StatusBadRequest || page.Find("#amount-error").Text() == "" || page.Find("#amount").AttrOr("value", "?") != test.amount {
			t.Errorf("%q: %d %s", test.amount, w.Code, page.Find("main").Text())
		}
	}
}

func TestLinkAsksItsCustomFields(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	link := h.link(`"amount":"5"`, `"custom_fields":[{"key":"diet","label":"Diet","required":true,"max_length":10},{"key":"seat","label":"Seat"}]`)
	if page := wantState(t, h.get("/l/"+link.ID), "open"); page.Find("input[name=field_diet][required][maxlength='10']").Length() != 1 || page.Find("input[name=field_seat]:not([required])").Length() != 1 {
		t.Errorf("fields %s", page.Find("form").Text())
	}

	for name, diet := range map[string]string{"missing": " ", "too long": strings.Repeat("a", 11), "with a line break": "a\nb"} {
		w := h.submit("/l/"+link.ID, "field_diet", diet, "field_seat", "A 12")
		page := wantState(t, w, "open")
		if w.Code != http.StatusBadRequest || page.Find("#field_diet-error").Text() == "" || page.Find("#field_seat").AttrOr("value", "") != "A 12" {
			t.Errorf("%s: %d %s", name, w.Code, page.Find("main").Text())
		}
	}

	session := h.purchase(openedBy(t, h.submit("/l/"+link.ID, "field_diet", " ខ្ទិះ ", "field_x", "not asked"))).Session
	var metadata map[string]string
	if err := json.Unmarshal(session.Metadata, &metadata); err != nil || len(metadata) != 1 || metadata["diet"] != "ខ្ទិះ" {
		t.Errorf("metadata %s", session.Metadata)
	}
}

func TestLinkShowsTextsAsTexts(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	const evil = `\"><script>alert(1)</script><img src=x onerror=alert(1)>`
	link := h.link(`"amount_min":"1"`, `"amount_max":"2"`, `"description":"`+evil+`"`, `"custom_fields":[{"key":"a","label":"`+evil+`"}]`)
	plain := strings.ReplaceAll(evil, `\"`, `"`)
	for name, w := range map[string]*httptest.ResponseRecorder{
		"page":   h.get("/l/" + link.ID),
		"form":   h.submit("/l/"+link.ID, "amount", plain, "field_a", plain),
		"poster": h.get("/l/" + link.ID + "/poster"),
	} {
		doc := wantPage(t, w)
		if doc.Find("script, [onerror]").Length() != 0 {
			t.Errorf("%s: markup of a text came to life: %s", name, w.Body)
		}

		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %s", name, policy)
		}
	}

	if got := html(t, h.submit("/l/"+link.ID, "amount", "9", "field_a", plain)).Find("input[name=field_a]").AttrOr("value", ""); got != plain {
		t.Errorf("the answer came back as %q", got)
	}
}

func TestTenUsesOpenedByTwoHundredBuyersSellTen(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried, proxied)
	link := h.link(`"amount":"5.00"`, `"max_uses":10`)
	var group sync.WaitGroup
	var mu sync.Mutex
	var holding []string
	refused := map[int]int{}
	opened := make([]string, 200)
	for i := range opened {
		opened[i] = openedBy(t, h.submit("/l/"+link.ID))
	}

	for i, session := range opened {
		group.Go(func() {
			w := h.payFrom(fmt.Sprintf("203.0.113.%d", i), session)
			mu.Lock()
			defer mu.Unlock()
			if w.Code == http.StatusSeeOther {
				holding = append(holding, session)
				return
			}
			refused[w.Code]++
		})
	}

	group.Wait()
	if len(holding) != 10 || refused[http.StatusConflict] != 190 {
		t.Fatalf("%d pay, refused %v", len(holding), refused)
	}

	wantState(t, h.get("/l/"+link.ID), "sold_out")
	for i, session := range holding {
		h.prove(*h.purchase(session).Latest(), fmt.Sprintf("sold-%d", i), 500)
		if got := h.purchase(session).Session.Status; got != checkout.SessionComplete {
			t.Errorf("sale %d is %s", i, got)
		}
	}

	if h.uses(link) != 10 {
		t.Errorf("%d uses", h.uses(link))
	}

	wantState(t, h.submit("/l/"+link.ID), "sold_out")
}

func TestUnpaidSessionGivesItsUseBackAndLateMoneyBeyondStockWaits(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	link := h.link(`"amount":"5.00"`, `"max_uses":1`)
	first := h.pay(openedBy(t, h.submit("/l/"+link.ID)), "khqr")
	paidAt := h.clock.Now()
	if w := h.submit("/c/" + first.SessionID + "/cancel"); w.Header().Get("Location") != "/l/"+link.ID {
		t.Errorf("cancel leads to %q", w.Header().Get("Location"))
	}

	if h.uses(link) != 0 {
		t.Fatalf("%d uses after a cancel", h.uses(link))
	}

	second := h.pay(openedBy(t, h.submit("/l/"+link.ID)), "khqr")
	h.prove(second, "second", 500)
	money := checkout.Proof{
		Provider: first.Provider, Source: "query", Reference: first.Reference, Payee: "payee", TransactionID: "first",
		Amount: first.Amount, PaidAt: paidAt, Raw: []byte("{}"),
	}

	h.answer(first, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &money})
	if got := h.purchase(first.SessionID); got.Session.Status != checkout.SessionCanceled || got.Payments[0].Review != checkout.ReviewLate {
		t.Errorf("money beyond the stock: session %s, review %q", got.Session.Status, got.Payments[0].Review)
	}

	if h.uses(link) != 1 {
		t.Errorf("%d uses", h.uses(link))
	}
}

func TestMoneyInTimeTakesItsUseAgainWhileThereIsOne(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	link := h.link(`"amount":"5.00"`, `"max_uses":1`)
	payment := h.pay(openedBy(t, h.submit("/l/"+link.ID)), "khqr")
	paidAt := h.clock.Now()
	h.submit("/c/" + payment.SessionID + "/cancel")
	money := checkout.Proof{
		Provider: payment.Provider, Source: "query", Reference: payment.Reference, Payee: "payee", TransactionID: "t",
		Amount: payment.Amount, PaidAt: paidAt, Raw: []byte("{}"),
	}

	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &money})
	if got := h.purchase(payment.SessionID).Session.Status; got != checkout.SessionComplete || h.uses(link) != 1 {
		t.Errorf("session %s, %d uses", got, h.uses(link))
	}

	wantState(t, h.submit("/l/"+link.ID), "sold_out")
}

func TestTheSameBuyerComesBackToTheSameSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	link := h.link(`"amount_min":"1"`, `"amount_max":"9"`, `"max_uses":1`)
	cookie, _, _ := strings.Cut(h.get("/l/"+link.ID).Header().Get("Set-Cookie"), ";")
	submit := func(amount string) *httptest.ResponseRecorder {
		return h.send(http.MethodPost, "/l/"+link.ID, "amount="+amount, "Cookie", cookie,
			"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	}

	var group sync.WaitGroup
	sessions := make(chan string, 8)
	for range cap(sessions) {
		group.Go(func() { sessions <- submit("3").Header().Get("Location") })
	}

	group.Wait()
	close(sessions)
	want := <-sessions
	for got := range sessions {
		if got != want || want == "" {
			t.Fatalf("one buyer got %q and %q", want, got)
		}
	}

	h.pay(strings.TrimPrefix(want, "/c/"), "khqr")
	if page := wantState(t, h.get("/l/"+link.ID, "Cookie", cookie), "sold_out"); page.Find("main a.primary").AttrOr("href", "") != want {
		t.Errorf("the page does not lead back to %s", want)
	}

	if page := wantState(t, submit("4"), "sold_out"); page.Find("main a.primary").AttrOr("href", "") != want {
		t.Errorf("another choice does not lead back to %s", want)
	}

	if page := wantState(t, h.get("/l/"+link.ID), "sold_out"); page.Find("main a.primary").Length() != 0 {
		t.Error("a stranger is led to somebody's session")
	}
}

func TestLinkEnds(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	expiring := h.link(`"amount":"5"`, `"expires_at":"`+h.clock.Now().Add(time.Hour).Format(time.RFC3339)+`"`)
	session := openedBy(t, h.submit("/l/"+expiring.ID))
	h.clock.Add(time.Hour)
	closed := h.link(`"amount":"5"`)
	for range 2 {
		w := h.call("klaing test", http.MethodPost, "/v1/payment_links/"+closed.ID+"/deactivate", "")
		if w.Code != http.StatusOK || read[checkout.PublicLink](t, w).Active {
			t.Errorf("deactivated: %d %s", w.Code, w.Body)
		}
	}

	for name, link := range map[string]checkout.PublicLink{"expired": expiring, "deactivated": closed} {
		for _, w := range []*httptest.ResponseRecorder{h.get("/l/" + link.ID), h.submit("/l/" + link.ID)} {
			if wantState(t, w, "ended"); w.Code != http.StatusGone {
				t.Errorf("%s: %d", name, w.Code)
			}
		}

		if w := h.get("/l/" + link.ID + "/poster"); w.Code != http.StatusNotFound {
			t.Errorf("%s: its poster answers %d", name, w.Code)
		}
	}

	if h.purchase(session).Session.LinkID != expiring.ID {
		t.Error("the session made before is gone")
	}

	for _, target := range []string{"/l/pl_none", "/l/x", "/l/pl_none/poster"} {
		if w := h.get(target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestReceiptOfALinkWithoutSuccessURLStays(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link := h.link(`"amount":"5.00"`)
	payment := h.pay(openedBy(t, h.submit("/l/"+link.ID)), "khqr")
	h.prove(payment, "t", 500)
	w := h.get("/c/" + payment.SessionID)
	page := wantState(t, w, "paid")
	if page.Find("[data-return], main a.primary").Length() != 0 || strings.Contains(w.Body.String(), `http-equiv="refresh"`) {
		t.Errorf("the receipt leads away: %s", page.Find("main").Text())
	}
}

func TestPosterHasTheRequestedSize(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link := h.link(`"amount":"5.00"`)
	svg, err := templates.QRSVG(link.URL)
	if err != nil {
		t.Fatal(err)
	}

	for query, class := range map[string]string{"": "a4", "?size=A4": "a4", "?size=A6": "a6"} {
		w := h.get("/l/" + link.ID + "/poster" + query)
		page := wantPage(t, w)
		if w.Code != http.StatusOK || page.Find("body."+class).Length() != 1 || page.Find(".address").Text() != link.URL || !strings.Contains(w.Body.String(), svg) {
			t.Errorf("%q: %d %s", query, w.Code, page.Find("body").Text())
		}
	}

	if w := h.get("/l/" + link.ID + "/poster?size=A3"); w.Code != http.StatusNotFound {
		t.Errorf("A3: %d", w.Code)
	}

	if h.uses(link) != 0 {
		t.Error("a poster used its link")
	}
}

func TestLinksAreListed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first := h.link(`"amount":"1"`)
	h.clock.Add(time.Second)
	second := h.link(`"amount_min":"1"`, `"amount_max":"2"`, `"max_uses":3`, `"custom_fields":[{"key":"a","label":"A"}]`)
	h.call("klaing test", http.MethodPost, "/v1/payment_links/"+first.ID+"/deactivate", "{}")
	for query, want := range map[string]string{"": second.ID + " " + first.ID, "?active=true": second.ID, "?active=false": first.ID, "?limit=1": second.ID, "?starting_after=" + second.ID: first.ID} {
		listed := read[struct{ Data []checkout.PublicLink }](t, h.call("klaing test", http.MethodGet, "/v1/payment_links"+query, ""))
		var ids []string
		for _, link := range listed.Data {
			ids = append(ids, link.ID)
		}

		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q lists %s, want %s", query, got, want)
		}
	}

	if second.MaxUses == nil || *second.MaxUses != 3 || second.Amount != nil || *second.AmountMin != "1.00" || second.CustomFields[0].MaxLength != 255 || second.ReferencePrefix != "link" {
		t.Errorf("second %+v", second)
	}

	for _, w := range []*httptest.ResponseRecorder{
		h.call("krama test", http.MethodGet, "/v1/payment_links/"+first.ID, ""),
		h.call("klaing live", http.MethodGet, "/v1/payment_links/"+first.ID, ""),
		h.call("krama test", http.MethodPost, "/v1/payment_links/"+second.ID+"/deactivate", ""),
	} {
		if w.Code != http.StatusNotFound {
			t.Errorf("a stranger gets %d", w.Code)
		}
	}
}

func TestLinkRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	five := `"currency":"USD","description":"d","amount":"5"`
	long := strings.Repeat("x", 600)
	for _, test := range []struct{ body, code, param string }{
		{`"currency":"USD","description":"d"`, "amount_missing", "amount"},
		{five + `,"amount_min":"1"`, "amount_conflict", "amount"},
		{`"currency":"USD","description":"d","amount_min":"1"`, "amount_range_invalid", "amount_min"},
		{`"currency":"USD","description":"d","amount_min":"3","amount_max":"2"`, "amount_range_invalid", "amount_min"},
		{`"currency":"USD","description":"d","amount_min":"0","amount_max":"2"`, "amount_invalid", "amount_min"},
		{`"currency":"EUR","description":"d","amount":"5"`, "currency_invalid", "currency"},
		{`"description":"d","amount":"5"`, "currency_missing", "currency"},
		{`"currency":"USD","amount":"5"`, "description_missing", "description"},
		{five + `,"reference_prefix":"` + long + `"`, "text_too_long", "reference_prefix"},
		{five + `,"success_url":"https://evil.example/"`, "url_host_not_allowed", "success_url"},
		{five + `,"cancel_url":"javascript:1"`, "url_invalid", "cancel_url"},
		{five + `,"payment_methods":["cash"]`, "payment_method_unknown", "payment_methods[0]"},
		{five + `,"locale":"fr"`, "locale_invalid", "locale"},
		{five + `,"max_uses":0`, "max_uses_invalid", "max_uses"},
		{five + `,"expires_at":"2020-01-01T00:00:00Z"`, "expires_at_invalid", "expires_at"},
		{five + `,"expires_at":"tomorrow"`, "expires_at_invalid", "expires_at"},
		{five + `,"custom_fields":[{"key":"A","label":"a"}]`, "custom_fields_invalid", "custom_fields[0].key"},
		{five + `,"custom_fields":[{"key":"a","label":"a"},{"key":"a","label":"b"}]`, "custom_fields_invalid", "custom_fields[1].key"},
		{five + `,"custom_fields":[{"label":"a"}]`, "field_key_missing", "custom_fields[0].key"},
		{five + `,"custom_fields":[{"key":"a","label":" "}]`, "field_label_missing", "custom_fields[0].label"},
		{five + `,"custom_fields":[{"key":"a","label":"a","max_length":501}]`, "custom_fields_invalid", "custom_fields[0].max_length"},
		{five + `,"custom_fields":[{"key":"a","label":"a","required":1}]`, "type_invalid", "custom_fields[0].required"},
		{five + `,"custom_fields":[` + strings.TrimSuffix(strings.Repeat(`{"key":"a","label":"a"},`, 6), ",") + `]`, "custom_fields_invalid", "custom_fields"},
		{five + `,"uses":1`, "field_unknown", "uses"},
	} {
		w := h.call("klaing test", http.MethodPost, "/v1/payment_links", "{"+test.body+"}")
		if got := read[problem](t, w); w.Code != http.StatusBadRequest || got.Code != test.code || got.Param != test.param {
			t.Errorf("%s: %d %s", test.body, w.Code, w.Body)
		}
	}
}

func TestLinkFormOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link := h.link(`"amount":"5"`)
	w := h.send(http.MethodPost, "/l/"+link.ID, "", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site")
	if w.Code != http.StatusForbidden || h.uses(link) != 0 {
		t.Errorf("%d, %d uses", w.Code, h.uses(link))
	}
}

func TestLinkIsOpenedSlowlyByOneAddress(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) { c.PayLimit = handlers.Limit{PerSecond: 1, Burst: 2} })
	link := h.link(`"amount":"5"`)
	for range 2 {
		openedBy(t, h.submit("/l/"+link.ID))
	}
	if w := h.submit("/l/" + link.ID); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("the third answers %d", w.Code)
	}
}
