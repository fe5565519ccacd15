package kess_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/kess"
	"rieltime/providers/kess/internal/client"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/providertest"
	"rieltime/providers/wire"
)

const signedReference = "R0123456789ABCDEFGHZ"

func fuzzSettings() map[string]any {
	return map[string]any{
		"base_url": "https://kess.example", "client_id": kesssim.DemoClientID, "client_secret": kesssim.DemoClientSecret,
		"username": kesssim.DemoUsername, "password": kesssim.DemoPassword, "seller_code": kesssim.DemoSellerCode,
		"api_secret_key": kesssim.DemoAPISecretKey, "sign_type": "HMAC-SHA256", "native": true, "methods": []string{"WING"}, "expires_in": 600,
	}
}

// FuzzReadCallback begins with signed notices in both shapes: no change of one
// may name another order.
func FuzzReadCallback(f *testing.F) {
	settings, err := json.Marshal(fuzzSettings())
	if err != nil {
		f.Fatal(err)
	}
	var seeds []checkout.Message
	for _, signType := range []string{client.MD5, client.HMACSHA256} {
		params := client.Params{
			"out_trade_no": signedReference, "total_amount": json.Number("10.50"), "currency": "USD", "status": "SUCCESS",
			"sign_type": signType, "seller": map[string]any{"code": kesssim.DemoSellerCode}, "paid_at": nil,
		}
		if params["sign"], err = params.Sign(kesssim.DemoAPISecretKey); err != nil {
			f.Fatal(err)
		}
		body, err := json.Marshal(params)
		if err != nil {
			f.Fatal(err)
		}
		form := url.Values{}
		for name := range params {
			if text := params.Text(name); text != "" {
				form.Set(name, text)
			}
		}
		seeds = append(seeds,
			checkout.Message{ContentType: "application/json", Body: body},
			checkout.Message{ContentType: "application/x-www-form-urlencoded", Body: []byte(form.Encode())},
			checkout.Message{Query: url.Values{"success": {"true"}, "out_trade_no": {signedReference}}, Return: true})
	}
	provider := kess.New(providers.Options{Wire: wire.New(0), Vault: &providertest.Vault{}})
	account := checkout.Account{ID: "acct_1", Mode: checkout.ModeTest, Provider: "kess", Settings: settings}
	providertest.FuzzCallback(f, provider, account, seeds, func(callback checkout.Callback) error {
		if callback.Reference != signedReference || callback.Answer != nil {
			return errors.New("nobody signed this")
		}
		return nil
	})
}

func FuzzCheckSettings(f *testing.F) {
	providertest.FuzzSettings(f, kess.New(providers.Options{Wire: wire.New(0), Vault: &providertest.Vault{}}), fuzzSettings(),
		kesssim.DemoClientSecret, kesssim.DemoPassword, kesssim.DemoAPISecretKey)
}

// FuzzAnswer begins with orders in the states that the document names.
func FuzzAnswer(f *testing.F) {
	var seeds []string
	for _, status := range []string{"WAITING ", "SUCCESS", "CLOSED", "REFUNDED", "PARTIAL_REFUNDED", "PENDING_REFUNDED", "FAILED", "nonsense"} {
		seeds = append(seeds, createdOrder(signedReference, map[string]any{
			"status": status, "transaction_id": "123", "refund_histories": []map[string]any{{"amount": 1.5, "currency": "USD"}},
			"card_info": []string{}, "paid_at": "2026-11-20T09:20:00.000000Z", "error_logs": []map[string]any{{"code": "51"}},
		}))
	}
	seeds = append(seeds, `{"success":false,"error_code":"NOT_FOUND","message":"none"}`, `{"success":false,"errors":{"a":["b"]}}`, "[]", "")
	payment := checkout.Payment{
		ID: "pay_1", Provider: "kess", Method: "kess", AccountID: "acct_1", Reference: signedReference, ProviderID: "t1",
		Amount: checkout.Money{Minor: 1000, Currency: checkout.USD}, ExpiresAt: time.Now().Add(20 * time.Minute),
	}
	accountAt := func(address string) checkout.Account {
		settings := fuzzSettings()
		settings["base_url"] = address
		text, _ := json.Marshal(settings) // texts and numbers always encode
		return checkout.Account{ID: "acct_1", Mode: checkout.ModeTest, Provider: "kess", Settings: text}
	}
	start := checkout.Start{Payment: payment, ReturnURL: "https://pay.example/return/kess/pay_1", CallbackURL: "https://pay.example/callbacks/kess/acct_1"}
	providertest.FuzzAnswers(f, kess.New(providers.Options{Wire: wire.New(0), Vault: &providertest.Vault{}}), accountAt, start,
		`{"token_type":"Bearer","expires_in":86400,"access_token":"t"}`, seeds...)
}
