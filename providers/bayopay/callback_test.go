package bayopay

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/bayopay/bayopaysim"
	"rieltime/providers/bayopay/internal/client"
)

const testReference = "R0123456789ABCDEFGHZ"

// results is a result with the fields changed, hashed with the demo key.
func results(changes map[string]string) map[string]string {
	fields := map[string]string{
		"bayo_amount": "10.00", "bayo_orderid": testReference, "bayo_tranid": "1234567890",
		"bayo_niagaid": bayopaysim.DemoNiagaID, "bayo_status": "00", "bayo_appcode": "A12345",
		"bayo_currency": "USD", "bayo_paydate": "2025-02-05 11:02:04", "bayo_channel": "creditmc",
	}
	for name, value := range changes {
		fields[name] = value
	}
	date := fields["bayo_paydate"]
	if date == "" {
		date = fields["bayo_txndate"]
	}
	fields["bayo_reshash"] = client.Result{
		TranID: fields["bayo_tranid"], OrderID: fields["bayo_orderid"], Status: fields["bayo_status"],
		NiagaID: fields["bayo_niagaid"], Amount: fields["bayo_amount"], Currency: fields["bayo_currency"],
		Date: date, AppCode: fields["bayo_appcode"],
	}.Hash(bayopaysim.DemoNiagaKey)
	return fields
}

func formOf(fields map[string]string) checkout.Message {
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	return checkout.Message{
		Method: http.MethodPost, ContentType: "application/x-www-form-urlencoded",
		Body: []byte(form.Encode()), ReceivedAt: time.Now(),
	}
}

func jsonOf(fields map[string]string) checkout.Message {
	body, _ := json.Marshal(fields)
	return checkout.Message{Method: http.MethodPost, ContentType: "application/json", Body: body, ReceivedAt: time.Now()}
}

func readCallback(message checkout.Message) (checkout.Callback, error) {
	return New(providers.Options{}).ReadCallback(accountAt("https://g.example", nil), message)
}

func wantRefused(t *testing.T, name string, message checkout.Message) {
	t.Helper()
	callback, err := readCallback(message)
	var refused *checkout.Error
	if !errors.As(err, &refused) || refused.Code != "callback_refused" || err.Error() != "The message was refused." {
		t.Errorf("%s: %+v, %v, want the one refusal", name, callback, err)
	}
	if callback != (checkout.Callback{}) {
		t.Errorf("%s: %+v beside the refusal", name, callback)
	}
}

func TestSignedResultIsProof(t *testing.T) {
	for name, message := range map[string]checkout.Message{"form": formOf(results(nil)), "JSON": jsonOf(results(nil))} {
		for _, message.Return = range []bool{false, true} {
			callback, err := readCallback(message)
			if err != nil || callback.Reference != testReference || callback.Answer == nil || callback.Answer.Proof == nil {
				t.Fatalf("%s: %+v, %v, want an answer with a proof", name, callback, err)
			}
			proof := callback.Answer.Proof
			if callback.Answer.Verdict != checkout.VerdictPaid || proof.Amount != (checkout.Money{Minor: 1000, Currency: checkout.USD}) {
				t.Errorf("%s: %s %s, want 10.00 USD paid", name, callback.Answer.Verdict, proof.Amount)
			}
			if proof.Payee != bayopaysim.DemoNiagaID || proof.TransactionID != "1234567890" || proof.Reference != testReference {
				t.Errorf("%s: proof %+v", name, proof)
			}
			if want := time.Date(2025, 2, 5, 3, 2, 4, 0, time.UTC); !proof.PaidAt.Equal(want) {
				t.Errorf("%s: paid at %s, want %s", name, proof.PaidAt, want)
			}
			if callback.Reply != "OK" || proof.Provider != Name || proof.Source != "callback" || !strings.Contains(string(proof.Raw), "reshash") {
				t.Errorf("%s: %+v with proof %+v", name, callback, proof)
			}
		}
	}
}

func TestResultKeepsWhatWasPaid(t *testing.T) {
	for name, tc := range map[string]struct {
		changes map[string]string
		want    checkout.Money
	}{
		"other amount":       {map[string]string{"bayo_amount": "1.00"}, checkout.Money{Minor: 100, Currency: checkout.USD}},
		"no decimals":        {map[string]string{"bayo_amount": "10"}, checkout.Money{Minor: 1000, Currency: checkout.USD}},
		"one decimal":        {map[string]string{"bayo_amount": "10.5"}, checkout.Money{Minor: 1050, Currency: checkout.USD}},
		"ringgit":            {map[string]string{"bayo_currency": "MYR"}, checkout.Money{Minor: 1000, Currency: "MYR"}},
		"dollars by number":  {map[string]string{"bayo_currency": "840"}, checkout.Money{Minor: 1000, Currency: checkout.USD}},
		"ringgit by number":  {map[string]string{"bayo_currency": "458"}, checkout.Money{Minor: 1000, Currency: "MYR"}},
		"rupiah by number":   {map[string]string{"bayo_currency": "360"}, checkout.Money{Minor: 1000, Currency: "IDR"}},
		"date of the tables": {map[string]string{"bayo_paydate": "2025-0205 11:02:04"}, checkout.Money{Minor: 1000, Currency: checkout.USD}},
		"no approval code":   {map[string]string{"bayo_appcode": ""}, checkout.Money{Minor: 1000, Currency: checkout.USD}},
		"txndate": {
			map[string]string{"bayo_paydate": "", "bayo_txndate": "2025-02-05 11:02:04"}, checkout.Money{Minor: 1000, Currency: checkout.USD},
		},
	} {
		callback, err := readCallback(formOf(results(tc.changes)))
		if err != nil || callback.Answer.Proof == nil || callback.Answer.Proof.Amount != tc.want {
			t.Errorf("%s: %+v, %v, want %s", name, callback, err, tc.want)
		}
	}
}

func TestEveryStatusAndCodeIsTranslated(t *testing.T) {
	if len(Faults) != 23 {
		t.Errorf("%d error codes, want the 23 documented", len(Faults))
	}
	for n := 1; n <= 23; n++ {
		code := fmt.Sprintf("BP%05d", n)
		fault, known := Faults[code]
		if !known || fault.Buyer == "" || !strings.HasSuffix(fault.Merchant, ".") {
			t.Errorf("%s means %+v", code, fault)
		}
		callback, err := readCallback(formOf(results(map[string]string{"bayo_status": "11", "bayo_errorcode": code})))
		if err != nil || callback.Answer.Verdict != checkout.VerdictFailed {
			t.Fatalf("%s: %+v, %v, want it failed", code, callback, err)
		}
		if callback.Answer.Transaction == "" || callback.Answer.Code != fault.Buyer || callback.Answer.Reason != fault.Merchant || callback.Answer.Proof != nil {
			t.Errorf("%s: %+v, want %+v", code, callback.Answer, fault)
		}
	}
	for _, code := range []string{"", "BP99999", "<b>"} {
		callback, err := readCallback(formOf(results(map[string]string{"bayo_status": "11", "bayo_errorcode": code})))
		if err != nil || callback.Answer.Verdict != checkout.VerdictFailed || callback.Answer.Code != "declined" {
			t.Errorf("code %q: %+v, %v, want it failed and declined", code, callback, err)
		}
	}
	callback, err := readCallback(formOf(results(map[string]string{"bayo_status": "22"})))
	if err != nil || callback.Answer.Verdict != checkout.VerdictProcessing || callback.Answer.Proof != nil {
		t.Errorf("status 22: %+v, %v, want it under way", callback, err)
	}
}

func TestUnsignedResultsAreRefused(t *testing.T) {
	for _, name := range []string{
		"bayo_amount", "bayo_orderid", "bayo_tranid", "bayo_niagaid", "bayo_status", "bayo_appcode",
		"bayo_currency", "bayo_paydate", "bayo_reshash",
	} {
		for what, change := range map[string]func(string) string{
			"changed": func(s string) string { return s + "1" },
			"flipped": func(s string) string { return string(s[0]^1) + s[1:] },
			"absent":  func(string) string { return "" },
		} {
			fields := results(nil)
			fields[name] = change(fields[name])
			wantRefused(t, name+" "+what, formOf(fields))
		}
	}
	reqhash := results(nil)
	reqhash["bayo_reshash"] = client.Request{
		NiagaID: bayopaysim.DemoNiagaID, Currency: "USD", OrderID: testReference, Amount: "10.00",
	}.Hash(bayopaysim.DemoNiagaKey)
	wantRefused(t, "reqhash as reshash", formOf(reqhash))
}

func TestSignedResultsThatAreNotOursAreRefused(t *testing.T) {
	for name, changes := range map[string]map[string]string{
		"another merchant":    {"bayo_niagaid": "100105000000203"},
		"order with a prefix": {"bayo_orderid": "0" + testReference},
		"order of digits":     {"bayo_orderid": "1081699081"},
		"no order":            {"bayo_orderid": ""},
		"no transaction":      {"bayo_tranid": ""},
		"two dates":           {"bayo_txndate": "2025-02-05 11:02:05"},
	} {
		wantRefused(t, name, formOf(results(changes)))
	}
}

// They are BayoPay's own word about our order, and may be about money.
func TestSignedResultsThatMakeNoSenseSayNothing(t *testing.T) {
	for name, changes := range map[string]map[string]string{
		"unknown status":       {"bayo_status": "33"},
		"no status":            {"bayo_status": ""},
		"unknown currency":     {"bayo_currency": "EUR"},
		"unknown number":       {"bayo_currency": "116"},
		"currency in no case":  {"bayo_currency": "usd"},
		"amount with commas":   {"bayo_amount": "1,500.00"},
		"amount below zero":    {"bayo_amount": "-10.00"},
		"amount with exponent": {"bayo_amount": "1e3"},
		"amount with plus":     {"bayo_amount": "+10.00"},
		"three decimals":       {"bayo_amount": "10.001"},
		"no amount":            {"bayo_amount": ""},
	} {
		callback, err := readCallback(formOf(results(changes)))
		if err != nil || callback.Reference != testReference || callback.Answer == nil {
			t.Errorf("%s: %+v, %v", name, callback, err)
			continue
		}
		if answer := *callback.Answer; answer.Verdict != checkout.VerdictUnknown || answer.Proof != nil || answer.Reason == "" || answer.Cause == nil {
			t.Errorf("%s: %+v, want don't know with its cause", name, answer)
		}
	}
}

func TestDigitsCannotMoveBetweenFields(t *testing.T) {
	signed := results(nil)["bayo_reshash"]
	for name, changes := range map[string]map[string]string{
		"transaction to order": {"bayo_tranid": "123456789", "bayo_orderid": "0" + testReference},
		"order to status":      {"bayo_orderid": testReference[:19], "bayo_status": "Z00"},
		"niaga id to amount":   {"bayo_niagaid": bayopaysim.DemoNiagaID[:14], "bayo_amount": "910.00"},
		"status to niaga id":   {"bayo_status": "0", "bayo_niagaid": "0" + bayopaysim.DemoNiagaID},
	} {
		fields := results(changes)
		fields["bayo_reshash"] = signed
		wantRefused(t, name, formOf(fields))
	}
}

func TestOnlyPostsAreResults(t *testing.T) {
	message := formOf(results(nil))
	query, err := url.ParseQuery(string(message.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodHead} {
		wantRefused(t, method, checkout.Message{Method: method, Query: query, Body: message.Body, Return: true})
	}
	wantRefused(t, "POST with everything in the query", checkout.Message{Method: http.MethodPost, Query: query})
	wantRefused(t, "empty POST", checkout.Message{Method: http.MethodPost})
	wantRefused(t, "name twice", checkout.Message{Method: http.MethodPost, Body: append(message.Body, "&bayo_amount=1.00"...)})
}

func TestReplyIsASetting(t *testing.T) {
	account := accountAt("https://g.example", map[string]any{"callback_reply": "RECEIVED"})
	callback, err := New(providers.Options{}).ReadCallback(account, formOf(results(nil)))
	if err != nil || callback.Reply != "RECEIVED" {
		t.Errorf("reply %q, %v, want RECEIVED", callback.Reply, err)
	}
}

func TestCallbacksOfTheSimulatorAreUnderstood(t *testing.T) {
	for _, format := range []string{"json", "form", "sample"} {
		for outcome, want := range map[string]checkout.Verdict{
			"paid": checkout.VerdictPaid, "failed": checkout.VerdictFailed, "pending": checkout.VerdictProcessing, "abandoned": checkout.VerdictFailed,
		} {
			h := newHarness(t)
			h.control("callbacks", `{"format":%q}`, format)
			payment := h.create(1000)
			h.control("pay", `{"reference":%q,"outcome":%q}`, payment.Reference, outcome)
			callback, err := h.callback()
			if err != nil || callback.Reference != payment.Reference || callback.Answer == nil || callback.Answer.Verdict != want {
				t.Fatalf("%s %s: %+v, %v, want verdict %s", format, outcome, callback, err, want)
			}
			if want == checkout.VerdictPaid && (callback.Answer.Proof.Amount != payment.Amount || callback.Answer.Proof.Payee != payment.Payees[0]) {
				t.Errorf("%s: proof %+v, want %s to %s", format, callback.Answer.Proof, payment.Amount, payment.Payees[0])
			}
		}
	}
}

func TestForgedCallbacksOfTheSimulatorAreRefused(t *testing.T) {
	for _, kind := range []string{"forged", "flipped", "tampered"} {
		h := newHarness(t)
		payment := h.create(1000)
		h.control("callbacks/send", `{"reference":%q,"kind":%q,"status":"00"}`, payment.Reference, kind)
		if callback, err := h.callback(); err == nil {
			t.Errorf("%s: %+v, want it refused", kind, callback)
		}
	}
}

func TestPendingPaymentIsPaidLater(t *testing.T) {
	h := newHarness(t)
	payment := h.create(1000)
	var transactions []string
	for _, step := range []struct {
		outcome string
		want    checkout.Verdict
	}{{"pending", checkout.VerdictProcessing}, {"paid", checkout.VerdictPaid}} {
		h.control("pay", `{"reference":%q,"outcome":%q}`, payment.Reference, step.outcome)
		callback, err := h.callback()
		if err != nil || callback.Answer.Verdict != step.want {
			t.Fatalf("%s: %+v, %v, want %s", step.outcome, callback, err, step.want)
		}
	}
	for range 2 { // notices repeat
		h.control("callbacks/send", `{"reference":%q}`, payment.Reference)
		callback, err := h.callback()
		if err != nil || callback.Answer.Proof == nil {
			t.Fatalf("a repeated notice: %+v, %v", callback, err)
		}
		transactions = append(transactions, callback.Answer.Proof.TransactionID)
	}
	if transactions[0] != transactions[1] {
		t.Errorf("repeated notices are of transactions %q, want the same", transactions)
	}
}
