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

// bayopayShop is a merchant whose BayoPay knows the addresses that `merchant
// apply` printed, and refuses all others.
type bayopayShop struct {
	*testing.T
	*app
	sim      *bayopaysim.Simulator
	server   *httptest.Server
	accounts map[string]string
}

func newBayoPayShop(t *testing.T) *bayopayShop {
	t.Helper()
	sim, err := bayopaysim.New(bayopaysim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(func() { server.Close(); sim.Close() })
	flags := dataFlags{Data: t.TempDir(), Key: checkout.Secret(base64.StdEncoding.EncodeToString(newKey()))}
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
	if err := printApplied(&printed, applied); err != nil {
		t.Fatal(err)
	}
	account := bayopaysim.Demo()
	account.Registered = regexp.MustCompile(`https://pay\.example\S+`).FindAllString(printed.String(), -1)
	if len(account.Registered) != 2 {
		t.Fatalf("not two addresses in\n%s", &printed)
	}
	if err := sim.SetAccount(account); err != nil {
		t.Fatal(err)
	}
	return &bayopayShop{t, app, sim, server, applied.Modes[0].Accounts}
}

// start begins a payment and posts its form, which leads to a page of BayoPay's.
func (s *bayopayShop) start() (payment checkout.Payment, page string) {
	s.Helper()
	session, err := s.service.CreateSession(s.Context(), "klaing", checkout.ModeTest, checkout.SessionParams{
		Amount: "2.50", Currency: "USD", Reference: checkout.NewReference(), SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/cart",
		Customer: checkout.Customer{Name: "Sok Dara", Email: "sok@shop.example", Phone: "012 345 678"},
	}, checkout.IdempotentRequest{})
	if err != nil {
		s.Fatal(err)
	}
	purchase, err := s.service.StartPayment(s.Context(), session.ID, checkout.StartParams{Method: "bayopay", Device: checkout.DeviceDesktop})
	if err != nil {
		s.Fatal(err)
	}
	payment = *purchase.Latest()
	form := url.Values{}
	for _, field := range payment.NextAction.Fields {
		form.Set(field.Name, field.Value)
	}
	answer, err := http.PostForm(payment.NextAction.URL, form)
	if err != nil {
		s.Fatal(err)
	}
	return payment, s.text(answer)
}

func (s *bayopayShop) text(answer *http.Response) string {
	s.Helper()
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	return string(text)
}

func TestWhatIsPrintedToRegisterIsWhatIsSent(t *testing.T) {
	s := newBayoPayShop(t)
	for range 2 { // the addresses are the same for each payment
		if _, page := s.start(); !strings.Contains(page, "Card number") {
			t.Errorf("BayoPay refuses the payment: %s", page)
		}
	}
}

// An account's return address names no payment: what BayoPay posts to it does.
func TestBuyerComesBackToAnAccountsAddress(t *testing.T) {
	s := newBayoPayShop(t)
	payment, _ := s.start()
	s.start() // another's
	pay := `{"reference":"` + payment.Reference + `"}`
	if _, err := http.Post(s.server.URL+"/control/pay", "application/json", strings.NewReader(pay)); err != nil {
		t.Fatal(err)
	}
	var ledger struct {
		Transactions []struct{ TranID, OrderID string }
	}
	answer, err := http.Get(s.server.URL + "/control/ledger")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(s.text(answer)), &ledger); err != nil {
		t.Fatal(err)
	}
	if answer, err = http.Get(s.server.URL + "/bayoipg/Pays/" + ledger.Transactions[0].TranID); err != nil {
		t.Fatal(err)
	}
	page, result := s.text(answer), url.Values{}
	for _, input := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		result.Set(input[1], input[2])
	}
	back := checkout.Message{Method: http.MethodPost, Return: true, Body: []byte(result.Encode())}
	account := s.accounts["bayopay"]
	returned, _, err := s.service.Returned(t.Context(), "bayopay", account, back)
	if err != nil || returned.ID != payment.ID {
		t.Errorf("back at %s, %v, want %s", returned.ID, err, payment.ID)
	}
	if !strings.Contains(page, `action="https://pay.example/return/bayopay/`+account+`"`) {
		t.Errorf("BayoPay leads back elsewhere: %s", page)
	}
	result.Set("bayo_reshash", strings.Repeat("0", 64))
	forged := checkout.Message{Method: http.MethodPost, Return: true, Body: []byte(result.Encode())}
	if _, err := s.service.Callback(t.Context(), "bayopay", account, forged); err == nil {
		t.Error("a forged result was believed")
	}
	if got, err := s.service.Payment(t.Context(), payment.ID); err != nil || got.Proof != nil {
		t.Errorf("a forged result became %+v, %v", got.Proof, err)
	}
	if _, err := s.service.Callback(t.Context(), "bayopay", account, back); err != nil {
		t.Error(err)
	}
	if got, err := s.service.Payment(t.Context(), payment.ID); err != nil || got.Status != checkout.PaymentSucceeded {
		t.Errorf("paid, it is %s, %v", got.Status, err)
	}
	for provider, id := range map[string]string{"bayopay": "acct_none", "kess": account, "bakong": payment.ID} {
		if _, _, err := s.service.Returned(t.Context(), provider, id, back); err == nil {
			t.Errorf("%s has a payment at %s", provider, id)
		}
	}
	if _, _, err := s.service.Returned(t.Context(), "bayopay", account, checkout.Message{Method: http.MethodGet, Return: true}); err == nil {
		t.Error("a return that names nothing has a payment")
	}
}
