package kess_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/kess"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/simkit"
	"rieltime/providers/wire"
)

func (r *harness) methods() []checkout.Method {
	r.t.Helper()
	methods, err := r.provider.Methods(r.t.Context(), r.account(), usd(1000))
	if err != nil && !errors.Is(err, checkout.ErrMethodsIncomplete) { // what is known is given beside it
		r.t.Fatal(err)
	}
	return methods
}

func ids(methods []checkout.Method) string {
	var all []string
	for _, method := range methods {
		all = append(all, strings.TrimPrefix(method.ID, "kess:"))
	}
	return strings.Join(all, " ")
}

func TestMethodsAreThoseOfTheMerchantByLogo(t *testing.T) {
	r := newRig(t)
	methods := r.methods()
	if len(methods) != 23 || methods[22].ID != "kess" || methods[22].Kind != checkout.ActionRedirect {
		t.Fatalf("methods %v", ids(methods))
	}
	for _, method := range methods[:22] {
		wantKind := checkout.ActionQRCode
		if method.ID == "kess:VISA_MASTER" || method.ID == "kess:GOOGLEPAY" {
			wantKind = checkout.ActionRedirect
		}
		code := strings.TrimPrefix(method.ID, "kess:")
		if method.Kind != wantKind || method.Provider != "kess" || method.Name == "" || method.LogoURL != r.server.URL+"/logos/"+code+".png" {
			t.Errorf("method %+v", method)
		}
	}
	if status, logo, _ := r.browse(methods[0].LogoURL, nil); status != 200 || !strings.Contains(logo, "PNG") {
		t.Errorf("the logo answered %d with %d bytes", status, len(logo))
	}
}

func TestCardsAndKHQRHaveAnIcon(t *testing.T) {
	got := map[string]string{}
	for _, method := range newRig(t).methods() {
		if method.Icon != "" {
			got[strings.TrimPrefix(method.ID, "kess:")] = method.Icon
		}
	}
	if want := map[string]string{"VISA_MASTER": "card", "KHQR": "khqr", "KESSKHQR": "khqr"}; !maps.Equal(got, want) {
		t.Errorf("the icons are %v, want %v", got, want)
	}
}

func TestMethodsAreNarrowedByTheMerchantsList(t *testing.T) {
	r := newRig(t)
	r.settings["methods"] = []string{"WING", "ABAAKHPP", "UNKNOWN"}
	if got := ids(r.methods()); got != "ABAAKHPP WING kess" {
		t.Errorf("methods %s", got)
	}
	r.settings["native"] = false
	if got := ids(r.methods()); got != "kess" {
		t.Errorf("without native: %s", got)
	}
}

func TestMethodsAreAskedForOnceInTenMinutes(t *testing.T) {
	r := newRig(t)
	r.methods()
	r.methods()
	if asked := r.ledger().Requests[service+"getpaymentmethods"]; asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

func TestStaleMethodsAreServedWhileKESSFailsAndThenRenewed(t *testing.T) {
	r := newRig(t)
	r.settings["methods"] = []string{"WING", "KHQR"}
	r.methods()
	account := kesssim.Demo()
	account.Methods = []string{"WING"}
	if err := r.sim.SetAccount(account); err != nil {
		t.Fatal(err)
	}
	r.fault(simkit.Fault{Kind: simkit.FaultStatus, Status: 500, Match: service + "getpaymentmethods", Count: 1})
	r.clock.add(10 * time.Minute)
	if got := ids(r.methods()); got != "KHQR WING kess" {
		t.Errorf("while KESS fails: %s", got)
	}
	end := time.Now().Add(deadline)
	for ids(r.methods()) != "WING kess" {
		if time.Now().After(end) {
			t.Fatalf("the list was not renewed: %s", ids(r.methods()))
		}
		r.clock.add(time.Second)
		time.Sleep(time.Millisecond)
	}
}

func TestWithoutAnyListOnlyTheHostedLinkIsOffered(t *testing.T) {
	r := newRig(t)
	r.fault(simkit.Fault{Kind: simkit.FaultStatus, Status: 500, Match: service + "getpaymentmethods"})
	for range 3 {
		if got := ids(r.methods()); got != "kess" {
			t.Errorf("methods %s", got)
		}
	}
	r.control("DELETE", "faults", nil)
	r.clock.add(time.Minute)
	if got := len(r.methods()); got != 23 {
		t.Errorf("afterwards %d methods", got)
	}
}

func TestMethodsDoNotOutwaitTheirCaller(t *testing.T) {
	r := newRig(t)
	r.fault(simkit.Fault{Kind: simkit.FaultTimeout, Path: "/oauth/token"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	methods, err := r.provider.Methods(ctx, r.account(), usd(1000))
	if !errors.Is(err, checkout.ErrMethodsIncomplete) || ids(methods) != "kess" {
		t.Errorf("%s (%v)", ids(methods), err)
	}
}

func TestCheckAccountWarnsOfMethodsThatKESSLacks(t *testing.T) {
	r := newRig(t)
	r.settings["methods"] = []string{"WING", "NOBANK"}
	warnings, err := r.provider.CheckAccount(t.Context(), r.account())
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "NOBANK") {
		t.Errorf("%v (%v)", warnings, err)
	}
	r.settings["client_secret"] = "wrong"
	wantRefused(t, r, "wrong credentials")
	r.settings["client_secret"] = kesssim.DemoClientSecret
	r.settings["api_secret_key"] = "wrong"
	wantRefused(t, r, "a wrong signing key")
}

func wantRefused(t *testing.T, r *harness, what string) {
	t.Helper()
	var no *checkout.Error
	if _, err := r.provider.CheckAccount(t.Context(), r.account()); !errors.As(err, &no) || no.Code != "settings_refused" {
		t.Errorf("%s: %v", what, err)
	}
}

func TestCheckAccountWarnsWhenKESSDoesNotAnswer(t *testing.T) {
	for _, silent := range []simkit.Fault{
		{Kind: simkit.FaultStatus, Status: 503, Path: "/oauth/token"}, {Kind: simkit.FaultStatus, Status: 500, Match: service + "getpaymentmethods"}, {Kind: simkit.FaultReset},
	} {
		r := newRig(t)
		r.fault(silent)
		if warnings, err := r.provider.CheckAccount(t.Context(), r.account()); err != nil || len(warnings) != 1 {
			t.Errorf("%+v: %v (%v)", silent, warnings, err)
		}
	}
}

// panickingVault stands for a fault in what is called for the list of methods,
// which runs in a goroutine of its own.
type panickingVault struct{ checkout.Vault }

func (panickingVault) Get(context.Context, string, string) (checkout.Secret, error) {
	panic("a fault")
}

func TestPanicWhileListingMethodsLeavesTheHostedLink(t *testing.T) {
	r := newRig(t)
	r.provider = kess.New(providers.Options{Wire: wire.New(callTimeout), Vault: panickingVault{}, Now: r.clock.now})
	for range 2 { // nobody waits for the question that panicked
		if all := ids(r.methods()); all != "kess" {
			t.Errorf("methods %q", all)
		}
	}
}
