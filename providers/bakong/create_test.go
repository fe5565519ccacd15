package bakong_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/khqr"
)

func TestCreatedCodeHasTheRequestedContent(t *testing.T) {
	h := newHarness(t)
	h.settings["merchant_city"], h.settings["store_label"], h.settings["mcc"] = "Siem Reap", "Front", "5812"
	h.settings["settlement_accounts"] = []string{"bridge@devb"}
	payment := h.create(khr(41000))
	code, err := khqr.Decode(payment.NextAction.QRCode)
	if err != nil {
		t.Fatal(err)
	}
	if code.Kind != khqr.Individual || code.Account != "rieltime_demo@devb" || code.MerchantName != "Rieltime Demo" ||
		code.MerchantCity != "Siem Reap" || code.StoreLabel != "Front" || code.CategoryCode != "5812" ||
		code.Currency != khqr.KHR || code.Amount != "41000" || code.BillNumber != payment.Reference || !code.Dynamic() {
		t.Errorf("code %+v", code)
	}
	if !code.Created.Equal(start) || !code.Expires.Equal(start.Add(5*time.Minute)) || !payment.ExpiresAt.Equal(code.Expires) {
		t.Errorf("from %v to %v, payment until %v", code.Created, code.Expires, payment.ExpiresAt)
	}
	if faults := khqr.Verify(payment.NextAction.QRCode, start); len(faults) > 0 {
		t.Errorf("the code does not verify: %v", faults)
	}
	if len(payment.Payees) != 2 || payment.Payees[0] != "rieltime_demo@devb" || payment.Payees[1] != "bridge@devb" {
		t.Errorf("payees %v", payment.Payees)
	}
	var state struct{ QR, MD5 string }
	if err := json.Unmarshal(payment.State, &state); err != nil || state.QR != payment.NextAction.QRCode ||
		state.MD5 != khqr.MD5(state.QR) || payment.ProviderID != state.MD5 {
		t.Errorf("state %s, provider id %s, %v", payment.State, payment.ProviderID, err)
	}
	if strings.Contains(string(payment.State), h.settings["token"].(string)) {
		t.Error("the state holds the token")
	}
}

func TestMerchantIDMakesAMerchantCode(t *testing.T) {
	h := newHarness(t)
	h.settings["merchant_id"], h.settings["acquiring_bank"] = "0123", "Dev Bank"
	code, err := khqr.Decode(h.create(usd(1050)).NextAction.QRCode)
	if err != nil || code.Kind != khqr.Merchant || code.MerchantID != "0123" || code.AcquiringBank != "Dev Bank" || code.Amount != "10.50" {
		t.Errorf("code %+v %v", code, err)
	}
}

func TestCodeLivesNoLongerThanItMay(t *testing.T) {
	for name, c := range map[string]struct {
		setting int
		session time.Duration
		want    time.Duration
	}{
		"own default":         {0, time.Hour, 5 * time.Minute},
		"setting":             {600, time.Hour, 10 * time.Minute},
		"session ends before": {300, 90 * time.Second, 90 * time.Second},
	} {
		h := newHarness(t)
		if c.setting > 0 {
			h.settings["qr_life_seconds"] = c.setting
		}
		payment := h.newPayment(usd(100))
		payment.ExpiresAt = start.Add(c.session)
		created, err := h.provider.CreatePayment(context.Background(), h.account(), checkout.Start{Payment: payment})
		if err != nil || !created.ExpiresAt.Equal(start.Add(c.want)) {
			t.Errorf("%s: until %v, %v", name, created.ExpiresAt, err)
		}
	}
}

func TestNoCodeForAnEndedSession(t *testing.T) {
	h := newHarness(t)
	payment := h.newPayment(usd(100))
	payment.ExpiresAt = start
	_, err := h.provider.CreatePayment(context.Background(), h.account(), checkout.Start{Payment: payment})
	if refused, ok := checkout.AsRefused(err); !ok || refused.Buyer != "expired" {
		t.Errorf("error %v, want a refusal", err)
	}
}

func TestNoCodeForWhatKHQRCannotSay(t *testing.T) {
	h := newHarness(t)
	payment := h.newPayment(usd(100))
	payment.Reference = strings.Repeat("R", 26)
	_, err := h.provider.CreatePayment(context.Background(), h.account(), checkout.Start{Payment: payment})
	if _, ok := checkout.AsRefused(err); !ok {
		t.Errorf("error %v, want a refusal", err)
	}
}

func TestNoCodeCarriesACurrencyThatTheAccountDoesNotTake(t *testing.T) {
	h := newHarness(t)
	for _, currency := range []checkout.Currency{checkout.MYR, checkout.IDR, ""} {
		created, err := h.provider.CreatePayment(context.Background(), h.account(), checkout.Start{Payment: h.newPayment(checkout.Money{Minor: 100, Currency: currency})})
		if _, refused := checkout.AsRefused(err); !refused || created.NextAction.QRCode != "" {
			t.Errorf("%q: the code %q, %v", currency, created.NextAction.QRCode, err)
		}
	}
}

func TestEveryPaymentHasItsOwnMD5(t *testing.T) {
	h := newHarness(t)
	if a, b := h.create(usd(100)), h.create(usd(100)); a.ProviderID == b.ProviderID {
		t.Errorf("both have md5 %s", a.ProviderID)
	}
}

func TestDeepLinkOpensTheCodeAndLeadsBack(t *testing.T) {
	h := newHarness(t)
	h.settings["app_icon_url"] = "https://shop.example/icon.png"
	payment := h.create(usd(100))
	if len(payment.NextAction.DeepLinks) != 1 || !strings.HasPrefix(payment.NextAction.DeepLinks[0].URL, h.server.URL+"/app/open/") {
		t.Fatalf("deep links %+v", payment.NextAction.DeepLinks)
	}
	page := h.get(payment.NextAction.DeepLinks[0].URL)
	for _, want := range []string{"Rieltime Demo", "1 USD", payment.Reference, `href="https://pay.example/return/bakong/pay_1">Back to the shop`} {
		if !strings.Contains(page, want) {
			t.Errorf("the bank app does not show %q:\n%s", want, page)
		}
	}
}

func TestPaymentDoesWithoutDeepLink(t *testing.T) {
	for name, fault := range map[string]string{
		"refused":       `{"kind":"status","status":403}`,
		"too many":      `{"kind":"status","status":429}`,
		"broken":        `{"kind":"status","status":500}`,
		"cut":           `{"kind":"reset"}`,
		"nonsense":      `{"kind":"malformed"}`,
		"no link":       `{"kind":"malformed","body":"{\"responseCode\":0,\"data\":{}}"}`,
		"script":        `{"kind":"malformed","body":"{\"responseCode\":0,\"data\":{\"shortLink\":\"javascript:alert(1)\"}}"}`,
		"error code 4":  `{"kind":"malformed","body":"{\"responseCode\":1,\"errorCode\":4,\"data\":null}"}`,
		"never answers": `{"kind":"timeout"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.control("POST", "faults", fault, nil)
			payment := h.create(usd(100))
			if payment.NextAction.QRCode == "" || len(payment.NextAction.DeepLinks) != 0 {
				t.Errorf("next action %+v", payment.NextAction)
			}
			if !strings.Contains(h.log.String(), "no deep link") {
				t.Error("nothing was logged")
			}
		})
	}
}

func TestDeepLinksThatKeepFailingStopNoQuestions(t *testing.T) {
	h := newHarness(t)
	h.control("POST", "faults", `{"kind":"status","status":503,"path":"deeplink"}`, nil)
	var payment checkout.Payment
	for range 8 {
		payment = h.create(usd(100))
	}
	if count := h.requestCount("generate_deeplink_by_qr"); count >= 8 {
		t.Errorf("a dead deep link service was asked %d times", count)
	}
	if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
		t.Errorf("answer %+v", answer)
	}
}
