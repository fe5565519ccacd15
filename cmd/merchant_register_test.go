package cmd

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/providers/bayopay/bayopaysim"
)

// bayopayHarness is a merchant at the BayoPay simulator. The addresses that `merchant
// apply` printed are registered there; it refuses all others.
type bayopayHarness struct {
	*testing.T
	*app
	sim      *bayopaysim.Simulator
	server   *httptest.Server
	accounts map[string]string
}

func newBayoPayHarness(t *testing.T) *bayopayHarness {
	t.Helper()
	sim, err := bayopaysim.New(bayopaysim.Options{})
	if err != nil {
		t.Fatal(err)
	}

	server := httptest.NewServer(sim.Handler())
	t.Cleanup(func() { server.Close(); sim.Close() })
	flags := dataFlags{databaseFlags: databaseFlags{Data: t.TempDir()}, Key: checkout.Secret(base64.StdEncoding.EncodeToString(newKey()))}
	app, err := flags.open(t.Context(), "https://pay.example", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = app.store.Close() })
	spec, err := json.Marshal(map[string]any{
		"id": "klaing", "name": "Coffee Klaing", "return_hosts": []string{"shop.example"},
		"test": map[string]any{"providers": map[string]any{"bayopay": map[string]any{
			"gateway_url": server.URL + bayopaysim.GatewayPath, "niaga_id": bayopaysim.DemoNiagaID, "niaga_key": bayopaysim.DemoNiagaKey,
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}

	applied, err := app.applyMerchant(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}

	var printed bytes.Buffer
	printApplied(&printed, applied)

	account := bayopaysim.Demo()
	account.Registered = regexp.MustCompile(`https://pay\.example\S+`).FindAllString(printed.String(), -1)
	if len(account.Registered) != 2 {
		t.Fatalf("not two addresses in\n%s", &printed)
	}

	if err := sim.SetAccount(account); err != nil {
		t.Fatal(err)
	}

	return &bayopayHarness{t, app, sim, server, applied.Modes[0].Accounts}
}

// startPayment starts a payment and posts its form. It returns the payment and
// BayoPay's page.
func (h *bayopayHarness) startPayment() (payment checkout.Payment, page string) {
	h.Helper()
	session, err := h.service.CreateSession(h.Context(), "klaing", checkout.ModeTest, checkout.SessionParams{
		Amount: "2.50", Currency: "USD", Reference: checkout.NewReference(), SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/cart",
		Customer: checkout.Customer{Name: "Sok Dara", Email: "sok@shop.example", Phone: "012 345 678"},
	})
	if err != nil {
		h.Fatal(err)
	}

	purchase, err := h.service.StartPayment(h.Context(), session.ID, checkout.StartParams{Method: "bayopay", Device: checkout.DeviceDesktop})
	if err != nil {
		h.Fatal(err)
	}

	payment = *purchase.Latest()
	form := url.Values{}
	for _, field := range payment.NextAction.Fields {
		form.Set(field.Name, field.Value)
	}

	answer, err := http.PostForm(payment.NextAction.URL, form)
	if err != nil {
		h.Fatal(err)
	}

	return payment, h.readBody(answer)
}

func (h *bayopayHarness) readBody(answer *http.Response) string {
	h.Helper()
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		h.Fatal(err)
	}
	return string(text)
}

func TestWhatIsPrintedToRegisterIsWhatIsSent(t *testing.T) {
	h := newBayoPayHarness(t)
	for range 2 { // the addresses are the same for each payment
		if _, page := h.startPayment(); !strings.Contains(page, "Card number") {
			t.Errorf("BayoPay refuses the payment: %s", page)
		}
	}
}

// An account's return address names no payment; the form that BayoPay posts to it does.
func TestBuyerComesBackToAnAccountsAddress(t *testing.T) {
	h := newBayoPayHarness(t)
	payment, _ := h.startPayment()
	h.startPayment() // another buyer's
	pay := `{"reference":"` + payment.Reference + `"}`
	if _, err := http.Post(h.server.URL+"/control/pay", "application/json", strings.NewReader(pay)); err != nil {
		t.Fatal(err)
	}

	var ledger struct {
		Transactions []struct{ TranID, OrderID string }
	}
	answer, err := http.Get(h.server.URL + "/control/ledger")
	if err != nil {
		t.Fatal(err)
	}

	if err := json.Unmarshal([]byte(h.readBody(answer)), &ledger); err != nil {
		t.Fatal(err)
	}

	if answer, err = http.Get(h.server.URL + "/bayoipg/Pays/" + ledger.Transactions[0].TranID); err != nil {
		t.Fatal(err)
	}

	page, result := h.readBody(answer), url.Values{}
	for _, input := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		result.Set(input[1], input[2])
	}

	back := checkout.Message{Method: http.MethodPost, Return: true, Body: []byte(result.Encode())}
	account := h.accounts["bayopay"]
	returned, _, err := h.service.Returned(t.Context(), "bayopay", account, back)
	if err != nil || returned.ID != payment.ID {
		t.Errorf("returned to payment %s, %v, want %s", returned.ID, err, payment.ID)
	}

	if !strings.Contains(page, `action="https://pay.example/return/bayopay/`+account+`"`) {
		t.Errorf("BayoPay returns to another address: %s", page)
	}

	result.Set("bayo_reshash", strings.Repeat("0", 64))
	forged := checkout.Message{Method: http.MethodPost, Return: true, Body: []byte(result.Encode())}
	if _, err := h.service.Callback(t.Context(), "bayopay", account, forged); err == nil {
		t.Error("a forged result was accepted")
	}

	if got, err := h.service.Payment(t.Context(), payment.ID); err != nil || got.Proof != nil {
		t.Errorf("a forged result proved %+v, %v", got.Proof, err)
	}

	if _, err := h.service.Callback(t.Context(), "bayopay", account, back); err != nil {
		t.Error(err)
	}

	if got, err := h.service.Payment(t.Context(), payment.ID); err != nil || got.Status != checkout.PaymentSucceeded {
		t.Errorf("the paid payment is %s, %v", got.Status, err)
	}

	for provider, id := range map[string]string{"bayopay": "acct_none", "kess": account, "bakong": payment.ID} {
		if _, _, err := h.service.Returned(t.Context(), provider, id, back); err == nil {
			t.Errorf("%s accepted a return at %s", provider, id)
		}
	}

	if _, _, err := h.service.Returned(t.Context(), "bayopay", account, checkout.Message{Method: http.MethodGet, Return: true}); err == nil {
		t.Error("a return without a reference has a payment")
	}
}
