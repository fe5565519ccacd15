package kess_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/kess"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/providertest"
	"rieltime/providers/simkit"
	"rieltime/providers/wire"
)

const (
	deadline    = 5 * time.Second
	callTimeout = 300 * time.Millisecond
	service     = "webpay.acquire."
)

// clock is one that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// harness is an adapter on a simulator, with a merchant's server that keeps the
// notices it gets.
type harness struct {
	t        *testing.T
	clock    *clock
	sim      *kesssim.Simulator
	server   *httptest.Server
	provider *kess.Provider
	settings map[string]any
	notices  chan checkout.Message
	called   sync.Map // bodies of the last call of each service
	notify   *httptest.Server
}

func newRig(t *testing.T) *harness {
	t.Helper()
	r := &harness{t: t, clock: &clock{at: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}, notices: make(chan checkout.Message, 20)}
	sim, err := kesssim.New(kesssim.Options{Now: r.clock.now, RetryEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r.sim = sim
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.note(request)
		sim.Handler().ServeHTTP(w, request)
	}))
	r.notify = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.notices <- checkout.Message{Method: request.Method, ContentType: request.Header.Get("Content-Type"), Body: body}
	}))
	t.Cleanup(r.server.Close)
	t.Cleanup(r.notify.Close)
	t.Cleanup(sim.Close)
	r.settings = map[string]any{
		"base_url": r.server.URL, "client_id": kesssim.DemoClientID, "client_secret": kesssim.DemoClientSecret,
		"username": kesssim.DemoUsername, "password": kesssim.DemoPassword, "seller_code": kesssim.DemoSellerCode,
		"api_secret_key": kesssim.DemoAPISecretKey, "sign_type": "HMAC-SHA256", "native": true,
	}
	r.restart()
	return r
}

// note keeps a call's body.
func (r *harness) note(request *http.Request) {
	if request.URL.Path != "/api/mch/v2/gateway" {
		return
	}
	var params map[string]any
	if json.Unmarshal(simkit.ReadBody(request), &params) == nil {
		r.called.Store(params["service"], params)
	}
}

// sent is what the last call of a service said.
func (r *harness) sent(name string) map[string]any {
	r.t.Helper()
	params, called := r.called.Load(service + name)
	if !called {
		r.t.Fatalf("%s was not called", name)
	}
	return params.(map[string]any)
}

// restart makes a new adapter, as after a restart or on another replica.
func (r *harness) restart() {
	r.provider = kess.New(providers.Options{Wire: wire.New(callTimeout), Vault: &providertest.Vault{}, Now: r.clock.now})
}

func (r *harness) account() checkout.Account {
	r.t.Helper()
	settings, err := json.Marshal(r.settings)
	if err != nil {
		r.t.Fatal(err)
	}
	return checkout.Account{ID: "acct_1", Mode: checkout.ModeTest, Provider: "kess", Settings: settings}
}

func (r *harness) start(method, amount string, currency checkout.Currency) checkout.Start {
	r.t.Helper()
	money, err := checkout.ParseMoney(amount, currency)
	if err != nil {
		r.t.Fatal(err)
	}
	return checkout.Start{
		Payment: checkout.Payment{
			ID: "pay_1", Provider: "kess", Method: method, AccountID: "acct_1", Reference: checkout.NewReference(),
			Amount: money, CreatedAt: r.clock.now(), ExpiresAt: r.clock.now().Add(20 * time.Minute),
		},
		Description: "Iced coffee & cake = 2", Device: checkout.DeviceDesktop,
		ReturnURL: "https://pay.example/return/kess/pay_1", CallbackURL: r.notify.URL,
	}
}

// create starts a payment and gives it as the service would record it.
func (r *harness) create(start checkout.Start) (checkout.Payment, checkout.Created) {
	r.t.Helper()
	created, err := r.provider.CreatePayment(r.t.Context(), r.account(), start)
	if err != nil {
		r.t.Fatal(err)
	}
	payment := start.Payment
	if payment.Payees, err = r.provider.Payees(r.account()); err != nil {
		r.t.Fatal(err)
	}
	payment.ProviderID, payment.State = created.ProviderID, created.State
	return payment, created
}

func (r *harness) query(payment checkout.Payment) checkout.Answer {
	return r.provider.QueryPayment(r.t.Context(), r.account(), payment)
}

func (r *harness) control(method, path string, body any) int {
	r.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+"/control/"+path, bytes.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// must is control where anything but success ends the test.
func (r *harness) must(path string, body map[string]any) {
	r.t.Helper()
	if status := r.control("POST", path, body); status != http.StatusNoContent {
		r.t.Fatalf("%s %v answered %d", path, body, status)
	}
}

func (r *harness) fault(f simkit.Fault) {
	r.t.Helper()
	if status := r.control("POST", "faults", f); status != http.StatusNoContent {
		r.t.Fatalf("fault %+v answered %d", f, status)
	}
}

func (r *harness) pay(payment checkout.Payment, more map[string]any) {
	r.t.Helper()
	body := map[string]any{"reference": payment.Reference}
	for name, value := range more {
		body[name] = value
	}
	r.must("pay", body)
}

func (r *harness) ledger() kesssim.Ledger {
	r.t.Helper()
	answer, err := http.Get(r.server.URL + "/control/ledger")
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	var ledger kesssim.Ledger
	if err := json.NewDecoder(answer.Body).Decode(&ledger); err != nil {
		r.t.Fatal(err)
	}
	return ledger
}

func (r *harness) notice() checkout.Message {
	r.t.Helper()
	select {
	case message := <-r.notices:
		return message
	case <-time.After(deadline):
		r.t.Fatal("no notice came")
		return checkout.Message{}
	}
}

// browse opens or posts a page without following redirects.
func (r *harness) browse(target string, form url.Values) (status int, body, location string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, target, nil)
	if form != nil {
		request, err = http.NewRequestWithContext(r.t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	}
	if err != nil {
		r.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header.Get("Location")
}
