// Package examples_test runs the examples whose runtime is on the machine
// against a Fake of the API, and posts them webhooks, good and forged.
package examples_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/internal/openapitest"
)

const (
	apiKey   = "sk_test_0123456789"
	patience = 20 * time.Second
)

var signingKey = []byte("a key of twenty-four byte")

// fakeAPI makes sessions and shows them; every exchange must be as documented.
type fakeAPI struct {
	mu       sync.Mutex
	sessions map[string]map[string]any
	keys     []string // of idempotency
}

func newFakeAPI(t *testing.T) (*fakeAPI, string) {
	t.Helper()
	document, err := openapitest.Open("../handlers/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeAPI{sessions: map[string]map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/checkout/sessions", f.create)
	mux.HandleFunc("GET /v1/checkout/sessions/{id}", f.read)
	record := &openapitest.Recorder{Document: document, Prefix: "/", Report: func(err error) { t.Error(err) }}
	server := httptest.NewServer(record.Wrap(mux))
	t.Cleanup(server.Close)
	return f, server.URL
}

func (f *fakeAPI) create(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+apiKey {
		problem(w, http.StatusUnauthorized, "key_invalid")
		return
	}
	var session map[string]any
	if err := json.NewDecoder(r.Body).Decode(&session); err != nil {
		problem(w, http.StatusBadRequest, "json_invalid")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id := fmt.Sprintf("cs_%d", len(f.sessions)+1)
	for name, value := range map[string]any{
		"id": id, "object": "checkout.session", "url": "https://pay.example/c/" + id, "mode": "test", "status": "open", "line_items": []any{},
		"customer":        map[string]any{"id": nil, "name": nil, "email": nil, "phone": nil},
		"payment_methods": nil, "pay_currencies": nil, "pay_amounts": []any{map[string]any{"amount": session["amount"], "currency": session["currency"], "rate": nil}}, "locale": nil, "metadata": map[string]any{}, "payment": nil, "payment_link": nil,
		"created_at": "2026-11-21T08:00:00Z", "expires_at": "2026-11-21T08:30:00Z", "closed_at": nil,
	} {
		session[name] = value
	}
	f.sessions[id] = session
	f.keys = append(f.keys, r.Header.Get("Idempotency-Key"))
	w.Header().Set("Location", r.URL.Path+"/"+id)
	answer(w, http.StatusCreated, session)
}

func (f *fakeAPI) read(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if session, ok := f.sessions[r.PathValue("id")]; ok {
		answer(w, http.StatusOK, session)
		return
	}
	problem(w, http.StatusNotFound, "not_found")
}

func (f *fakeAPI) complete(id string) (session map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions[id]["status"] = "complete"
	return f.sessions[id]
}

func answer(w http.ResponseWriter, status int, body any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("X-Request-Id", "req_1")
	for _, name := range []string{"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} {
		w.Header().Set(name, "1")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only when the client has gone
}

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	answer(w, status, map[string]any{
		"type": "urn:rieltime:problem:" + code, "title": http.StatusText(status), "status": status, "detail": "No.", "code": code, "param": nil,
		"request_id": "req_1", "errors": nil,
	})
}

// output is what a shop printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// shop is an example that runs.
type shop struct {
	t       *testing.T
	url     string
	printed *output
	client  *http.Client
}

func start(t *testing.T, api string, command func(port string) []string) *shop {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, url: "http://localhost:" + port, printed: &output{}, client: &http.Client{
		Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	args := command(port)
	process := exec.CommandContext(t.Context(), args[0], args[1:]...)
	process.Env = append(os.Environ(), "RIELTIME_URL="+api, "RIELTIME_KEY="+apiKey, "PORT="+port, "TMPDIR="+t.TempDir(),
		"RIELTIME_WEBHOOK_SECRET=whsec_"+base64.StdEncoding.EncodeToString(signingKey))
	process.Stdout, process.Stderr = s.printed, s.printed
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill() // it may have ended by itself
		_ = process.Wait()
	})
	s.until("the shop answers", func() bool {
		response, err := s.client.Get(s.url + "/")
		if err != nil {
			return false
		}
		defer func() { _ = response.Body.Close() }()
		return response.StatusCode == http.StatusOK
	})
	return s
}

func (s *shop) until(what string, holds func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("waited too long until %s; printed:\n%s", what, s.printed)
		}
	}
}

func (s *shop) call(request *http.Request, err error) (*http.Response, string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatalf("%v; printed:\n%s", err, s.printed)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response, string(body)
}

// post sends a webhook signed with key, and gives the status of the answer.
func (s *shop) post(key []byte, at time.Time, id, body string) int {
	s.t.Helper()
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	request, err := http.NewRequest(http.MethodPost, s.url+"/webhook", strings.NewReader(body))
	if err == nil {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("webhook-id", id)
		request.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
		request.Header.Set("webhook-signature", "v1,AAAA v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	response, _ := s.call(request, err)
	return response.StatusCode
}

// buy presses the button, and gives the session the buyer was sent to.
func (s *shop) buy() string {
	s.t.Helper()
	response, body := s.call(http.NewRequest(http.MethodPost, s.url+"/buy", http.NoBody))
	id, found := strings.CutPrefix(response.Header.Get("Location"), "https://pay.example/c/")
	if response.StatusCode != http.StatusSeeOther || !found {
		s.t.Fatalf("buying answers %d %q, printed:\n%s", response.StatusCode, body, s.printed)
	}
	return id
}

func (s *shop) thanks(id string) string {
	s.t.Helper()
	_, body := s.call(http.NewRequest(http.MethodGet, s.url+"/thanks?session_id="+id, http.NoBody))
	return body
}

func completed(t *testing.T, session map[string]any) string {
	t.Helper()
	event, err := json.Marshal(map[string]any{
		"id": "evt_1", "type": "checkout.session.completed", "timestamp": "2026-11-21T08:05:00Z", "mode": "test", "data": map[string]any{"object": session},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(event)
}

func testShop(t *testing.T, command func(port string) []string) {
	f, api := newFakeAPI(t)
	s := start(t, api, command)
	id := s.buy()
	if f.keys[0] == "" {
		t.Error("the session was created without an Idempotency-Key")
	}
	if body := s.thanks(id); !strings.Contains(body, "is not paid yet") {
		t.Errorf("before payment: %q", body)
	}
	session := f.complete(id)
	if body := s.thanks(id); !strings.Contains(body, "is paid") {
		t.Errorf("after payment: %q", body)
	}

	event, now := completed(t, session), time.Now()
	for name, status := range map[string]int{
		"forged": s.post([]byte("another key"), now, "evt_1", event),
		"old":    s.post(signingKey, now.Add(-10*time.Minute), "evt_1", event),
	} {
		if status != http.StatusBadRequest {
			t.Errorf("a webhook that is %s is answered %d", name, status)
		}
	}
	fulfilled := fmt.Sprintf("fulfil %s: 2.50 USD", session["reference"])
	if strings.Contains(s.printed.String(), "fulfil") {
		t.Errorf("a refused webhook was worked on:\n%s", s.printed)
	}
	for range 2 {
		if status := s.post(signingKey, now, "evt_1", event); status != http.StatusNoContent {
			t.Errorf("a signed webhook is answered %d", status)
		}
	}
	s.until("the order is fulfilled", func() bool { return strings.Contains(s.printed.String(), fulfilled) })
	if count := strings.Count(s.printed.String(), fulfilled); count != 1 {
		t.Errorf("fulfilled %d times", count)
	}
}

func TestGoExample(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	testShop(t, func(string) []string { return []string{binary} })
}

func TestExamplesOfOtherLanguages(t *testing.T) {
	t.Parallel()
	for runtime, command := range map[string]func(port string) []string{
		"node":    func(string) []string { return []string{"node", "node/shop.mjs"} },
		"python3": func(string) []string { return []string{"python3", "python/shop.py"} },
		"php":     func(port string) []string { return []string{"php", "-S", "localhost:" + port, "php/shop.php"} },
	} {
		if _, err := exec.LookPath(runtime); err != nil {
			t.Logf("%s is not on this machine", runtime)
			continue
		}
		t.Run(runtime, func(t *testing.T) {
			t.Parallel()
			testShop(t, command)
		})
	}
}
