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
	"rieltime/internal/testclock"
	"rieltime/providers"
	"rieltime/providers/kess"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/providertest"
	"rieltime/providers/simkit"
	"rieltime/providers/wire"
)

const (
	deadline    = 30 * time.Second
	callTimeout = 300 * time.Millisecond
	service     = "webpay.acquire."
)

// harness is an adapter on a simulator, with a merchant's server that keeps the
// notices it gets.
type harness struct {
	t        *testing.T
	clock    *testclock.Clock
	sim      *kesssim.Simulator
	server   *httptest.Server
	provider *kess.Provider
	settings map[string]any
	notices  chan checkout.Message
	called   sync.Map // bodies of the last call of each service
	notify   *httptest.Server
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{t: t, clock: testclock.New(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)), notices: make(chan checkout.Message, 20)}
	sim, err := kesssim.New(kesssim.Options{Now: h.clock.Now, RetryEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	h.sim = sim
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		h.recordRequest(request)
		sim.Handler().ServeHTTP(w, request)
	}))
	h.notify = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		h.notices <- checkout.Message{Method: request.Method, ContentType: request.Header.Get("Content-Type"), Body: body}
	}))
	t.Cleanup(h.server.Close)
	t.Cleanup(h.notify.Close)
	t.Cleanup(sim.Close)
	h.settings = map[string]any{
		"base_url": h.server.URL, "client_id": kesssim.DemoClientID, "client_secret": kesssim.DemoClientSecret,
		"username": kesssim.DemoUsername, "password": kesssim.DemoPassword, "seller_code": kesssim.DemoSellerCode,
		"api_secret_key": kesssim.DemoAPISecretKey, "sign_type": "HMAC-SHA256", "native": true,
	}
	h.restart()
	return h
}

// recordRequest keeps the body of a call.
func (h *harness) recordRequest(request *http.Request) {
	if request.URL.Path != "/api/mch/v2/gateway" {
		return
	}
	var params map[string]any
	if json.Unmarshal(simkit.ReadBody(request), &params) == nil {
		h.called.Store(params["service"], params)
	}
}

// lastRequest returns the body of the last call of a service.
func (h *harness) lastRequest(name string) map[string]any {
	h.t.Helper()
	params, called := h.called.Load(service + name)
	if !called {
		h.t.Fatalf("%s was not called", name)
	}
	return params.(map[string]any)
}

// restart makes a new adapter, as after a restart or on another replica.
func (h *harness) restart() {
	h.provider = kess.New(providers.Options{Wire: wire.New(callTimeout), Vault: &providertest.Vault{}, Now: h.clock.Now})
}

func (h *harness) account() checkout.Account {
	h.t.Helper()
	settings, err := json.Marshal(h.settings)
	if err != nil {
		h.t.Fatal(err)
	}
	return checkout.Account{ID: "acct_1", Mode: checkout.ModeTest, Provider: "kess", Settings: settings}
}

func (h *harness) start(method, amount string, currency checkout.Currency) checkout.Start {
	h.t.Helper()
	money, err := checkout.ParseMoney(amount, currency)
	if err != nil {
		h.t.Fatal(err)
	}
	return checkout.Start{
		Payment: checkout.Payment{
			ID: "pay_1", Provider: "kess", Method: method, AccountID: "acct_1", Reference: checkout.NewReference(),
			Amount: money, CreatedAt: h.clock.Now(), ExpiresAt: h.clock.Now().Add(20 * time.Minute),
		},
		Description: "Iced coffee & cake = 2", Device: checkout.DeviceDesktop,
		ReturnURL: "https://pay.example/return/kess/pay_1", CallbackURL: h.notify.URL,
	}
}

// create starts a payment and gives it as the service would record it.
func (h *harness) create(start checkout.Start) (checkout.Payment, checkout.Created) {
	h.t.Helper()
	created, err := h.provider.CreatePayment(h.t.Context(), h.account(), start)
	if err != nil {
		h.t.Fatal(err)
	}
	payment := start.Payment
	if payment.Payees, err = h.provider.Payees(h.account()); err != nil {
		h.t.Fatal(err)
	}
	payment.ProviderID, payment.State = created.ProviderID, created.State
	return payment, created
}

func (h *harness) query(payment checkout.Payment) checkout.Answer {
	return h.provider.QueryPayment(h.t.Context(), h.account(), payment)
}

func (h *harness) control(method, path string, body any) int {
	h.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+"/control/"+path, bytes.NewReader(text))
	if err != nil {
		h.t.Fatal(err)
	}
	answer, err := h.server.Client().Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// mustControl calls the control API and ends the test unless that succeeds.
func (h *harness) mustControl(path string, body map[string]any) {
	h.t.Helper()
	if status := h.control("POST", path, body); status != http.StatusNoContent {
		h.t.Fatalf("%s %v answered %d", path, body, status)
	}
}

func (h *harness) fault(f simkit.Fault) {
	h.t.Helper()
	if status := h.control("POST", "faults", f); status != http.StatusNoContent {
		h.t.Fatalf("fault %+v answered %d", f, status)
	}
}

func (h *harness) pay(payment checkout.Payment, more map[string]any) {
	h.t.Helper()
	body := map[string]any{"reference": payment.Reference}
	for name, value := range more {
		body[name] = value
	}
	h.mustControl("pay", body)
}

func (h *harness) ledger() kesssim.Ledger {
	h.t.Helper()
	answer, err := http.Get(h.server.URL + "/control/ledger")
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	var ledger kesssim.Ledger
	if err := json.NewDecoder(answer.Body).Decode(&ledger); err != nil {
		h.t.Fatal(err)
	}
	return ledger
}

func (h *harness) notice() checkout.Message {
	h.t.Helper()
	select {
	case message := <-h.notices:
		return message
	case <-time.After(deadline):
		h.t.Fatal("no notice came")
		return checkout.Message{}
	}
}

// browse opens or posts a page without following redirects.
func (h *harness) browse(target string, form url.Values) (status int, body, location string) {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, target, nil)
	if form != nil {
		request, err = http.NewRequestWithContext(h.t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	}
	if err != nil {
		h.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header.Get("Location")
}
