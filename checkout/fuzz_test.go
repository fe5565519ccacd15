package checkout

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// FuzzParseDecimal begins with amounts as the providers write them.
func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{"10.50", "41000.0", "41000.00", "1.23456789E7", "1.0E7", "1e99", "1E+2", ".5", "5.", "0", "00010.00", "1.2.3", "1e", "9999999999", "99999999.99", "0.005", "1e999", "+1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, currency := range Currencies() {
			strict, strictErr := ParseMoney(text, currency)
			money, err := ParseDecimal(text, currency)
			if strictErr == nil && (err != nil || money != strict) {
				t.Errorf("%q is %v to merchants, %v, %v to providers", text, strict, money, err)
			}
			if err != nil {
				continue
			}
			if money.Minor < 0 || money.Minor > MaxMinor {
				t.Errorf("%q is out of range: %d", text, money.Minor)
			}
			for _, again := range []string{money.Decimal(), money.Fixed2()} {
				if back, err := ParseDecimal(again, currency); err != nil || back != money {
					t.Errorf("%q became %v, then %q, then %v, %v", text, money, again, back, err)
				}
			}
		}
	})
}

// FuzzMerchantSpec begins with a merchant's file: what it refuses is not set
// up.
func FuzzMerchantSpec(f *testing.F) {
	for _, seed := range []string{
		`{"id":"klaing","name":"Coffee Klaing","accent":"#0a7d4f","return_hosts":["shop.example"],"test":{"webhook_url":"https://shop.example/h","providers":{"bakong":{}}}}`,
		`{"id":"klaing","name":"x","return_hosts":["shop.example"],"frame_hosts":["shop.example; script-src *"]}`,
		`{"id":"klaing"}`, `{}`, `[]`, `{"id":"K"}`, `{"id":"a","name":"b","test":{"providers":{"x":null}}}`, `{"id":"a","name":"b"} {}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		spec, err := ParseMerchantSpec(text)
		if err == nil {
			err = spec.check(MerchantSettings{})
		}
		var wrong *Error
		if err != nil {
			if !errors.As(err, &wrong) || wrong.Kind != KindInvalid || wrong.Code == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		merchant := Merchant{ReturnHosts: spec.ReturnHosts}
		switch {
		case strings.Trim(spec.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || spec.ID == "":
			t.Errorf("%q became merchant %q", text, spec.ID)
		case spec.LogoURL != "" && !strings.HasPrefix(strings.ToLower(spec.LogoURL), "http"):
			t.Errorf("%q has the logo %q", text, spec.LogoURL)
		case strings.ContainsAny(strings.Join(spec.FrameHosts, ""), " ;,'*/"):
			t.Errorf("%q puts %q into a policy", text, spec.FrameHosts)
		case !slices.ContainsFunc(spec.ReturnHosts, func(host string) bool { return strings.EqualFold(host, "evil.example") }) && merchant.AllowsReturnTo("evil.example"):
			t.Errorf("%q lets buyers be sent anywhere", text)
		}
	})
}
