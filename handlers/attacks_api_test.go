package handlers_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"rieltime/checkout"
)

// merchantAttacks come over the API: from another merchant, another mode, or
// from nobody.
var merchantAttacks = []attack{
	{"another merchant's objects", func(h *harness) { h.tryStrangers("krama test") }},
	{"a live key on test objects", func(h *harness) { h.tryStrangers("klaing live") }},
	{"guessed ids", func(h *harness) {
		seen := map[string]bool{}
		counts := map[rune]int{}
		const many = 200
		for range many {
			id, _ := strings.CutPrefix(h.open(), "cs_")
			if len(id) != 24 || seen[id] {
				h.t.Fatalf("id %q", id)
			}

			seen[id] = true
			for _, r := range id {
				counts[r]++
			}
		}

		// 4800 draws of 32 letters: each about 150 times; a letter outside 60 to
		// 300 would be seven standard deviations away.
		for r, n := range counts {
			if n < 60 || n > 300 {
				h.t.Errorf("%q comes %d times", r, n)
			}
		}

		if len(counts) != 32 {
			h.t.Errorf("%d letters", len(counts))
		}

		h.wantUniform("/c/cs_"+strings.Repeat("0", 24), "/c/cs_x", "/c/"+strings.Repeat("a", 300), "/c/pay_"+strings.Repeat("0", 24), "/c/%27%20or%201=1")
		h.wantUniform("/r/x", "/r/"+strings.Repeat("A", 60), "/l/link_x", "/return/bakong/pay_x", "/return/nobody/pay_x")
	}},
	{"a wrong or broken key", func(h *harness) {
		good := h.keys["klaing test"]
		for _, key := range []string{
			"", "sk_test_", "sk_test_x", strings.ToUpper(good), good + "x", good[:len(good)-1], strings.Replace(good, "test", "live", 1),
			"' or '1'='1", good + " " + good, "\x00", strings.Repeat("k", 10_000),
		} {
			w := h.strike(http.MethodGet, "/v1/payments", "", "Authorization", "Bearer "+key)
			if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "klaing") {
				h.t.Errorf("%.30q: %d %s", key, w.Code, w.Body)
			}
		}

		if w := h.strike(http.MethodGet, "/v1/payments?api_key="+good, "", "X-Api-Key", good, "Cookie", "key="+good); w.Code != http.StatusUnauthorized {
			h.t.Errorf("a key elsewhere: %d", w.Code)
		}

		if strings.Contains(h.log.String(), good) {
			h.t.Error("the log has the key")
		}
	}},
	{"SQL in a text", func(h *harness) {
		for _, text := range []string{`' OR 1=1 --`, `"); DROP TABLE sessions; --`, `%' UNION SELECT * FROM api_keys --`, `\'; --`} {
			escaped, _ := json.Marshal(text)
			h.open(`"description":` + string(escaped))
			query := "?reference=" + strings.NewReplacer(" ", "%20", `"`, "%22", ";", "%3B", "*", "%2A", "%'", "%25'").Replace(text)
			w := h.strike(http.MethodGet, "/v1/checkout/sessions"+query, "", "Authorization", "Bearer "+h.keys["klaing test"])
			if list := read[struct{ Data []any }](h.t, w); len(list.Data) != 0 {
				h.t.Errorf("%s finds %d sessions", text, len(list.Data))
			}
		}
	}},
	{"error texts that leak information", func(h *harness) {
		for _, body := range []string{"", "{", "[]", "null", `{"amount":1e999}`, `{"amount":"` + strings.Repeat("9", 5000) + `"}`, `{"\u0000":1}`, strings.Repeat("[", 50_000), `{"metadata":{"a":"\ud800"}}`} {
			for _, target := range []string{"/v1/checkout/sessions", "/v1/refunds", "/v1/payment_links", endpoints} {
				w := h.strike(http.MethodPost, target, body, "Authorization", "Bearer "+h.keys["klaing test"], "Content-Type", "application/json")
				if w.Code < 400 || w.Header().Get("Content-Type") != "application/problem+json" {
					h.t.Errorf("%s %.40s: %d %s", target, body, w.Code, w.Body)
				}
			}
		}

		for _, query := range []string{"?limit=-1", "?limit=1e9", "?starting_after=%00", "?starting_after=../x", "?x=%zz", "?limit=1&limit=2"} {
			w := h.strike(http.MethodGet, "/v1/payments"+query, "", "Authorization", "Bearer "+h.keys["klaing test"])
			if w.Code != http.StatusBadRequest {
				h.t.Errorf("%s: %d %s", query, w.Code, w.Body)
			}
		}
	}},
}

// wantUniform wants pages that differ in nothing but their request ids.
func (h *harness) wantUniform(targets ...string) {
	h.t.Helper()
	var first string
	for _, target := range targets {
		w := h.strike(http.MethodGet, target, "")
		text := strings.ReplaceAll(html(h.t, w).Text(), w.Header().Get("X-Request-Id"), "")
		if w.Code != http.StatusNotFound {
			h.t.Errorf("%s: %d", target, w.Code)
		}

		if first == "" {
			first = text
		}

		if text != first {
			h.t.Errorf("%s says %q, %s says %q", target, text, targets[0], first)
		}
	}
}

// belongings are one object of each kind of klaing's in test mode, by its name
// in the document's paths.
func (h *harness) belongings() map[string]string {
	h.t.Helper()
	session := h.open()
	payment := h.pay(session, "baray")
	h.prove(payment, "tx-1", 250)
	own := map[string]string{"session": session, "payment": payment.ID}
	make := func(name, target, body string) {
		w := h.call("klaing test", http.MethodPost, target, body)
		if own[name] = read[struct{ ID string }](h.t, w).ID; w.Code/100 != 2 {
			h.t.Fatalf("no %s: %d %s", name, w.Code, w.Body)
		}
	}

	make("refund", "/v1/refunds", `{"payment":"`+payment.ID+`","amount":"1.00","reason":"cold","by_hand":{"by":"Dara"}}`)
	make("link", "/v1/payment_links", `{"amount":"5.00","currency":"USD","description":"Class"}`)
	make("endpoint", endpoints, `{"url":"https://shop.example/hooks"}`)
	make("delivery", endpoints+"/"+own["endpoint"]+"/test", "")
	events := read[struct{ Data []struct{ ID string } }](h.t, h.call("klaing test", http.MethodGet, "/v1/events", ""))
	own["event"] = events.Data[0].ID
	return own
}

// tryStrangers asks every documented call for klaing's test objects with
// another key. The answers are those to ids that nobody has.
func (h *harness) tryStrangers(key string) {
	own := h.belongings()
	nobody := map[string]string{}
	for name, id := range own {
		prefix, _, _ := strings.Cut(id, "_")
		nobody[name] = prefix + "_" + strings.Repeat("0", 24)
	}

	tried := 0
	for path, methods := range documentedPaths(h.t) {
		if !strings.Contains(path, "{") {
			continue
		}

		for _, method := range methods {
			ask := func(ids map[string]string) (int, string) {
				target := path
				for name, id := range ids {
					target = strings.ReplaceAll(target, "{"+name+"}", id)
				}
				if strings.Contains(target, "{") {
					h.t.Fatalf("%s names an object that is not tried", path)
				}
				w := h.call(key, method, target, strangersBody(path))
				h.harmless(method+" "+target, w.Code, w.Header(), w.Body.String())
				return w.Code, strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Request-Id"), "")
			}

			status, body := ask(own)
			unknown, blank := ask(nobody)
			if tried++; status != http.StatusNotFound || status != unknown || body != blank {
				h.t.Errorf("%s %s: %d %s; of nobody: %d %s", method, path, status, body, unknown, blank)
			}
		}
	}

	if tried < 15 {
		h.t.Errorf("only %d calls were tried", tried)
	}

	refund := func(payment string) string {
		w := h.call(key, http.MethodPost, "/v1/refunds", `{"payment":"`+payment+`","reason":"mine now","by_hand":{"by":"Thief"}}`)
		if w.Code/100 != 4 {
			h.t.Errorf("a refund of another's payment: %d %s", w.Code, w.Body)
		}
		return strings.ReplaceAll(w.Body.String(), w.Header().Get("X-Request-Id"), "")
	}
	if theirs, nobodys := refund(own["payment"]), refund(nobody["payment"]); theirs != nobodys {
		h.t.Errorf("another's payment: %s; nobody's: %s", theirs, nobodys)
	}

	for _, target := range []string{sessions, "/v1/payments", "/v1/refunds", "/v1/payment_links", endpoints, "/v1/events"} {
		if list := read[struct{ Data []any }](h.t, h.call(key, http.MethodGet, target, "")); len(list.Data) != 0 {
			h.t.Errorf("%s shows %v", target, list.Data)
		}
		w := h.call(key, http.MethodGet, target+"?starting_after="+own["session"], "")
		h.harmless(target, w.Code, w.Header(), w.Body.String())
	}

	h.wantStatus(own["session"], checkout.SessionComplete)
	if link := read[checkout.PublicLink](h.t, h.call("klaing test", http.MethodGet, "/v1/payment_links/"+own["link"], "")); !link.Active {
		h.t.Error("another key ended the link")
	}
}

// strangersBody is a body that its owner's call would take.
func strangersBody(path string) string {
	switch {
	case strings.HasSuffix(path, "/review"):
		return `{"decision":"accept"}`
	case strings.HasSuffix(path, "{endpoint}"):
		return `{"disabled":true}`
	case strings.HasSuffix(path, "{endpoint}/redeliver"):
		return `{"failed":true}`
	}
	return ""
}

// documentedPaths are the document's paths with their methods.
func documentedPaths(t testing.TB) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}

	var document struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}

	paths := map[string][]string{}
	for path, item := range document.Paths {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodPut, http.MethodPatch} {
			if _, has := item[strings.ToLower(method)]; has {
				paths[path] = append(paths[path], method)
			}
		}
	}

	return paths
}
