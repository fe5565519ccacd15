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

func TestCreatedCodeSaysWhatWasAsked(t *testing.T) {
	w := newWorld(t)
	w.settings["merchant_city"], w.settings["store_label"], w.settings["mcc"] = "Siem Reap", "Front", "5812"
	w.settings["settlement_accounts"] = []string{"bridge@devb"}
	payment := w.create(khr(41000))
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
	if strings.Contains(string(payment.State), w.settings["token"].(string)) {
		t.Error("the state holds the token")
	}
}

func TestMerchantIDMakesAMerchantCode(t *testing.T) {
	w := newWorld(t)
	w.settings["merchant_id"], w.settings["acquiring_bank"] = "0123", "Dev Bank"
	code, err := khqr.Decode(w.create(usd(1050)).NextAction.QRCode)
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
		w := newWorld(t)
		if c.setting > 0 {
			w.settings["qr_life_seconds"] = c.setting
		}
		payment := w.attempt(usd(100))
		payment.ExpiresAt = start.Add(c.session)
		created, err := w.provider.CreatePayment(context.Background(), w.account(), checkout.Start{Payment: payment})
		if err != nil || !created.ExpiresAt.Equal(start.Add(c.want)) {
			t.Errorf("%s: until %v, %v", name, created.ExpiresAt, err)
		}
	}
}

func TestNoCodeForAnEndedSession(t *testing.T) {
	w := newWorld(t)
	payment := w.attempt(usd(100))
	payment.ExpiresAt = start
	_, err := w.provider.CreatePayment(context.Background(), w.account(), checkout.Start{Payment: payment})
	if refused, ok := checkout.AsRefused(err); !ok || refused.Buyer != "expired" {
		t.Errorf("error %v, want a refusal", err)
	}
}

func TestNoCodeForWhatKHQRCannotSay(t *testing.T) {
	w := newWorld(t)
	payment := w.attempt(usd(100))
	payment.Reference = strings.Repeat("R", 26)
	_, err := w.provider.CreatePayment(context.Background(), w.account(), checkout.Start{Payment: payment})
	if _, ok := checkout.AsRefused(err); !ok {
		t.Errorf("error %v, want a refusal", err)
	}
}

func TestSettingsThatCannotBeReadStartNothing(t *testing.T) {
	w := newWorld(t)
	w.settings["colour"] = "red"
	account, payment := w.account(), w.attempt(usd(100))
	_, err := w.provider.CreatePayment(context.Background(), account, checkout.Start{Payment: payment})
	if _, ok := checkout.AsRefused(err); !ok {
		t.Errorf("CreatePayment: %v, want a refusal", err)
	}
	payment.ProviderID = "md5"
	if answer := w.query(payment); answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
		t.Errorf("QueryPayment: %+v", answer)
	}
	if answer := w.checkHash(payment, "8465d722"); answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
		t.Errorf("CheckHash: %+v", answer)
	}
	if answer := w.queryAll(payment)[0]; answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
		t.Errorf("QueryPayments: %+v", answer)
	}
	if size, budget := w.provider.BatchSize(account), w.provider.Budget(account); size != 1 || budget != (checkout.Budget{}) {
		t.Errorf("batches of %d, budget %+v", size, budget)
	}
	if _, err := w.provider.CheckAccount(context.Background(), account); err == nil {
		t.Error("CheckAccount: no error")
	}
}

func TestEveryPaymentHasItsOwnMD5(t *testing.T) {
	w := newWorld(t)
	if a, b := w.create(usd(100)), w.create(usd(100)); a.ProviderID == b.ProviderID {
		t.Errorf("both have md5 %s", a.ProviderID)
	}
}

func TestDeepLinkOpensTheCodeAndLeadsBack(t *testing.T) {
	w := newWorld(t)
	w.settings["app_icon_url"] = "https://shop.example/icon.png"
	payment := w.create(usd(100))
	if len(payment.NextAction.DeepLinks) != 1 || !strings.HasPrefix(payment.NextAction.DeepLinks[0].URL, w.server.URL+"/app/open/") {
		t.Fatalf("deep links %+v", payment.NextAction.DeepLinks)
	}
	page := w.get(payment.NextAction.DeepLinks[0].URL)
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
			w := newWorld(t)
			w.control("POST", "faults", fault, nil)
			payment := w.create(usd(100))
			if payment.NextAction.QRCode == "" || len(payment.NextAction.DeepLinks) != 0 {
				t.Errorf("next action %+v", payment.NextAction)
			}
			if !strings.Contains(w.log.String(), "no deep link") {
				t.Error("nothing was logged")
			}
		})
	}
}

func TestDeepLinksThatKeepFailingStopNoQuestions(t *testing.T) {
	w := newWorld(t)
	w.control("POST", "faults", `{"kind":"status","status":503,"path":"deeplink"}`, nil)
	var payment checkout.Payment
	for range 8 {
		payment = w.create(usd(100))
	}
	if asked := w.asked("generate_deeplink_by_qr"); asked >= 8 {
		t.Errorf("a dead deep link service was asked %d times", asked)
	}
	if answer := w.query(payment); answer.Verdict != checkout.VerdictPending {
		t.Errorf("answer %+v", answer)
	}
}

func TestMethodIsKHQRInBothCurrencies(t *testing.T) {
	w := newWorld(t)
	for _, amount := range []checkout.Money{usd(1), khr(100)} {
		methods, err := w.provider.Methods(context.Background(), w.account(), amount)
		if err != nil || len(methods) != 1 || methods[0].ID != "khqr" || methods[0].Provider != "bakong" ||
			methods[0].Kind != checkout.ActionQRCode || methods[0].Unavailable != "" {
			t.Errorf("%v: %+v %v", amount, methods, err)
		}
	}
	for _, amount := range []checkout.Money{usd(0), {Minor: 100, Currency: "MYR"}} {
		if methods, err := w.provider.Methods(context.Background(), w.account(), amount); err != nil || len(methods) != 0 {
			t.Errorf("%v: %+v %v", amount, methods, err)
		}
	}
}

func TestBudgetComesFromTheSettings(t *testing.T) {
	w := newWorld(t)
	if got := w.provider.Budget(w.account()); got != (checkout.Budget{}) {
		t.Errorf("without settings: %+v", got)
	}
	w.settings["requests_per_second"], w.settings["daily_allowance"] = 2.5, 100
	if got := w.provider.Budget(w.account()); got != (checkout.Budget{PerSecond: 2.5, PerDay: 100}) {
		t.Errorf("with settings: %+v", got)
	}
}
