package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"testing"

	"rieltime/handlers"
)

// newFuzzHarness returns a harness without limits, for many requests.
func newFuzzHarness(f *testing.F) *harness {
	f.Helper()
	return newHarness(f, func(c *handlers.Config) {
		c.Gallery = true
		c.PayLimit, c.APILimit = handlers.Limit{PerSecond: -1}, handlers.Limit{PerSecond: 1e6, Burst: 1e6} // a bound is told in the answer
		c.Guard.AddressLimit, c.Guard.SessionLimit = handlers.Limit{PerSecond: -1}, handlers.Limit{PerSecond: -1}
	})
}

// examplesOf are the document's examples of what may be sent.
func examplesOf(f *testing.F) (bodies []string) {
	f.Helper()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		f.Fatal(err)
	}

	var document struct {
		Components struct {
			Schemas map[string]struct{ Examples []json.RawMessage }
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		f.Fatal(err)
	}

	for _, schema := range document.Components.Schemas {
		for _, example := range schema.Examples {
			if strings.HasPrefix(string(example), "{") {
				bodies = append(bodies, string(example))
			}
		}
	}

	if len(bodies) < 5 {
		f.Fatalf("the document has %d examples", len(bodies))
	}

	return bodies
}

// FuzzAPIBody begins with the document's examples. Whatever is sent, the answer
// is what was made or a problem of the sender's.
func FuzzAPIBody(f *testing.F) {
	h := newFuzzHarness(f)
	own := h.belongings()
	targets := []string{
		sessions, "/v1/refunds", "/v1/payment_links", endpoints, endpoints + "/" + own["endpoint"], endpoints + "/" + own["endpoint"] + "/redeliver",
		endpoints + "/" + own["endpoint"] + "/rotate_secret", "/v1/payments/" + own["payment"] + "/review", sessions + "/" + own["session"] + "/expire",
	}

	for i := range targets {
		for _, body := range append(examplesOf(f), order+"}", "", "{}", "null", `{"a":1,"a":2}`, "\xff", `{"amount":"\ud800"}`) {
			f.Add(i, body)
		}
	}

	f.Fuzz(func(t *testing.T, i int, body string) {
		if i < 0 || i >= len(targets) {
			return
		}

		h.t = t
		w := h.call("klaing test", http.MethodPost, targets[i], body)
		text := w.Body.String()
		if w.Code/100 == 2 {
			text = "" // it shows the sender's own texts, and new secrets
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("the answer is %q", w.Body)
			}
		} else if w.Header().Get("Content-Type") != "application/problem+json" || read[problem](t, w).Code == "" {
			t.Errorf("%d %q", w.Code, w.Body)
		}

		if strings.Contains(text, body) {
			text = "" // an error that quotes the sender
		}

		h.harmless("POST "+targets[i], w.Code, nil, text)
	})
}

// FuzzForm begins with the forms that pages send.
func FuzzForm(f *testing.F) {
	h := newFuzzHarness(f)
	link := h.link(`"amount_min":"1.00","amount_max":"9.00"`, `"custom_fields":[{"key":"name","label":"Name","required":true}]`)
	forms := []string{"/payments", "/check", "/cancel", "/extend", "/card", "/l/" + link.ID, "/callbacks/bakong/acct_klaingtestbakong"}
	for i := range forms {
		for _, body := range []string{
			"method=khqr", "method=bayopay&name=Sok+Dara&email=dara%40shop.example&phone=%2B85512345678", "method=baray&method=khqr", "hash=8465d722",
			"amount=2%2C50&field_name=Dara", "reference=R000000000000000000Z", "save=baray%3Acards", "remove=baray", "", "%zz", "a=%00&=b&;", "name=%ff&email=%0d%0a", "amount=1e9",
		} {
			f.Add(i, body)
		}
	}

	var session string
	taken := 0
	f.Fuzz(func(t *testing.T, i int, body string) {
		if i < 0 || i >= len(forms) {
			return
		}

		if h.t = t; taken%20 == 0 || i == 2 {
			session = h.open()
		}

		taken++
		target := forms[i]
		if !strings.HasPrefix(target, "/l/") && !strings.HasPrefix(target, "/callbacks/") {
			target = "/c/" + session + target
		}

		w := h.send(http.MethodPost, target, body, "Content-Type", "application/x-www-form-urlencoded")
		h.harmlessLeaving(path.Dir(target), w.Code, w.Header())
		h.clean(w)
	})
}

// harmlessLeaving lets a canceled buyer go to the shop and nobody elsewhere.
func (h *harness) harmlessLeaving(what string, status int, header http.Header) {
	h.t.Helper()
	location := header.Get("Location")
	if strings.HasPrefix(location, "https://shop.example/cart?a=1&session_id=cs_") {
		location = ""
	}
	h.harmless(what, status, http.Header{"Location": {location}}, "")
}

// FuzzVisit begins with what browsers send: cookies, languages, addresses.
func FuzzVisit(f *testing.F) {
	h := newFuzzHarness(f)
	session := h.open()
	h.pay(session, "khqr")
	link := h.link(`"amount":"5.00"`)
	cookie := ""
	for _, w := range []string{"/c/" + session + "?lang=zh", "/l/" + link.ID} {
		for _, c := range h.get(w).Result().Cookies() {
			cookie = c.Name + "=" + c.Value
		}
	}

	if cookie == "" {
		f.Fatal("no cookie to begin with")
	}

	pages := []string{"/c/" + session, "/c/" + session + "/status", "/l/" + link.ID, "/l/" + link.ID + "/poster", "/gallery", "/docs", "/return/bakong/pay_x", "/r/x", "/logos/x"}
	for i := range pages {
		f.Add(i, cookie, "km,en;q=0.8", "lang=en&go=1&v=1&until=1&from=1&s=2&choose=1&checked=1&size=A6&cashier=1")
		f.Add(i, "__Host-rieltime=x; a=b", "*;q=2,,x-", "lang=%00&v=-1&until=99999999999999999999")
	}

	f.Fuzz(func(t *testing.T, i int, cookie, language, query string) {
		if i < 0 || i >= len(pages) {
			return
		}

		h.t = t
		target := &url.URL{Path: pages[i], RawQuery: query}
		if _, err := url.ParseRequestURI(target.String()); err != nil || strings.ContainsAny(query, " #\r\n\t\x00\x7f") {
			return
		}

		w := h.get(target.String(), "Cookie", cookie, "Accept-Language", language, "Referer", query, "User-Agent", language)
		h.harmless(target.String(), w.Code, w.Header(), "")
		h.clean(w)
	})
}
