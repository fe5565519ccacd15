//go:build e2e

package e2e

import "testing"

// pressByKey moves the focus to a control by Tab and presses Enter.
func (v *visitor) pressByKey(selector string) {
	v.t.Helper()
	v.tabTo(selector)
	v.key("Enter")
}

// typeText types at the focus.
func (v *visitor) typeText(text string) {
	v.t.Helper()
	v.must("type "+text, v.Page.Keyboard().Type(text))
}

// TestOwnerFindsAPaymentByKeyboard signs in, searches and opens a payment without a pointer.
func TestOwnerFindsAPaymentByKeyboard(t *testing.T) {
	t.Parallel()
	d := startDemo(t, withHistory)
	v := newVisitor(t, desktop, inEnglish)
	v.Open(d.ownersLink())
	v.pressByKey("main button")
	v.See("Today")

	v.pressByKey(`.menu a[href$="/payments"]`)
	v.tabTo("main input[type=search]")
	v.typeText("status:late")
	v.key("Enter")
	v.SeeElement(`main input[type=search][value="status:late"]`)
	v.tabTo(".rows.payments a")
	outline, err := v.Page.Evaluate(`getComputedStyle(document.activeElement).outlineStyle`)
	v.must("see the focus", err)
	if outline == "none" {
		t.Error("the focus is not seen")
	}
	v.key("Enter")
	v.SeeElement(`main h1`)
	v.See("Late")
}

// TestCashierSellsByKeyboard takes a payment and goes on to the next without a pointer.
func TestCashierSellsByKeyboard(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, desktop, inEnglish)
	v.becomeCashier(d, "sokha@psarchas.example")
	v.tabTo("input[name=amount]")
	v.typeText("5.50")
	v.pressByKey(`button[name=currency][value="USD"]`)
	v.SeeElement(`#counter[data-state="code"]`)

	code := v.ReadQR(".sale-code")
	wantCode(t, code, "5.50", "840")
	bankOf(t, d, code).PressExactly("Pay")
	v.SeeElement(`#counter[data-state="paid"]`)
	v.pressByKey("a.next")
	v.See("My sales today")
	v.See("$5.50")
}
