package bakong_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/bakongsim"
)

func TestKnownAccountHasNoWarnings(t *testing.T) {
	h := newHarness(t)
	if warnings, err := h.provider.CheckAccount(context.Background(), h.account()); err != nil || len(warnings) > 0 {
		t.Errorf("%v %v", warnings, err)
	}
}

func TestWrongAccountOrTokenIsAnError(t *testing.T) {
	for name, c := range map[string]struct{ setting, value, param, code string }{
		"no such account": {"account", "nobody@devb", "account", "account_not_found"},
		"refused token":   {"token", fakeJWT(start.Add(60 * day)), "token", "token_refused"},
		"shared account":  {"account", "abaakhppxxx@abaa", "account_information", "setting_invalid"}, // stored before it was refused
		"ended token":     {"token", fakeJWT(start.Add(-time.Hour)), "token", "token_refused"},
	} {
		h := newHarness(t)
		h.settings[c.setting] = c.value
		_, err := h.provider.CheckAccount(context.Background(), h.account())
		var bad *checkout.Error
		if !errors.As(err, &bad) || bad.Kind != checkout.KindInvalid || bad.Param != c.param || bad.Code != c.code {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

func TestUnreachableBakongIsAWarning(t *testing.T) {
	for name, fault := range map[string]string{
		"broken": `{"kind":"status","status":500}`, "refused": `{"kind":"status","status":403}`, "too many": `{"kind":"status","status":429}`,
		"cut": `{"kind":"reset"}`, "nonsense": `{"kind":"malformed"}`, "never answers": `{"kind":"timeout"}`,
		"cannot connect": `{"kind":"malformed","body":"{\"responseCode\":1,\"errorCode\":9}"}`,
	} {
		h := newHarness(t)
		h.control("POST", "faults", fault, nil)
		warnings, err := h.provider.CheckAccount(context.Background(), h.account())
		if err != nil || len(warnings) != 1 {
			t.Errorf("%s: %v %v", name, warnings, err)
		}
		h.settings["token"], h.settings["email"] = "", bakongsim.DemoEmail
		warnings, err = h.provider.CheckAccount(context.Background(), h.account())
		if err != nil || len(warnings) != 1 {
			t.Errorf("%s, without token: %v %v", name, warnings, err)
		}
	}
}

func TestAccountOfDollarsOnlyIsAWarning(t *testing.T) {
	for currencies, want := range map[string]int{"USD": 1, "KHR": 0, "USD,KHR": 0} {
		h := newHarness(t)
		h.settings["currencies"] = strings.Split(currencies, ",")
		warnings, err := h.provider.CheckAccount(context.Background(), h.account())
		if err != nil || len(warnings) != want || want > 0 && !strings.Contains(warnings[0], "wallets from abroad pay riel") {
			t.Errorf("%s: %v %v", currencies, warnings, err)
		}
	}
}

func TestTokenThatNobodyRenewsIsAWarning(t *testing.T) {
	h := newHarness(t)
	h.settings["token"] = h.issueToken()
	delete(h.settings, "email")
	h.clock.Add(88 * day)
	warnings, err := h.provider.CheckAccount(context.Background(), h.account())
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "2026-05-31") {
		t.Errorf("%v %v", warnings, err)
	}
}

func TestAccountEndsWithATokenThatNobodyRenews(t *testing.T) {
	h := newHarness(t)
	ends := start.Add(5 * day)
	h.settings["token"] = fakeJWT(ends)
	for email, want := range map[string]time.Time{"": ends, bakongsim.DemoEmail: {}} {
		h.settings["email"] = email
		if got, err := h.provider.AccountEnds(context.Background(), h.account()); err != nil || !got.Equal(want) {
			t.Errorf("with e-mail %q it ends at %v, %v, want %v", email, got, err, want)
		}
	}
}
