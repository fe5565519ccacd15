package bakong_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rieltime/checkout"
)

func TestNoBankAppIsOfferedUnlessItIsTurnedOn(t *testing.T) {
	h := newHarness(t)
	if links := h.create(usd(100)).NextAction.DeepLinks; len(links) != 1 || links[0].OneApp {
		t.Errorf("links %+v", links)
	}
}

// The general link stays first; the code arrives in each app as it is shown, with its
// blanks and whatever else its texts have.
func TestBankAppsOpenTheCode(t *testing.T) {
	h := newHarness(t)
	h.settings["merchant_name"] = "Tea & Co + ១=?#"
	h.settings["bank_apps"] = []string{"aba", "Wing Bank = wing.app+pay://open/khqr/{khqr}", "Own=https://app.bank.example/pay?code={khqr}&from=web"}
	payment := h.create(usd(100))
	links := payment.NextAction.DeepLinks
	if len(links) != 4 || links[0].OneApp || links[0].App != "Bakong" {
		t.Fatalf("links %+v", links)
	}

	query := func(name string) func(*url.URL) string {
		return func(u *url.URL) string { return u.Query().Get(name) }
	}
	for i, want := range []struct {
		app, start string
		code       func(*url.URL) string
	}{
		{"ABA", "abamobilebank://ababank.com?type=payway&qrcode=0002", query("qrcode")},
		{"Wing Bank", "wing.app+pay://open/khqr/0002", func(u *url.URL) string { return strings.TrimPrefix(u.Path, "/khqr/") }},
		{"Own", "https://app.bank.example/pay?code=0002", query("code")},
	} {
		link := links[i+1]
		address, err := url.Parse(link.URL)
		if err != nil || !link.OneApp || link.App != want.app || !strings.HasPrefix(link.URL, want.start) || want.code(address) != payment.NextAction.QRCode || strings.Contains(link.URL, "+C") {
			t.Errorf("%+v, %v", link, err)
		}
	}
}

func TestBankAppsAreThereWhenBakongGivesNoLink(t *testing.T) {
	h := newHarness(t)
	h.settings["bank_apps"] = []string{"ABA"}
	h.control("POST", "faults", `{"kind":"status","status":503,"path":"deeplink"}`, nil)
	if links := h.create(usd(100)).NextAction.DeepLinks; len(links) != 1 || links[0].App != "ABA" || !links[0].OneApp {
		t.Errorf("links %+v", links)
	}
}

func TestBankAppsAreChecked(t *testing.T) {
	h := newHarness(t)
	for item, good := range map[string]bool{
		"ABA": true, "aba": true, "ABA=abamobilebank://ababank.com?type=x&qrcode={khqr}": true, "ធនាគារ=bank://pay?q={khqr}": true,
		"Acme=acme://pay/{khqr}": true, "Acme=acme://pay/{khqr}/open?from=web": true,
		"": false, "Acme": false, "ACLEDA": false, "=acme://pay?q={khqr}": false, "<b>=acme://pay?q={khqr}": false,
		strings.Repeat("a", 25) + "=acme://pay?q={khqr}": false,

		"Acme=": false, "Acme=acme://pay": false, "Acme=acme://pay?q={khqr}{khqr}": false, "Acme=acme://{khqr}": false, "Acme={khqr}://pay?q=1": false,
		"Acme=acme://pay{khqr}?q=1": false, "Acme=acme:pay?q={khqr}": false, "Acme=acme:///pay?q={khqr}": false, "Acme=//pay?q={khqr}": false,
		"Acme=acme://pay?q={khqr}#x": false, "Acme=acme://me@pay/?q={khqr}": false, "Acme=acme://pay?q={khqr}&\"=1": false, "Acme=acme://pay?q=%zz{khqr}": false,
		"Acme=acme://pay?q={khqr} x": false, "Acme=acme://pay?q={KHQR}": false, "Acme=acme://pay?q={khqr}\n": true, // the blank at the end goes
		"Acme=javascript://x/?{khqr}": false, "Acme=JavaScript://x/?{khqr}": false, "Acme=data://text/{khqr}": false, "Acme=http://bank.example/{khqr}": false,
		"Acme=intent://pay?q={khqr}": false, "Acme=file://etc/{khqr}": false, "Acme=vbscript://x/{khqr}": false, "Acme=blob://x/{khqr}": false,
		"Acme=acme://pay?q={khqr}&x=" + strings.Repeat("a", 240): false,
	} {
		err := h.provider.CheckSettings(checkout.ModeTest, h.changedSettings(map[string]any{"bank_apps": []string{item}}))
		var bad *checkout.Error
		if (err == nil) != good || err != nil && (!errors.As(err, &bad) || !strings.HasPrefix(bad.Param, "bank_apps")) {
			t.Errorf("%q: %v", item, err)
		}
	}

	for name, items := range map[string][]string{
		"twice": {"ABA", "aba=x1://y?z={khqr}"},
		"many":  {"A=aa://b/{khqr}", "B=aa://b/{khqr}", "C=aa://b/{khqr}", "D=aa://b/{khqr}", "E=aa://b/{khqr}", "F=aa://b/{khqr}", "G=aa://b/{khqr}"},
	} {
		if err := h.provider.CheckSettings(checkout.ModeTest, h.changedSettings(map[string]any{"bank_apps": items})); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Settings that were stored before a rule changed stay readable.
func TestBankAppsThatAreRefusedNowHaveNoButton(t *testing.T) {
	h := newHarness(t)
	h.settings["bank_apps"] = []string{"Acme=javascript://x/?{khqr}", "ABA"}
	links := h.create(usd(100)).NextAction.DeepLinks
	if slices.ContainsFunc(links, func(link checkout.DeepLink) bool { return link.App == "Acme" }) || len(links) != 2 {
		t.Errorf("links %+v", links)
	}
}

func TestBankAppsAreAWarning(t *testing.T) {
	h := newHarness(t)
	h.settings["bank_apps"] = []string{"ABA", "Acme=acme://pay?q={khqr}"}
	warnings, err := h.provider.CheckAccount(context.Background(), h.account())
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "ABA (published for other codes") || !strings.Contains(warnings[0], "Acme (its address is from bank_apps)") {
		t.Errorf("%q %v", warnings, err)
	}
}
