package kess_test

import (
	"errors"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/simkit"
)

func TestCheckAccountWarnsOfMethodsThatKESSLacks(t *testing.T) {
	h := newHarness(t)
	h.settings["methods"] = []string{"WING", "NOBANK"}
	warnings, err := h.provider.CheckAccount(t.Context(), h.account())
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "NOBANK") {
		t.Errorf("%v (%v)", warnings, err)
	}
	h.settings["client_secret"] = "wrong"
	wantRefused(t, h, "wrong credentials")
	h.settings["client_secret"] = kesssim.DemoClientSecret
	h.settings["api_secret_key"] = "wrong"
	wantRefused(t, h, "a wrong signing key")
}

func TestCheckAccountWarnsWhenKESSDoesNotAnswer(t *testing.T) {
	for _, silent := range []simkit.Fault{
		{Kind: simkit.FaultStatus, Status: 503, Path: "/oauth/token"}, {Kind: simkit.FaultStatus, Status: 500, Match: service + "getpaymentmethods"}, {Kind: simkit.FaultReset},
	} {
		h := newHarness(t)
		h.fault(silent)
		if warnings, err := h.provider.CheckAccount(t.Context(), h.account()); err != nil || len(warnings) != 1 {
			t.Errorf("%+v: %v (%v)", silent, warnings, err)
		}
	}
}

func wantRefused(t *testing.T, h *harness, what string) {
	t.Helper()
	var no *checkout.Error
	if _, err := h.provider.CheckAccount(t.Context(), h.account()); !errors.As(err, &no) || no.Code != "settings_refused" {
		t.Errorf("%s: %v", what, err)
	}
}
