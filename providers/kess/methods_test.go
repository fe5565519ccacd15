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

func (h *harness) methods() []checkout.Method {
	h.t.Helper()
	methods, err := h.provider.Methods(h.t.Context(), h.account(), usd(1000))
	if err != nil && !errors.Is(err, checkout.ErrMethodsIncomplete) { // what is known is given beside it
		h.t.Fatal(err)
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
	h := newHarness(t)
	methods := h.methods()
	if len(methods) != 23 || methods[22].ID != "kess" || methods[22].Kind != checkout.ActionRedirect {
		t.Fatalf("methods %v", ids(methods))
	}
	for _, method := range methods[:22] {
		wantKind := checkout.ActionQRCode
		if method.ID == "kess:VISA_MASTER" || method.ID == "kess:GOOGLEPAY" {
			wantKind = checkout.ActionRedirect
		}
		code := strings.TrimPrefix(method.ID, "kess:")
		if method.Kind != wantKind || method.Provider != "kess" || method.Name == "" || method.LogoURL != h.server.URL+"/logos/"+code+".png" {
			t.Errorf("method %+v", method)
		}
	}
	if status, logo, _ := h.browse(methods[0].LogoURL, nil); status != 200 || !strings.Contains(logo, "PNG") {
		t.Errorf("the logo answered %d with %d bytes", status, len(logo))
	}
}

func TestNothingIsOfferedInCurrenciesThatKESSDoesNotKnow(t *testing.T) {
	h := newHarness(t)
	for _, currency := range []checkout.Currency{checkout.MYR, checkout.IDR} {
		if methods, err := h.provider.Methods(t.Context(), h.account(), checkout.Money{Minor: 1000, Currency: currency}); err != nil || len(methods) > 0 {
			t.Errorf("%s: %v, %v", currency, methods, err)
		}
	}
}

func TestCardsAndKHQRHaveAnIcon(t *testing.T) {
	got := map[string]string{}
	for _, method := range newHarness(t).methods() {
		if method.Icon != "" {
			got[strings.TrimPrefix(method.ID, "kess:")] = method.Icon
		}
	}
	if want := map[string]string{"VISA_MASTER": "card", "KHQR": "khqr", "KESSKHQR": "khqr"}; !maps.Equal(got, want) {
		t.Errorf("the icons are %v, want %v", got, want)
	}
}

func TestMethodsAreNarrowedByTheMerchantsList(t *testing.T) {
	h := newHarness(t)
	h.settings["methods"] = []string{"WING", "ABAAKHPP", "UNKNOWN"}
	if got := ids(h.methods()); got != "ABAAKHPP WING kess" {
		t.Errorf("methods %s", got)
	}
	h.settings["native"] = false
	if got := ids(h.methods()); got != "kess" {
		t.Errorf("without native: %s", got)
	}
}

func TestMethodsAreFetchedOnceInTenMinutes(t *testing.T) {
	h := newHarness(t)
	h.methods()
	h.methods()
	if requests := h.ledger().Requests[service+"getpaymentmethods"]; requests != 1 {
		t.Errorf("asked %d times, want once", requests)
	}
}

func TestStaleMethodsAreServedWhileKESSFailsAndThenRenewed(t *testing.T) {
	h := newHarness(t)
	h.settings["methods"] = []string{"WING", "KHQR"}
	h.methods()
	account := kesssim.Demo()
	account.Methods = []string{"WING"}
	if err := h.sim.SetAccount(account); err != nil {
		t.Fatal(err)
	}
	h.fault(simkit.Fault{Kind: simkit.FaultStatus, Status: 500, Match: service + "getpaymentmethods", Count: 1})
	h.clock.Add(10 * time.Minute)
	if got := ids(h.methods()); got != "KHQR WING kess" {
		t.Errorf("while KESS fails: %s", got)
	}
	end := time.Now().Add(deadline)
	for ids(h.methods()) != "WING kess" {
		if time.Now().After(end) {
			t.Fatalf("the list was not renewed: %s", ids(h.methods()))
		}
		h.clock.Add(time.Second)
		time.Sleep(time.Millisecond)
	}
}

func TestWithoutAnyListOnlyTheHostedLinkIsOffered(t *testing.T) {
	h := newHarness(t)
	h.fault(simkit.Fault{Kind: simkit.FaultStatus, Status: 500, Match: service + "getpaymentmethods"})
	for range 3 {
		if got := ids(h.methods()); got != "kess" {
			t.Errorf("methods %s", got)
		}
	}
	h.control("DELETE", "faults", nil)
	h.clock.Add(time.Minute)
	if got := len(h.methods()); got != 23 {
		t.Errorf("afterwards %d methods", got)
	}
}

func TestMethodsDoNotOutwaitTheirCaller(t *testing.T) {
	h := newHarness(t)
	h.fault(simkit.Fault{Kind: simkit.FaultTimeout, Path: "/oauth/token"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	methods, err := h.provider.Methods(ctx, h.account(), usd(1000))
	if !errors.Is(err, checkout.ErrMethodsIncomplete) || ids(methods) != "kess" {
		t.Errorf("%s (%v)", ids(methods), err)
	}
}

// panickingVault stands for a fault in what is called for the list of methods,
// which runs in a goroutine of its own.
type panickingVault struct{ checkout.Vault }

func (panickingVault) Get(context.Context, string, string) (checkout.Secret, error) {
	panic("a fault")
}

func TestPanicWhileListingMethodsLeavesTheHostedLink(t *testing.T) {
	h := newHarness(t)
	h.provider = kess.New(providers.Options{Wire: wire.New(callTimeout), Vault: panickingVault{}, Now: h.clock.Now})
	for range 2 { // nobody waits for the question that panicked
		if all := ids(h.methods()); all != "kess" {
			t.Errorf("methods %q", all)
		}
	}
}
