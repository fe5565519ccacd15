package bakong_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/internal/testclock"
	"rieltime/providers"
	"rieltime/providers/bakong"
	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/providertest"
	"rieltime/providers/wire"
)

var start = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// harness is a provider in front of a simulator.
type harness struct {
	*testing.T
	clock    *testclock.Clock
	vault    *providertest.Vault
	sim      *bakongsim.Simulator
	server   *httptest.Server
	provider *bakong.Provider
	log      *lockedBuffer
	settings map[string]any
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{T: t, clock: testclock.New(start), vault: &providertest.Vault{}, log: &lockedBuffer{}}
	sim, err := bakongsim.New(bakongsim.Options{Now: h.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	h.sim = sim
	h.server = httptest.NewServer(sim.Handler())
	t.Cleanup(h.server.Close)
	h.provider = bakong.New(providers.Options{
		Wire: wire.New(300 * time.Millisecond), Vault: h.vault, Now: h.clock.Now,
		Log: slog.New(slog.NewTextHandler(h.log, nil)),
	})
	h.settings = map[string]any{
		"base_url":      h.server.URL,
		"account":       bakongsim.DemoAccount,
		"merchant_name": "Rieltime Demo",
		"token":         bakongsim.DemoToken,
	}
	return h
}

func (h *harness) account() checkout.Account {
	h.Helper()
	raw, err := json.Marshal(h.settings)
	if err != nil {
		h.Fatal(err)
	}
	return checkout.Account{ID: "acct_1", Mode: checkout.ModeTest, Provider: "bakong", Settings: raw}
}

// create starts a payment and returns it as the service would record it.
func (h *harness) create(amount checkout.Money) checkout.Payment {
	h.Helper()
	payment := h.newPayment(amount)
	created, err := h.provider.CreatePayment(context.Background(), h.account(), checkout.Start{
		Payment: payment, MerchantName: "Rieltime Demo", ReturnURL: "https://pay.example/return/bakong/" + payment.ID,
	})
	if err != nil {
		h.Fatalf("CreatePayment: %v", err)
	}
	if payment.Payees, err = h.provider.Payees(h.account()); err != nil {
		h.Fatal(err)
	}
	payment.ProviderID = created.ProviderID
	payment.NextAction, payment.State, payment.ExpiresAt = created.NextAction, created.State, created.ExpiresAt
	return payment
}

func (h *harness) newPayment(amount checkout.Money) checkout.Payment {
	return checkout.Payment{
		ID: "pay_1", Provider: "bakong", Method: "khqr", Reference: checkout.NewReference(),
		Amount: amount, CreatedAt: h.clock.Now(), ExpiresAt: h.clock.Now().Add(time.Hour),
	}
}

func (h *harness) query(payment checkout.Payment) checkout.Answer {
	return h.provider.QueryPayment(context.Background(), h.account(), payment)
}

// control calls the simulator's control API and reads its answer into out.
func (h *harness) control(method, path, body string, out any) {
	h.Helper()
	request, err := http.NewRequest(method, h.server.URL+"/control/"+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	response, err := h.server.Client().Do(request)
	if err != nil {
		h.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		h.Fatalf("%s /control/%s: %d %s %v", method, path, response.StatusCode, text, err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			h.Fatalf("%s /control/%s: %v in %s", method, path, err, text)
		}
	}
}

func (h *harness) pay(in bakongsim.Payment) bakongsim.Transaction {
	h.Helper()
	made, err := h.sim.Pay(in)
	if err != nil {
		h.Fatalf("pay: %v", err)
	}
	return made
}

// requestCount returns how many requests reached an endpoint.
func (h *harness) requestCount(endpoint string) int {
	h.Helper()
	var ledger struct {
		Requests struct{ Counts map[string]int }
	}
	h.control("GET", "ledger", "", &ledger)
	return ledger.Requests.Counts["/v1/"+endpoint]
}

type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func usd(cents int64) checkout.Money { return checkout.Money{Minor: cents, Currency: checkout.USD} }
func khr(riel int64) checkout.Money  { return checkout.Money{Minor: riel, Currency: checkout.KHR} }

func (h *harness) get(url string) string {
	h.Helper()
	response, err := http.Get(url)
	if err != nil {
		h.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		h.Fatalf("GET %s: %d %v", url, response.StatusCode, err)
	}
	return string(text)
}

// bodyServer answers everything with the body of a fault.
func bodyServer(t *testing.T, fault string) string {
	t.Helper()
	var f struct{ Body string }
	if err := json.Unmarshal([]byte(fault), &f); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(f.Body))
	}))
	t.Cleanup(server.Close)
	return server.URL
}
