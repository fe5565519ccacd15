package bayopaysim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rieltime/providers/bayopay/internal/client"
)

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

// send makes a request without following redirects.
func (r *harness) send(method, path, contentType, body string) (status int, page, location string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
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

func (r *harness) get(path string) string {
	r.t.Helper()
	_, page, _ := r.send(http.MethodGet, path, "", "")
	return page
}

func (r *harness) post(path string, form url.Values) (status int, page, location string) {
	r.t.Helper()
	return r.send(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

func (r *harness) control(path, body string) int {
	r.t.Helper()
	status, _, _ := r.send(http.MethodPost, "/control/"+path, "application/json", body)
	return status
}

// requestOf is a good request with the fields changed, hashed; an empty value
// leaves the field out.
func requestOf(changes map[string]string) url.Values {
	form := url.Values{}
	for name, value := range map[string]string{
		"bayo_niagaid": DemoNiagaID, "bayo_channel": DemoChannel, "bayo_currency": "USD",
		"bayo_orderid": "BH2018-09rev", "bayo_amount": "168.99", "bayo_name": "Sok Dara",
		"bayo_email": "sok@example.com", "bayo_mobile": "85512345678", "bayo_description": "Coffee",
		"bayo_returnurl": "https://shop.example/return", "bayo_callbackurl": "",
	} {
		form.Set(name, value)
	}
	for name, value := range changes {
		form.Set(name, value)
	}
	if _, given := changes["bayo_reqhash"]; !given {
		form.Set("bayo_reqhash", client.Request{
			NiagaID: form.Get("bayo_niagaid"), Currency: form.Get("bayo_currency"),
			OrderID: form.Get("bayo_orderid"), Amount: form.Get("bayo_amount"),
		}.Hash(DemoNiagaKey))
	}
	for name := range form {
		if form.Get(name) == "" {
			form.Del(name)
		}
	}
	return form
}

// begin posts a good request and returns the card page's path.
func (r *harness) begin(changes map[string]string) string {
	r.t.Helper()
	status, page, location := r.post(GatewayPath, requestOf(changes))
	if status != http.StatusSeeOther {
		r.t.Fatalf("the request leads to %d %s", status, page)
	}
	return location
}

func (r *harness) ledger() Ledger {
	r.t.Helper()
	var ledger Ledger
	if err := json.Unmarshal([]byte(r.get("/control/ledger")), &ledger); err != nil {
		r.t.Fatal(err)
	}
	return ledger
}

func TestRequestsThatAreNotToBeTrustedEndOnAnErrorPage(t *testing.T) {
	r := newHarness(t, Options{})
	cases := map[string]struct {
		changes map[string]string
		code    string
	}{
		"unknown merchant":     {map[string]string{"bayo_niagaid": "1"}, "BP00002"},
		"wrong hash":           {map[string]string{"bayo_reqhash": strings.Repeat("0", 64)}, "BP00005"},
		"hash in upper case":   {map[string]string{"bayo_reqhash": strings.ToUpper(requestOf(nil).Get("bayo_reqhash"))}, "BP00005"},
		"hash of 32 digits":    {map[string]string{"bayo_reqhash": requestOf(nil).Get("bayo_reqhash")[:32]}, "BP00005"},
		"no decimals":          {map[string]string{"bayo_amount": "500"}, "BP00005"},
		"thousand separator":   {map[string]string{"bayo_amount": "1,500.00"}, "BP00005"},
		"currency by number":   {map[string]string{"bayo_currency": "840"}, "BP00005"},
		"order id of signs":    {map[string]string{"bayo_orderid": "A B"}, "BP00005"},
		"order id too long":    {map[string]string{"bayo_orderid": strings.Repeat("A", 33)}, "BP00005"},
		"name of signs":        {map[string]string{"bayo_name": "<Sok>"}, "BP00005"},
		"name too long":        {map[string]string{"bayo_name": strings.Repeat("x", 129)}, "BP00005"},
		"e-mail":               {map[string]string{"bayo_email": "sok"}, "BP00005"},
		"mobile of signs":      {map[string]string{"bayo_mobile": "+855 12"}, "BP00005"},
		"mobile too long":      {map[string]string{"bayo_mobile": strings.Repeat("1", 33)}, "BP00005"},
		"description of signs": {map[string]string{"bayo_description": "a & b"}, "BP00005"},
		"return address":       {map[string]string{"bayo_returnurl": "javascript:1"}, "BP00005"},
		"unknown parameter":    {map[string]string{"bayo_odd": "1"}, "BP00005"},
	}
	for _, name := range mandatory {
		cases["no "+name] = struct {
			changes map[string]string
			code    string
		}{map[string]string{name: ""}, "BP00001"}
	}
	for name, tc := range cases {
		status, page, _ := r.post(GatewayPath, requestOf(tc.changes))
		if status != http.StatusBadRequest || !strings.Contains(page, tc.code) {
			t.Errorf("%s: %d, want an error page with %s: %s", name, status, tc.code, page)
		}
	}
	twice := requestOf(nil)
	twice.Add("bayo_amount", "1.01")
	if status, page, _ := r.post(GatewayPath, twice); status != http.StatusBadRequest || !strings.Contains(page, "BP00005") {
		t.Errorf("amount twice: %d", status)
	}
	if status, _, _ := r.send(http.MethodPost, GatewayPath, "application/json", `{}`); status != http.StatusBadRequest {
		t.Errorf("JSON: %d, want 400", status)
	}
	if n := len(r.ledger().Transactions); n != 0 {
		t.Errorf("%d transactions, want none", n)
	}
}

func TestWhatTheAccountMayNotDoIsReturnedAsFailed(t *testing.T) {
	account := Demo()
	account.Registered = []string{"https://shop.example/"}
	r := newHarness(t, Options{Accounts: []Account{account}})
	for code, changes := range map[string]map[string]string{
		"BP00006": {"bayo_channel": "fpx"},
		"BP00007": {"bayo_currency": "EUR"},
		"BP00008": {"bayo_amount": "1.00"},
		"BP00009": {"bayo_amount": "5000.00"},
		"BP00010": {"bayo_returnurl": "https://evil.example/"},
	} {
		page := r.get(r.begin(changes))
		fields := hiddenFields(page)
		if !strings.Contains(page, "Payment failed") || fields["bayo_status"] != "11" || fields["bayo_errorcode"] != code {
			t.Errorf("%s: the result is %v", code, fields)
		}
	}
	if refusals := r.ledger().Refusals; len(refusals) != 5 {
		t.Errorf("refusals %v, want five kinds", refusals)
	}
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

func hiddenFields(page string) map[string]string {
	fields := map[string]string{}
	for _, match := range hiddenInput.FindAllStringSubmatch(page, -1) {
		fields[match[1]] = match[2]
	}
	return fields
}

// wantSigned checks the hash of a result page.
func wantSigned(t *testing.T, fields map[string]string) {
	t.Helper()
	want := client.Result{
		TranID: fields["bayo_tranid"], OrderID: fields["bayo_orderid"], Status: fields["bayo_status"],
		NiagaID: fields["bayo_niagaid"], Amount: fields["bayo_amount"], Currency: fields["bayo_currency"],
		Date: fields["bayo_paydate"], AppCode: fields["bayo_appcode"],
	}.Hash(DemoNiagaKey)
	if fields["bayo_reshash"] != want {
		t.Errorf("bayo_reshash is %s, want %s", fields["bayo_reshash"], want)
	}
}

func TestBuyerDecidesOnTheCardPage(t *testing.T) {
	card := url.Values{"card": {"4111 1111 1111 1111"}, "expiry": {"12/49"}}
	for name, tc := range map[string]struct {
		act    string
		card   url.Values
		status string
		code   string
		title  string
	}{
		"pay":        {"pay", card, "00", "", "Payment successful"},
		"wrong card": {"pay", url.Values{"card": {"4111 1111 1111 1112"}, "expiry": {"12/49"}}, "11", "BP00012", "Payment failed"},
		"old card":   {"pay", url.Values{"card": {"4111 1111 1111 1111"}, "expiry": {"12/19"}}, "11", "BP00012", "Payment failed"},
		"fail":       {"fail", card, "11", "BP00010", "Payment failed"},
		"pending":    {"pending", card, "22", "", "Payment pending"},
		"abandon":    {"abandon", card, "11", "BP00014", "Payment failed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newHarness(t, Options{})
			path := r.begin(nil)
			page := r.get(path)
			for _, text := range []string{"SIMULATOR", "168.99 USD", "Card number", ">Pay<", ">Fail<", ">Pending<", ">Abandon<"} {
				if !strings.Contains(page, text) {
					t.Errorf("the card page lacks %q", text)
				}
			}
			form := url.Values{"act": {tc.act}, "card": tc.card["card"], "expiry": tc.card["expiry"]}
			if status, _, location := r.post(path, form); status != http.StatusSeeOther || location != path {
				t.Errorf("%s leads to %d %s", tc.act, status, location)
			}
			page = r.get(path)
			fields := hiddenFields(page)
			if !strings.Contains(page, tc.title) || !strings.Contains(page, ">Return to merchant<") || !strings.Contains(page, `action="https://shop.example/return"`) {
				t.Errorf("the result page is %s", page)
			}
			if fields["bayo_status"] != tc.status || fields["bayo_errorcode"] != tc.code {
				t.Errorf("the result is %v, want status %s and code %q", fields, tc.status, tc.code)
			}
			wantSigned(t, fields)
		})
	}
}

func TestPendingTransactionIsDecidedLater(t *testing.T) {
	for act, want := range map[string]string{"approve": "00", "decline": "11"} {
		r := newHarness(t, Options{})
		path := r.begin(nil)
		r.post(path, url.Values{"act": {"pending"}})
		if page := r.get(path); !strings.Contains(page, ">Approve later<") || !strings.Contains(page, ">Decline later<") {
			t.Errorf("a pending transaction cannot be decided: %s", page)
		}
		r.post(path, url.Values{"act": {act}})
		if got := r.ledger().Transactions[0].Status; got != want {
			t.Errorf("%s makes it %s, want %s", act, got, want)
		}
	}
}

func TestDecidedTransactionStays(t *testing.T) {
	r := newHarness(t, Options{})
	path := r.begin(nil)
	if got := r.control("pay", `{"reference":"BH2018-09rev"}`); got != http.StatusNoContent {
		t.Fatalf("/control/pay = %d", got)
	}
	r.post(path, url.Values{"act": {"fail"}})
	if got := r.control("pay", `{"reference":"BH2018-09rev","outcome":"failed"}`); got != http.StatusConflict {
		t.Errorf("deciding again = %d, want 409", got)
	}
	transaction := r.ledger().Transactions[0]
	if transaction.Status != "00" || len(transaction.TranID) != 10 || transaction.PaidAt.IsZero() || transaction.AppCode == "" {
		t.Errorf("the ledger says %+v", transaction)
	}
}

func TestPageWithoutReturnAddressOffersNone(t *testing.T) {
	r := newHarness(t, Options{})
	path := r.begin(map[string]string{"bayo_returnurl": ""})
	r.post(path, url.Values{"act": {"fail"}})
	if page := r.get(path); strings.Contains(page, "Return to merchant") {
		t.Error("the page returns to nowhere")
	}
}

func TestStateOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	card := newHarness(t, Options{StatePath: path}).begin(nil)
	second := newHarness(t, Options{StatePath: path})
	if page := second.get(card); !strings.Contains(page, "168.99 USD") {
		t.Errorf("after a restart the page is %s", page)
	}
}

func TestFaultsStrikeTheProtocolAlone(t *testing.T) {
	r := newHarness(t, Options{})
	card := r.begin(nil)
	r.control("faults", `{"kind":"status","status":503}`)
	if status, _, _ := r.post(GatewayPath, requestOf(nil)); status != http.StatusServiceUnavailable {
		t.Errorf("the gateway answers %d, want 503", status)
	}
	if page := r.get(card); !strings.Contains(page, "Card number") {
		t.Errorf("the card page is %s", page)
	}
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	r := newHarness(t, Options{})
	r.begin(nil)
	for _, tc := range []struct {
		path, body string
		want       int
	}{
		{"pay", `{"reference":"other"}`, 404},
		{"pay", `{}`, 404},
		{"pay", `{"reference":"BH2018-09rev","outcome":"maybe"}`, 400},
		{"pay", `{"order":"BH2018-09rev"}`, 400},
		{"callbacks", `{"format":"xml"}`, 400},
		{"callbacks", `{"burn":true}`, 400},
		{"callbacks/send", `{"reference":"BH2018-09rev","kind":"odd"}`, 400},
		{"callbacks/send", `{"reference":"BH2018-09rev"}`, 409},
		{"accounts", `{"niaga_id":"1","niaga_key":"short"}`, 400},
	} {
		if got := r.control(tc.path, tc.body); got != tc.want {
			t.Errorf("%s %s = %d, want %d", tc.path, tc.body, got, tc.want)
		}
	}
}

func TestAccountsAreAddedByControl(t *testing.T) {
	r := newHarness(t, Options{})
	account := Demo()
	account.NiagaID = "42"
	account.Channels[0].Currencies = []string{"MYR"}
	text, err := json.Marshal(account)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.control("accounts", string(text)); got != http.StatusNoContent {
		t.Fatalf("/control/accounts = %d", got)
	}
	page := r.get(r.begin(map[string]string{"bayo_niagaid": "42", "bayo_currency": "MYR"}))
	if !strings.Contains(page, "168.99 MYR") {
		t.Errorf("the card page is %s", page)
	}
}

func TestControlDecidesByReference(t *testing.T) {
	r := newHarness(t, Options{})
	r.begin(map[string]string{"bayo_orderid": "A"})
	r.begin(map[string]string{"bayo_orderid": "B"})
	for body, want := range map[string]int{
		`{"reference":"A","outcome":"paid","amount":"1"}`:   http.StatusNoContent,
		`{"reference":"B","outcome":"failed"}`:              http.StatusNoContent,
		`{"reference":"C","outcome":"paid"}`:                http.StatusNotFound,
		`{"reference":"B","outcome":"maybe"}`:               http.StatusBadRequest,
		`{"reference":"B","outcome":"paid","amount":"1e3"}`: http.StatusBadRequest,
	} {
		if status := r.control("outcomes", body); status != want {
			t.Errorf("%s = %d, want %d", body, status, want)
		}
	}

	var ledger Ledger
	if err := json.Unmarshal([]byte(r.get("/control/ledger")), &ledger); err != nil {
		t.Fatal(err)
	}
	if a, b := ledger.Transactions[0], ledger.Transactions[1]; a.Status != statusPaid || a.PaidAmount != "1.00" || b.Status != statusFailed {
		t.Errorf("%+v and %+v", a, b)
	}
	if status := r.control("outcomes", `{"reference":"A","outcome":"paid"}`); status != http.StatusConflict {
		t.Errorf("paid twice = %d, want 409", status)
	}
}
