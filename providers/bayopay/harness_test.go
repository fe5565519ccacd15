package bayopay

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
	"rieltime/providers/bayopay/bayopaysim"
)

// harness is the provider beside its simulator and a merchant's server that
// hands on the callbacks it is brought.
type harness struct {
	t         *testing.T
	provider  *Provider
	server    *httptest.Server
	account   checkout.Account
	callbacks chan checkout.Message
	address   string // of the merchant's server
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	sim, err := bayopaysim.New(bayopaysim.Options{RetryEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	callbacks := make(chan checkout.Message, 16)
	merchant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		callbacks <- checkout.Message{
			Method: r.Method, ContentType: r.Header.Get("Content-Type"), Body: body, ReceivedAt: time.Now(),
		}
	}))
	t.Cleanup(merchant.Close)
	t.Cleanup(server.Close)
	t.Cleanup(sim.Close)
	return &harness{
		t: t, provider: New(providers.Options{}), server: server, callbacks: callbacks, address: merchant.URL,
		account: accountAt(server.URL+bayopaysim.GatewayPath, nil),
	}
}

// accountAt is the demo account at a gateway, with some settings changed.
func accountAt(gateway string, changes map[string]any) checkout.Account {
	settings := map[string]any{
		"gateway_url": gateway, "niaga_id": bayopaysim.DemoNiagaID, "niaga_key": bayopaysim.DemoNiagaKey,
	}
	for name, value := range changes {
		settings[name] = value
	}
	text, _ := json.Marshal(settings)
	return checkout.Account{ID: "acct_1", Mode: checkout.ModeTest, Provider: Name, Settings: text}
}

func startOf(cents int64, address string) checkout.Start {
	return checkout.Start{
		Payment: checkout.Payment{
			ID: "pay_1", Reference: checkout.NewReference(), Amount: checkout.Money{Minor: cents, Currency: checkout.USD},
		},
		Description: "Coffee & cake (2 × \"large\")",
		Customer:    checkout.Customer{Name: "Sok O'Dara", Email: "sok@example.com", Phone: "+855 12 345 678"},
		ReturnURL:   address + "/return/bayopay/pay_1", CallbackURL: address + "/callbacks/bayopay/pay_1",
	}
}

// create starts a payment and posts its form as the buyer's browser would.
func (h *harness) create(cents int64) checkout.Payment {
	h.t.Helper()
	start := startOf(cents, h.address)
	created, err := h.provider.CreatePayment(h.t.Context(), h.account, start)
	if err != nil {
		h.t.Fatal(err)
	}
	if status, page := h.post(created.NextAction); status != http.StatusOK || !strings.Contains(page, "Card number") {
		h.t.Fatalf("the form leads to %d %s", status, page)
	}
	payment := start.Payment
	if payment.Payees, err = h.provider.Payees(h.account); err != nil {
		h.t.Fatal(err)
	}
	payment.NextAction = created.NextAction
	return payment
}

func (h *harness) post(action checkout.NextAction) (int, string) {
	h.t.Helper()
	form := url.Values{}
	for _, field := range action.Fields {
		form.Add(field.Name, field.Value)
	}
	answer, err := h.server.Client().PostForm(action.URL, form)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer.StatusCode, string(page)
}

func (h *harness) control(path, format string, args ...any) {
	h.t.Helper()
	answer, err := h.server.Client().Post(h.server.URL+"/control/"+path, "application/json", strings.NewReader(fmt.Sprintf(format, args...)))
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		text, _ := io.ReadAll(answer.Body)
		h.t.Fatalf("/control/%s: %d %s", path, answer.StatusCode, text)
	}
}

// callback waits for the next callback and reads it.
func (h *harness) callback() (checkout.Callback, error) {
	h.t.Helper()
	select {
	case message := <-h.callbacks:
		return h.provider.ReadCallback(h.account, message)
	case <-time.After(30 * time.Second):
		h.t.Fatal("no callback came")
	}
	return checkout.Callback{}, nil
}
