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

func TestKnownAccountHasNothingToSay(t *testing.T) {
	w := newWorld(t)
	if warnings, err := w.provider.CheckAccount(context.Background(), w.account()); err != nil || len(warnings) > 0 {
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
		w := newWorld(t)
		w.settings[c.setting] = c.value
		_, err := w.provider.CheckAccount(context.Background(), w.account())
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
		w := newWorld(t)
		w.control("POST", "faults", fault, nil)
		warnings, err := w.provider.CheckAccount(context.Background(), w.account())
		if err != nil || len(warnings) != 1 {
			t.Errorf("%s: %v %v", name, warnings, err)
		}
		w.settings["token"], w.settings["email"] = "", bakongsim.DemoEmail
		warnings, err = w.provider.CheckAccount(context.Background(), w.account())
		if err != nil || len(warnings) != 1 {
			t.Errorf("%s, without token: %v %v", name, warnings, err)
		}
	}
}

func TestTokenThatNobodyRenewsIsAWarning(t *testing.T) {
	w := newWorld(t)
	w.settings["token"] = w.issued()
	delete(w.settings, "email")
	w.clock.Add(88 * day)
	warnings, err := w.provider.CheckAccount(context.Background(), w.account())
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "2026-05-31") {
		t.Errorf("%v %v", warnings, err)
	}
}
