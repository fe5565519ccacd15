//go:build e2e

package e2e

import (
	"math/big"
	"strconv"
	"testing"
)

func TestJourneyPayOnThePhone(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	v.SeeFits()
	v.CheckAccessible()
	link := v.ChooseKHQR()
	v.SeeFits()
	v.CheckAccessible()
	bank := openBank(t, link)
	bank.See("1.50 USD")
	bank.PressExactly("Pay")
	v.SeeState("paid")
	v.Press("Stay on this page")
	v.SeeFits()
	v.CheckAccessible()
	v.Press("Back to " + demoPayee)
	v.ArriveAt(onThanks)
	v.See("Your order is paid")
	v.SeeFits()
}

func TestJourneyPayOnTheDesktopByScanning(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, desktop)
	v.Buy(d, "Tuk-tuk tour")
	v.CheckAccessible()
	v.ChooseKHQR()
	v.CheckAccessible()
	code := v.ReadQR(".code-area")
	wantCode(t, code, "41000", "116")
	bank := newBuyer(t, phone)
	bank.Open(d.URL("bakong") + "/app/")
	bank.Fill("KHQR text", code)
	bank.Press("Open code")
	bank.See(demoPayee)
	bank.See("41000 KHR")
	bank.PressExactly("Pay")
	v.SeePaidAndReturn()
}

// wantCode reads a KHQR by its tags (EMV QR, merchant-presented mode) and
// compares who is paid, and what.
func wantCode(t *testing.T, code, amount, currency string) {
	t.Helper()
	tags := readTags(t, code)
	got, isNumber := new(big.Rat).SetString(tags["54"])
	want, _ := new(big.Rat).SetString(amount)
	if !isNumber || got.Cmp(want) != 0 {
		t.Errorf("the code asks for %q, want %s", tags["54"], amount)
	}

	if tags["53"] != currency {
		t.Errorf("the code is in currency %q, want %s", tags["53"], currency)
	}

	if tags["59"] != demoPayee {
		t.Errorf("the code pays %q, want %q", tags["59"], demoPayee)
	}

	if account := readTags(t, tags["29"])["00"]; account != demoAccount {
		t.Errorf("the code pays to %q, want %q", account, demoAccount)
	}
}

func readTags(t *testing.T, text string) map[string]string {
	t.Helper()
	tags := map[string]string{}
	for rest := text; rest != ""; {
		if len(rest) < 4 {
			t.Fatalf("%q ends in the middle of a tag", text)
		}

		length, err := strconv.Atoi(rest[2:4])
		if err != nil || len(rest) < 4+length {
			t.Fatalf("%q breaks off in tag %s", text, rest[:2])
		}

		tags[rest[:2]] = rest[4 : 4+length]
		rest = rest[4+length:]
	}

	return tags
}

func TestJourneyWithoutJavaScript(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone, withoutJavaScript)
	v.Buy(d, "Num banh chok")
	link := v.ChooseKHQR()
	wantCode(t, v.ReadQR(".code-area"), "6000", "116")
	v.PayInBank(link)
	v.SeeReturn()
}

func TestJourneyWebhookNotifiesTheShop(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Krama scarf")
	link := v.ChooseKHQR()
	v.must("close the page", v.Page.Close())
	payInBank(t, link)
	d.waitForOrder("paid")
}
