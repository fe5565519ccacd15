package shop

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	testKey    = "sk_test_shop"
	testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

// fakeAPI is Rieltime's merchant API in memory.
type fakeAPI struct {
	*httptest.Server
	mu       sync.Mutex
	byKey    map[string]string // Idempotency-Key to session id
	sessions map[string]map[string]any
	refuse   *problem // answered to every call
}

func newFakeAPI(t *testing.T) *fakeAPI {
	f := &fakeAPI{byKey: map[string]string{}, sessions: map[string]map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/checkout/sessions", f.create)
	mux.HandleFunc("GET /v1/checkout/sessions/{id}", f.read)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()

		if r.Header.Get("Authorization") != "Bearer "+testKey {
			t.Errorf("Authorization %q", r.Header.Get("Authorization"))
		}

		if f.refuse != nil {
			w.WriteHeader(f.refuse.Status)
			_ = json.NewEncoder(w).Encode(f.refuse)
			return
		}

		mux.ServeHTTP(w, r)
	}))

	t.Cleanup(f.Close)
	return f
}

func (f *fakeAPI) create(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Idempotency-Key")
	if f.byKey[key] == "" {
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		id := fmt.Sprintf("cs_%d", len(f.byKey)+1)
		f.byKey[key] = id
		body["id"], body["status"], body["url"] = id, "open", "https://pay.example/c/"+id
		f.sessions[id] = body
	}

	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(f.sessions[f.byKey[key]])
}

func (f *fakeAPI) read(w http.ResponseWriter, r *http.Request) {
	found := f.sessions[r.PathValue("id")]
	if found == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(found)
}

// set changes a field of a session.
func (f *fakeAPI) set(id, field, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions[id][field] = value
}

func (f *fakeAPI) refuseWith(p *problem) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = p
}

// harness is a shop beside a fake API.
type harness struct {
	t    *testing.T
	api  *fakeAPI
	shop http.Handler
	path string
}

func newHarness(t *testing.T) *harness {
	h := &harness{t: t, api: newFakeAPI(t), path: filepath.Join(t.TempDir(), "shop.json")}
	h.restart()
	return h
}

func (h *harness) restart() {
	h.shop = New(Options{
		APIBase: h.api.URL + "/", APIKey: testKey, WebhookSecret: testSecret,
		PublicURL: "https://shop.example", StatePath: h.path,
	})
}

func (h *harness) serve(r *http.Request) *http.Response {
	recorder := httptest.NewRecorder()
	h.shop.ServeHTTP(recorder, r)
	return recorder.Result()
}

func (h *harness) get(path string) (int, string) {
	h.t.Helper()
	response := h.serve(httptest.NewRequest(http.MethodGet, path, nil))
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func (h *harness) pay(form url.Values) *http.Response {
	r := httptest.NewRequest(http.MethodPost, "/pay", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.serve(r)
}

// buy places an order and returns it with its session.
func (h *harness) buy(product string) order {
	h.t.Helper()
	if response := h.pay(url.Values{"product": {product}}); response.StatusCode != http.StatusSeeOther {
		h.t.Fatalf("status %d, want 303", response.StatusCode)
	}
	return h.orders()[0]
}

func (h *harness) orders() []order {
	h.t.Helper()
	var listed struct{ Orders []order }
	_, body := h.get("/orders.json")
	if err := json.Unmarshal([]byte(body), &listed); err != nil {
		h.t.Fatal(err)
	}
	return listed.Orders
}

func (h *harness) checkStatus(id, want string) {
	h.t.Helper()
	for _, o := range h.orders() {
		if o.ID == id {
			if o.Status != want {
				h.t.Errorf("order is %q, want %q", o.Status, want)
			}
			return
		}
	}
	h.t.Errorf("no order %q", id)
}

// sendWebhook delivers an event about a session, signed with secret.
func (h *harness) sendWebhook(secret, id, body string) int {
	h.t.Helper()
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		h.t.Fatal(err)
	}

	at := time.Now()
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		h.t.Fatal(err)
	}

	r := httptest.NewRequest(http.MethodPost, "/webhooks", strings.NewReader(body))
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	r.Header.Set("webhook-signature", signature)
	return h.serve(r).StatusCode
}

func completed(sessionID string) string {
	return `{"type":"checkout.session.completed","data":{"object":{"object":"checkout.session","id":"` + sessionID + `"}}}`
}
