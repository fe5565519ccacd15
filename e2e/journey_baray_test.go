//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

func TestJourneyBaray(t *testing.T) {
	journeys(t, "baray", map[string]func(*testing.T, provider){
		"pay":                    barayPay,
		"pay without JavaScript": barayPayWithoutJavaScript,
		"fail, then pay":         barayFail,
		"cancel at Baray":        barayCancelThere,
		"cancel here, pay late":  barayCancelHere,
		"back button":            barayBack,
		"tab closed":             barayClosedTab,
		"callback before return": barayCallbackFirst,
		"callback after return":  barayCallbackLast,
		"forged callbacks":       barayForged,
	})
}

// atBaray is a visitor on Baray's page for a product.
func atBaray(t *testing.T, p provider, as device, options ...device) (v *visitor, session string) {
	t.Helper()
	v = newVisitor(t, as, options...)
	v.Buy(p.demo, "Iced coffee")
	session = v.Session()
	v.Choose("baray")
	v.ArriveAt(p.at("/itn-"))
	return v, session
}

func barayPay(t *testing.T, p provider) {
	v, session := atBaray(t, p, phone)
	v.See("1.50 USD")
	v.SeeFits()
	v.CheckAccessible()
	v.Press("ABA Bank")
	v.SeeFits()
	v.PressExactly("Pay")
	v.SeePaidAndReturn()
	p.waitForPayments(session, "baray succeeded")
}

func barayPayWithoutJavaScript(t *testing.T, p provider) {
	v, _ := atBaray(t, p, phone, withoutJavaScript)
	v.Press("Wing")
	v.PressExactly("Pay")
	v.SeeState("paid")
}

func barayFail(t *testing.T, p provider) {
	v, session := atBaray(t, p, phone)
	v.Press("ABA Bank")
	v.PressExactly("Fail")
	v.See("The bank declined the payment")
	v.CheckAccessible()
	p.waitForPayments(session, "baray requires_action")
	v.Press("ACLEDA Bank")
	v.PressExactly("Pay")
	v.SeeState("paid")
}

func barayCancelThere(t *testing.T, p provider) {
	v, _ := atBaray(t, p, phone)
	v.Press("Cancel")
	v.ArriveAt(onCheckout)
	v.SeeState("at_provider")
	v.SeeFits()
	v.CheckAccessible()
	v.Press("Pay another way")
	v.SeeState("choosing")
	v.Choose("baray")
	v.ArriveAt(p.at("/itn-"))
	v.Press("ABA Bank")
	v.PressExactly("Pay")
	v.SeeState("paid")
}

func barayCancelHere(t *testing.T, p provider) {
	v, session := atBaray(t, p, phone)
	v.Back()
	v.SeeState("at_provider")
	v.Press("Cancel and go back")
	v.ArriveAt(onCanceled)
	p.waitForPayments(session, "baray canceled")
	p.control(http.MethodPost, "pay", map[string]any{"reference": p.latest(session).Reference})
	p.waitForPayments(session, "baray succeeded late")
	v.Open(p.URL("checkout") + "/c/" + session)
	v.SeeState("late_cancel")
	v.SeeFits()
}

func barayBack(t *testing.T, p provider) {
	v, session := atBaray(t, p, desktop)
	v.Back()
	v.SeeState("at_provider")
	v.CheckAccessible()
	v.Press("Continue to Baray")
	v.ArriveAt(p.at("/itn-"))
	v.Press("Sathapana Bank")
	v.PressExactly("Pay")
	v.SeeState("paid")
	p.waitForPayments(session, "baray succeeded")
}

func barayClosedTab(t *testing.T, p provider) {
	v, session := atBaray(t, p, phone)
	v.Leave()
	reference := p.latest(session).Reference
	p.control(http.MethodPost, "pay", map[string]any{"reference": reference})
	if status := p.waitForCallback(reference, "genuine"); status != http.StatusOK {
		t.Errorf("the callback is answered %d, want 200", status)
	}
	p.waitForShop(session, "paid")
}

func barayCallbackFirst(t *testing.T, p provider) {
	v, session := atBaray(t, p, phone)
	p.control(http.MethodPost, "pay", map[string]any{"reference": p.latest(session).Reference})
	p.waitForPayments(session, "baray succeeded")
	_, err := v.Page.Reload()
	v.must("reload", err)
	v.Press("Continue")
	v.SeeState("paid")
}

func barayCallbackLast(t *testing.T, p provider) {
	v, session := atBaray(t, p, phone)
	reference := p.latest(session).Reference
	p.control(http.MethodPost, "callbacks", map[string]any{"delay_ms": 1500, "duplicate": 1})
	v.Press("ABA Bank")
	v.PressExactly("Pay")
	v.SeeState("paid")
	if status := p.waitForCallback(reference, "genuine"); status != http.StatusOK {
		t.Errorf("the callback is answered %d, want 200", status)
	}
	p.waitForPayments(session, "baray succeeded")
}

func barayForged(t *testing.T, p provider) {
	v, session := atBaray(t, p, phone)
	reference := p.latest(session).Reference
	for _, kind := range []string{"forged", "flipped", "replay"} {
		p.control(http.MethodPost, "callbacks/send", map[string]any{"reference": reference, "kind": kind})
		if status := p.waitForCallback(reference, kind); status/100 != 4 {
			t.Errorf("%s: answered %d, want it refused", kind, status)
		}
	}

	p.waitForPayments(session, "baray requires_action")
	v.Back()
	v.SeeState("at_provider")
}
