package baray

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/wire"
)

func TestCreatePaymentRedirectsToTheIntent(t *testing.T) {
	for _, tc := range []struct {
		amount   int64
		currency checkout.Currency
		text     string
	}{{1000, checkout.USD, "10.00"}, {41000, checkout.KHR, "41000.00"}} {
		h := newHarness(t)
		payment := h.create(startOf(tc.amount, tc.currency))
		intents := h.ledger().Intents
		if len(intents) != 1 {
			t.Fatalf("%d intents, want 1", len(intents))
		}
		intent := intents[0]
		if intent.Amount != tc.text || intent.Currency != string(tc.currency) || intent.OrderID != payment.Reference {
			t.Errorf("intent %s %s for %s, want %s %s for %s", intent.Amount, intent.Currency, intent.OrderID, tc.text, tc.currency, payment.Reference)
		}
		if want := h.server.URL + "/" + intent.ID; payment.NextAction.Kind != checkout.ActionRedirect || payment.NextAction.URL != want {
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

func TestCreatePaymentDistinguishesNoFromUnknown(t *testing.T) {
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

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
