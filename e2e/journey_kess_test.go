//go:build e2e

package e2e

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

func TestJourneyKESS(t *testing.T) {
	journeys(t, "kess", map[string]func(*testing.T, provider){
		"bank app on Android":    func(t *testing.T, p provider) { kessApp(t, p, phone) },
		"bank app on an iPhone":  func(t *testing.T, p provider) { kessApp(t, p, iPhone) },
		"scan from the desktop":  kessScan,
		"card":                   kessCard,
		"card declined":          kessCardDeclined,
		"hosted page":            kessHosted,
		"saved card":             kessSavedCard,
		"card saved alone":       kessCardAlone,
		"cancel at KESS":         kessCancelThere,
		"cancel here":            kessCancelHere,
		"session expired early":  kessExpiredEarly,
		"session ran out":        kessRanOut,
		"another way":            kessSwitch,
		"tab closed":             kessClosedTab,
		"back button":            kessBack,
		"callback before return": kessCallbackFirst,
		"not final yet":          kessNotFinal,
		"forged callbacks":       kessForged,
	})
}

// A simulator of its own, as its rules for callbacks hold back those of others.
func TestJourneyKESSCallbacks(t *testing.T) {
	journeys(t, "kess", map[string]func(*testing.T, provider){"late, twice and reordered": kessCallbacks})
}

// atKESS is a visitor who has chosen one of KESS's ways to pay.
func atKESS(t *testing.T, p provider, method string, as device, options ...device) (v *visitor, session string) {
	t.Helper()
	v = newVisitor(t, as, options...)
	v.Buy(p.demo, "Iced coffee")
	session = v.Session()
	v.Choose(method)
	return v, session
}

// kessApp pays in the bank's app on the same phone and comes back by hand.
func kessApp(t *testing.T, p provider, as device) {
	v, session := atKESS(t, p, "kess:ABAAKHPP", as)
	v.SeeState("at_provider")
	v.SeeFits()
	v.CheckAccessible()
	v.must("open the app", v.Page.Locator("a.primary").Click())
	v.ArriveAt(p.at("/app/"))
	v.See("1.50 USD")
	v.PressExactly("Pay")
	v.See("This order is paid")
	v.Press("Return to the shop")
	v.ArriveAt(onCheckout)
	v.SeeState("paid")
	p.waitForPayments(session, "kess succeeded")
}

func kessScan(t *testing.T, p provider) {
	v, _ := atKESS(t, p, "kess:WING", desktop)
	v.SeeState("qr_waiting")
	v.CheckAccessible()
	code := v.ReadQR(".code-area")
	bank := newBuyer(t, phone)
	bank.Open(p.URL("kess") + "/app")
	bank.Fill("QR code as text", code)
	bank.Press("Scan")
	bank.See("1.50 USD")
	bank.PressExactly("Pay")
	v.SeeState("paid")
}

func kessCard(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess:VISA_MASTER", phone)
	v.ArriveAt(p.at("/pay/"))
	v.SeeFits()
	v.CheckAccessible()
	v.Press("Visa/Master Card")
	v.SeeFits()
	v.PressExactly("Pay")
	v.SeePaidAndReturn()
	p.waitForPayments(session, "kess succeeded")
}

func kessCardDeclined(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess:VISA_MASTER", phone, withoutJavaScript)
	v.Press("Visa/Master Card")
	_, err := v.Page.GetByLabel("Reason to fail").SelectOption(playwright.SelectOptionValues{Values: playwright.StringSlice("INSUFFICIENT_FUNDS")})
	v.must("choose a reason", err)
	v.PressExactly("Fail")
	v.SeeState("failed")
	v.See("There was not enough money in the account.")
	v.See("Please pay from another account or card, or another way.")
	v.SeeFits()
	if code := p.latest(session).FailureCode; code != "insufficient_funds" {
		t.Errorf("the merchant reads %q, want insufficient_funds", code)
	}

	v.Press("Try again")
	v.SeeState("choosing")
	v.Choose("kess:VISA_MASTER")
	v.Press("Visa/Master Card")
	v.PressExactly("Pay")
	v.SeeState("paid")
}

func kessHosted(t *testing.T, p provider) {
	v, _ := atKESS(t, p, "kess", desktop)
	v.ArriveAt(p.at("/pay/"))
	v.Press("Wing Bank")
	v.PressExactly("Pay")
	v.SeeState("paid")
}

func kessCancelThere(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess", phone)
	v.Press("Cancel")
	v.ArriveAt(onDeclined)
	v.SeeState("at_provider")
	p.waitForPayments(session, "kess requires_action")
	v.Press("Continue to KESS")
	v.Back()
	v.SeeState("at_provider")
}

func kessCancelHere(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess:ABAAKHPP", phone)
	v.SeeState("at_provider")
	reference := p.latest(session).Reference
	v.Press("Cancel and go back")
	v.ArriveAt(onCanceled)
	p.waitForOrderAt(reference, "CLOSED")
	p.waitForShop(session, "canceled")
}

func kessExpiredEarly(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess:ABAAKHPP", desktop)
	v.SeeState("qr_waiting")
	v.SeeElement(".code-area img") // the code as a picture, which an ended session has no more
	p.call(http.MethodPost, p.URL("checkout")+"/v1/checkout/sessions/"+session+"/expire", struct{}{}, nil)
	p.waitForOrderAt(p.latest(session).Reference, "CLOSED")
	v.SeeState("session_expired")
}

// kessRanOut lets the time of a session pass, by a day in the database instead
// of half an hour here: nobody asks for the end, and the order is still open at
// KESS.
func kessRanOut(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess:ABAAKHPP", desktop)
	v.SeeState("qr_waiting")
	v.SeeElement(".code-area img") // as above
	reference := p.latest(session).Reference
	p.runOut(session)
	p.waitForOrderAt(reference, "CLOSED")
	v.SeeState("session_expired")
	p.waitForPayments(session, "kess expired")
	p.waitForShop(session, "expired")
}

// runOut has a session and its payments end now.
func (d *demo) runOut(session string) {
	d.t.Helper()
	now := time.Now().UnixMilli()
	d.execute("UPDATE sessions SET expires_at = $1 WHERE id = $2", now, session)
	d.execute("UPDATE payments SET expires_at = $1 WHERE session_id = $2", now, session)
}

// execute changes the database beside the server.
func (d *demo) execute(statement string, args ...any) {
	d.t.Helper()
	store, err := sql.Open("sqlite", "file:"+filepath.Join(d.dataDir, "rieltime.db")+"?_txlock=immediate&_pragma=busy_timeout(10000)")
	if err != nil {
		d.t.Fatal(err)
	}
	defer store.Close()

	if _, err := store.Exec(statement, args...); err != nil {
		d.t.Fatal(err)
	}
}

// kessSwitch leaves KESS for Bakong's code: the first order can no longer be
// paid at KESS.
func kessSwitch(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess:ABAAKHPP", phone)
	v.SeeState("at_provider")
	reference := p.latest(session).Reference
	v.Press("Pay another way")
	v.SeeState("choosing")
	link := v.ChooseKHQR()
	p.waitForOrderAt(reference, "CLOSED")
	v.PayInBank(link)
}

func kessClosedTab(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess:ABAAKHPP", phone)
	v.SeeState("at_provider")
	v.Leave()
	reference := p.latest(session).Reference
	p.control(http.MethodPost, "pay", map[string]any{"reference": reference})
	if status := p.waitForCallback(reference, "genuine"); status != http.StatusOK {
		t.Errorf("the callback is answered %d, want 200", status)
	}
	p.waitForShop(session, "paid")
}

func kessBack(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess", desktop)
	v.ArriveAt(p.at("/pay/"))
	v.Back()
	v.SeeState("at_provider")
	v.CheckAccessible()
	v.Press("Continue to KESS")
	v.ArriveAt(p.at("/pay/"))
	v.Press("ABA PAY")
	v.PressExactly("Pay")
	v.SeeState("paid")
	p.waitForPayments(session, "kess succeeded")
}

func kessCallbackFirst(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess", phone)
	v.ArriveAt(p.at("/pay/"))
	p.control(http.MethodPost, "pay", map[string]any{"reference": p.latest(session).Reference})
	p.waitForPayments(session, "kess succeeded")
	_, err := v.Page.Reload()
	v.must("reload", err)
	v.Press("Return to the shop")
	v.SeeState("paid")
}

// kessNotFinal waits for a card's bank, which pays in the end.
func kessNotFinal(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess:VISA_MASTER", phone)
	v.Press("Visa/Master Card")
	_, err := v.Page.GetByLabel("Reason to fail").SelectOption(playwright.SelectOptionValues{Values: playwright.StringSlice("WAITING_FINAL_STATUS")})
	v.must("choose a reason", err)
	v.PressExactly("Fail")
	v.SeeState("checking")
	v.See("Please don't pay again")
	p.waitForPayments(session, "kess processing")
	p.control(http.MethodPost, "pay", map[string]any{"reference": p.latest(session).Reference, "method": "VISA_MASTER"})
	v.SeeState("paid")
}

// kessCallbacks come late, twice and with an older one after them.
func kessCallbacks(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess", phone)
	v.ArriveAt(p.at("/pay/"))
	p.control(http.MethodPost, "callbacks", map[string]any{"delay_ms": 1000, "duplicate": 1, "reorder": true, "format": "form"})
	v.Press("ABA PAY")
	v.PressExactly("Pay")
	v.SeeState("paid")
	if status := p.waitForCallback(p.latest(session).Reference, "genuine"); status != http.StatusOK {
		t.Errorf("the callback is answered %d, want 200", status)
	}
	p.waitForPayments(session, "kess succeeded")
}

func kessForged(t *testing.T, p provider) {
	v, session := atKESS(t, p, "kess:ABAAKHPP", phone)
	v.SeeState("at_provider")
	reference := p.latest(session).Reference
	for _, kind := range []string{"forged", "flipped", "unsigned"} {
		p.control(http.MethodPost, "callbacks/send", map[string]any{"reference": reference, "kind": kind})
		if status := p.waitForCallback(reference, kind); status/100 != 4 {
			t.Errorf("%s: answered %d, want it refused", kind, status)
		}
	}
	p.waitForPayments(session, "kess requires_action")
}

// orderOf opens the page of an order of one of the shop's customers.
func (v *visitor) orderOf(p provider, customer, reference string) (session string) {
	v.t.Helper()
	var made struct {
		URL string `json:"url"`
	}
	shop := p.URL("shop")
	p.call(http.MethodPost, p.URL("checkout")+"/v1/checkout/sessions", map[string]any{
		"amount": "2.00", "currency": "USD", "reference": reference, "customer": map[string]any{"id": customer},
		"success_url": shop + "/", "cancel_url": shop + "/", "locale": "en",
	}, &made)

	v.Open(made.URL)
	return v.Session()
}

// kessSavedCard saves a card with paying and pays the customer's next order
// with it.
func kessSavedCard(t *testing.T, p provider) {
	v := newVisitor(t, phone)
	v.orderOf(p, "customer-7", "CARD-1")
	v.must("open the choice of cards", v.Page.GetByText("Visa/Master Card").Click())
	v.must("have the card saved", v.Page.GetByLabel("Save this card for my next order").Check())
	v.SeeFits()
	v.CheckAccessible()
	v.Choose("kess:VISA_MASTER")
	v.ArriveAt(p.at("/pay/"))
	v.Press("Visa/Master Card")
	v.PressExactly("Pay")
	v.SeeState("paid")
	session := v.orderOf(p, "customer-7", "CARD-2")
	v.See("Visa ending in 1111")
	v.SeeFits()
	v.CheckAccessible()
	v.Choose("kess:SAVED_CARD")
	v.ArriveAt(p.at("/ccpay/"))
	v.See("With your saved card.")
	v.PressExactly("Pay")
	v.SeeState("paid")
	p.waitForPayments(session, "kess succeeded")
}

// kessCardAlone saves a card without paying, of which KESS tells when the buyer
// is back already, pays with it without JavaScript, and removes it.
func kessCardAlone(t *testing.T, p provider) {
	v := newVisitor(t, phone)
	session := v.orderOf(p, "customer-8", "CARD-3")
	v.must("open the choice of cards", v.Page.GetByText("Visa/Master Card").Click())
	v.Press("Save a card without paying now")
	v.ArriveAt(p.at("/spa/inti-card"))
	p.control(http.MethodPost, "callbacks", map[string]any{"delay_ms": 1500})
	v.Press("Save card")
	v.ArriveAt(regexp.MustCompile("/c/" + session + `\?choose=1$`))
	v.See("Visa ending in 1111")
	p.waitForPayments(session)

	plain := newVisitor(t, phone, withoutJavaScript)
	plain.orderOf(p, "customer-8", "CARD-4")
	plain.Choose("kess:SAVED_CARD")
	plain.ArriveAt(p.at("/ccpay/"))
	plain.PressExactly("Pay")
	plain.SeeState("paid")

	v.Press("Remove this card")
	v.SeeState("choosing")
	if left, err := v.Page.GetByText("Visa ending in 1111").Count(); err != nil || left != 0 {
		t.Errorf("the removed card is offered %d times, %v", left, err)
	}
}
