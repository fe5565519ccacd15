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

// world is a shop beside a fake API.
type world struct {
	t    *testing.T
	api  *fakeAPI
	shop http.Handler
	path string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, api: newFakeAPI(t), path: filepath.Join(t.TempDir(), "shop.json")}
	w.restart()
	return w
}

func (w *world) restart() {
	w.shop = New(Options{
		APIBase: w.api.URL + "/", APIKey: testKey, WebhookSecret: testSecret,
		PublicURL: "https://shop.example", StatePath: w.path,
	})
}

func (w *world) do(r *http.Request) *http.Response {
	recorder := httptest.NewRecorder()
	w.shop.ServeHTTP(recorder, r)
	return recorder.Result()
}

func (w *world) get(path string) (int, string) {
	w.t.Helper()
	response := w.do(httptest.NewRequest(http.MethodGet, path, nil))
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func (w *world) pay(form url.Values) *http.Response {
	r := httptest.NewRequest(http.MethodPost, "/pay", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(r)
}

// buy places an order and returns it with its session.
func (w *world) buy(product string) order {
	w.t.Helper()
	if response := w.pay(url.Values{"product": {product}}); response.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("status %d, want 303", response.StatusCode)
	}
	return w.orders()[0]
}

func (w *world) orders() []order {
	w.t.Helper()
	var listed struct{ Orders []order }
	_, body := w.get("/orders.json")
	if err := json.Unmarshal([]byte(body), &listed); err != nil {
		w.t.Fatal(err)
	}
	return listed.Orders
}

func (w *world) wantStatus(id, want string) {
	w.t.Helper()
	for _, o := range w.orders() {
		if o.ID == id {
			if o.Status != want {
				w.t.Errorf("order is %q, want %q", o.Status, want)
			}
			return
		}
	}
	w.t.Errorf("no order %q", id)
}

// send delivers an event about a session, signed with secret.
func (w *world) send(secret, id, body string) int {
	w.t.Helper()
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		w.t.Fatal(err)
	}
	at := time.Now()
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/webhooks", strings.NewReader(body))
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	r.Header.Set("webhook-signature", signature)
	return w.do(r).StatusCode
}

func completed(sessionID string) string {
	return `{"type":"checkout.session.completed","data":{"object":{"object":"checkout.session","id":"` + sessionID + `"}}}`
}
