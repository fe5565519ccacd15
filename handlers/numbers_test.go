package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// wantRefused fails unless a request is refused about one field, in words that
// are not a parser's.
func (h *harness) wantRefused(method, target, body, param, says string, headers ...string) {
	h.t.Helper()
	w := h.call("klaing test", method, target, body, headers...)
	got := read[refusal](h.t, w)
	if w.Code != http.StatusBadRequest || got.Param != param || !strings.Contains(got.Detail, says) {
		h.t.Errorf("%s %s %s: %d %s, want %s about %s", method, target, body, w.Code, w.Body, says, param)
	}

	for _, foreign := range []string{"strconv", "parse ", "invalid syntax", "out of range", "value too large"} {
		if strings.Contains(got.Detail, foreign) {
			h.t.Errorf("%s %s: a parser's words: %s", target, body, got.Detail)
		}
	}
}

func TestNumbersFromOutsideAreBounded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const life, link = "must be from 300 to 86400", `{"amount":"1.00","currency":"USD","description":"x"`
	for _, seconds := range []string{"-18446743773", "18446744374", "9223372036854775807", "-9223372036854775808", "99999999999999999999999", "-99999999999999999999999", "0", "299", "86401"} {
		h.wantRefused("POST", sessions, order+`,"expires_in":`+seconds+`}`, "expires_in", life)
	}

	for _, number := range []string{"300.5", "3e2", `"300"`, "true"} {
		h.wantRefused("POST", sessions, order+`,"expires_in":`+number+`}`, "expires_in", "must be a whole number")
	}

	for _, count := range []string{"0", "-1", "1000001", "99999999999999999999999"} {
		h.wantRefused("POST", sessions, order+`,"line_items":[{"name":"x","amount":"1.00","quantity":`+count+`}]}`, "line_items[0].quantity", "from 1 to 1000000")
		h.wantRefused("POST", "/v1/payment_links", link+`,"max_uses":`+count+`}`, "max_uses", "from 1 to 1000000")
	}

	h.wantRefused("POST", "/v1/payment_links", link+`,"custom_fields":[{"key":"a","label":"A","max_length":99999999999999999999999}]}`, "custom_fields[0].max_length", "from 1 to 500")
	for _, limit := range []string{"0", "-1", "101", "99999999999999999999999", "1e1", "%31%30%20", ""} {
		h.wantRefused("GET", sessions+"?limit="+limit, "", "limit", "from 1 to 100")
	}

	h.wantRefused("GET", "/v1/events?after_sequence=99999999999999999999999", "", "after_sequence", "whole number")
}

func TestAddressesHavePortsThatExist(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, port := range []string{":0", ":00", ":65536", ":99999", ":", ":-1", ":4294967376", ":x"} {
		body := strings.Replace(order, "https://shop.example/ok", "https://shop.example"+port+"/ok", 1)
		h.wantRefused("POST", sessions, body+"}", "success_url", "port from 1 to 65535")
		h.wantRefused("POST", "/v1/webhook_endpoints", `{"url":"https://shop.example`+port+`/hook"}`, "url", "port from 1 to 65535")
		h.wantRefused("POST", "/v1/payment_links", `{"amount":"1.00","currency":"USD","description":"x","cancel_url":"https://shop.example`+port+`/"}`, "cancel_url", "port from 1 to 65535")
	}

	for _, port := range []string{":1", ":65535", ":8443"} {
		if w := h.call("klaing test", http.MethodPost, sessions, strings.NewReplacer("https://shop.example/ok", "https://shop.example"+port+"/ok", "A-1", "P"+port).Replace(order)+"}"); w.Code != http.StatusCreated {
			t.Errorf("%s: %d %s", port, w.Code, w.Body)
		}
	}
}

func TestMetadataIsCountedInCharacters(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for text, want := range map[string]int{
		`"` + strings.Repeat("ក", 40) + `":"` + strings.Repeat("ខ", 500) + `"`: http.StatusCreated,
		`"` + strings.Repeat("k", 41) + `":"x"`:                                http.StatusBadRequest,
		`"k":"` + strings.Repeat("ខ", 501) + `"`:                               http.StatusBadRequest,
	} {
		if w := h.call("klaing test", http.MethodPost, sessions, order+`,"metadata":{`+text+`}}`); w.Code != want {
			t.Errorf("%s: %d %s, want %d", text, w.Code, w.Body, want)
		}
	}

	khmer := strings.Replace(order, "A-1", strings.Repeat("ក", 64), 1)
	h.call("klaing test", http.MethodPost, sessions, khmer+"}")
	if ids := h.listed("klaing test", sessions+"?reference="+strings.Repeat("ក", 64)); len(ids) != 1 {
		t.Errorf("a reference of 64 Khmer letters finds %v", ids)
	}
}

func TestEmptyFiltersAreRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	hook := h.addEndpoint("https://shop.example/hook")
	for _, list := range []struct {
		target  string
		filters []string
	}{
		{sessions, []string{"reference", "status", "created_from", "created_to", "starting_after", "ending_before", "limit"}},
		{"/v1/payments", []string{"session", "merchant_reference", "status", "review", "created_from", "created_to"}},
		{"/v1/refunds", []string{"payment", "session", "created_from", "created_to"}},
		{"/v1/payment_links", []string{"active"}},
		{"/v1/events", []string{"type", "after_sequence"}},
		{"/v1/webhook_endpoints/" + hook.ID + "/deliveries", []string{"status"}},
	} {
		for _, filter := range list.filters {
			h.wantRefused("GET", list.target+"?"+filter+"=", "", filter, "")
			h.wantRefused("GET", list.target+"?"+filter, "", filter, "")
		}
	}

	h.wantRefused("GET", sessions+"?reference=%ED%A0%80", "", "reference", "UTF-8")
}

func TestEmptyEndIsNotNever(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, end := range []string{`""`, `" "`, `"never"`} {
		h.wantRefused("POST", "/v1/payment_links", `{"amount":"1.00","currency":"USD","description":"x","expires_at":`+end+`}`, "expires_at", "leave it out")
	}
}

func TestWhatIsGivenTwiceIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, second := range []string{"Bearer " + h.keys["klaing test"], "Bearer " + h.keys["krama test"], "", "Basic eA=="} {
		h.wantRefused("GET", sessions, "", "Authorization", "more than once", "Authorization", second)
	}

	h.wantRefused("POST", sessions, order+"}", "Idempotency-Key", "once", "Idempotency-Key", "a", "Idempotency-Key", "a")
	h.wantRefused("GET", sessions+"?status=open&status=open", "", "status", "more than once")
	if w := h.call("klaing test", http.MethodPost, sessions, order+"}", "Content-Type", "application/json"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("two content types: %d %s", w.Code, w.Body)
	}

	form := h.send(http.MethodPost, "/c/"+h.open()+"/payments", "method=khqr&method=baray", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	if form.Code != http.StatusBadRequest {
		t.Errorf("a form with two methods: %d", form.Code)
	}
}

func TestLiveAddressesAreHTTPS(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, request := range [][]string{
		{sessions, strings.Replace(order, "https://shop.example/ok", "http://shop.example/ok", 1) + "}", "success_url"},
		{sessions, strings.Replace(order, "https://shop.example/cart", "http://shop.example/cart", 1) + "}", "cancel_url"},
		{"/v1/payment_links", `{"amount":"1.00","currency":"USD","description":"x","success_url":"http://shop.example/"}`, "success_url"},
		{"/v1/webhook_endpoints", `{"url":"http://shop.example/hook"}`, "url"},
	} {
		w := h.call("klaing live", http.MethodPost, request[0], request[1])
		if got := read[refusal](t, w); w.Code != http.StatusBadRequest || got.Param != request[2] || !strings.Contains(got.Detail, "https") {
			t.Errorf("live %s: %d %s", request[1], w.Code, w.Body)
		}

		if w := h.call("klaing test", http.MethodPost, request[0], request[1]); w.Code != http.StatusCreated {
			h.t.Logf("test %s: %d %s", request[1], w.Code, w.Body) // the second order has the first one's reference
		}
	}
}

func TestErrorPagesLeadNowhereElse(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, path := range []string{"//evil.example", "//evil.example/x?y=1", "///evil.example", "/%2F/evil.example", `/\evil.example`, "/%5Cevil.example", "//evil.example/c/cs_x"} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.URL.Path, request.URL.RawQuery, _ = strings.Cut(path, "?")
		request.RequestURI = path
		w := httptest.NewRecorder()
		h.e.ServeHTTP(w, request)
		wantPage(t, w).Find("[href]").Each(func(_ int, link *goquery.Selection) {
			address := link.AttrOr("href", "")
			if strings.HasPrefix(address, "//") || strings.HasPrefix(address, `/\`) || strings.Contains(address, "://evil") {
				t.Errorf("%s links to %s", path, address)
			}
		})
	}
}
