package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/handlers"
)

func TestPagesCarryTheirPolicy(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"base-uri 'none'; frame-ancestors 'none'; form-action 'self' https://shop.example",
		"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "X-Frame-Options": "DENY", "Strict-Transport-Security": "max-age=31536000",
	}

	w := h.get("/c/" + session)
	for name, value := range want {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}

	for _, path := range []string{"/logos/none", "/v1/payments", "/openapi.json"} {
		if got := h.get(path).Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options %q", path, got)
		}
	}

	if w.Header().Get("Permissions-Policy") == "" {
		t.Error("no Permissions-Policy")
	}

	if len(w.Result().Cookies()) != 0 {
		t.Error("a cookie that nobody needs")
	}

	html(t, w).Find("script").Each(func(_ int, s *selection) {
		if s.Text() != "" || !strings.HasPrefix(s.AttrOr("src", ""), "/static/") {
			t.Errorf("script %q %q", s.AttrOr("src", ""), s.Text())
		}
	})
	if policy := h.get("/c/cs_none").Header().Get("Content-Security-Policy"); !strings.HasSuffix(policy, "form-action 'self'") {
		t.Errorf("an error page's policy %q", policy)
	}

	if policy := h.get("/v1/payments").Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; base-uri 'none'") {
		t.Errorf("the API's policy %q", policy)
	}
}

func TestOnlyEmptyPollsLackThePolicy(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	page := h.get("/c/" + session)
	poll := html(t, page).Find("[hx-get*='/status?']").AttrOr("hx-get", "")
	always := []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Strict-Transport-Security", "Permissions-Policy"}

	for path, code := range map[string]int{poll: http.StatusNoContent, "/c/" + session + "/status?v=0": http.StatusOK, "/c/cs_none/status": http.StatusNotFound} {
		w := h.get(path)
		if w.Code != code || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Request-Id") == "" {
			t.Errorf("%s: %d, want %d; %v", path, w.Code, code, w.Header())
		}
		for _, name := range always {
			if got := w.Header().Get(name); (got == "") != (code == http.StatusNoContent) {
				t.Errorf("%s, %d: %s is %q", path, code, name, got)
			}
		}
	}
}

func TestErrorPageKeepsItsPolicyAtAPollsAddress(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const policy = "Content-Security-Policy"
	page, poll := h.get("/c/cs_none").Header().Get(policy), h.get("/c/cs_none/status").Header().Get(policy)
	if poll != page || !strings.Contains(poll, "style-src 'self'") {
		t.Errorf("%q, want %q", poll, page)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, test := range []struct {
		name    string
		headers []string
		taken   bool
	}{
		{"our page", []string{"Sec-Fetch-Site", "same-origin"}, true},
		{"typed by the buyer", []string{"Sec-Fetch-Site", "none"}, true},
		{"another site", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"a sister site", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"another site in our name", []string{"Sec-Fetch-Site", "cross-site", "Origin", baseURL}, false},
		{"our origin", []string{"Origin", "https://PAY.example"}, true},
		{"another origin", []string{"Origin", "https://evil.example"}, false},
		{"another scheme", []string{"Origin", "http://pay.example"}, false},
		{"our address", []string{"Referer", baseURL + "/c/cs_1"}, true},
		{"another address", []string{"Origin", "null", "Referer", "https://pay.example.evil.example/"}, false},
		{"no sender by our own policy", []string{"Origin", "null"}, true},
		{"an old browser", nil, true},
	} {
		session := h.open()
		w := h.send(http.MethodPost, "/c/"+session+"/cancel", "", test.headers...)
		closed := h.purchase(session).Session.Status == checkout.SessionCanceled
		if closed != test.taken || (w.Code == http.StatusForbidden) == test.taken {
			t.Errorf("%s: %d, closed %v", test.name, w.Code, closed)
		}
	}
}

func TestErrorsHideTheirCause(t *testing.T) {
	t.Parallel()
	store := &broken{err: errors.New("secret cause")}
	h := newHarness(t, func(c *handlers.Config) { store.Store, c.Store = c.Store, store })
	session := h.open()
	store.on = true
	for _, request := range []struct {
		target string
		status int
	}{{"/c/" + session + "/status", 500}, {"/v1/checkout/sessions", 500}, {"/readyz", 503}} {
		w := h.get(request.target, "Authorization", "Bearer "+h.keys["klaing test"])
		if w.Code != request.status || strings.Contains(w.Body.String(), "secret cause") {
			t.Errorf("%s: %d %s", request.target, w.Code, w.Body)
		}

		if id := w.Header().Get("X-Request-Id"); !strings.Contains(h.log.String(), "request_id="+id) {
			t.Errorf("%s: request %q is not in the log", request.target, id)
		}
	}

	if n := strings.Count(h.log.String(), "secret cause"); n != 3 {
		t.Errorf("the cause is logged %d times", n)
	}

	store.err = checkout.ErrBusy
	w := h.get("/c/" + session + "/status")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}

	store.panics = true
	w = h.get("/c/" + session + "/status")
	if w.Code != http.StatusInternalServerError || html(t, w).Find(".reference .code").Text() != w.Header().Get("X-Request-Id") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// broken is the real store until it is on.
type broken struct {
	handlers.Store
	on, panics bool
	err        error
}

func (b *broken) Glance(ctx context.Context, id string) (checkout.Glance, error) {
	switch {
	case b.panics:
		panic("secret cause")
	case b.on:
		return checkout.Glance{}, b.err
	}
	return b.Store.Glance(ctx, id)
}

func (b *broken) ListSessions(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.SessionQuery) ([]checkout.Session, bool, error) {
	return nil, false, b.err
}

func (b *broken) Ready(context.Context) error { return b.err }

func TestLogNamesNoBuyer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.get("/c/" + session + "?lang=en&email=dara@example.com")
	h.pay(session, "bayopay", "name", "Sok Dara", "email", "dara@example.com", "phone", "012345678")
	h.get("/c/"+session, "X-Request-Id", "forged")
	for _, private := range []string{"dara@example.com", "Sok Dara", "012345678", "lang=en", "/c/cs_", session, "forged", "192.0.2.1"} {
		if strings.Contains(h.log.String(), private) {
			t.Errorf("the log has %q", private)
		}
	}

	if !strings.Contains(h.log.String(), "route=/c/:session ") {
		t.Error("requests are not logged")
	}

	h.get("/c/" + session + "/status")
	if strings.Contains(h.log.String(), "route=/c/:session/status") {
		t.Error("every poll is logged")
	}
}

func TestLogJoinsWhatHappensToItsRequest(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	payment := h.pay(session, "khqr")
	canceled := h.submit("/c/" + session + "/cancel").Header().Get("X-Request-Id")
	h.call("klaing test", http.MethodGet, "/v1/payments/"+payment.ID, "")
	for _, want := range []string{
		"msg=event request_id=" + canceled + " type=checkout.session.canceled ",
		" payment=" + payment.ID + " ",
		"route=/v1/payments/:payment ",
	} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log has no %q", want)
		}
	}
}

func TestPaymentsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) {
		c.PayLimit = handlers.Limit{PerSecond: 0.5, Burst: 2}
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // httptest's client
	})

	session := h.open(`"locale":"en"`)
	from := func(address string) int {
		return h.send(http.MethodPost, "/c/"+session+"/payments", "method=khqr",
			"Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", address).Code
	}
	if a, b, c := from("203.0.113.1"), from("203.0.113.1"), from("203.0.113.1"); a != 303 || b != 303 || c != 429 {
		t.Errorf("%d %d %d", a, b, c)
	}

	if a := from("203.0.113.2"); a != 303 {
		t.Errorf("another address: %d", a)
	}

	if a, b, c := from("2001:db8::1"), from("2001:db8::2"), from("2001:db8::3"); a != 303 || b != 303 || c != 429 {
		t.Errorf("one network: %d %d %d", a, b, c)
	}

	w := h.send(http.MethodPost, "/c/"+session+"/check", "", "X-Forwarded-For", "203.0.113.1")
	if doc := wantState(t, w, "qr_waiting"); w.Header().Get("Retry-After") != "2" || !strings.Contains(doc.Find(".notice").Text(), "wait 2 s and") {
		t.Errorf("Retry-After %q, %s", w.Header().Get("Retry-After"), doc.Find(".notice").Text())
	}

	h.clock.Add(2 * time.Second)
	if a := from("203.0.113.1"); a != 303 {
		t.Errorf("after waiting: %d", a)
	}
}

func TestForwardedAddressIsNotBelievedFromAnyone(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) { c.PayLimit = handlers.Limit{PerSecond: 1, Burst: 1} })
	session := h.open()
	for i, want := range []int{303, 429} {
		w := h.send(http.MethodPost, "/c/"+session+"/payments", "method=khqr",
			"Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", "203.0.113."+string(rune('1'+i)))
		if w.Code != want {
			t.Errorf("%d, want %d", w.Code, want)
		}
	}
}

func TestCallsAreLimitedByKey(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) { c.APILimit = handlers.Limit{PerSecond: 1, Burst: 1} })
	h.open()
	w := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions", order+"}")
	if got := read[problem](t, w); w.Code != http.StatusTooManyRequests || got.Code != "rate_limited" || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := h.call("krama test", http.MethodPost, "/v1/checkout/sessions", order+"}"); w.Code != http.StatusCreated {
		t.Errorf("another key: %d", w.Code)
	}
}

func TestLanguageIsChosen(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	free, set := h.open(), h.open(`"locale":"zh"`)
	w := h.get("/c/" + free + "?lang=en")
	var cookie string
	for _, c := range w.Result().Cookies() {
		cookie = c.Name + "=" + c.Value
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %+v", c)
		}
	}

	for _, test := range []struct{ target, accept, cookie, want string }{
		{"/c/" + free, "", "", "km"},
		{"/c/" + free, "fr-FR, zh-CN;q=0.8", "", "zh"},
		{"/c/" + free, "fr", "", "km"},
		{"/c/" + set, "en", "", "zh"},
		{"/c/" + set, "", cookie, "en"},
		{"/c/" + set + "?lang=km", "", cookie, "km"},
		{"/c/" + set + "?lang=xx", "", "", "zh"},
		{"/c/" + free, "", "__Host-rieltime=forged", "km"},
		{"/c/cs_none", "en", "", "en"},
	} {
		w := h.get(test.target, "Accept-Language", test.accept, "Cookie", test.cookie)
		if got := html(t, w).Find("html").AttrOr("lang", ""); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestDeviceIsDetected(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	for device, headers := range map[checkout.Device][]string{
		checkout.DeviceIOS:     {"User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"},
		checkout.DeviceAndroid: {"User-Agent", "Mozilla/5.0 (Linux; Android 14; SM-A155F)"},
		checkout.DeviceDesktop: {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64)", "Sec-CH-UA-Platform", `"Linux"`},
	} {
		h.send(http.MethodPost, "/c/"+session+"/payments", "method=khqr", append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
		if got := h.bakong.start.Device; got != device {
			t.Errorf("%v: %s, want %s", headers, got, device)
		}
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for target, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n", "/robots.txt": "User-agent: *\nDisallow: /\n"} {
		if w := h.get(target); w.Code != http.StatusOK || w.Body.String() != want {
			t.Errorf("%s: %d %q", target, w.Code, w.Body)
		}

		if w := h.send(http.MethodHead, target, ""); w.Code != http.StatusOK {
			t.Errorf("HEAD %s: %d", target, w.Code)
		}
	}

	sheet := html(t, h.get("/c/"+h.open())).Find("link[rel=stylesheet]").AttrOr("href", "")
	if w := h.get(sheet); w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", sheet, w.Code, w.Header())
	}
}

func TestUnknownPagesAreNotFound(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, target := range []string{"/", "/c", "/c/", "/c/cs_none", "/c/cs_none/status", "/c/cs_none/qr.png", "/c/%2e%2e", "/c/" + strings.Repeat("x", 3000), "/static/none.css", "/favicon.ico"} {
		w := h.get(target)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}

	if doc := wantPage(t, h.get("/nothing", "Accept-Language", "en")); !strings.Contains(doc.Find("h1").Text(), "can't find") {
		t.Errorf("%s", doc.Find("h1").Text())
	}

	for _, target := range []string{"/c/cs_none/cancel", "/c/cs_none/check", "/c/cs_none/extend", "/c/cs_none/payments"} {
		if w := h.submit(target); w.Code != http.StatusNotFound {
			t.Errorf("POST %s: %d", target, w.Code)
		}
	}

	if w := h.send(http.MethodPost, "/c/cs_none", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST to a page: %d", w.Code)
	}
}

func TestLanguageOfTheBrowserGoesByItsWeights(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	page := "/c/" + h.open()
	for accepts, want := range map[string]string{"en;q=0.1, km;q=0.9": "km", "km;q=0.1, zh;q=0.2": "zh", "en;q=0, *": "km"} {
		if lang, _ := html(t, h.get(page, "Accept-Language", accepts)).Find("html").Attr("lang"); lang != want {
			t.Errorf("%s: %s, want %s", accepts, lang, want)
		}
	}
}
