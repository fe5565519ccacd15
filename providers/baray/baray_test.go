package baray

import (
	"encoding/json"
	"errors"
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

// world is the provider beside its simulator.
type world struct {
	t        *testing.T
	provider *Provider
	server   *httptest.Server
	account  checkout.Account
}

func newWorld(t *testing.T) *world {
	t.Helper()
	sim, err := baraysim.New(baraysim.Options{RetryEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(sim.Close)
	return &world{
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
func (w *world) create(start checkout.Start) checkout.Payment {
	w.t.Helper()
	created, err := w.provider.CreatePayment(w.t.Context(), w.account, start)
	if err != nil {
		w.t.Fatal(err)
	}
	payment := start.Payment
	if payment.Payees, err = w.provider.Payees(w.account); err != nil {
		w.t.Fatal(err)
	}
	payment.ProviderID = created.ProviderID
	payment.NextAction, payment.State = created.NextAction, created.State
	return payment
}

func (w *world) control(method, path, body string) string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+"/control/"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 2 {
		w.t.Fatalf("%s /control/%s: %d %s %v", method, path, answer.StatusCode, text, err)
	}
	return string(text)
}

func (w *world) pay(reference, outcome string) {
	w.t.Helper()
	w.control("POST", "pay", fmt.Sprintf(`{"reference":%q,"outcome":%q}`, reference, outcome))
}

func (w *world) ledger() baraysim.Ledger {
	w.t.Helper()
	var ledger baraysim.Ledger
	if err := json.Unmarshal([]byte(w.control("GET", "ledger", "")), &ledger); err != nil {
		w.t.Fatal(err)
	}
	return ledger
}

func TestMethodsKeepToTheLeastAmounts(t *testing.T) {
	provider := New(providers.Options{})
	for _, tc := range []struct {
		amount checkout.Money
		want   int
	}{
		{checkout.Money{Minor: 2, Currency: checkout.USD}, 0},
		{checkout.Money{Minor: 3, Currency: checkout.USD}, 1},
		{checkout.Money{Minor: 99, Currency: checkout.KHR}, 0},
		{checkout.Money{Minor: 100, Currency: checkout.KHR}, 1},
		{checkout.Money{Minor: 1000, Currency: "MYR"}, 0},
	} {
		methods, err := provider.Methods(t.Context(), checkout.Account{}, tc.amount)
		if err != nil || len(methods) != tc.want {
			t.Errorf("%s: %d methods, %v, want %d", tc.amount, len(methods), err, tc.want)
		}
	}
}

func TestCreatePaymentRedirectsToTheIntent(t *testing.T) {
	for _, tc := range []struct {
		amount   int64
		currency checkout.Currency
		text     string
	}{{1000, checkout.USD, "10.00"}, {41000, checkout.KHR, "41000.00"}} {
		w := newWorld(t)
		payment := w.create(startOf(tc.amount, tc.currency))
		intents := w.ledger().Intents
		if len(intents) != 1 {
			t.Fatalf("%d intents, want 1", len(intents))
		}
		intent := intents[0]
		if intent.Amount != tc.text || intent.Currency != string(tc.currency) || intent.OrderID != payment.Reference {
			t.Errorf("intent %s %s for %s, want %s %s for %s", intent.Amount, intent.Currency, intent.OrderID, tc.text, tc.currency, payment.Reference)
		}
		if want := w.server.URL + "/" + intent.ID; payment.NextAction.Kind != checkout.ActionRedirect || payment.NextAction.URL != want {
			t.Errorf("next action %+v, want a redirect to %s", payment.NextAction, want)
		}
		if want := "https://pay.example/return/baray/pay_1?reference=" + payment.Reference; intent.CustomSuccessURL != want {
			t.Errorf("the buyer comes back to %s, want %s", intent.CustomSuccessURL, want)
		}
	}
}

func TestCreatePaymentComparesTheReply(t *testing.T) {
	start := startOf(1000, checkout.USD)
	good := map[string]any{
		"_id": "itn-1", "org_id": baraysim.DemoOrgID, "order_id": start.Payment.Reference,
		"amount": "10.00", "currency": "USD", "target": "DEVELOPMENT",
	}
	for name, change := range map[string]map[string]any{
		"amount":               {"amount": "1.00"},
		"amount of nonsense":   {"amount": "ten"},
		"no amount":            {"amount": nil},
		"currency":             {"currency": "KHR"},
		"order":                {"order_id": "R1111111111111111111Z"},
		"target":               {"target": "PRODUCTION"},
		"organization":         {"org_id": "org-other"},
		"no id":                {"_id": ""},
		"id that is a path":    {"_id": "../evil"},
		"id that is a host":    {"_id": "@evil.example"},
		"nothing that matches": {"_id": nil, "order_id": nil, "amount": nil, "currency": nil},
	} {
		t.Run(name, func(t *testing.T) {
			reply := map[string]any{}
			for _, fields := range []map[string]any{good, change} {
				for field, value := range fields {
					reply[field] = value
				}
			}
			text, err := json.Marshal(reply)
			if err != nil {
				t.Fatal(err)
			}
			created, err := createAt(t, http.StatusOK, string(text), start)
			if err == nil || created.NextAction.Kind != checkout.ActionNone {
				t.Errorf("CreatePayment = %+v, %v, want an error and no next action", created, err)
			}
			if _, definite := checkout.AsRefused(err); definite {
				t.Errorf("CreatePayment = %v, want don't know", err)
			}
		})
	}
	if _, err := createAt(t, http.StatusOK, mustJSON(t, good), start); err != nil {
		t.Errorf("CreatePayment of the matching reply = %v", err)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// createAt creates a payment at a server that always answers alike.
func createAt(t *testing.T, status int, body string, start checkout.Start) (checkout.Created, error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	return New(providers.Options{Wire: wire.New(shortTimeout)}).CreatePayment(t.Context(), accountAt(server.URL, nil), start)
}

func TestCreatePaymentTellsNoFromDontKnow(t *testing.T) {
	for _, tc := range []struct {
		status  int
		body    string
		refused bool
		buyer   string
	}{
		{401, `{"error":"Unauthorized. Invalid API Key"}`, true, "try_other_method"},
		{401, `{"error":"Unauthorized. Invalid encryption"}`, true, "try_other_method"},
		{400, `{"error":"Invalid payload json format"}`, true, "try_other_method"},
		{400, `{"error":"Invalid amount"}`, true, "try_other_method"},
		{400, `{"error":"Invalid currency"}`, true, "try_other_method"},
		{422, `{"error":"USD amount must be >= 0.03"}`, true, "amount_too_small"},
		{422, `{"error":"KHR amount must be >= 100"}`, true, "amount_too_small"},
		{400, `<html>`, false, ""},
		{403, `{"error":"Forbidden"}`, false, ""},
		{429, `{"error":"Too many requests"}`, false, ""},
		{500, `{"error":"Internal Server Error"}`, false, ""},
		{302, ``, false, ""},
		{200, `{"_id":`, false, ""},
	} {
		_, err := createAt(t, tc.status, tc.body, startOf(1000, checkout.USD))
		refused, definite := checkout.AsRefused(err)
		if err == nil || definite != tc.refused {
			t.Errorf("%d %s: %v, refused %v, want %v", tc.status, tc.body, err, definite, tc.refused)
			continue
		}
		if definite && refused.Buyer != tc.buyer {
			t.Errorf("%d %s: the buyer reads %s, want %s", tc.status, tc.body, refused.Buyer, tc.buyer)
		}
	}
}

func TestCallsThatBringNoAnswerAreDontKnow(t *testing.T) {
	for _, kind := range []string{"timeout", "reset", "malformed"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			payment := w.create(startOf(1000, checkout.USD))
			w.pay(payment.Reference, "paid")
			w.control("POST", "faults", fmt.Sprintf(`{"kind":%q}`, kind))

			_, err := w.provider.CreatePayment(t.Context(), w.account, startOf(1000, checkout.USD))
			if _, definite := checkout.AsRefused(err); err == nil || definite {
				t.Errorf("CreatePayment = %v, want don't know", err)
			}
			answer := w.provider.QueryPayment(t.Context(), w.account, payment)
			if answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
				t.Errorf("QueryPayment = %+v, want don't know with its cause", answer)
			}
			w.control("DELETE", "faults", "")
			if answer := w.provider.QueryPayment(t.Context(), w.account, payment); answer.Verdict != checkout.VerdictPaid {
				t.Errorf("QueryPayment afterwards = %+v, want paid", answer)
			}
		})
	}
}

func TestErrorsShowNoSecrets(t *testing.T) {
	w := newWorld(t)
	w.account = accountAt(w.server.URL, map[string]any{"api_key": "bry_wrong_key"})
	_, err := w.provider.CreatePayment(t.Context(), w.account, startOf(1000, checkout.USD))
	if err == nil {
		t.Fatal("a wrong API key was accepted")
	}
	settings, parseErr := parseSettings(w.account.Settings)
	if parseErr != nil {
		t.Fatal(parseErr)
	}
	shown := fmt.Sprintf("%v %+v %#v", err, settings, settings)
	for _, secret := range []string{"bry_wrong_key", baraysim.DemoSK, baraysim.DemoIV} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q shows a secret", shown)
		}
	}
}

func TestCheckSettingsNamesTheBadField(t *testing.T) {
	live := map[string]any{"base_url": "https://api.baray.io", "pay_url": "https://pay.baray.io", "target": Production}
	for name, tc := range map[string]struct {
		mode    checkout.Mode
		changes map[string]any
		param   string
	}{
		"test":                     {checkout.ModeTest, nil, "-"},
		"test with UAT":            {checkout.ModeTest, map[string]any{"target": UAT}, "-"},
		"no organization":          {checkout.ModeTest, map[string]any{"org_id": ""}, "-"},
		"live":                     {checkout.ModeLive, live, "-"},
		"unknown field":            {checkout.ModeTest, map[string]any{"secret": "x"}, "secret"},
		"field of another type":    {checkout.ModeTest, map[string]any{"sk": 5}, "sk"},
		"no API key":               {checkout.ModeTest, map[string]any{"api_key": ""}, "api_key"},
		"short sk":                 {checkout.ModeTest, map[string]any{"sk": "AAAA"}, "sk"},
		"short iv":                 {checkout.ModeTest, map[string]any{"iv": "AAAA"}, "iv"},
		"no target":                {checkout.ModeTest, map[string]any{"target": ""}, "target"},
		"another target":           {checkout.ModeTest, map[string]any{"target": "development"}, "target"},
		"test with PRODUCTION":     {checkout.ModeTest, map[string]any{"target": Production}, "target"},
		"live with DEVELOPMENT":    {checkout.ModeLive, merge(live, "target", Development), "target"},
		"live with UAT":            {checkout.ModeLive, merge(live, "target", UAT), "target"},
		"live without TLS":         {checkout.ModeLive, merge(live, "base_url", "http://api.baray.io"), "base_url"},
		"live pay page in clear":   {checkout.ModeLive, merge(live, "pay_url", "http://pay.baray.io"), "pay_url"},
		"base URL without host":    {checkout.ModeTest, map[string]any{"base_url": "api.baray.io"}, "base_url"},
		"base URL with a query":    {checkout.ModeTest, map[string]any{"base_url": "https://a.example/?x=1"}, "base_url"},
		"pay URL with a password":  {checkout.ModeTest, map[string]any{"pay_url": "https://a:b@c.example"}, "pay_url"},
		"pay URL of other schemes": {checkout.ModeTest, map[string]any{"pay_url": "javascript://x"}, "pay_url"},
	} {
		err := New(providers.Options{}).CheckSettings(tc.mode, accountAt("http://127.0.0.1:1", tc.changes).Settings)
		if tc.param == "-" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var bad *checkout.Error
		if !errors.As(err, &bad) || bad.Kind != checkout.KindInvalid || bad.Param != tc.param {
			t.Errorf("%s: %v, want %q to be at fault", name, err, tc.param)
		}
	}
}

func merge(fields map[string]any, name string, value any) map[string]any {
	merged := map[string]any{name: value}
	for field, old := range fields {
		if field != name {
			merged[field] = old
		}
	}
	return merged
}

func TestProductionHostsAreTheDefault(t *testing.T) {
	settings, err := parseSettings([]byte(`{}`))
	if err != nil || settings.BaseURL != "https://api.baray.io" || settings.PayURL != "https://pay.baray.io" {
		t.Errorf("settings %+v, %v", settings, err)
	}
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
