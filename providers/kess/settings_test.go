package kess_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/kess"
)

func goodSettings() map[string]any {
	return map[string]any{
		"base_url": "https://kess.example", "client_id": "c", "client_secret": "s", "username": "u", "password": "p",
		"seller_code": "CU12-34567890", "api_secret_key": "k", "sign_type": "MD5", "native": true,
		"methods": []string{"ABAAKHPP"}, "expires_in": 600,
		"setting": map[string]any{"template": "company", "payment_type": "online", "background_color": "#FFFFFF",
			"display_fee_amount": 0.25, "enabled_payment_methods": []string{"VISA_MASTER"}},
	}
}

func TestSettingsAreChecked(t *testing.T) {
	provider := kess.New(providers.Options{})
	for name, tc := range map[string]struct {
		change map[string]any
		mode   checkout.Mode
		param  string // empty: good
	}{
		"good":          {nil, checkout.ModeLive, ""},
		"no client":     {map[string]any{"client_id": ""}, checkout.ModeTest, "client_id"},
		"no secret":     {map[string]any{"client_secret": ""}, checkout.ModeTest, "client_secret"},
		"no password":   {map[string]any{"password": ""}, checkout.ModeTest, "password"},
		"no key":        {map[string]any{"api_secret_key": ""}, checkout.ModeTest, "api_secret_key"},
		"http in test":  {map[string]any{"base_url": "http://localhost:1"}, checkout.ModeTest, ""},
		"http in live":  {map[string]any{"base_url": "http://kess.example"}, checkout.ModeLive, "base_url"},
		"no address":    {map[string]any{"base_url": "kess"}, checkout.ModeTest, "base_url"},
		"sign type":     {map[string]any{"sign_type": "md5"}, checkout.ModeTest, "sign_type"},
		"RSA":           {map[string]any{"sign_type": "RSA"}, checkout.ModeTest, "sign_type"},
		"seller":        {map[string]any{"seller_code": "CU 1"}, checkout.ModeTest, "seller_code"},
		"public key":    {map[string]any{"public_key": "PEM"}, checkout.ModeTest, "public_key"},
		"methods":       {map[string]any{"methods": []string{"aba"}}, checkout.ModeTest, "methods"},
		"expiry":        {map[string]any{"expires_in": 10}, checkout.ModeTest, "expires_in"},
		"negative":      {map[string]any{"expires_in": -1}, checkout.ModeTest, "expires_in"},
		"colour":        {map[string]any{"setting": map[string]any{"background_color": "red"}}, checkout.ModeTest, "setting.background_color"},
		"payment type":  {map[string]any{"setting": map[string]any{"payment_type": "x"}}, checkout.ModeTest, "setting.payment_type"},
		"enabled":       {map[string]any{"setting": map[string]any{"enabled_payment_methods": []string{"a b"}}}, checkout.ModeTest, "setting.enabled_payment_methods"},
		"fee":           {map[string]any{"setting": map[string]any{"display_fee_amount": -1}}, checkout.ModeTest, "setting.display_fee_amount"},
		"unknown field": {map[string]any{"secret": "x"}, checkout.ModeTest, "secret"},
		"wrong type":    {map[string]any{"native": "yes"}, checkout.ModeTest, "native"},
	} {
		settings := goodSettings()
		for key, value := range tc.change {
			settings[key] = value
		}
		raw, err := json.Marshal(settings)
		if err != nil {
			t.Fatal(err)
		}
		err = provider.CheckSettings(tc.mode, raw)
		var wrong *checkout.Error
		if tc.param == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if tc.param != "" && (!errors.As(err, &wrong) || wrong.Param != tc.param || wrong.Kind != checkout.KindInvalid) {
			t.Errorf("%s: %v, want %s to be at fault", name, err, tc.param)
		}
	}
}

func TestSettingsNeverPrintTheirSecrets(t *testing.T) {
	raw, err := json.Marshal(goodSettings())
	if err != nil {
		t.Fatal(err)
	}
	var settings kess.Settings
	if err := json.Unmarshal(raw, &settings); err != nil {
		t.Fatal(err)
	}
	settings.Password, settings.APISecretKey, settings.ClientSecret = "hush-1", "hush-2", "hush-3"
	encoded, err := json.Marshal(settings)
	if err != nil || strings.Contains(string(encoded), "hush") {
		t.Errorf("%s (%v)", encoded, err)
	}
}
