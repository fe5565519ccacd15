package kess_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/simkit"
)

func TestHostedPaymentRedirectsToThePaymentLink(t *testing.T) {
	r := newRig(t)
	r.settings["setting"] = map[string]any{"template": "company", "background_color": "#FFFFFF", "display_fee_amount": 0.5}
	start := r.start("kess", "10.50", checkout.USD)
	payment, created := r.create(start)
	order := r.ledger().Orders[0]
	if created.NextAction.Kind != checkout.ActionRedirect || created.NextAction.URL != r.server.URL+"/pay/"+order.Token {
		t.Errorf("next action %+v", created.NextAction)
	}
	if created.ProviderID != order.Token || len(payment.Payees) != 1 || payment.Payees[0] != kesssim.DemoSellerCode {
		t.Errorf("created %+v", created)
	}
	if !created.ExpiresAt.Equal(payment.ExpiresAt) {
		t.Errorf("expires %v, want the session's end %v", created.ExpiresAt, payment.ExpiresAt)
	}
	if order.OutTradeNo != payment.Reference || order.Body != "Iced coffee  cake  2" || order.TotalAmount != "10.50" ||
		order.NotifyURL != start.CallbackURL || order.RedirectURL != start.ReturnURL || order.SignType != "HMAC-SHA256" {
		t.Errorf("order %+v", order)
	}
}

func TestBothSignTypesAndCurrenciesWork(t *testing.T) {
	for _, signType := range []string{"MD5", "HMAC-SHA256"} {
		for amount, currency := range map[string]checkout.Currency{"0.01": checkout.USD, "10.10": checkout.USD, "41000": checkout.KHR, "99999999.99": checkout.USD} {
			r := newRig(t)
			r.settings["sign_type"] = signType
			payment, _ := r.create(r.start("kess", amount, currency))
			if answer := r.query(payment); answer.Verdict != checkout.VerdictPending {
				t.Errorf("%s %s %s: %+v", signType, amount, currency, answer)
			}
		}
	}
}

func TestIPhonesAndAndroidsAreToldApart(t *testing.T) {
	for device, want := range map[checkout.Device][2]any{
		checkout.DeviceIOS: {1.0, 1.0}, checkout.DeviceAndroid: {1.0, 0.0}, checkout.DeviceDesktop: {0.0, nil},
	} {
		r := newRig(t)
		start := r.start("kess:ABAAKHPP", "10.00", checkout.USD)
		start.Device = device
		_, created := r.create(start)
		sent := r.sent("nativePay")
		if got := [2]any{sent["only_deeplink"], sent["is_ios_device"]}; got != want {
			t.Errorf("%s: only_deeplink and is_ios_device are %v, want %v", device, got, want)
		}
		if device == checkout.DeviceDesktop {
			continue
		}
		if links := created.NextAction.DeepLinks; len(links) != 1 || links[0].OS != string(device) {
			t.Errorf("%s: %+v", device, links)
		}
	}
}

func TestExpiresInIsTheLesserOfSettingAndSession(t *testing.T) {
	r := newRig(t)
	r.settings["expires_in"] = 300
	_, created := r.create(r.start("kess", "1.00", checkout.USD))
	if want := r.clock.now().Add(5 * time.Minute); !created.ExpiresAt.Equal(want) {
		t.Errorf("expires %v, want %v", created.ExpiresAt, want)
	}
}

func TestHostedPageIsRestrictedToWhatIsOffered(t *testing.T) {
	for name, tc := range map[string]struct {
		method   string
		settings map[string]any
		want     string
	}{
		"all":             {"kess", nil, ""},
		"the methods":     {"kess", map[string]any{"methods": []string{"WING", "VISA_MASTER"}}, "WING VISA_MASTER"},
		"the setting":     {"kess", map[string]any{"methods": []string{"WING"}, "setting": map[string]any{"enabled_payment_methods": []string{"KHQR"}}}, "KHQR"},
		"the card chosen": {"kess:VISA_MASTER", map[string]any{"setting": map[string]any{"enabled_payment_methods": []string{"KHQR"}}}, "VISA_MASTER"},
	} {
		r := newRig(t)
		for key, value := range tc.settings {
			r.settings[key] = value
		}
		_, created := r.create(r.start(tc.method, "10.00", checkout.USD))
		if got := strings.Join(r.ledger().Orders[0].Enabled, " "); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
		if created.NextAction.Kind != checkout.ActionRedirect {
			t.Errorf("%s: %+v", name, created.NextAction)
		}
	}
}

func TestCustomerIsEncryptedWhenEnoughIsKnown(t *testing.T) {
	r := newRig(t)
	r.settings["public_key"] = r.sim.PublicKey()
	full := checkout.Customer{Name: "Sok Dara Rith", Email: "sok@example.com", Phone: "+855 12 345 678"}
	for name, tc := range map[string]struct {
		customer checkout.Customer
		want     string
	}{
		"all":      {full, `{"phone_number":"012345678","email":"sok@example.com","first_name":"Sok","last_name":"Dara Rith"}`},
		"one name": {checkout.Customer{Name: "Sok", Email: full.Email, Phone: full.Phone}, ""},
		"no phone": {checkout.Customer{Name: full.Name, Email: full.Email}, ""},
		"too long": {checkout.Customer{Name: full.Name, Email: strings.Repeat("e", 250) + "@example.com", Phone: full.Phone}, ""},
	} {
		start := r.start("kess", "10.00", checkout.USD)
		start.Customer = tc.customer
		payment, _ := r.create(start)
		for _, order := range r.ledger().Orders {
			if order.OutTradeNo == payment.Reference && string(order.Customer) != tc.want {
				t.Errorf("%s: customer %s, want %s", name, order.Customer, tc.want)
			}
		}
	}
}

func TestNativePaymentShowsAQRCode(t *testing.T) {
	r := newRig(t)
	payment, created := r.create(r.start("kess:ABAAKHPP", "10.00", checkout.USD))
	action := created.NextAction
	if action.Kind != checkout.ActionQRCode || !strings.HasPrefix(action.QRCode, "000201") || len(action.DeepLinks) != 0 {
		t.Errorf("next action %+v", action)
	}
	_, _, location := r.browse(r.server.URL+"/app?qr="+url.QueryEscape(action.QRCode), nil)
	if location != "/app/"+created.ProviderID {
		t.Errorf("the QR code leads to %q, want the order %s", location, payment.ProviderID)
	}
}

func TestNativePaymentOnAPhoneOpensTheApp(t *testing.T) {
	for _, tc := range []struct {
		method string
		device checkout.Device
		link   bool
	}{
		{"kess:ABAAKHPP", checkout.DeviceIOS, true},
		{"kess:ABAAKHPP", checkout.DeviceAndroid, true},
		{"kess:ABAAKHPP", checkout.DeviceDesktop, false},
		{"kess:KESSKH", checkout.DeviceIOS, true},
		{"kess:KESSKH", checkout.DeviceAndroid, false}, // it has no app there
		{"kess:KHQR", checkout.DeviceAndroid, false},
	} {
		r := newRig(t)
		start := r.start(tc.method, "10.00", checkout.USD)
		start.Device = tc.device
		_, created := r.create(start)
		action := created.NextAction
		if action.Kind != checkout.ActionQRCode || (len(action.DeepLinks) == 1) != tc.link || (action.QRCode == "") != tc.link {
			t.Fatalf("%s on %s: %+v", tc.method, tc.device, action)
		}
		if tc.link && (action.DeepLinks[0].OS != string(tc.device) || action.DeepLinks[0].App == "") {
			t.Errorf("%s on %s: deep link %+v", tc.method, tc.device, action.DeepLinks[0])
		}
	}
}

func TestQRCodeBehindALinkIsARedirect(t *testing.T) {
	r := newRig(t)
	_, created := r.create(r.start("kess:UNIONPAY", "10.00", checkout.USD))
	if created.NextAction.Kind != checkout.ActionRedirect || created.NextAction.URL != r.server.URL+"/app/"+created.ProviderID {
		t.Errorf("next action %+v", created.NextAction)
	}
}

// answerOnce has the next call of a KESS service answered with a text.
func (r *harness) answerOnce(name string, status int, body string) {
	r.t.Helper()
	r.fault(simkit.Fault{Kind: simkit.FaultStatus, Status: status, Match: service + name, Body: body, Count: 1})
}

func createdOrder(reference string, change map[string]any) string {
	order := map[string]any{
		"token": "t1", "out_trade_no": reference, "total_amount": json.Number("10.00"), "currency": "USD",
		"status": "WAITING ", "expired_at": "2026-11-20T09:20:00.000000Z",
		"seller": map[string]any{"code": kesssim.DemoSellerCode}, "payment_link": "https://kess.example/pay/t1",
	}
	for name, value := range change {
		order[name] = value
	}
	text, _ := json.Marshal(map[string]any{"success": true, "data": order})
	return string(text)
}

func TestReplyThatIsNotWhatWasAskedGivesNoAction(t *testing.T) {
	for name, change := range map[string]map[string]any{
		"reference":   {"out_trade_no": "OTHER"},
		"amount":      {"total_amount": json.Number("1.00")},
		"currency":    {"currency": "KHR"},
		"seller":      {"seller": map[string]any{"code": "CU-OTHER"}},
		"status":      {"status": "SUCCESS"},
		"no token":    {"token": ""},
		"no link":     {"payment_link": nil},
		"script link": {"payment_link": "javascript:alert(1)"},
	} {
		r := newRig(t)
		start := r.start("kess", "10.00", checkout.USD)
		r.answerOnce("createorder", 200, createdOrder(start.Payment.Reference, change))
		created, err := r.provider.CreatePayment(t.Context(), r.account(), start)
		if err == nil || created.NextAction.Kind != checkout.ActionNone {
			t.Errorf("%s: %+v (%v), want an error", name, created, err)
		}
		if _, refused := checkout.AsRefused(err); refused {
			t.Errorf("%s: a refusal, want don't know", name)
		}
	}
	r := newRig(t)
	start := r.start("kess", "10.00", checkout.USD)
	r.answerOnce("createorder", 200, createdOrder(start.Payment.Reference, nil))
	if _, err := r.provider.CreatePayment(t.Context(), r.account(), start); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

func TestLostAnswerIsRecoveredByTheQueryAndNeverRepeated(t *testing.T) {
	for name, fault := range map[string]simkit.Fault{
		"time-out":  {Kind: simkit.FaultTimeout, After: true},
		"reset":     {Kind: simkit.FaultReset, After: true},
		"500":       {Kind: simkit.FaultStatus, Status: 500, After: true},
		"504":       {Kind: simkit.FaultStatus, Status: 504, After: true},
		"malformed": {Kind: simkit.FaultMalformed, After: true},
		"409":       {Kind: simkit.FaultStatus, Status: 409, After: true},
	} {
		r := newRig(t)
		fault.Match, fault.Count = service+"createorder", 1
		r.fault(fault)
		start := r.start("kess", "10.00", checkout.USD)
		_, created := r.create(start)
		ledger := r.ledger()
		if created.NextAction.URL != r.server.URL+"/pay/"+created.ProviderID || len(ledger.Orders) != 1 || ledger.Requests[service+"createorder"] != 1 {
			t.Errorf("%s: %+v, %d orders, %d calls", name, created, len(ledger.Orders), ledger.Requests[service+"createorder"])
		}
	}
}

func TestLostQuestionIsNotAnAnswer(t *testing.T) {
	for name, fault := range map[string]simkit.Fault{
		"time-out": {Kind: simkit.FaultTimeout}, "reset": {Kind: simkit.FaultReset},
		"403": {Kind: simkit.FaultStatus, Status: 403}, "419": {Kind: simkit.FaultStatus, Status: 419}, "429": {Kind: simkit.FaultStatus, Status: 429},
		"500": {Kind: simkit.FaultStatus, Status: 500}, "503": {Kind: simkit.FaultStatus, Status: 503}, "nonsense": {Kind: simkit.FaultMalformed},
	} {
		for _, method := range []string{"kess", "kess:ABAAKHPP"} {
			r := newRig(t)
			r.query(checkout.Payment{Reference: "LOGIN"}) // so that the fault hits the call, not the login
			fault.Match, fault.Count = service+map[string]string{"kess": "createorder"}[method], 1
			if method != "kess" {
				fault.Match = service + "nativePay"
			}
			r.fault(fault)
			_, err := r.provider.CreatePayment(t.Context(), r.account(), r.start(method, "10.00", checkout.USD))
			if _, refused := checkout.AsRefused(err); err == nil || refused {
				t.Errorf("%s, %s: %v, want don't know", name, method, err)
			}
		}
	}
}

func TestDefiniteNoIsARefusal(t *testing.T) {
	for _, status := range []int{400, 404, 422} {
		for _, method := range []string{"kess", "kess:WING"} {
			r := newRig(t)
			name := map[string]string{"kess": "createorder", "kess:WING": "nativePay"}[method]
			r.answerOnce(name, status, `{"success":false,"message":"The body is too short."}`)
			_, err := r.provider.CreatePayment(t.Context(), r.account(), r.start(method, "10.00", checkout.USD))
			refused, definite := checkout.AsRefused(err)
			if !definite || refused.Buyer != "try_other_method" || refused.Reason != "The body is too short." {
				t.Errorf("%d %s: %v, want a refusal", status, method, err)
			}
		}
	}
}

func TestDuplicateOfAnotherOrderIsNotTaken(t *testing.T) {
	r := newRig(t)
	start := r.start("kess", "10.00", checkout.USD)
	r.create(start)
	start.Payment.Amount.Minor = 2000
	if created, err := r.provider.CreatePayment(t.Context(), r.account(), start); err == nil {
		t.Errorf("%+v, want an error", created)
	}
}

func TestUnlistedMethodIsRefused(t *testing.T) {
	r := newRig(t)
	_, err := r.provider.CreatePayment(t.Context(), r.account(), r.start("kess:NOBANK", "10.00", checkout.USD))
	if _, refused := checkout.AsRefused(err); !refused {
		t.Errorf("%v, want a refusal", err)
	}
}

func TestWrongCredentialsAreDontKnow(t *testing.T) {
	r := newRig(t)
	r.settings["password"] = "wrong"
	_, err := r.provider.CreatePayment(t.Context(), r.account(), r.start("kess", "10.00", checkout.USD))
	var unknown *checkout.Refused
	if err == nil || errors.As(err, &unknown) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%v", err)
	}
}
