package kess_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestBothSignTypesAndCurrenciesWork(t *testing.T) {
	for _, signType := range []string{"MD5", "HMAC-SHA256"} {
		for amount, currency := range map[string]checkout.Currency{"0.01": checkout.USD, "10.10": checkout.USD, "41000": checkout.KHR, "99999999.99": checkout.USD} {
			h := newHarness(t)
			h.settings["sign_type"] = signType
			payment, _ := h.create(h.start("kess", amount, currency))
			if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
				t.Errorf("%s %s %s: %+v", signType, amount, currency, answer)
			}
		}
	}
}

func TestExpiresInIsTheLesserOfSettingAndSession(t *testing.T) {
	h := newHarness(t)
	h.settings["expires_in"] = 300
	_, created := h.create(h.start("kess", "1.00", checkout.USD))
	if want := h.clock.Now().Add(5 * time.Minute); !created.ExpiresAt.Equal(want) {
		t.Errorf("expires %v, want %v", created.ExpiresAt, want)
	}
}

func TestWrongCredentialsAreDontKnow(t *testing.T) {
	h := newHarness(t)
	h.settings["password"] = "wrong"
	_, err := h.provider.CreatePayment(t.Context(), h.account(), h.start("kess", "10.00", checkout.USD))
	var unknown *checkout.Refused
	if err == nil || errors.As(err, &unknown) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%v", err)
	}
}
