package bayopay

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/bayopay/bayopaysim"
)

func TestCheckSettingsNamesTheBadField(t *testing.T) {
	for name, tc := range map[string]struct {
		mode    checkout.Mode
		changes map[string]any
		param   string
	}{
		"test":                 {checkout.ModeTest, nil, "-"},
		"live":                 {checkout.ModeLive, map[string]any{"gateway_url": DefaultGatewayURL}, "-"},
		"other currencies":     {checkout.ModeTest, map[string]any{"currencies": []string{"USD", "MYR", "IDR"}}, "-"},
		"unknown field":        {checkout.ModeTest, map[string]any{"key": "x"}, "key"},
		"live without TLS":     {checkout.ModeLive, nil, "gateway_url"},
		"gateway without host": {checkout.ModeTest, map[string]any{"gateway_url": "/pay"}, "gateway_url"},
		"no niaga id":          {checkout.ModeTest, map[string]any{"niaga_id": ""}, "niaga_id"},
		"niaga id with signs":  {checkout.ModeTest, map[string]any{"niaga_id": "1001-05"}, "niaga_id"},
		"short key":            {checkout.ModeTest, map[string]any{"niaga_key": strings.Repeat("k", 31)}, "niaga_key"},
		"no channel":           {checkout.ModeTest, map[string]any{"channel": ""}, "channel"},
		"no currency":          {checkout.ModeTest, map[string]any{"currencies": []string{}}, "currencies"},
		"riel":                 {checkout.ModeTest, map[string]any{"currencies": []string{"USD", "KHR"}}, "currencies"},
		"limit of text":        {checkout.ModeTest, map[string]any{"more_than": "one"}, "more_than"},
		"negative limit":       {checkout.ModeTest, map[string]any{"less_than": "-1"}, "less_than"},
		"limits in rupiah":     {checkout.ModeTest, map[string]any{"rupiah_more_than": "10000.00", "rupiah_less_than": "20000000.00"}, "-"},
		"one limit in rupiah":  {checkout.ModeTest, map[string]any{"rupiah_less_than": "20000000"}, "-"},
		"rupiah of text":       {checkout.ModeTest, map[string]any{"rupiah_more_than": "ten"}, "rupiah_more_than"},
		"rupiah crossed":       {checkout.ModeTest, map[string]any{"rupiah_more_than": "10.00", "rupiah_less_than": "10.00"}, "rupiah_less_than"},
		"limits crossed":       {checkout.ModeTest, map[string]any{"more_than": "10.00", "less_than": "10.00"}, "less_than"},
	} {
		err := New(providers.Options{}).CheckSettings(tc.mode, accountAt("http://127.0.0.1:1/pay", tc.changes).Settings)
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

func TestSettingsShowNoKey(t *testing.T) {
	settings, err := parseSettings(accountAt("https://g.example", nil).Settings)
	if err != nil {
		t.Fatal(err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", settings, settings, settings); strings.Contains(shown, bayopaysim.DemoNiagaKey) {
		t.Errorf("%q shows the key", shown)
	}
}
