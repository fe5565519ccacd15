package checkout_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestKeyIsKnownByItsChecksum(t *testing.T) {
	t.Parallel()
	text, kept := checkout.NewAPIKey("klaing", checkout.ModeLive, time.Now())
	key := text.Reveal()
	if !checkout.ValidAPIKey(key) || !strings.HasPrefix(key, "sk_live_") || kept.Hash != checkout.HashAPIKey(key) || strings.Contains(kept.Hash, key) {
		t.Errorf("key %q kept as %+v", key, kept)
	}
	for i := len("sk_live_"); i < len(key); i++ {
		other := "0"
		if key[i] == '0' {
			other = "1"
		}
		if checkout.ValidAPIKey(key[:i] + other + key[i+1:]) {
			t.Errorf("valid with another character at %d", i)
		}
	}
}

func TestKeyThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	now := h.Clock()
	_, ended, err := checkout.CreateKey(t.Context(), h.Store, checkout.KeyParams{MerchantID: "klaing", Mode: checkout.ModeTest}, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Store.RevokeKey(t.Context(), ended.ID, now); err != nil {
		t.Fatal(err)
	}
	good := checkout.KeyParams{MerchantID: "klaing", Mode: checkout.ModeTest}
	for want, alter := range map[string]func(*checkout.KeyParams){
		"merchant":  func(p *checkout.KeyParams) { p.MerchantID = "nobody" },
		"mode":      func(p *checkout.KeyParams) { p.Mode = "real" },
		"name":      func(p *checkout.KeyParams) { p.Name = "a\x00b" },
		"scopes":    func(p *checkout.KeyParams) { p.Scopes = []string{"read", "admin"} },
		"addresses": func(p *checkout.KeyParams) { p.Addresses = []string{"10.0.0.0/33"} },
		"expires":   func(p *checkout.KeyParams) { p.ExpiresAt = now },
		"replaces":  func(p *checkout.KeyParams) { p.Replaces = ended.ID },
	} {
		params := good
		alter(&params)
		_, _, err := checkout.CreateKey(t.Context(), h.Store, params, now)
		var bad *checkout.Error
		if !errors.As(err, &bad) || bad.Param != want || bad.Kind != checkout.KindInvalid {
			t.Errorf("%s: %v", want, err)
		}
	}
}
