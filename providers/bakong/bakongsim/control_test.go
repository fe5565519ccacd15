package bakongsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/khqr"
)

func TestControlPaysAsRequested(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	p.deepLink(qr)
	for name, c := range map[string]struct {
		body string
		want Transaction
	}{
		"by qr":     {fmt.Sprintf(`{"qr":%q}`, qr), Transaction{From: DemoPayer, To: DemoAccount, Amount: "10.50", Currency: "USD", CreatedMs: noon.UnixMilli()}},
		"by md5":    {fmt.Sprintf(`{"md5":%q,"fail":true}`, khqr.MD5(qr)), Transaction{From: DemoPayer, To: DemoAccount, Amount: "10.50", Currency: "USD", CreatedMs: noon.UnixMilli(), Failed: true}},
		"all of it": {fmt.Sprintf(`{"qr":%q,"amount":"5000","currency":"KHR","to":"a@b","from":"c@d","created_ms":1}`, qr), Transaction{From: "c@d", To: "a@b", Amount: "5000", Currency: "KHR", CreatedMs: 1}},
	} {
		var made Transaction
		p.control("POST", "pay", c.body, &made)
		c.want.MD5, c.want.Hash = khqr.MD5(qr), made.Hash
		if made != c.want || len(made.Hash) != 64 {
			t.Errorf("%s: %+v, want %+v", name, made, c.want)
		}
	}
	var transfer Transaction
	p.control("POST", "pay", `{"amount":"2.50","currency":"USD","to":"a@b"}`, &transfer)
	want := Transaction{Hash: transfer.Hash, From: DemoPayer, To: "a@b", Amount: "2.50", Currency: "USD", CreatedMs: noon.UnixMilli()}
	if transfer != want || len(transfer.Hash) != 64 {
		t.Errorf("without a code: %+v, want %+v", transfer, want)
	}
	var made Transaction
	if p.control("POST", "decline", fmt.Sprintf(`{"qr":%q}`, qr), &made); !made.Failed {
		t.Errorf("decline: %+v", made)
	}
}

func TestControlRefusesWhatItCannotDo(t *testing.T) {
	p := newPhone(t, Options{})
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"pay", `{"md5":"unseen"}`, 422},
		{"pay", `{}`, 422},
		{"pay", `{"amount":"2.50","currency":"USD"}`, 422},
		{"pay", `{"qr":"no code"}`, 422},
		{"pay", fmt.Sprintf(`{"qr":%q}`, static(t)), 422},
		{"pay", fmt.Sprintf(`{"qr":%q,"amount":"1e3"}`, dynamic(t, "B", time.Minute)), 422},
		{"pay", fmt.Sprintf(`{"qr":%q,"currency":"THB"}`, dynamic(t, "B", time.Minute)), 422},
		{"pay", `{"colour":"red"}`, 400},
		{"pay", `{`, 400},
		{"outcomes", `{"reference":"B9","outcome":"paid"}`, 404},
		{"outcomes", `{"reference":"B9"}`, 400},
		{"clock", `{"offset":1}`, 400},
		{"limits", `[]`, 400},
		{"accounts", `x`, 400},
		{"refusals", `{"error_code":99}`, 400},
	} {
		if status, text, _ := p.send("POST", "/control/"+c.path, "", c.body, nil); status != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.path, c.body, status, text, c.status)
		}
	}
}

func TestLedgerListsRequestsAndPayments(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	p.deepLink(qr)
	made := p.pay(Payment{QR: qr})
	p.control("POST", "faults", `{"kind":"status","status":500,"count":1}`, nil)
	for range maxRecent {
		p.sim.record(p.sim.protocol()).ServeHTTP(nopWriter{}, accountCheck(t))
	}
	p.send("POST", "/v1/check_bakong_account", "application/json", "{}", nil)
	var book struct {
		Requests struct {
			Counts map[string]int
			Recent []json.RawMessage
		}
		Codes        map[string]struct{ QR string }
		Transactions []Transaction
	}
	p.control("GET", "ledger", "", &book)
	if book.Requests.Counts["/v1/generate_deeplink_by_qr"] != 1 || book.Requests.Counts["/v1/check_bakong_account"] != 1+maxRecent {
		t.Errorf("counts %v", book.Requests.Counts)
	}
	if len(book.Requests.Recent) != maxRecent {
		t.Errorf("%d recent requests", len(book.Requests.Recent))
	}
	if book.Codes[khqr.MD5(qr)].QR != qr || len(book.Transactions) != 1 || book.Transactions[0] != made {
		t.Errorf("codes %v, transactions %v", book.Codes, book.Transactions)
	}
}

type nopWriter struct{}

func (nopWriter) Header() http.Header         { return http.Header{} }
func (nopWriter) Write(p []byte) (int, error) { return len(p), nil }
func (nopWriter) WriteHeader(int)             {}

func accountCheck(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequest("POST", "/v1/check_bakong_account", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestControlDecidesByReference(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	p.deepLink(qr)
	unseen := dynamic(t, "B2", time.Minute)
	for _, c := range []struct {
		body string
		want Transaction
	}{
		{`{"reference":"B1","outcome":"failed"}`, Transaction{MD5: khqr.MD5(qr), Amount: "10.50", Failed: true}},
		{`{"reference":"B1","outcome":"paid","amount":"10.49"}`, Transaction{MD5: khqr.MD5(qr), Amount: "10.49"}},
		{fmt.Sprintf(`{"qr":%q,"outcome":"paid"}`, unseen), Transaction{MD5: khqr.MD5(unseen), Amount: "10.50"}},
	} {
		p.control("POST", "outcomes", c.body, nil)
		made := p.sim.state.Transactions[len(p.sim.state.Transactions)-1]
		if made.MD5 != c.want.MD5 || made.Amount != c.want.Amount || made.Failed != c.want.Failed {
			t.Errorf("%s: %+v, want %+v", c.body, made, c.want)
		}
	}
}
