//go:build e2e

package e2e

import (
	"testing"

	"github.com/playwright-community/playwright-go"
)

// becomeCashier accepts an invitation as a cashier of the demo's merchant.
func (v *visitor) becomeCashier(d *demo, email string) {
	v.t.Helper()
	v.Open(d.invite(email, "cashier"))
	v.Fill("Your name", "Sokha")
	v.Fill("A password of 10 characters or more", "coffee-with-ice")
	v.Press("Accept")
	v.See("My sales today")
}

// countTones has a page count the tones that it sounds, in tones.
const countTones = `window.tones = 0;
const create = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones++; return create.call(this); };`

func (v *visitor) tones() int {
	v.t.Helper()
	count, err := v.Page.Evaluate("window.tones")
	v.must("count the tones", err)
	return count.(int)
}

func (v *visitor) typeKeys(keys ...string) {
	v.t.Helper()
	for _, key := range keys {
		v.must("press "+key, v.Page.Locator(`[data-key="`+key+`"]`).Tap())
	}
}

// bankOf opens the demo's bank app with the code that the page shows.
func bankOf(t *testing.T, d *demo, code string) *buyer {
	t.Helper()
	bank := newBuyer(t, phone)
	bank.Open(d.URL("bakong") + "/app/")
	bank.Fill("KHQR text", code)
	bank.Press("Open code")
	return bank
}

func TestFirstSaleOfACashierOnThePhone(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.must("count tones", v.Context.AddInitScript(playwright.Script{Content: playwright.String(countTones)}))
	v.becomeCashier(d, "sokha@psarchas.example")
	v.SeeFits()
	v.CheckAccessible()

	v.typeKeys("5", ".", "5", "0")
	v.Press("US dollar")
	v.SeeElement(`#counter[data-state="code"]`)
	v.See("$5.50")
	v.SeeFits()
	v.CheckAccessible()

	code := v.ReadQR(".sale-code")
	wantCode(t, code, "5.50", "840")
	bankOf(t, d, code).PressExactly("Pay")
	v.SeeElement(`#counter[data-state="paid"]`)
	v.SeeElement(`p.paid:text-is("PAID")`)
	v.SeeFits()
	v.CheckAccessible()
	if tones := v.tones(); tones == 0 {
		t.Error("the payment made no sound")
	}

	v.Press("Next")
	v.See("My sales today")
	v.See("$5.50")
}

func TestTwoCashiersSellTheSameAtOnce(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	first, second := newVisitor(t, phone), newVisitor(t, phone, withoutJavaScript)
	first.must("count tones", first.Context.AddInitScript(playwright.Script{Content: playwright.String(countTones)}))
	first.becomeCashier(d, "sokha@psarchas.example")
	second.becomeCashier(d, "dara@psarchas.example")

	first.typeKeys("2", "0", "000")
	first.Press("Riel")
	second.Fill("Amount", "20000")
	second.Press("Riel")
	second.SeeElement(`#counter[data-state="code"]`)
	second.SeeFits()
	first.SeeElement(`#counter[data-state="code"]`)

	// The page without JavaScript loads itself again until its own code is paid.
	bankOf(t, d, second.ReadQR(".sale-code")).PressExactly("Pay")
	second.SeeElement(`#counter[data-state="paid"]`)
	first.SeeElement(`#counter[data-state="code"]`)
	if tones := first.tones(); tones != 0 {
		t.Errorf("%d tones for another cashier's sale", tones)
	}
}
