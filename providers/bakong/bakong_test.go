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
	"rieltime/khqr"
	"rieltime/providers"
	"rieltime/providers/bakong"
	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/providertest"
	"rieltime/providers/wire"
)

var start = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// clock is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// harness is a provider in front of a simulator.
type harness struct {
	*testing.T
	clock    *clock
	vault    *providertest.Vault
	sim      *bakongsim.Simulator
	server   *httptest.Server
	provider *bakong.Provider
	log      *lockedBuffer
	settings map[string]any
}

func newWorld(t *testing.T) *harness {
	t.Helper()
	w := &harness{T: t, clock: &clock{at: start}, vault: &providertest.Vault{}, log: &lockedBuffer{}}
	sim, err := bakongsim.New(bakongsim.Options{Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	w.sim = sim
	w.server = httptest.NewServer(sim.Handler())
	t.Cleanup(w.server.Close)
	w.provider = bakong.New(providers.Options{
		Wire: wire.New(300 * time.Millisecond), Vault: w.vault, Now: w.clock.Now,
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	w.settings = map[string]any{
		"base_url":      w.server.URL,
		"account":       bakongsim.DemoAccount,
		"merchant_name": "Rieltime Demo",
		"token":         bakongsim.DemoToken,
	}
	return w
}

func (w *harness) account() checkout.Account {
	w.Helper()
	raw, err := json.Marshal(w.settings)
	if err != nil {
		w.Fatal(err)
	}
	return checkout.Account{ID: "acct_1", Mode: checkout.ModeTest, Provider: "bakong", Settings: raw}
}

// create starts a payment and returns it as the service would record it.
func (w *harness) create(amount checkout.Money) checkout.Payment {
	w.Helper()
	payment := w.attempt(amount)
	created, err := w.provider.CreatePayment(context.Background(), w.account(), checkout.Start{
		Payment: payment, MerchantName: "Rieltime Demo", ReturnURL: "https://pay.example/return/bakong/" + payment.ID,
	})
	if err != nil {
		w.Fatalf("CreatePayment: %v", err)
	}
	if payment.Payees, err = w.provider.Payees(w.account()); err != nil {
		w.Fatal(err)
	}
	payment.ProviderID = created.ProviderID
	payment.NextAction, payment.State, payment.ExpiresAt = created.NextAction, created.State, created.ExpiresAt
	return payment
}

func (w *harness) attempt(amount checkout.Money) checkout.Payment {
	return checkout.Payment{
		ID: "pay_1", Provider: "bakong", Method: "khqr", Reference: checkout.NewReference(),
		Amount: amount, CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(time.Hour),
	}
}

func (w *harness) query(payment checkout.Payment) checkout.Answer {
	return w.provider.QueryPayment(context.Background(), w.account(), payment)
}

// control calls the simulator's control API and reads its answer into out.
func (w *harness) control(method, path, body string, out any) {
	w.Helper()
	request, err := http.NewRequest(method, w.server.URL+"/control/"+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		w.Fatalf("%s /control/%s: %d %s %v", method, path, response.StatusCode, text, err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			w.Fatalf("%s /control/%s: %v in %s", method, path, err, text)
		}
	}
}

func (w *harness) pay(in bakongsim.Payment) bakongsim.Transaction {
	w.Helper()
	made, err := w.sim.Pay(in)
	if err != nil {
		w.Fatalf("pay: %v", err)
	}
	return made
}

// asked counts the questions that reached an endpoint.
func (w *harness) asked(endpoint string) int {
	w.Helper()
	var ledger struct {
		Requests struct{ Counts map[string]int }
	}
	w.control("GET", "ledger", "", &ledger)
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

func TestPaymentIsPaidByItsCode(t *testing.T) {
	for name, amount := range map[string]checkout.Money{
		"dollars": usd(1000), "cents": usd(1), "riel": khr(41000),
		"ten million riel, in exponent form": khr(12_345_678), "most": usd(9_999_999_999),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			payment := w.create(amount)
			if answer := w.query(payment); answer.Verdict != checkout.VerdictPending {
				t.Fatalf("before paying: %+v", answer)
			}
			if code, err := khqr.Decode(payment.NextAction.QRCode); err != nil || code.MerchantName != payment.NextAction.Payee {
				t.Errorf("the payee is %q, in the code %q, %v", payment.NextAction.Payee, code.MerchantName, err)
			}
			made := w.pay(bakongsim.Payment{QR: payment.NextAction.QRCode})
			answer := w.query(payment)
			if answer.Verdict != checkout.VerdictPaid {
				t.Fatalf("after paying: %+v", answer)
			}
			proof := answer.Proof
			if proof.Amount != amount || proof.Payee != payment.Payees[0] || proof.Reference != payment.Reference ||
				proof.TransactionID != made.Hash || !proof.PaidAt.Equal(start) || !proof.SeenAt.Equal(start) ||
				proof.Provider != "bakong" || proof.Source != "query" || !json.Valid(proof.Raw) {
				t.Errorf("proof %+v of %+v", proof, made)
			}
		})
	}
}

func (w *harness) get(url string) string {
	w.Helper()
	response, err := http.Get(url)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		w.Fatalf("GET %s: %d %v", url, response.StatusCode, err)
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
