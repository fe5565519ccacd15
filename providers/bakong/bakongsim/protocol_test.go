package bakongsim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rieltime/khqr"
)

var noon = time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)

// phone talks to a simulator.
type phone struct {
	*testing.T
	sim    *Simulator
	server *httptest.Server
	token  string
	client *http.Client
}

func newPhone(t *testing.T, o Options) *phone {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	sim, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{T: t, sim: sim, server: httptest.NewServer(sim.Handler()), token: DemoToken}
	p.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(p.server.Close)
	return p
}

// send makes a request; an answer in JSON is read into out when given.
func (p *phone) send(method, path, kind, body string, out any) (status int, text string, header http.Header) {
	p.Helper()
	request, err := http.NewRequest(method, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	response, err := p.client.Do(request)
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		p.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			p.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
	return response.StatusCode, string(raw), response.Header
}

// reply is an answer of the protocol.
type reply struct {
	ResponseCode    *int
	ResponseMessage string
	ErrorCode       *int
	Data            json.RawMessage
	status          int
}

func (r reply) code() int {
	if r.ErrorCode == nil {
		return 0
	}
	return *r.ErrorCode
}

func (p *phone) call(endpoint, body string) reply {
	p.Helper()
	var r reply
	r.status, _, _ = p.send("POST", "/v1/"+endpoint, "application/json", body, &r)
	if r.ResponseCode == nil || (*r.ResponseCode == 0) != (r.code() == 0 && r.status == 200) {
		p.Errorf("%s: responseCode and errorCode disagree in %+v", endpoint, r)
	}
	return r
}

func (p *phone) control(method, path, body string, out any) {
	p.Helper()
	if status, text, _ := p.send(method, "/control/"+path, "application/json", body, out); status >= 300 {
		p.Fatalf("%s /control/%s: %d %s", method, path, status, text)
	}
}

// dynamic and static make codes to pay.
func dynamic(t *testing.T, bill string, life time.Duration) string {
	t.Helper()
	return encode(t, khqr.Code{Amount: "10.50", BillNumber: bill, Expires: noon.Add(life)})
}

func static(t *testing.T) string {
	t.Helper()
	return encode(t, khqr.Code{})
}

func encode(t *testing.T, code khqr.Code) string {
	t.Helper()
	code.Kind, code.Account, code.MerchantName, code.Currency = khqr.Individual, DemoAccount, "Coffee <Klaing>", khqr.USD
	text, err := code.Encode(noon)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (p *phone) deepLink(qr string) string {
	p.Helper()
	var data struct{ ShortLink string }
	r := p.call("generate_deeplink_by_qr", fmt.Sprintf(`{"qr":%q}`, qr))
	if err := json.Unmarshal(r.Data, &data); err != nil || data.ShortLink == "" {
		p.Fatalf("no deep link: %+v %v", r, err)
	}
	return data.ShortLink
}

func (p *phone) pay(in Payment) Transaction {
	p.Helper()
	made, err := p.sim.Pay(in)
	if err != nil {
		p.Fatal(err)
	}
	return made
}

// Every documented error code can be had, with its HTTP status.
func TestErrorCodes(t *testing.T) {
	p := newPhone(t, Options{})
	qr, fixed := dynamic(t, "B1", time.Minute), static(t)
	failed := p.pay(Payment{QR: qr, Fail: true})
	p.deepLink(fixed)
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		endpoint, body string
		code, status   int
	}{
		{"check_transaction_by_md5", `{"md5":"d60f3db96913029a2af979a1662c1e72"}`, 1, 200},
		{"check_transaction_by_hash", `{"hash":"dcd53430"}`, 1, 200},
		{"check_transaction_by_short_hash", `{"hash":"8465d722","amount":1.0,"currency":"USD"}`, 1, 200},
		{"check_transaction_by_md5", fmt.Sprintf(`{"md5":%q}`, khqr.MD5(fixed)), 2, 200},
		{"check_transaction_by_md5", fmt.Sprintf(`{"md5":%q}`, khqr.MD5(qr)), 3, 200},
		{"check_transaction_by_hash", fmt.Sprintf(`{"hash":%q}`, failed.Hash), 3, 200},
		{"check_transaction_by_short_hash", fmt.Sprintf(`{"hash":%q,"amount":10.5,"currency":"USD"}`, failed.ShortHash()), 3, 200},
		{"generate_deeplink_by_qr", `{"qr":"not a code"}`, 4, 200},
		{"generate_deeplink_by_qr", fmt.Sprintf(`{"qr":%q}`, qr[:len(qr)-4]+"0000"), 4, 200},
		{"generate_deeplink_by_qr", `{}`, 5, 400},
		{"generate_deeplink_by_qr", fmt.Sprintf(`{"qr":%q,"sourceInfo":{"appName":"Shop"}}`, qr), 5, 400},
		{"check_transaction_by_md5", `{}`, 5, 400},
		{"check_transaction_by_md5", `{"md5":""}`, 5, 400},
		{"check_transaction_by_md5", `{"md5":"` + long + `"}`, 5, 400},
		{"check_transaction_by_md5", `{"md5":1}`, 5, 400},
		{"check_transaction_by_md5", `{"md5":"a","more":1}`, 5, 400},
		{"check_transaction_by_md5", `{"md5":"a"} {}`, 5, 400},
		{"check_transaction_by_md5", `not JSON`, 5, 400},
		{"check_transaction_by_md5", ``, 5, 400},
		{"check_transaction_by_hash", `{"hash":""}`, 5, 400},
		{"check_transaction_by_short_hash", `{"hash":"8465d7222","amount":1.0,"currency":"USD"}`, 5, 400},
		{"check_transaction_by_short_hash", `{"hash":"8465d722","amount":"1.0","currency":"USD"}`, 5, 400},
		{"check_transaction_by_short_hash", `{"hash":"8465d722","currency":"USD"}`, 5, 400},
		{"check_transaction_by_short_hash", `{"hash":"8465d722","amount":1.0,"currency":"THB"}`, 5, 400},
		{"check_transaction_by_external_ref", `{"externalRef":"100FT38906478429"}`, 1, 200},
		{"check_transaction_by_instruction_ref", `{"instructionRef":"00001234"}`, 1, 200},
		{"check_transaction_by_external_ref", fmt.Sprintf(`{"externalRef":%q}`, failed.ExternalRef()), 3, 200},
		{"check_transaction_by_external_ref", `{"externalRef":""}`, 5, 400},
		{"check_transaction_by_external_ref", `{"externalRef":"x","amount":1.0,"currency":"USD"}`, 5, 400},
		{"check_transaction_by_instruction_ref", `{"instructionRef":""}`, 5, 400},
		{"check_transaction_by_instruction_ref", `{"externalRef":"x"}`, 5, 400},
		{"check_transaction_by_md5_list", `[]`, 5, 400},
		{"check_transaction_by_md5_list", `{"md5":["a"]}`, 5, 400},
		{"check_transaction_by_md5_list", `[` + strings.Repeat(`"a",`, 50) + `"a"]`, 5, 400},
		{"check_transaction_by_hash_list", `[1]`, 5, 400},
		{"check_bakong_account", `{}`, 5, 400},
		{"request_token", `{"email":"a@b.kh","organization":"O"}`, 5, 400},
		{"request_token", `{"email":"` + strings.Repeat("a", 30) + `@b.kh","organization":"O","project":"P"}`, 5, 400},
		{"verify", `{"code":"short"}`, 5, 400},
		{"renew_token", `{"email":""}`, 5, 400},
		{"request_token", fmt.Sprintf(`{"email":%q,"organization":"O","project":"P"}`, DemoEmail), 8, 200},
		{"verify", `{"code":"12345678901234567890"}`, 10, 200},
		{"renew_token", `{"email":"nobody@example.kh"}`, 10, 200},
		{"check_bakong_account", `{"accountId":"nobody@devb"}`, 11, 200},
		{"check_bakong_account", `{"accountId":"nobody"}`, 12, 200},
	} {
		if r := p.call(c.endpoint, c.body); r.code() != c.code || r.status != c.status || r.ResponseMessage == "" || string(r.Data) != "null" {
			t.Errorf("%s %s: %+v, want errorCode %d, status %d", c.endpoint, c.body, r, c.code, c.status)
		}
	}
}

func TestOrderedRefusals(t *testing.T) {
	p := newPhone(t, Options{})
	for code, status := range map[int]int{1: 200, 4: 200, 6: 401, 7: 500, 9: 500, 10: 200, 17: 200} {
		p.control("POST", "refusals", fmt.Sprintf(`{"endpoint":"check_bakong_account","error_code":%d,"count":1}`, code), nil)
		body := fmt.Sprintf(`{"accountId":%q}`, DemoAccount)
		if r := p.call("check_bakong_account", body); r.code() != code || r.status != status {
			t.Errorf("code %d: %+v", code, r)
		}
		if r := p.call("check_bakong_account", body); r.code() != 0 {
			t.Errorf("after code %d: %+v", code, r)
		}
	}
	p.control("POST", "refusals", `{"error_code":9}`, nil)
	p.control("DELETE", "refusals", "", nil)
	if r := p.call("renew_token", fmt.Sprintf(`{"email":%q}`, DemoEmail)); r.code() != 0 {
		t.Errorf("after clearing: %+v", r)
	}
}

func TestChecksNeedAToken(t *testing.T) {
	p := newPhone(t, Options{})
	ended := newToken(DemoEmail, noon.Add(-tokenLifetime), noon)
	stranger := newToken("stranger@example.kh", noon, noon.Add(tokenLifetime))
	for _, endpoint := range []string{
		"check_transaction_by_md5", "check_transaction_by_hash", "check_transaction_by_short_hash",
		"check_transaction_by_md5_list", "check_transaction_by_hash_list", "check_bakong_account",
	} {
		for _, token := range []string{"", "wrong", ended, stranger} {
			p.token = token
			if r := p.call(endpoint, `{}`); r.code() != 6 || r.status != 401 {
				t.Errorf("%s with token %.10q: %+v", endpoint, token, r)
			}
		}
	}
	p.token = ""
	p.deepLink(dynamic(t, "B1", time.Minute))
}

func TestOnlyJSONPostsAreAnswered(t *testing.T) {
	p := newPhone(t, Options{})
	if status, _, _ := p.send("GET", "/v1/check_transaction_by_md5", "application/json", "", nil); status != 405 {
		t.Errorf("GET: %d", status)
	}
	if status, _, _ := p.send("POST", "/v1/check_transaction", "application/json", "{}", nil); status != 404 {
		t.Errorf("unknown endpoint: %d", status)
	}
	if status, _, _ := p.send("POST", "/v1/check_transaction_by_md5", "text/plain", `{"md5":"a"}`, nil); status != 400 {
		t.Errorf("text/plain: %d", status)
	}
	large := `{"md5":"` + strings.Repeat("a", maxBody) + `"}`
	if status, _, _ := p.send("POST", "/v1/check_transaction_by_md5", "application/json", large, nil); status != 413 {
		t.Errorf("large: %d", status)
	}
}

func TestRegistrationByEmail(t *testing.T) {
	p := newPhone(t, Options{})
	p.token = ""
	if r := p.call("request_token", `{"email":"shop@example.kh","organization":"Shop","project":"Till"}`); r.code() != 0 {
		t.Fatalf("request_token: %+v", r)
	}
	if r := p.call("renew_token", `{"email":"shop@example.kh"}`); r.code() != 10 {
		t.Errorf("renewed before verifying: %+v", r)
	}
	var mail map[string]string
	p.control("GET", "mail", "", &mail)
	var data struct{ Token string }
	r := p.call("verify", fmt.Sprintf(`{"code":%q}`, mail["shop@example.kh"]))
	if err := json.Unmarshal(r.Data, &data); err != nil || data.Token == "" {
		t.Fatalf("verify: %+v %v", r, err)
	}
	if r := p.call("verify", fmt.Sprintf(`{"code":%q}`, mail["shop@example.kh"])); r.code() != 10 {
		t.Errorf("a code served twice: %+v", r)
	}
	p.token = data.Token
	if r := p.call("check_bakong_account", fmt.Sprintf(`{"accountId":%q}`, DemoPayer)); r.code() != 0 {
		t.Errorf("with the new token: %+v", r)
	}
	p.control("POST", "clock", fmt.Sprintf(`{"offset_ms":%d}`, tokenLifetime.Milliseconds()), nil)
	if r := p.call("check_bakong_account", fmt.Sprintf(`{"accountId":%q}`, DemoPayer)); r.code() != 6 {
		t.Errorf("90 days later: %+v", r)
	}
	r = p.call("renew_token", `{"email":"shop@example.kh"}`)
	if err := json.Unmarshal(r.Data, &data); err != nil || r.code() != 0 {
		t.Fatalf("renew: %+v %v", r, err)
	}
	p.token = data.Token
	if r := p.call("check_bakong_account", fmt.Sprintf(`{"accountId":%q}`, DemoPayer)); r.code() != 0 {
		t.Errorf("renewed: %+v", r)
	}
}

func TestTransactionIsFoundByEachOfItsNames(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	made := p.pay(Payment{QR: qr, InstructionRef: "INS-7"})
	for endpoint, body := range map[string]string{
		"check_transaction_by_md5":             fmt.Sprintf(`{"md5":%q}`, khqr.MD5(qr)),
		"check_transaction_by_hash":            fmt.Sprintf(`{"hash":%q}`, made.Hash),
		"check_transaction_by_short_hash":      fmt.Sprintf(`{"hash":%q,"amount":10.50,"currency":"USD"}`, made.Hash[:8]),
		"check_transaction_by_external_ref":    fmt.Sprintf(`{"externalRef":%q}`, made.ExternalRef()),
		"check_transaction_by_instruction_ref": `{"instructionRef":"INS-7"}`,
	} {
		var data struct {
			Hash, FromAccountID, ToAccountID, Currency string
			Amount, CreatedDateMs                      json.Number
		}
		r := p.call(endpoint, body)
		if err := json.Unmarshal(r.Data, &data); err != nil || len(data.Hash) != 64 || data.Hash != made.Hash || data.FromAccountID != DemoPayer ||
			data.ToAccountID != DemoAccount || data.Currency != "USD" || data.Amount != "10.5" || data.CreatedDateMs != "1772427600000.0" {
			t.Errorf("%s: %s %v", endpoint, r.Data, err)
		}
	}
}

func TestFirstPaymentOfACodeIsTheMD5s(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	p.pay(Payment{QR: qr, Fail: true})
	first, second := p.pay(Payment{QR: qr}), p.pay(Payment{QR: qr})
	r := p.call("check_transaction_by_md5", fmt.Sprintf(`{"md5":%q}`, khqr.MD5(qr)))
	if !strings.Contains(string(r.Data), first.Hash) {
		t.Errorf("by md5: %s", r.Data)
	}
	r = p.call("check_transaction_by_hash", fmt.Sprintf(`{"hash":%q}`, second.Hash))
	if !strings.Contains(string(r.Data), second.Hash) {
		t.Errorf("by hash: %s", r.Data)
	}
}

func TestListsHaveAnItemForEachKey(t *testing.T) {
	p := newPhone(t, Options{})
	paid, failed, fixed := dynamic(t, "B1", time.Minute), dynamic(t, "B2", time.Minute), static(t)
	made := p.pay(Payment{QR: paid})
	lost := p.pay(Payment{QR: failed, Fail: true})
	p.deepLink(fixed)
	keys, err := json.Marshal([]string{"unseen", khqr.MD5(paid), khqr.MD5(failed), khqr.MD5(fixed)})
	if err != nil {
		t.Fatal(err)
	}
	if got := statuses(t, p.call("check_transaction_by_md5_list", string(keys))); got != "unseen NOT_FOUND,"+
		khqr.MD5(paid)+" SUCCESS,"+khqr.MD5(failed)+" FAILED,"+khqr.MD5(fixed)+" STATIC_QR" {
		t.Errorf("md5 list: %s", got)
	}
	keys, err = json.Marshal([]string{made.Hash, "unseen", lost.Hash})
	if err != nil {
		t.Fatal(err)
	}
	if got := statuses(t, p.call("check_transaction_by_hash_list", string(keys))); got != made.Hash+" SUCCESS,unseen NOT_FOUND,"+lost.Hash+" FAILED" {
		t.Errorf("hash list: %s", got)
	}
}

func statuses(t *testing.T, r reply) string {
	t.Helper()
	var items []struct {
		MD5, Hash, Status string
		Data              *struct{ Hash string }
	}
	if err := json.Unmarshal(r.Data, &items); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, item := range items {
		if (item.Status == "SUCCESS") != (item.Data != nil) {
			t.Errorf("item %+v", item)
		}
		out = append(out, item.MD5+item.Hash+" "+item.Status)
	}
	return strings.Join(out, ",")
}

func TestDailyLimitIsPerIndochinaDay(t *testing.T) {
	p := newPhone(t, Options{})
	p.control("POST", "limits", `{"daily":2}`, nil)
	want := func(when string, code int) {
		t.Helper()
		r := p.call("check_bakong_account", fmt.Sprintf(`{"accountId":%q}`, DemoAccount))
		if r.code() != code || r.status != 200 {
			t.Errorf("%s: %+v, want errorCode %d", when, r, code)
		}
		if code == 17 && r.ResponseMessage != "Daily request limit of 2 exceeded" {
			t.Errorf("message %q", r.ResponseMessage)
		}
	}
	want("first", 0)
	want("second", 0)
	want("third", 17)
	untilMidnight := 12 * time.Hour // noon in Phnom Penh
	p.control("POST", "clock", fmt.Sprintf(`{"offset_ms":%d}`, (untilMidnight-time.Second).Milliseconds()), nil)
	want("a second before midnight", 17)
	p.control("POST", "clock", fmt.Sprintf(`{"offset_ms":%d}`, untilMidnight.Milliseconds()), nil)
	want("midnight", 0)
}

func TestRateLimitSendsRetryAfter(t *testing.T) {
	p := newPhone(t, Options{})
	p.control("POST", "limits", `{"per_second":1}`, nil)
	body := fmt.Sprintf(`{"accountId":%q}`, DemoAccount)
	if r := p.call("check_bakong_account", body); r.status != 200 {
		t.Errorf("first: %+v", r)
	}
	status, _, header := p.send("POST", "/v1/check_bakong_account", "application/json", body, nil)
	if status != 429 || header.Get("Retry-After") != "1" {
		t.Errorf("second: %d, Retry-After %q", status, header.Get("Retry-After"))
	}
	p.control("POST", "clock", `{"offset_ms":1000}`, nil)
	if r := p.call("check_bakong_account", body); r.status != 200 {
		t.Errorf("a second later: %+v", r)
	}
}

func TestShortLinksDifferAndPointToThePublicURL(t *testing.T) {
	p := newPhone(t, Options{PublicURL: "https://bank.example/"})
	qr := dynamic(t, "B1", time.Minute)
	a, b := p.deepLink(qr), p.deepLink(qr)
	if a == b || !strings.HasPrefix(a, "https://bank.example/app/open/") {
		t.Errorf("%s and %s", a, b)
	}
	p.sim.SetPublicURL("http://phone.example")
	if link := p.deepLink(qr); !strings.HasPrefix(link, "http://phone.example/app/open/") {
		t.Errorf("after SetPublicURL: %s", link)
	}
}

func TestJavaDouble(t *testing.T) {
	for decimal, want := range map[string]string{
		"10.00": "10.0", "10.50": "10.5", "0.01": "0.01", "41000": "41000.0", "9999999": "9999999.0",
		"10000000": "1.0E7", "12345678": "1.2345678E7", "99999999.99": "9.999999999E7", "9999999999": "9.999999999E9",
	} {
		if got := javaDouble(decimal); got != want {
			t.Errorf("%s: %s, want %s", decimal, got, want)
		}
	}
}

func TestStateOutlivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bakong.json")
	p := newPhone(t, Options{StatePath: path})
	qr := dynamic(t, "B1", time.Minute)
	link := p.deepLink(qr)
	made := p.pay(Payment{MD5: khqr.MD5(qr)})
	p.control("POST", "accounts", `{"account":"shop@devb"}`, nil)
	p.call("request_token", `{"email":"shop@example.kh","organization":"Shop","project":"Till"}`)

	again := newPhone(t, Options{StatePath: path})
	if r := again.call("check_transaction_by_hash", fmt.Sprintf(`{"hash":%q}`, made.Hash)); r.code() != 0 {
		t.Errorf("transaction: %+v", r)
	}
	if r := again.call("check_bakong_account", `{"accountId":"shop@devb"}`); r.code() != 0 {
		t.Errorf("account: %+v", r)
	}
	if status, _, _ := again.send("GET", strings.TrimPrefix(link, p.server.URL), "", "", nil); status != 200 {
		t.Errorf("link: %d", status)
	}
	var mail map[string]string
	if again.control("GET", "mail", "", &mail); len(mail) != 1 {
		t.Errorf("mail: %v", mail)
	}
}

func TestBrokenStateFileIsAnError(t *testing.T) {
	if _, err := New(Options{StatePath: t.TempDir()}); err == nil {
		t.Error("a folder was read as state")
	}
}
