package baraysim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rieltime/providers/baray/internal/client"
)

const deadline = 30 * time.Second

type harness struct {
	t      *testing.T
	server *httptest.Server
}

func newHarness(t *testing.T, o Options) *harness {
	t.Helper()
	o.RetryEvery = time.Millisecond
	sim, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(sim.Close)
	return &harness{t: t, server: server}
}

// call posts JSON with the demo API key.
func (r *harness) call(path, body string, header ...string) (int, map[string]any) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.server.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("x-api-key", DemoAPIKey)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	status, text, _ := r.do(request)
	answer := map[string]any{}
	_ = json.Unmarshal([]byte(text), &answer) // control answers are not JSON
	return status, answer
}

// do makes a request without following redirects.
func (r *harness) do(request *http.Request) (status int, body, location string) {
	r.t.Helper()
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

func (r *harness) get(path string) (status int, body, location string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.server.URL+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.do(request)
}

func (r *harness) press(path string, form url.Values) (status int, location string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, _, location = r.do(request)
	return status, location
}

func encrypt(t *testing.T, plain string) string {
	t.Helper()
	key, err := client.NewKey(DemoSK, DemoIV)
	if err != nil {
		t.Fatal(err)
	}
	return key.Encrypt([]byte(plain))
}

func (r *harness) create(orderID string) string {
	r.t.Helper()
	status, answer := r.call("/pay", fmt.Sprintf(`{"data":%q}`, encrypt(r.t, fmt.Sprintf(
		`{"amount":"10.00","currency":"USD","order_id":%q,"custom_success_url":"https://shop.example/back"}`, orderID))))
	id, _ := answer["_id"].(string)
	if status != http.StatusOK || id == "" {
		r.t.Fatalf("POST /pay = %d %v", status, answer)
	}
	return id
}

func (r *harness) ledger() Ledger {
	r.t.Helper()
	_, body, _ := r.get("/control/ledger")
	var ledger Ledger
	if err := json.Unmarshal([]byte(body), &ledger); err != nil {
		r.t.Fatal(err)
	}
	return ledger
}

func TestPayAnswersAsDocumented(t *testing.T) {
	r := newHarness(t, Options{})
	status, answer := r.call("/pay", fmt.Sprintf(`{"data":%q}`, encrypt(t,
		`{"amount":"41000.00","currency":"KHR","order_id":"ORDER-1","tracking":{"customer_id":"c1"}}`)))
	if status != http.StatusOK {
		t.Fatalf("status %d %v", status, answer)
	}
	for field, want := range map[string]string{
		"org_id": DemoOrgID, "order_id": "ORDER-1", "amount": "41000.00", "currency": "KHR", "target": "DEVELOPMENT",
	} {
		if answer[field] != want {
			t.Errorf("%s is %v, want %s", field, answer[field], want)
		}
	}
	if id, _ := answer["_id"].(string); !strings.HasPrefix(id, "itn-") || answer["created_at"] == nil {
		t.Errorf("answer %v, want an itn- id and created_at", answer)
	}
}

func TestPayRefusesWithTheDocumentedErrors(t *testing.T) {
	r := newHarness(t, Options{})
	const good = `{"amount":"10.00","currency":"USD","order_id":"ORDER-1"}`
	for name, tc := range map[string]struct {
		plain  string
		body   string // instead of the encrypted plain
		header []string
		status int
		text   string
	}{
		"API key":           {plain: good, header: []string{"x-api-key", "other"}, status: 401, text: "Unauthorized. Invalid API Key"},
		"content type":      {plain: good, header: []string{"Content-Type", "text/plain"}, status: 400, text: "Invalid payload json format"},
		"body":              {body: `data=x`, status: 400, text: "Invalid payload json format"},
		"further field":     {body: `{"data":"","sign":""}`, status: 400, text: "Invalid payload json format"},
		"not encrypted":     {body: `{"data":"e30="}`, status: 401, text: "Unauthorized. Invalid encryption"},
		"nothing":           {body: `{"data":""}`, status: 401, text: "Unauthorized. Invalid encryption"},
		"not JSON inside":   {plain: `amount=10`, status: 400, text: "Invalid payload json format"},
		"unknown inside":    {plain: `{"amount":"10.00","currency":"USD","order_id":"O","x":1}`, status: 400, text: "Invalid payload json format"},
		"no order":          {plain: `{"amount":"10.00","currency":"USD"}`, status: 400, text: "Invalid payload json format"},
		"tracking a text":   {plain: `{"amount":"10.00","currency":"USD","order_id":"O","tracking":"x"}`, status: 400, text: "Invalid payload json format"},
		"success URL":       {plain: `{"amount":"10.00","currency":"USD","order_id":"O","custom_success_url":"javascript:1"}`, status: 400, text: "Invalid payload json format"},
		"amount a number":   {plain: `{"amount":10.00,"currency":"USD","order_id":"O"}`, status: 400, text: "Invalid payload json format"},
		"amount of text":    {plain: `{"amount":"ten","currency":"USD","order_id":"O"}`, status: 400, text: "Invalid amount"},
		"no decimals":       {plain: `{"amount":"41000","currency":"KHR","order_id":"O"}`, status: 400, text: "Invalid amount"},
		"separators":        {plain: `{"amount":"1,000.00","currency":"USD","order_id":"O"}`, status: 400, text: "Invalid amount"},
		"negative":          {plain: `{"amount":"-1.00","currency":"USD","order_id":"O"}`, status: 400, text: "Invalid amount"},
		"currency":          {plain: `{"amount":"10.00","currency":"EUR","order_id":"O"}`, status: 400, text: "Invalid currency"},
		"too little USD":    {plain: `{"amount":"0.02","currency":"USD","order_id":"O"}`, status: 422, text: "USD amount must be >= 0.03"},
		"too little riel":   {plain: `{"amount":"99.99","currency":"KHR","order_id":"O"}`, status: 422, text: "KHR amount must be >= 100"},
		"other key's token": {plain: good, header: []string{"x-api-key", ""}, status: 401, text: "Unauthorized. Invalid API Key"},
	} {
		body := tc.body
		if body == "" {
			body = fmt.Sprintf(`{"data":%q}`, encrypt(t, tc.plain))
		}
		status, answer := r.call("/pay", body, tc.header...)
		if status != tc.status || answer["error"] != tc.text {
			t.Errorf("%s: %d %v, want %d %s", name, status, answer, tc.status, tc.text)
		}
	}
	if intents := r.ledger().Intents; len(intents) != 0 {
		t.Errorf("%d intents, want none", len(intents))
	}
}

func TestChecksFollowTheIntent(t *testing.T) {
	r := newHarness(t, Options{})
	id := r.create("ORDER-1")
	byIntent := fmt.Sprintf(`{"intent_id":%q}`, id)
	byOrder := fmt.Sprintf(`{"org_id":%q,"order_id":"ORDER-1"}`, DemoOrgID)
	for _, want := range []string{"pending", "success"} {
		for path, body := range map[string]string{"/payments/check/intent": byIntent, "/payments/check/order": byOrder} {
			if status, answer := r.call(path, body); status != http.StatusOK || answer["status"] != want {
				t.Errorf("%s = %d %v, want %s", path, status, answer, want)
			}
		}
		if want == "pending" {
			r.call("/control/pay", `{"reference":"ORDER-1"}`)
		}
	}
	for path, body := range map[string]string{
		"/payments/check/intent": `{"intent_id":"itn-other"}`,
		"/payments/check/order":  `{"org_id":"org-other","order_id":"ORDER-1"}`,
	} {
		if status, answer := r.call(path, body); status != http.StatusNotFound || answer["error"] != "Intent not found" {
			t.Errorf("%s = %d %v, want it not found", path, status, answer)
		}
		if status, _ := r.call(path, body, "x-api-key", "other"); status != http.StatusUnauthorized {
			t.Errorf("%s without a key = %d, want 401", path, status)
		}
	}
}

func TestBuyerPaysOnThePage(t *testing.T) {
	r := newHarness(t, Options{PublicURL: "https://sim.example"})
	id := r.create("ORDER-1")
	_, page, _ := r.get("/" + id)
	for _, text := range []string{"SIMULATOR", "10.00 USD", "ORDER-1", "ABA Bank", "ACLEDA Bank", "Sathapana Bank", "Wing", ">Cancel<"} {
		if !strings.Contains(page, text) {
			t.Errorf("the pay page lacks %q", text)
		}
	}
	_, page, _ = r.get("/" + id + "?bank=wing")
	for _, text := range []string{"<h1>Wing</h1>", ">Pay<", ">Fail<", ">Cancel<"} {
		if !strings.Contains(page, text) {
			t.Errorf("the bank's page lacks %q", text)
		}
	}
	if status, to := r.press("/"+id+"/pay", url.Values{"bank": {"wing"}}); status != http.StatusSeeOther || to != "https://sim.example/payments/intents/"+id+"/success" {
		t.Errorf("Pay leads to %d %s", status, to)
	}
	if status, _, to := r.get("/payments/intents/" + id + "/success"); status != http.StatusFound || to != "https://shop.example/back" {
		t.Errorf("success leads to %d %s", status, to)
	}
	intent := r.ledger().Intents[0]
	if intent.Status != "success" || intent.Bank != "wing" || intent.PaidAt.IsZero() || !strings.HasPrefix(intent.TransactionID, "tx-") {
		t.Errorf("the ledger says %+v", intent)
	}
	if _, page, _ := r.get("/" + id); strings.Contains(page, ">Pay<") || !strings.Contains(page, "complete") {
		t.Error("a paid intent is offered again")
	}
	if status, _ := r.call("/control/pay", `{"reference":"ORDER-1"}`); status != http.StatusConflict {
		t.Errorf("paying again = %d, want 409", status)
	}
}

func TestBuyerFailsAndCancels(t *testing.T) {
	account := Demo()
	account.CancelRedirectURL = "https://shop.example/canceled"
	r := newHarness(t, Options{Accounts: []Account{account}})
	id := r.create("ORDER-1")
	if status, to := r.press("/"+id+"/fail", nil); status != http.StatusSeeOther || to != "/"+id {
		t.Errorf("Fail leads to %d %s", status, to)
	}
	if _, page, _ := r.get("/" + id); !strings.Contains(page, "declined") || !strings.Contains(page, "Wing") {
		t.Error("after a failure the page must say so and offer the banks again")
	}
	if status, to := r.press("/"+id+"/cancel", nil); status != http.StatusSeeOther || to != "/payments/intents/"+id+"/cancel" {
		t.Errorf("Cancel leads to %d %s", status, to)
	}
	if _, _, to := r.get("/payments/intents/" + id + "/cancel"); to != "https://shop.example/canceled" {
		t.Errorf("cancel leads to %s", to)
	}
	if status := r.ledger().Intents[0].Status; status != "canceled" {
		t.Errorf("the ledger says %s", status)
	}
}

func TestStateOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	first := newHarness(t, Options{StatePath: path})
	id := first.create("ORDER-1")
	first.call("/control/pay", `{"reference":"ORDER-1"}`)

	second := newHarness(t, Options{StatePath: path})
	status, answer := second.call("/payments/check/intent", fmt.Sprintf(`{"intent_id":%q}`, id))
	if status != http.StatusOK || answer["status"] != "success" {
		t.Errorf("after a restart: %d %v, want success", status, answer)
	}
}

func TestFaultsStrikeTheProtocolAlone(t *testing.T) {
	r := newHarness(t, Options{})
	id := r.create("ORDER-1")
	r.call("/control/faults", `{"kind":"status","status":503}`)
	if status, _ := r.call("/payments/check/intent", fmt.Sprintf(`{"intent_id":%q}`, id)); status != http.StatusServiceUnavailable {
		t.Errorf("the API answers %d, want 503", status)
	}
	if status, _, _ := r.get("/" + id); status != http.StatusOK {
		t.Errorf("the pay page answers %d, want 200", status)
	}
}

func TestLedgerCountsCalls(t *testing.T) {
	r := newHarness(t, Options{})
	r.create("ORDER-1")
	r.create("ORDER-1")
	ledger := r.ledger()
	if ledger.Requests["POST /pay"] != 2 || len(ledger.Intents) != 2 {
		t.Errorf("asked %v with %d intents, want 2 of each: /pay is not idempotent", ledger.Requests, len(ledger.Intents))
	}
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	r := newHarness(t, Options{})
	r.create("ORDER-1")
	for _, tc := range []struct {
		path, body string
		want       int
	}{
		{"/control/pay", `{"reference":"ORDER-2"}`, 404},
		{"/control/pay", `{}`, 404},
		{"/control/pay", `{"reference":"ORDER-1","outcome":"maybe"}`, 400},
		{"/control/pay", `{"reference":"ORDER-1","bank":"other"}`, 400},
		{"/control/pay", `{"order":"ORDER-1"}`, 400},
		{"/control/outcomes", `{"reference":"ORDER-2","outcome":"paid"}`, 404},
		{"/control/outcomes", `{"reference":"ORDER-1"}`, 400},
		{"/control/outcomes", `{"reference":"ORDER-1","outcome":"paid","amount":"9.00"}`, 409},
		{"/control/callbacks", `{"burn":true}`, 400},
		{"/control/callbacks/send", `{"reference":"ORDER-1"}`, 409},
		{"/control/callbacks/send", `{"reference":"ORDER-1","kind":"odd"}`, 400},
		{"/control/accounts", `{"api_key":"x","sk":"","iv":""}`, 400},
		{"/control/accounts", `{}`, 400},
	} {
		if status, _ := r.call(tc.path, tc.body); status != tc.want {
			t.Errorf("%s %s = %d, want %d", tc.path, tc.body, status, tc.want)
		}
	}
}

func TestPagesAreServedUnderAPolicy(t *testing.T) {
	r := newHarness(t, Options{})
	id := r.create("ORDER-1")
	_, page, _ := r.get("/" + id)
	if strings.Contains(page, "<script") || strings.Contains(page, "style=") {
		t.Error("the page has a script or a style inside")
	}
	if _, css, _ := r.get("/simulator.css"); !bytes.Contains([]byte(css), []byte(":focus-visible")) {
		t.Error("the style sheet is not served")
	}
}

func TestControlDecidesByReference(t *testing.T) {
	r := newHarness(t, Options{})
	r.create("ORDER-1")
	r.create("ORDER-1")
	for _, outcome := range []string{"failed", "paid"} {
		if status, _ := r.call("/control/outcomes", fmt.Sprintf(`{"reference":"ORDER-1","outcome":%q}`, outcome)); status != http.StatusNoContent {
			t.Errorf("%s = %d", outcome, status)
		}
	}
	if intents := r.ledger().Intents; intents[0].Status != statusPending || intents[1].Status != statusSuccess {
		t.Errorf("%s and %s: only the newest is decided", intents[0].Status, intents[1].Status)
	}
}
