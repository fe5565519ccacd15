package baray

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/baray/baraysim"
)

func TestCheckSettingsNamesTheBadField(t *testing.T) {
	live := map[string]any{"base_url": "https://api.baray.io", "pay_url": "https://pay.baray.io", "target": TargetProduction}
	for name, tc := range map[string]struct {
		mode    checkout.Mode
		changes map[string]any
		param   string
	}{
		"test":                     {checkout.ModeTest, nil, "-"},
		"test with UAT":            {checkout.ModeTest, map[string]any{"target": TargetUAT}, "-"},
		"no organization":          {checkout.ModeTest, map[string]any{"org_id": ""}, "-"},
		"live":                     {checkout.ModeLive, live, "-"},
		"unknown field":            {checkout.ModeTest, map[string]any{"secret": "x"}, "secret"},
		"field of another type":    {checkout.ModeTest, map[string]any{"sk": 5}, "sk"},
		"no API key":               {checkout.ModeTest, map[string]any{"api_key": ""}, "api_key"},
		"short sk":                 {checkout.ModeTest, map[string]any{"sk": "AAAA"}, "sk"},
		"short iv":                 {checkout.ModeTest, map[string]any{"iv": "AAAA"}, "iv"},
		"no target":                {checkout.ModeTest, map[string]any{"target": ""}, "target"},
		"another target":           {checkout.ModeTest, map[string]any{"target": "development"}, "target"},
		"test with PRODUCTION":     {checkout.ModeTest, map[string]any{"target": TargetProduction}, "target"},
		"live with DEVELOPMENT":    {checkout.ModeLive, merge(live, "target", TargetDevelopment), "target"},
		"live with UAT":            {checkout.ModeLive, merge(live, "target", TargetUAT), "target"},
		"live without TLS":         {checkout.ModeLive, merge(live, "base_url", "http://api.baray.io"), "base_url"},
		"live pay page in clear":   {checkout.ModeLive, merge(live, "pay_url", "http://pay.baray.io"), "pay_url"},
		"base URL without host":    {checkout.ModeTest, map[string]any{"base_url": "api.baray.io"}, "base_url"},
		"base URL with a query":    {checkout.ModeTest, map[string]any{"base_url": "https://a.example/?x=1"}, "base_url"},
		"pay URL with a password":  {checkout.ModeTest, map[string]any{"pay_url": "https://a:b@c.example"}, "pay_url"},
		"pay URL of other schemes": {checkout.ModeTest, map[string]any{"pay_url": "javascript://x"}, "pay_url"},
	} {
		err := New(providers.Options{}).CheckSettings(tc.mode, accountAt("http://127.0.0.1:1", tc.changes).Settings)
		if tc.param == "-" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var bad *checkout.Error
		if !errors.As(err, &bad) || bad.Kind != checkout.KindInvalid || bad.Param != tc.param {
			t.Errorf("%s: %v, want %q to be at fault", name, err, tc.param)
		}
	}
}

func merge(fields map[string]any, name string, value any) map[string]any {
	merged := map[string]any{name: value}
	for field, old := range fields {
		if field != name {
			merged[field] = old
		}
	}
	return merged
}

func TestProductionHostsAreTheDefault(t *testing.T) {
	settings, err := parseSettings([]byte(`{}`))
	if err != nil || settings.BaseURL != "https://api.baray.io" || settings.PayURL != "https://pay.baray.io" {
		t.Errorf("settings %+v, %v", settings, err)
	}
}

func TestErrorsShowNoSecrets(t *testing.T) {
	h := newHarness(t)
	h.account = accountAt(h.server.URL, map[string]any{"api_key": "bry_wrong_key"})
	_, err := h.provider.CreatePayment(t.Context(), h.account, startOf(1000, checkout.USD))
	if err == nil {
		t.Fatal("a wrong API key was accepted")
	}
	settings, parseErr := parseSettings(h.account.Settings)
	if parseErr != nil {
		t.Fatal(parseErr)
	}
	shown := fmt.Sprintf("%v %+v %#v", err, settings, settings)
	for _, secret := range []string{"bry_wrong_key", baraysim.DemoSK, baraysim.DemoIV} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q shows a secret", shown)
		}
	}
}
