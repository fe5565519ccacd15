//go:build e2e

package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

func TestJourneyBayoPay(t *testing.T) {
	journeys(t, "bayopay", map[string]func(*testing.T, provider){
		"pay":                     bayopayPay,
		"pay without JavaScript":  bayopayPayWithoutJavaScript,
		"card wrong":              bayopayCardWrong,
		"slow network":            bayopaySlow,
		"give up":                 bayopayAbandon,
		"pending, then paid":      bayopayPending,
		"cancel here, pay late":   bayopayCancelHere,
		"back button":             bayopayBack,
		"tab closed":              bayopayClosedTab,
		"callback before return":  bayopayCallbackFirst,
		"return without callback": bayopayReturnAlone,
		"forged callbacks":        bayopayForged,
	})
}

// tell fills BayoPay's form in.
func (v *visitor) tell(name, email, phone string) {
	v.t.Helper()
	v.Fill("Full name", name)
	v.Fill("E-mail", email)
	v.Fill("Phone number", phone)
}

// openForm unfolds BayoPay's fields.
func (v *visitor) openForm() {
	v.t.Helper()
	v.must("open BayoPay's form", v.Page.Locator("details.ask summary").First().Click())
}

// atBayoPay is a visitor on BayoPay's card page.
func atBayoPay(t *testing.T, p provider, as device, options ...device) (v *visitor, session string) {
	t.Helper()
	v = newVisitor(t, as, options...)
	v.Buy(p.demo, "Iced coffee")
	session = v.Session()
	v.openForm()
	v.tell("Sok Dara", "dara@example.com", "012 345 678")
	v.Choose("bayopay")
	return v, session
}

func bayopayPay(t *testing.T, p provider) {
	v := newVisitor(t, phone)
	v.Buy(p.demo, "Iced coffee")
	session := v.Session()
	v.openForm()
	v.SeeFits()
	v.CheckAccessible()
	v.tell("Sok Dara", "dara@example.com", "12")
	v.mistaken = true
	v.Choose("bayopay")
	v.See("Please check the phone number.")
	v.SeeFits()
	v.CheckAccessible()
	v.Fill("Phone number", "012 345 678")
	v.Choose("bayopay")
	v.ArriveAt(p.at("/bayoipg/Pays/"))
	v.See("1.50 USD")
	v.See("Sok Dara")
	v.SeeFits()
	v.CheckAccessible()
	v.PressExactly("Pay")
	v.See("Payment successful")
	v.Press("Return to merchant")
	v.SeePaidAndReturn()
	p.waitForPayments(session, "bayopay succeeded")
}

func bayopayPayWithoutJavaScript(t *testing.T, p provider) {
	v, _ := atBayoPay(t, p, phone, withoutJavaScript)
	v.SeeState("redirecting")
	v.SeeFits()
	v.Press("Continue to BayoPay")
	v.ArriveAt(p.at("/bayoipg/Pays/"))
	v.PressExactly("Pay")
	v.Press("Return to merchant")
	v.SeeState("paid")
}

func bayopayCardWrong(t *testing.T, p provider) {
	v, session := atBayoPay(t, p, phone)
	v.Fill("Card number", "4111 1111 1111 1112")
	v.PressExactly("Pay")
	v.See("Payment failed")
	v.CheckAccessible()
	v.Press("Return to merchant")
	v.SeeState("failed")
	v.See("The card's number, expiry date or security code was wrong.")
	v.See("Please check the card and try again.")
	v.SeeFits()
	v.CheckAccessible()
	p.waitForPayments(session, "bayopay failed")
}

// bayopaySlow goes on to BayoPay though the way there takes so long that the
// page behind asks, and could hear, that the payment has begun.
func bayopaySlow(t *testing.T, p provider) {
	v := newVisitor(t, phone)
	v.Buy(p.demo, "Iced coffee")
	session := v.Session()
	v.must("slow the network down", v.Page.Route("**/payments", func(route playwright.Route) {
		answer, err := route.Fetch(playwright.RouteFetchOptions{MaxRedirects: playwright.Int(0)})
		if err != nil {
			t.Errorf("start the payment: %v", err)
			return
		}
		go func() {
			time.Sleep(5 * time.Second) // as long as two polls
			_ = route.Fulfill(playwright.RouteFulfillOptions{Response: answer})
		}()
	}))

	v.openForm()
	v.tell("Sok Dara", "dara@example.com", "012 345 678")
	v.Choose("bayopay")
	v.ArriveAt(p.at("/bayoipg/Pays/"))
	v.PressExactly("Pay")
	v.Press("Return to merchant")
	v.SeeState("paid")
	p.waitForPayments(session, "bayopay succeeded")
}

func bayopayAbandon(t *testing.T, p provider) {
	v, session := atBayoPay(t, p, phone)
	v.Press("Abandon")
	v.Press("Return to merchant")
	v.SeeState("failed")
	v.See("The time to pay ran out.")
	v.Press("Try again")
	link := v.ChooseKHQR()
	v.PayInBank(link)
	p.waitForPayments(session, "bayopay failed", "bakong succeeded")
}

func bayopayPending(t *testing.T, p provider) {
	v, session := atBayoPay(t, p, phone)
	v.Press("Pending")
	v.Press("Return to merchant")
	v.SeeState("checking")
	v.See("Please don't pay again")
	v.SeeFits()
	p.waitForPayments(session, "bayopay processing")
	p.control(http.MethodPost, "pay", map[string]any{"reference": p.latest(session).Reference})
	v.SeeState("paid")
}

func bayopayCancelHere(t *testing.T, p provider) {
	v, session := atBayoPay(t, p, phone)
	v.ArriveAt(p.at("/bayoipg/Pays/"))
	v.Open(p.URL("checkout") + "/c/" + session)
	v.SeeState("at_provider")
	v.Press("Cancel and go back")
	v.ArriveAt(onCanceled)
	nextSecond()
	p.control(http.MethodPost, "pay", map[string]any{"reference": p.latest(session).Reference})
	p.waitForPayments(session, "bayopay succeeded late")
	p.waitForShop(session, "canceled")
}

// nextSecond waits until the clock shows another second: BayoPay tells when a
// payment was made in whole ones.
func nextSecond() {
	for begun := time.Now().Unix(); time.Now().Unix() == begun; time.Sleep(pollInterval) {
	}
}

func bayopayBack(t *testing.T, p provider) {
	v, session := atBayoPay(t, p, desktop)
	v.ArriveAt(p.at("/bayoipg/Pays/"))
	v.Back()
	v.SeeState("at_provider")
	v.CheckAccessible()
	v.Press("Continue to BayoPay")
	v.ArriveAt(p.at("/bayoipg/Pays/"))
	v.PressExactly("Pay")
	v.Press("Return to merchant")
	v.SeeState("paid")
	p.waitForPayments(session, "bayopay succeeded")
}

func bayopayClosedTab(t *testing.T, p provider) {
	v, session := atBayoPay(t, p, phone)
	v.ArriveAt(p.at("/bayoipg/Pays/"))
	v.Leave()
	p.control(http.MethodPost, "pay", map[string]any{"reference": p.latest(session).Reference})
	p.waitForShop(session, "paid")
}

func bayopayCallbackFirst(t *testing.T, p provider) {
	v, session := atBayoPay(t, p, phone)
	v.PressExactly("Pay")
	v.See("Payment successful")
	p.waitForPayments(session, "bayopay succeeded")
	v.Press("Return to merchant")
	v.SeeState("paid")
}

// bayopayReturnAlone: the buyer brings the signed result before any callback.
func bayopayReturnAlone(t *testing.T, p provider) {
	v, session := atBayoPay(t, p, phone)
	v.ArriveAt(p.at("/bayoipg/Pays/"))
	p.control(http.MethodPost, "callbacks", map[string]any{"delay_ms": 1500})
	v.PressExactly("Pay")
	v.Press("Return to merchant")
	v.SeeState("paid")
	if status := p.waitForCallback(p.latest(session).Reference, "genuine"); status != http.StatusOK {
		t.Errorf("the callback is answered %d, want 200", status)
	}
	p.waitForPayments(session, "bayopay succeeded")
}

func bayopayForged(t *testing.T, p provider) {
	v, session := atBayoPay(t, p, phone)
	v.ArriveAt(p.at("/bayoipg/Pays/"))
	reference := p.latest(session).Reference
	for _, kind := range []string{"forged", "flipped", "tampered"} {
		p.control(http.MethodPost, "callbacks/send", map[string]any{"reference": reference, "kind": kind, "status": "00"})
		if status := p.waitForCallback(reference, kind); status/100 != 4 {
			t.Errorf("%s: answered %d, want it refused", kind, status)
		}
	}
	p.waitForPayments(session, "bayopay requires_action")
}
