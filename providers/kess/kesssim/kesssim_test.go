package kesssim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"rieltime/internal/testclock"
	"rieltime/providers/kess/internal/catalog"
	"rieltime/providers/kess/internal/client"
)

type harness struct {
	t      *testing.T
	server *httptest.Server
	sim    *Simulator
	access string
	clock  *testclock.Clock
}

func newHarness(t *testing.T, o Options) *harness {
	t.Helper()
	r := &harness{t: t, clock: testclock.New(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))}
	o.Now, o.RetryEvery = r.clock.Now, time.Millisecond
	sim, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.sim = sim
	r.server = httptest.NewServer(sim.Handler())
	t.Cleanup(r.server.Close)
	t.Cleanup(sim.Close)
	return r
}

// do makes a request without following redirects.
func (r *harness) do(method, path, kind, body string, header ...string) (status int, answer, location string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header.Get("Location")
}

func (r *harness) get(path string) (status int, page, location string) {
	r.t.Helper()
	return r.do("GET", path, "", "")
}

func (r *harness) press(path string, form url.Values) (status int, location string) {
	r.t.Helper()
	status, _, location = r.do("POST", path, "application/x-www-form-urlencoded", form.Encode())
	return status, location
}

func (r *harness) login(change map[string]any) (int, map[string]any) {
	r.t.Helper()
	body := map[string]any{
		"grant_type": "password", "client_id": DemoClientID, "client_secret": DemoClientSecret,
		"username": DemoUsername, "password": DemoPassword,
	}
	for name, value := range change {
		body[name] = value
	}
	status, text, _ := r.do("POST", "/oauth/token", "application/json", encodeJSON(body))
	var answer map[string]any
	_ = json.Unmarshal([]byte(text), &answer)
	return status, answer
}

type envelope struct {
	Success bool
	Code    string
	Message string
	Status  int `json:"status_code"`
	Errors  map[string][]string
	Data    json.RawMessage
	Sign    string
	Type    string `json:"sign_type"`
}

// call signs and sends a service's fields; change alters them after signing.
func (r *harness) call(service string, fields, change map[string]any) (int, envelope) {
	r.t.Helper()
	if r.access == "" {
		_, answer := r.login(nil)
		r.access, _ = answer["access_token"].(string)
	}
	all := map[string]any{"service": client.Prefix + service, "sign_type": "MD5"}
	for name, value := range fields {
		all[name] = value
	}
	message := signed(all, fmt.Sprint(all["sign_type"]), DemoAPISecretKey)
	for name, value := range change {
		message[name] = value
	}
	status, text, _ := r.do("POST", "/api/mch/v2/gateway", "application/json", encodeJSON(message), "Authorization", "Bearer "+r.access)
	var answer envelope
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		r.t.Fatalf("%s: %v", text, err)
	}
	return status, answer
}

func order(reference string, more map[string]any) map[string]any {
	fields := map[string]any{
		"seller_code": DemoSellerCode, "out_trade_no": reference, "body": "Case", "total_amount": 10, "currency": "USD",
		"redirect_url": "https://shop.example/back?x=1",
	}
	for name, value := range more {
		fields[name] = value
	}
	return fields
}

func (r *harness) create(reference string, more map[string]any) (token string) {
	r.t.Helper()
	status, answer := r.call("createorder", order(reference, more), nil)
	var data struct {
		Token string
		Link  string `json:"payment_link"`
	}
	if err := json.Unmarshal(answer.Data, &data); status != 200 || err != nil || data.Link != r.server.URL+"/pay/"+data.Token {
		r.t.Fatalf("createorder = %d %+v", status, answer)
	}
	return data.Token
}

func TestOAuthRefusesAndExpires(t *testing.T) {
	r := newHarness(t, Options{})
	for name, tc := range map[string]struct {
		change map[string]any
		want   int
	}{
		"good":           {nil, 200},
		"client":         {map[string]any{"client_id": "x"}, 401},
		"secret":         {map[string]any{"client_secret": "x"}, 401},
		"user":           {map[string]any{"username": "x"}, 401},
		"password":       {map[string]any{"password": "x"}, 401},
		"no password":    {map[string]any{"password": ""}, 400},
		"grant":          {map[string]any{"grant_type": "code"}, 400},
		"refresh":        {map[string]any{"grant_type": "refresh_token", "refresh_token": "x"}, 401},
		"refresh absent": {map[string]any{"grant_type": "refresh_token"}, 400},
	} {
		if status, answer := r.login(tc.change); status != tc.want {
			t.Errorf("%s: %d %v, want %d", name, status, answer, tc.want)
		}
	}
	_, granted := r.login(nil)
	if granted["token_type"] != "Bearer" || granted["expires_in"] != "1800" {
		t.Errorf("granted %v", granted)
	}
	refresh := map[string]any{"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
	r.clock.Add(2699 * time.Second)
	if status, _ := r.login(refresh); status != 200 {
		t.Errorf("refresh in time: %d", status)
	}
	if status, _ := r.login(refresh); status != 401 {
		t.Errorf("a used refresh token: %d, want 401", status)
	}
	_, granted = r.login(nil)
	r.clock.Add(2700 * time.Second)
	if status, _ := r.login(map[string]any{"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}); status != 401 {
		t.Errorf("refresh too late: %d, want 401", status)
	}
}

func TestAccessTokensEnd(t *testing.T) {
	r := newHarness(t, Options{})
	r.create("A", nil)
	r.clock.Add(1799 * time.Second)
	if status, _ := r.call("queryOrder", map[string]any{"out_trade_no": "A"}, nil); status != 200 {
		t.Errorf("in time: %d", status)
	}
	r.clock.Add(time.Second)
	status, answer := r.call("queryOrder", map[string]any{"out_trade_no": "A"}, nil)
	if status != 401 || answer.Code != "UNAUTHENTICATED" || answer.Success {
		t.Errorf("too late: %d %+v", status, answer)
	}
}

func TestMessagesAreCheckedStrictly(t *testing.T) {
	r := newHarness(t, Options{})
	r.create("USED", nil)
	for name, tc := range map[string]struct {
		service string
		fields  map[string]any
		change  map[string]any
		status  int
		field   string
	}{
		"sign":             {"createorder", order("A", nil), map[string]any{"sign": "00"}, 403, "sign"},
		"changed":          {"createorder", order("A", nil), map[string]any{"total_amount": 1}, 403, "sign"},
		"no sign":          {"createorder", order("A", nil), map[string]any{"sign": ""}, 400, "sign"},
		"sign type":        {"createorder", order("A", nil), map[string]any{"sign_type": "md5"}, 400, "sign_type"},
		"service":          {"payall", nil, nil, 400, "service"},
		"service's case":   {"CREATEORDER", order("A", nil), nil, 400, "service"},
		"seller":           {"createorder", order("A", map[string]any{"seller_code": "CU-OTHER"}), nil, 403, "seller_code"},
		"no body":          {"createorder", order("A", map[string]any{"body": ""}), nil, 400, "body"},
		"amount as text":   {"createorder", order("A", map[string]any{"total_amount": "10"}), nil, 400, "total_amount"},
		"no amount":        {"createorder", order("A", map[string]any{"total_amount": 0}), nil, 400, "total_amount"},
		"negative":         {"createorder", order("A", map[string]any{"total_amount": -1}), nil, 400, "total_amount"},
		"half a cent":      {"createorder", order("A", map[string]any{"total_amount": 1.005}), nil, 400, "total_amount"},
		"riel decimals":    {"createorder", order("A", map[string]any{"total_amount": 1.5, "currency": "KHR"}), nil, 400, "total_amount"},
		"currency":         {"createorder", order("A", map[string]any{"currency": "EUR"}), nil, 400, "currency"},
		"order id":         {"createorder", order("A_B", nil), nil, 400, "out_trade_no"},
		"used order id":    {"createorder", order("USED", nil), nil, 409, "out_trade_no"},
		"unknown field":    {"createorder", order("A", map[string]any{"extra": "x"}), nil, 400, "extra"},
		"customer":         {"createorder", order("A", map[string]any{"customer": "00ff"}), nil, 400, "customer"},
		"login type":       {"nativePay", order("A", map[string]any{"service_code": "ABAAKHPP", "login_type": "ANONYMOUS"}), nil, 400, "login_type"},
		"setting":          {"createorder", order("A", map[string]any{"setting": map[string]any{"colour": "red"}}), nil, 400, "setting.colour"},
		"enabled":          {"createorder", order("A", map[string]any{"setting": map[string]any{"enabled_payment_methods": []string{"X"}}}), nil, 400, "setting.enabled_payment_methods"},
		"service code":     {"nativePay", order("A", map[string]any{"service_code": "X"}), nil, 400, "service_code"},
		"card natively":    {"nativePay", order("A", map[string]any{"service_code": "VISA_MASTER"}), nil, 422, "service_code"},
		"device":           {"nativePay", order("A", map[string]any{"service_code": "WING", "only_deeplink": 1}), nil, 400, "is_ios_device"},
		"card in clear":    {"directPay", order("A", map[string]any{"card": "5473500160001018"}), nil, 400, "card"},
		"unknown order":    {"queryOrder", map[string]any{"out_trade_no": "NONE"}, nil, 404, ""},
		"unknown to close": {"closeorder", map[string]any{"out_trade_no": "NONE"}, nil, 404, ""},
		"dates":            {"queryorderbydaterange", map[string]any{"start_date": "2026-11-21", "end_date": "2026-11-20", "per_page": 1, "page": 1}, nil, 400, "end_date"},
		"page size":        {"queryorderbydaterange", map[string]any{"start_date": "2026-11-20", "end_date": "2026-11-20", "per_page": 1001, "page": 1}, nil, 400, "per_page"},
		"unpaid refund":    {"v2Refund", map[string]any{"out_trade_no": "USED", "reason": "x"}, nil, 422, "out_trade_no"},
		"unknown refund":   {"queryRefund", map[string]any{"merchant_reference": "NONE"}, nil, 404, ""},
	} {
		status, answer := r.call(tc.service, tc.fields, tc.change)
		if status != tc.status || answer.Status != tc.status || answer.Success || answer.Code != client.Statuses[tc.status] || answer.Message == "" {
			t.Errorf("%s: %d %+v, want %d", name, status, answer, tc.status)
		}
		if _, refused := answer.Errors[tc.field]; tc.field != "" && !refused {
			t.Errorf("%s: errors %v, want %s", name, answer.Errors, tc.field)
		}
	}
	if orders := len(r.sim.state.Ledger.Orders); orders != 1 {
		t.Errorf("%d orders, want only the first", orders)
	}
}

func TestAnswersAreSignedAsDocumented(t *testing.T) {
	r := newHarness(t, Options{})
	for _, signType := range []string{"MD5", "HMAC-SHA256"} {
		_, answer := r.call("getpaymentmethods", map[string]any{"sign_type": signType}, nil)
		params := client.Params{"success": true, "sign_type": answer.Type, "sign": answer.Sign}
		if err := params.Verify(DemoAPISecretKey); err != nil || answer.Type != signType {
			t.Errorf("%s: %+v (%v)", signType, answer, err)
		}
	}
}

func TestServiceWithoutStateAnswersTheDocumentsSample(t *testing.T) {
	r := newHarness(t, Options{})
	for name, fields := range map[string]map[string]any{
		"merchantinfo":      {"seller_code": DemoSellerCode},
		"quickpay":          {"seller_code": DemoSellerCode, "out_trade_no": "Q", "body": "b", "total_amount": 1, "currency": "USD", "auth_code": "1", "service_code": "WECHAT"},
		"kioskCreateOrder":  order("KIOSK", nil),
		"confirmKioskOrder": {"pre_order_id": "2444"},
	} {
		status, answer := r.call(name, fields, nil)
		var got, want any
		if status != 200 || json.Unmarshal(answer.Data, &got) != nil || json.Unmarshal(catalog.Sample(name), &want) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d %+v", name, status, answer)
		}
	}
	if orders := len(r.sim.state.Ledger.Orders); orders != 0 {
		t.Errorf("%d orders, want none", orders)
	}
}

func TestCardOfDirectPayIsCheckedAndNotKept(t *testing.T) {
	r := newHarness(t, Options{StatePath: filepath.Join(t.TempDir(), "state.json")})
	key, err := client.ParsePublicKey(r.sim.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	const number = "5473500160001018"
	for text, want := range map[string]int{
		`{"number":"` + number + `","securityCode":"123","expiry":{"month":"12","year":"35"}}`: 200,
		`{"number":"` + number + `","securityCode":"123"}`:                                     400,
		`number=` + number: 400,
	} {
		sealed, err := client.Encrypt(key, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if status, answer := r.call("directPay", order("CARD", map[string]any{"card": sealed}), nil); status != want {
			t.Errorf("%s: %d %+v, want %d", text, status, answer, want)
		}
	}
	if _, ledger, _ := r.get("/control/ledger"); strings.Contains(ledger, number) {
		t.Errorf("the ledger says %s", ledger)
	}
}

func TestStateOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	first := newHarness(t, Options{StatePath: path})
	token, key := first.create("A", nil), first.sim.PublicKey()
	first.press("/pay/"+token, url.Values{"do": {"pay"}, "method": {"WING"}})

	second := newHarness(t, Options{StatePath: path})
	second.access = first.access
	status, answer := second.call("queryOrder", map[string]any{"out_trade_no": "A"}, nil)
	if status != 200 || !strings.Contains(string(answer.Data), `"SUCCESS"`) {
		t.Errorf("after a restart: %d %+v", status, answer)
	}
	if second.sim.PublicKey() != key {
		t.Error("the key changed")
	}
}

func TestControlRefusesWhatMakesNoSense(t *testing.T) {
	r := newHarness(t, Options{})
	r.create("A", nil)
	for _, tc := range []struct {
		path, body string
		status     int
	}{
		{"pay", `{"reference":"NONE"}`, 404}, {"pay", `{"order":"A"}`, 400}, {"pay", `{"reference":"A","outcome":"odd"}`, 409},
		{"pay", `{"reference":"A","method":"odd"}`, 409}, {"callbacks/send", `{"reference":"A"}`, 409},
		{"callbacks/send", `{"reference":"A","kind":"odd"}`, 409}, {"callbacks", `{"burn":true}`, 400},
		{"refunds", `{"merchant_reference":"NONE"}`, 404}, {"accounts", `{}`, 400}, {"faults", `{"kind":"odd"}`, 400},
	} {
		if status, _, _ := r.do("POST", "/control/"+tc.path, "application/json", tc.body); status != tc.status {
			t.Errorf("%s %s answered %d, want %d", tc.path, tc.body, status, tc.status)
		}
	}
}

func TestControlDecidesByReference(t *testing.T) {
	r := newHarness(t, Options{})
	r.create("A", nil)
	r.create("B", nil)
	r.create("LATE", nil)
	r.clock.Add(48 * time.Hour)
	decide := func(body string, want int) {
		t.Helper()
		if status, text, _ := r.do("POST", "/control/outcomes", "application/json", body); status != want {
			t.Errorf("%s = %d %s, want %d", body, status, text, want)
		}
	}
	decide(`{"reference":"LATE","outcome":"paid"}`, http.StatusNoContent)
	decide(`{"reference":"LATE","outcome":"paid","amount":"9"}`, http.StatusConflict)
	r.clock.Add(-48 * time.Hour)
	decide(`{"reference":"A","outcome":"paid","amount":"9.99"}`, http.StatusNoContent)
	decide(`{"reference":"B","outcome":"failed"}`, http.StatusNoContent)
	decide(`{"reference":"C","outcome":"paid"}`, http.StatusNotFound)
	decide(`{"reference":"B","outcome":"paid","amount":"a lot"}`, http.StatusBadRequest)

	orders := r.sim.state.Ledger.Orders
	if orders[0].TotalAmount != "9.99" || orders[1].Status != client.StatusClosed || orders[2].Status != client.StatusSuccess || orders[2].TotalAmount != "10" {
		t.Errorf("%+v", orders)
	}
}
