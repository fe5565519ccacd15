package handlers_test

import (
	"encoding/json"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/handlers"
)

// addKey makes a key of klaing's, to be used by name.
func (h *harness) addKey(name string, params checkout.KeyParams) checkout.APIKey {
	h.t.Helper()
	params.MerchantID, params.Mode = "klaing", checkout.ModeTest
	text, key, err := checkout.CreateKey(h.t.Context(), h.store, params, h.clock.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	h.keys[name] = text.Reveal()
	return key
}

// wantProblem fails unless the answer is this problem.
func wantProblem(t testing.TB, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if got := read[struct{ Code string }](t, w); w.Code != status || got.Code != code {
		t.Errorf("%d %s, want %d %s", w.Code, w.Body, status, code)
	}
}

func TestKeyDoesWhatItsScopesAllow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, scope := range checkout.Scopes() {
		h.addKey(string(scope), checkout.KeyParams{Scopes: []string{string(scope)}})
	}

	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}

	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}

	segment := regexp.MustCompile(`\{[a-z]+\}`)
	for path, operations := range document.Paths {
		for method, operation := range operations {
			var wanted struct {
				Scope checkout.Scope `json:"x-scope"`
			}
			if method == "parameters" || json.Unmarshal(operation, &wanted) != nil {
				continue
			}

			body := ""
			if method == "post" {
				body = "{}"
			}

			for _, scope := range checkout.Scopes() {
				w := h.call(string(scope), strings.ToUpper(method), segment.ReplaceAllString(path, "x"), body)
				code := read[struct{ Code string }](t, w).Code
				if code != "route_unknown" && code != "method_not_allowed" && (code == "scope_missing") != (scope != wanted.Scope) {
					t.Errorf("%s %s with the scope %s: %d %s", method, path, scope, w.Code, w.Body)
				}
			}
		}
	}
}

func TestKeysAreFoundAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	description := read[struct{ Info struct{ Description string } }](t, h.get("/openapi.json")).Info.Description
	pattern := regexp.MustCompile("find keys as `([^`]+)`").FindStringSubmatch(description)
	if pattern == nil {
		t.Fatal("the document does not say how keys look")
	}

	for name, key := range h.keys {
		if regexp.MustCompile(pattern[1]).FindString("key="+key+";") != key {
			t.Errorf("%s is not found", name)
		}

		before, last := key[:len(key)-6], key[len(key)-6:]
		if sum, err := strconv.ParseUint(last, 32, 32); err != nil || uint32(sum) != crc32.ChecksumIEEE([]byte(before))&(1<<30-1) {
			t.Errorf("%s has the checksum %s: %v", name, last, err)
		}
	}
}

func TestKeyWorksFromItsAddresses(t *testing.T) {
	t.Parallel()
	h := newHarness(t) // requests come from 192.0.2.1
	for addresses, allowed := range map[string]bool{
		"192.0.2.1": true, "192.0.2.0/24": true, "2001:db8::/32 192.0.2.0/25": true, "::ffff:192.0.2.1": true,
		"192.0.2.2": false, "10.0.0.0/8 2001:db8::/32": false,
	} {
		h.addKey("k", checkout.KeyParams{Addresses: strings.Fields(addresses)})
		w := h.call("k", http.MethodGet, sessions, "")
		if allowed && w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", addresses, w.Code, w.Body)
		}

		if !allowed {
			wantProblem(t, w, http.StatusForbidden, "address_not_allowed")
		}
	}
}

func TestKeyEndsWhenItExpiresOrIsRevoked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.addKey("short", checkout.KeyParams{ExpiresAt: h.clock.Now().Add(time.Hour)})
	lost := h.addKey("lost", checkout.KeyParams{})
	for _, name := range []string{"short", "lost"} {
		if w := h.call(name, http.MethodGet, sessions, ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}

	if _, err := h.store.RevokeKey(t.Context(), lost.ID, h.clock.Now()); err != nil {
		t.Fatal(err)
	}

	h.clock.Add(time.Hour)
	wantProblem(t, h.call("short", http.MethodGet, sessions, ""), http.StatusUnauthorized, "key_expired")
	wantProblem(t, h.call("lost", http.MethodGet, sessions, ""), http.StatusUnauthorized, "key_invalid")
	if w := h.call("klaing test", http.MethodGet, sessions, ""); w.Code != http.StatusOK {
		t.Errorf("another key: %d", w.Code)
	}
}

func TestKeyIsRotatedWithAnOverlap(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	old := h.addKey("old", checkout.KeyParams{Scopes: []string{"read"}, Addresses: []string{"192.0.2.0/24"}, Name: "till"})
	successor := h.addKey("new", checkout.KeyParams{Replaces: old.ID, Overlap: 24 * time.Hour})
	if successor.Name != "till" || len(successor.Scopes) != 1 || len(successor.Addresses) != 1 || !successor.ExpiresAt.IsZero() {
		t.Errorf("successor %+v", successor)
	}

	h.clock.Add(24*time.Hour - time.Second)
	for _, name := range []string{"old", "new"} {
		if w := h.call(name, http.MethodGet, sessions, ""); w.Code != http.StatusOK {
			t.Errorf("during the overlap, %s: %d %s", name, w.Code, w.Body)
		}
	}

	h.clock.Add(time.Second)
	wantProblem(t, h.call("old", http.MethodGet, sessions, ""), http.StatusUnauthorized, "key_expired")
	if w := h.call("new", http.MethodGet, sessions, ""); w.Code != http.StatusOK {
		t.Errorf("after it: %d %s", w.Code, w.Body)
	}
}

func TestLastUseIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	key := h.addKey("k", checkout.KeyParams{})
	used := func() time.Duration {
		h.call("k", http.MethodGet, sessions, "")
		kept, err := h.store.Key(t.Context(), key.ID)
		if err != nil {
			t.Fatal(err)
		}
		return kept.UsedAt.Sub(key.CreatedAt)
	}

	for _, step := range []struct{ pass, want time.Duration }{
		{time.Second, time.Second}, {30 * time.Second, time.Second}, {30 * time.Second, 61 * time.Second}, {time.Second, 61 * time.Second},
	} {
		h.clock.Add(step.pass)
		if got := used(); got != step.want {
			t.Errorf("used at %v, want %v", got, step.want)
		}
	}
}

func TestAnswersSayWhatIsLeftOfTheAllowance(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) { c.APILimit = handlers.Limit{PerSecond: 1, Burst: 3} })
	for i, want := range []string{"3 2 1", "3 1 2", "3 0 3", "3 0 3"} {
		target := sessions
		if i == 1 {
			target += "/cs_none" // errors too
		}

		w := h.call("klaing test", http.MethodGet, target, "")
		header := w.Header()
		if got := header.Get("RateLimit-Limit") + " " + header.Get("RateLimit-Remaining") + " " + header.Get("RateLimit-Reset"); got != want {
			t.Errorf("answer %d: %s, want %s", i, got, want)
		}

		if limited := w.Code == http.StatusTooManyRequests; limited != (i == 3) || limited != (header.Get("Retry-After") == "1") {
			t.Errorf("answer %d: %d, Retry-After %q", i, w.Code, header.Get("Retry-After"))
		}
	}

	h.clock.Add(time.Second)
	if w := h.call("klaing test", http.MethodGet, sessions, ""); w.Code != http.StatusOK {
		t.Errorf("later: %d", w.Code)
	}
}
