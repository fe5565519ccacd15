package checkout_test

import (
	"errors"
	"testing"

	"rieltime/checkout"
)

func TestMerchantsFileHasAddressesThatExistAndLiveOnesOfHTTPS(t *testing.T) {
	t.Parallel()
	for param, alter := range map[string]func(*checkout.MerchantSpec){
		"live.webhook_url": func(s *checkout.MerchantSpec) { s.Live.WebhookURL = "http://shop.example/hook" },
		"test.webhook_url": func(s *checkout.MerchantSpec) { s.Test.WebhookURL = "http://shop.example:0/hook" },
		"logo_url":         func(s *checkout.MerchantSpec) { s.LogoURL = "http://shop.example/logo.png" },
		"terms_url":        func(s *checkout.MerchantSpec) { s.TermsURL = "https://shop.example:99999/terms" },
		"return_hosts[0]":  func(s *checkout.MerchantSpec) { s.ReturnHosts = []string{"shop.example:99999"} },
		"frame_hosts[0]":   func(s *checkout.MerchantSpec) { s.FrameHosts = []string{"shop.example:0"} },
	} {
		h := newHarness(t)
		spec := checkout.MerchantSpec{
			ID: "live", Name: "Live Shop", ReturnHosts: []string{"shop.example:8443"},
			Test: &checkout.ModeSpec{WebhookURL: "http://127.0.0.1:8081/hook"}, Live: &checkout.ModeSpec{WebhookURL: "https://shop.example/hook"},
		}
		if _, err := h.ApplyMerchant(t.Context(), h.Store, spec); err != nil {
			t.Fatal(err)
		}
		alter(&spec)
		_, err := h.ApplyMerchant(t.Context(), h.Store, spec)
		var bad *checkout.Error
		if !errors.As(err, &bad) || bad.Param != param || bad.Kind != checkout.KindInvalid {
			t.Errorf("%s: %v", param, err)
		}
	}
}
