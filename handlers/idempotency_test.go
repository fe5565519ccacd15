package handlers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
)

// post creates or changes something of klaing's under an Idempotency-Key.
func (h *harness) post(key, target, body string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.call("klaing test", http.MethodPost, target, body, "Idempotency-Key", key)
}

// claim takes the claim of a request, as a process does before it dies.
func (h *harness) claim(key, target, body string) checkout.IdempotentRequest {
	h.t.Helper()
	sum := sha256.Sum256([]byte(body))
	claim, err := h.store.LeaseIdempotency(h.t.Context(), checkout.IdempotentRequest{
		MerchantID: "klaing", Mode: checkout.ModeTest, Key: key, Operation: "POST " + target, ContentHash: hex.EncodeToString(sum[:]),
	}, h.clock.Now().Add(checkout.IdempotencyLease))
	if err != nil {
		h.t.Fatal(err)
	}
	return claim
}

const sessions = "/v1/checkout/sessions"

func TestThousandCreatesWithOneKeyGiveOneSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const calls = 1000
	answers := make([]*httptest.ResponseRecorder, calls)
	var group sync.WaitGroup
	for i := range calls {
		group.Go(func() { answers[i] = h.post("one", sessions, order+"}") })
	}

	group.Wait()
	first := 0
	for _, w := range answers {
		if w.Code != http.StatusCreated || w.Body.String() != answers[0].Body.String() || w.Header().Get("Location") == "" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}

		if w.Header().Get("Idempotent-Replayed") == "" {
			first++
		}
	}

	if first != 1 {
		t.Errorf("%d answers were not replayed, want 1", first)
	}

	if w := h.call("klaing test", http.MethodGet, sessions, ""); strings.Count(w.Body.String(), `"id":"cs_`) != 1 {
		t.Errorf("sessions: %s", w.Body)
	}
}

func TestAnswerIsReplayedAsItWas(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	endpoint := h.addEndpoint("https://shop.example/hook")
	const link = `{"amount":"2.50","currency":"USD","description":"Iced coffee"}`
	created := h.post("create", sessions, order+"}")
	found := h.post("find", sessions, order+"}")
	linked := h.post("link", "/v1/payment_links", link)
	tested := h.post("test", endpoints+"/"+endpoint.ID+"/test", "")
	expire := sessions + "/" + read[checkout.PublicSession](t, created).ID + "/expire"
	expired := h.post("expire", expire, "")
	h.clock.Add(7*24*time.Hour - time.Second)
	for _, again := range []struct {
		status            int
		located           bool
		key, target, body string
		first             *httptest.ResponseRecorder
	}{
		{http.StatusCreated, true, "create", sessions, order + "}", created},
		{http.StatusOK, true, "find", sessions, order + "}", found},
		{http.StatusCreated, true, "link", "/v1/payment_links", link, linked},
		{http.StatusAccepted, false, "test", endpoints + "/" + endpoint.ID + "/test", "", tested},
		{http.StatusOK, false, "expire", expire, "", expired},
	} {
		if again.first.Code != again.status {
			t.Errorf("%s: %d %s, want %d", again.key, again.first.Code, again.first.Body, again.status)
		}

		w := h.post(again.key, again.target, again.body)
		if w.Code != again.first.Code || w.Body.String() != again.first.Body.String() || w.Header().Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: %d %s, want %d %s", again.key, w.Code, w.Body, again.first.Code, again.first.Body)
		}

		if kind := w.Header().Get("Content-Type"); kind != again.first.Header().Get("Content-Type") {
			t.Errorf("%s: Content-Type %q", again.key, kind)
		}

		if location := w.Header().Get("Location"); location != again.first.Header().Get("Location") || strings.HasPrefix(location, again.target+"/") != again.located {
			t.Errorf("%s: Location %q, first %q", again.key, location, again.first.Header().Get("Location"))
		}

		if again.first.Header().Get("Idempotent-Replayed") != "" {
			t.Errorf("%s: the first answer says that it was replayed", again.key)
		}
	}

	h.clock.Add(2 * time.Second)
	if w := h.post("create", sessions, order+"}"); w.Code != http.StatusCreated || w.Body.String() == created.Body.String() {
		t.Errorf("after seven days: %d %s", w.Code, w.Body)
	}
}

func TestKeyIsBoundToItsRequest(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.post("k", sessions+"/"+session+"/expire", "{}")
	for name, w := range map[string]*httptest.ResponseRecorder{
		"another route":  h.post("k", sessions, "{}"),
		"another object": h.post("k", sessions+"/"+h.open()+"/expire", "{}"),
		"another body":   h.post("k", sessions+"/"+session+"/expire", ""),
	} {
		if got := read[problem](t, w); w.Code != http.StatusUnprocessableEntity || got.Code != "idempotency_key_reused" || got.Param != "Idempotency-Key" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}

	for _, key := range []string{"klaing live", "krama test"} {
		if w := h.call(key, http.MethodPost, sessions, order+"}", "Idempotency-Key", "k"); w.Code != http.StatusCreated {
			t.Errorf("%s: %d %s", key, w.Code, w.Body)
		}
	}
}

func TestKeyIsFreeAgainAfterARefusal(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, target := range []string{sessions, sessions + "/cs_none/expire"} {
		if w := h.post("k", target, `{"amount":1}`); w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := h.post("k", sessions, order+"}"); w.Code != http.StatusCreated || w.Header().Get("Idempotent-Replayed") != "" {
		t.Errorf("corrected: %d %s", w.Code, w.Body)
	}
}

func TestRequestOfADeadProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	target := sessions + "/" + h.open() + "/expire"
	h.claim("k", target, "{}")
	w := h.post("k", target, "{}")
	if got := read[problem](t, w); w.Code != http.StatusConflict || got.Code != "idempotency_in_flight" || w.Header().Get("Retry-After") == "" {
		t.Errorf("in flight: %d %s", w.Code, w.Body)
	}

	h.clock.Add(checkout.IdempotencyLease)
	if w := h.post("k", target, "{}"); w.Code != http.StatusOK || w.Header().Get("Idempotent-Replayed") != "" {
		t.Errorf("taken over: %d %s", w.Code, w.Body)
	}

	if w := h.post("k", target, "{}"); w.Code != http.StatusOK || w.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("again: %d %s", w.Code, w.Body)
	}
}

func TestReferenceHasOneOpenSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	create := func(body string) (int, string) {
		w := h.call("klaing test", http.MethodPost, sessions, body)
		got := read[struct{ ID, Code string }](t, w)
		return w.Code, got.ID + got.Code
	}

	_, first := create(order + "}")
	if status, again := create(order + "}"); status != http.StatusOK || again != first {
		t.Errorf("the same request: %d %s, want %s", status, again, first)
	}

	for _, other := range []string{order + `,"description":"more"`, strings.Replace(order, "2.50", "2.51", 1), strings.NewReplacer("2.50", "250", "USD", "KHR").Replace(order)} {
		if status, code := create(other + "}"); status != http.StatusConflict || code != "reference_in_use" {
			t.Errorf("%s: %d %s", other, status, code)
		}
	}

	for _, key := range []string{"klaing live", "krama test"} {
		if w := h.call(key, http.MethodPost, sessions, strings.Replace(order, "2.50", "9.00", 1)+"}"); w.Code != http.StatusCreated {
			t.Errorf("%s: %d %s", key, w.Code, w.Body)
		}
	}

	h.call("klaing test", http.MethodPost, sessions+"/"+first+"/expire", "")
	if status, next := create(strings.Replace(order, "2.50", "2.51", 1) + "}"); status != http.StatusCreated || next == first {
		t.Errorf("after it was closed: %d %s", status, next)
	}
}

func TestReferenceIsFreeWhenItsSessionRanOut(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first := h.open(`"expires_in":300`)
	h.clock.Add(5 * time.Minute)
	w := h.call("klaing test", http.MethodPost, sessions, order+"}")
	if got := read[checkout.PublicSession](t, w); w.Code != http.StatusCreated || got.ID == first {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestConcurrentCreatesOfOneReferenceGiveOneSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var mu sync.Mutex
	ids := map[string]bool{}
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			w := h.call("klaing test", http.MethodPost, sessions, order+"}")
			mu.Lock()
			defer mu.Unlock()
			ids[read[checkout.PublicSession](t, w).ID] = true
		})
	}

	group.Wait()
	if len(ids) != 1 {
		t.Errorf("%d sessions", len(ids))
	}
}
