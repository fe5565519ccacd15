package kess_test

import (
	"net/url"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/kess"
	"rieltime/providers/kess/kesssim"
)

func (h *harness) readCallback(message checkout.Message) (checkout.Callback, error) {
	return h.provider.ReadCallback(h.account(), message)
}

func TestNoticeWakesTheQuestionAsJSONAndAsAForm(t *testing.T) {
	for _, format := range []string{"json", "form"} {
		for _, signType := range []string{"MD5", "HMAC-SHA256"} {
			h := newHarness(t)
			h.settings["sign_type"] = signType
			h.mustControl("callbacks", map[string]any{"format": format})
			payment, _ := h.create(h.start("kess", "10.50", checkout.USD))
			h.pay(payment, nil)
			callback, err := h.readCallback(h.notice())
			if err != nil || callback.Reference != payment.Reference || callback.Answer != nil || callback.Reply != "success" {
				t.Errorf("%s, %s: %+v (%v)", format, signType, callback, err)
			}
		}
	}
}

func TestForgedNoticesAreRefused(t *testing.T) {
	for _, format := range []string{"json", "form"} {
		for _, kind := range []string{"forged", "flipped", "unsigned"} {
			h := newHarness(t)
			h.mustControl("callbacks", map[string]any{"format": format})
			payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
			h.mustControl("callbacks/send", map[string]any{"reference": payment.Reference, "kind": kind})
			if callback, err := h.readCallback(h.notice()); err == nil {
				t.Errorf("%s (%s) gave %+v, want it refused", kind, format, callback)
			}
		}
	}
}

func TestDuplicateAndReorderedNoticesOnlyWake(t *testing.T) {
	h := newHarness(t)
	h.mustControl("callbacks", map[string]any{"duplicate": 1, "reorder": true})
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.pay(payment, nil)
	for range 3 {
		if callback, err := h.readCallback(h.notice()); err != nil || callback.Answer != nil || callback.Reference != payment.Reference {
			t.Errorf("%+v (%v)", callback, err)
		}
	}
	if answer := h.query(payment); answer.Verdict != checkout.VerdictPaid {
		t.Errorf("%+v", answer)
	}
}

func TestEveryChangedByteOfANoticeIsRefused(t *testing.T) {
	h := newHarness(t)
	h.mustControl("callbacks", map[string]any{"format": "form"})
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.pay(payment, nil)
	message := h.notice()
	values, err := url.ParseQuery(string(message.Body))
	if err != nil {
		t.Fatal(err)
	}
	for name := range values {
		if strings.Contains(name, "[") {
			continue // arrays are not signed
		}
		changed := url.Values{}
		for other := range values {
			changed.Set(other, values.Get(other))
		}
		changed.Set(name, values.Get(name)+"1")
		forged := message
		forged.Body = []byte(changed.Encode())
		if _, err := h.readCallback(forged); err == nil {
			t.Errorf("%s could be changed", name)
		}
	}
}

func TestNoticesThatAreNoneAreRefused(t *testing.T) {
	h := newHarness(t)
	for name, message := range map[string]checkout.Message{
		"got":          {Method: "GET", ContentType: "application/json", Body: []byte(`{}`)},
		"text":         {Method: "POST", ContentType: "text/plain", Body: []byte(`a=b`)},
		"no type":      {Method: "POST", Body: []byte(`{}`)},
		"no JSON":      {Method: "POST", ContentType: "application/json", Body: []byte(`{`)},
		"sign type":    {Method: "POST", ContentType: "application/json", Body: []byte(`{"out_trade_no":"A","sign_type":"md5","sign":"x"}`)},
		"no form":      {Method: "POST", ContentType: "application/x-www-form-urlencoded", Body: []byte(`%zz`)},
		"twice":        {Method: "POST", ContentType: "application/x-www-form-urlencoded", Body: []byte(`out_trade_no=A&out_trade_no=B`)},
		"empty return": {Method: "GET", Return: true},
	} {
		if callback, err := h.readCallback(message); err == nil {
			t.Errorf("%s gave %+v, want it refused", name, callback)
		}
	}
}

// The seller may have changed since the attempt was made: what the question
// says of it counts.
func TestNoticeThatNamesAnotherSellerOnlyWakes(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.mustControl("orders", map[string]any{"reference": payment.Reference, "seller_code": "CU-OTHER"})
	h.pay(payment, nil)
	if callback, err := h.readCallback(h.notice()); err != nil || callback.Reference != payment.Reference || callback.Answer != nil {
		t.Errorf("%+v, %v", callback, err)
	}
	if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("paid to another seller: %+v, want don't know", answer)
	}
}

func TestSellerOfAnAttemptStaysWhenTheSettingsChange(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.pay(payment, map[string]any{"method": "VISA_MASTER"})
	h.settings["seller_code"] = "CU-NEW"
	if callback, err := h.readCallback(h.notice()); err != nil || callback.Reference != payment.Reference {
		t.Errorf("the notice: %+v, %v", callback, err)
	}
	answer := h.query(payment)
	if answer.Verdict != checkout.VerdictPaid || answer.Proof.Payee != payment.Payees[0] || answer.Proof.Payee != kesssim.DemoSellerCode {
		t.Errorf("%+v, want it paid to %s", answer, payment.Payees[0])
	}
	lost := h.start("kess", "10.00", checkout.USD).Payment
	lost.Payees = payment.Payees
	if answer := h.query(lost); answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("an order that the new seller does not have: %+v, want don't know", answer)
	}
}

func TestReturnShowsThatTheCardWasDeclined(t *testing.T) {
	for query, want := range map[string]string{
		"success=1&out_trade_no=R1":           "",
		"out_trade_no=R1":                     "",
		"success=0&out_trade_no=R1&message=x": "declined",
		`success=0&out_trade_no=R1&pay_response={"gatewayCode":"INSUFFICIENT_FUNDS"}`:             "insufficient_funds",
		`success=0&out_trade_no=R1&pay_response={"gatewayCode":"<script>"}`:                       "declined",
		`success=0&out_trade_no=R1&pay_response=[]`:                                               "declined",
		`success=0&out_trade_no=R1&pay_response={"gatewayCode":"WAITING_FINAL_STATUS"}&message=x`: "",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if said := kess.New(providers.Options{}).ReadReturn(checkout.Message{Method: "GET", Query: values, Return: true}); said.Declined != want || said.Reference != "R1" {
			t.Errorf("%s: %+v, want %q", query, said, want)
		}
	}
}

func TestReturnProvesNothingAndWakes(t *testing.T) {
	h := newHarness(t)
	for _, text := range []string{
		"success=1&out_trade_no=R1&message=Payment+Successful%21&token=t",
		`success=0&out_trade_no=R1&message=x&token=t&pay_response={"gatewayCode":"INSUFFICIENT_FUNDS"}`,
	} {
		values, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		callback, err := h.readCallback(checkout.Message{Method: "GET", Query: values, Return: true})
		if err != nil || callback.Reference != "R1" || callback.Answer != nil {
			t.Errorf("get: %+v (%v)", callback, err)
		}
		callback, err = h.readCallback(checkout.Message{Method: "POST", Body: []byte(values.Encode()), Return: true})
		if err != nil || callback.Reference != "R1" || callback.Answer != nil {
			t.Errorf("post: %+v (%v)", callback, err)
		}
	}
}
