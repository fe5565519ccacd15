package bakong_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"rieltime/checkout"
)

func TestCheckSettingsAcceptsWhatAMerchantMayHave(t *testing.T) {
	h := newHarness(t)
	for name, change := range map[string]map[string]any{
		"least":               {},
		"e-mail alone":        {"token": "", "email": "demo@rieltime.example"},
		"merchant code":       {"merchant_id": "012345", "acquiring_bank": "Dev Bank"},
		"bank without id":     {"acquiring_bank": "Dev Bank", "account_information": "85512345678"},
		"Khmer name":          {"merchant_name": "ហាងកាហ្វេ"},
		"riel account":        {"riel_account": "riel@devb", "riel_account_information": "001"},
		"riel merchant code":  {"riel_account": "riel@devb", "riel_merchant_id": "7", "acquiring_bank": "Dev Bank"},
		"riel alone":          {"currencies": []string{"KHR"}},
		"settlement accounts": {"settlement_accounts": []string{"bridge@devb"}},
		"all the rest": {
			"merchant_city": "Siem Reap", "mcc": "5812", "store_label": "Front desk", "app_name": "Shop", "qr_life_seconds": 600,
			"app_icon_url": "https://shop.example/i.png", "app_callback": "shop://paid", "bank_apps": []string{"ABA"}, "use_lists": true, "reference_lookups": true,
			"requests_per_second": 0.5, "daily_allowance": 100,
		},
	} {
		if err := h.provider.CheckSettings(checkout.ModeTest, h.changedSettings(change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckSettingsNamesTheFieldAtFault(t *testing.T) {
	h := newHarness(t)
	for _, c := range []struct {
		field  string
		change map[string]any
	}{
		{"base_url", map[string]any{"base_url": ""}},
		{"base_url", map[string]any{"base_url": "ftp://api.example"}},
		{"base_url", map[string]any{"base_url": "https://"}},
		{"base_url", map[string]any{"base_url": "https://api.example/?x=1"}},
		{"base_url", map[string]any{"base_url": "https://me:pw@api.example"}},
		{"account", map[string]any{"account": ""}},
		{"account", map[string]any{"account": "nobank"}},
		{"account", map[string]any{"account": "a@b@c"}},
		{"account", map[string]any{"account": strings.Repeat("a", 30) + "@devb"}},
		{"account", map[string]any{"account": 5}},
		{"merchant_name", map[string]any{"merchant_name": ""}},
		{"merchant_name", map[string]any{"merchant_name": strings.Repeat("n", 26)}},
		{"merchant_city", map[string]any{"merchant_city": strings.Repeat("c", 16)}},
		{"acquiring_bank", map[string]any{"merchant_id": "1"}},
		{"merchant_id", map[string]any{"merchant_id": strings.Repeat("1", 33), "acquiring_bank": "Dev Bank"}},
		{"account_information", map[string]any{"account_information": strings.Repeat("1", 33)}},
		{"account_information", map[string]any{"merchant_id": "1", "acquiring_bank": "Dev", "account_information": "2"}},
		{"mcc", map[string]any{"mcc": "59990"}},
		{"mcc", map[string]any{"mcc": "abcd"}},
		{"store_label", map[string]any{"store_label": strings.Repeat("s", 26)}},
		{"settlement_accounts[1]", map[string]any{"settlement_accounts": []string{"a@b", "c"}}},
		{"currencies", map[string]any{"currencies": []string{"MYR"}}},
		{"riel_account", map[string]any{"riel_account": "nobank"}},
		{"riel_account", map[string]any{"riel_merchant_id": "1", "acquiring_bank": "Dev"}},
		{"riel_account", map[string]any{"riel_account": "riel@devb", "currencies": []string{"USD"}}},
		{"riel_account_information", map[string]any{"riel_account": "riel@devb", "riel_account_information": strings.Repeat("1", 33)}},
		{"riel_account_information", map[string]any{"riel_account": "riel@devb", "riel_merchant_id": "1", "acquiring_bank": "Dev", "riel_account_information": "2"}},
		{"token", map[string]any{"token": ""}},
		{"token", map[string]any{"token": "a b"}},
		{"email", map[string]any{"email": "nobody"}},
		{"email", map[string]any{"email": strings.Repeat("e", 30) + "@x.kh"}},
		{"app_icon_url", map[string]any{"app_icon_url": "javascript:alert(1)"}},
		{"app_icon_url", map[string]any{"app_name": "Shop"}},
		{"qr_life_seconds", map[string]any{"qr_life_seconds": 601}},
		{"qr_life_seconds", map[string]any{"qr_life_seconds": 0}},
		{"qr_life_seconds", map[string]any{"qr_life_seconds": "300"}},
		{"requests_per_second", map[string]any{"requests_per_second": -1}},
		{"daily_allowance", map[string]any{"daily_allowance": -1}},
		{"daily_allowance", map[string]any{"daily_allowance": 1.5}},
		{"colour", map[string]any{"colour": "red"}},
	} {
		err := h.provider.CheckSettings(checkout.ModeTest, h.changedSettings(c.change))
		var bad *checkout.Error
		if !errors.As(err, &bad) || bad.Kind != checkout.KindInvalid || bad.Param != c.field || bad.Code == "" || bad.Detail == "" {
			t.Errorf("%v: %#v, want param %q", c.change, err, c.field)
		}
	}
}

func TestCheckSettingsKeepsTestAndLiveApart(t *testing.T) {
	h := newHarness(t)
	for _, c := range []struct {
		mode checkout.Mode
		url  string
		good bool
	}{
		{checkout.ModeLive, "https://api-bakong.nbc.gov.kh", true},
		{checkout.ModeLive, "https://api-bakong.nbc.org.kh", true},
		{checkout.ModeLive, "https://sit-api-bakong.nbc.gov.kh", false},
		{checkout.ModeTest, "https://sit-api-bakong.nbc.org.kh", true},
		{checkout.ModeTest, "https://api-bakong.nbc.gov.kh", false},
		{checkout.ModeLive, "https://relay.example.kh/bakong", true},
		{checkout.ModeLive, "http://relay.example.kh", false},
		{checkout.ModeLive, "http://127.0.0.1:9000", false},
		{checkout.ModeTest, "http://simulator:9000", true},
	} {
		err := h.provider.CheckSettings(c.mode, h.changedSettings(map[string]any{"base_url": c.url}))
		if (err == nil) != c.good {
			t.Errorf("%s %s: %v", c.mode, c.url, err)
		}
	}
}

func TestCheckSettingsWantsOneJSONObject(t *testing.T) {
	h := newHarness(t)
	for _, raw := range []string{``, `null x`, `[]`, `"x"`, `{`, `{} {}`} {
		if err := h.provider.CheckSettings(checkout.ModeTest, json.RawMessage(raw)); err == nil {
			t.Errorf("%q was accepted", raw)
		}
	}
}

func TestSettingsErrorsNeverShowTheToken(t *testing.T) {
	h := newHarness(t)
	err := h.provider.CheckSettings(checkout.ModeTest, h.changedSettings(map[string]any{"token": "very secret"}))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}

// changedSettings returns the harness's settings with some changed.
func (h *harness) changedSettings(change map[string]any) json.RawMessage {
	h.Helper()
	settings := map[string]any{}
	for name, value := range h.settings {
		settings[name] = value
	}
	for name, value := range change {
		settings[name] = value
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		h.Fatal(err)
	}
	return raw
}
