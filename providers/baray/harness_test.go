package baray

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/wire"
)

const shortTimeout = 300 * time.Millisecond

// harness is the provider beside its simulator.
type harness struct {
	t        *testing.T
	provider *Provider
	server   *httptest.Server
	account  checkout.Account
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	sim, err := baraysim.New(baraysim.Options{RetryEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(sim.Close)
	return &harness{
		t: t, provider: New(providers.Options{Wire: wire.New(shortTimeout)}), server: server,
		account: accountAt(server.URL, nil),
	}
}

// accountAt is the demo account at a host, with some settings changed.
func accountAt(host string, changes map[string]any) checkout.Account {
	settings := map[string]any{
		"base_url": host, "pay_url": host, "api_key": baraysim.DemoAPIKey,
		"sk": baraysim.DemoSK, "iv": baraysim.DemoIV, "target": baraysim.DemoTarget, "org_id": baraysim.DemoOrgID,
	}
	for name, value := range changes {
		settings[name] = value
	}
	text, _ := json.Marshal(settings)
	return checkout.Account{ID: "acct_1", Mode: checkout.ModeTest, Provider: Name, Settings: text}
}

func startOf(amount int64, currency checkout.Currency) checkout.Start {
	return checkout.Start{
		Payment: checkout.Payment{
			ID: "pay_1", Reference: checkout.NewReference(), Amount: checkout.Money{Minor: amount, Currency: currency},
		},
		Description: "Coffee", ReturnURL: "https://pay.example/return/baray/pay_1",
		CallbackURL: "https://pay.example/callbacks/baray/pay_1",
	}
}

// create starts a payment and returns it as the service would record it.
func (h *harness) create(start checkout.Start) checkout.Payment {
	h.t.Helper()
	created, err := h.provider.CreatePayment(h.t.Context(), h.account, start)
	if err != nil {
		h.t.Fatal(err)
	}
	payment := start.Payment
	if payment.Payees, err = h.provider.Payees(h.account); err != nil {
		h.t.Fatal(err)
	}
	payment.ProviderID = created.ProviderID
	payment.NextAction, payment.State = created.NextAction, created.State
	return payment
}

func (h *harness) control(method, path, body string) string {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+"/control/"+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	answer, err := h.server.Client().Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 2 {
		h.t.Fatalf("%s /control/%s: %d %s %v", method, path, answer.StatusCode, text, err)
	}
	return string(text)
}

func (h *harness) pay(reference, outcome string) {
	h.t.Helper()
	h.control("POST", "pay", fmt.Sprintf(`{"reference":%q,"outcome":%q}`, reference, outcome))
}

func (h *harness) ledger() baraysim.Ledger {
	h.t.Helper()
	var ledger baraysim.Ledger
	if err := json.Unmarshal([]byte(h.control("GET", "ledger", "")), &ledger); err != nil {
		h.t.Fatal(err)
	}
	return ledger
}

func messageOf(body string) checkout.Message {
	return checkout.Message{Method: http.MethodPost, ContentType: "application/json", Body: []byte(body)}
}

func returnOf(address string) checkout.Message {
	u, err := url.Parse(address)
	if err != nil {
		return checkout.Message{}
	}
	return checkout.Message{Method: http.MethodGet, Query: u.Query(), Return: true}
}
