//go:build e2e

package e2e

import (
	"net/http"
	"testing"

	"github.com/playwright-community/playwright-go"
)

func TestJourneyCancel(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	v.ChooseKHQR()
	v.Press("Cancel and go back")
	v.ArriveAt(onCanceled)
	v.See("You canceled the payment")
	d.waitForOrder("canceled")
}

func TestJourneyExpireAndRenew(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--qr-life", "17s")
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	v.ChooseKHQR()
	first := v.ReadQR(".code-area")
	v.SeeState("qr_expired")
	v.CheckAccessible()
	v.Press("Get a new code")
	v.SeeState("qr_waiting")
	if second := v.ReadQR(".code-area"); second == first {
		t.Error("the new code is the old one")
	}

	v.PayInBank(v.DeepLink())
}

func TestJourneySessionExpires(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	v.ChooseKHQR()
	v.SeeElement(".code-area img") // which is not given once the session is over
	d.call(http.MethodPost, d.URL("checkout")+"/v1/checkout/sessions/"+d.lastOrder().SessionID+"/expire", struct{}{}, nil)
	v.SeeState("session_expired")
	v.CheckAccessible()
	v.Press("Back to " + demoPayee)
	v.ArriveAt(onCanceled)
	v.See("The time to pay is over")
	d.waitForOrder("expired")
}

func TestJourneyWrongAmount(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Krama scarf")
	bank := openBank(t, v.ChooseKHQR())
	bank.Fill("Another amount", "1.00")
	bank.PressExactly("Pay another amount")
	bank.SeeElement("h1:text-is('Paid')")
	v.SeeState("mismatch")
	v.See("$1.00")
	v.CheckAccessible()
	v.Press("Back to " + demoPayee)
	v.ArriveAt(onCanceled)
	v.See("This order is not paid yet")
	if status := d.lastOrder().Status; status != "waiting" {
		t.Errorf("the order is %q, want waiting", status)
	}
}

func TestJourneyDeclinedThenPaid(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	bank := openBank(t, v.ChooseKHQR())
	bank.PressExactly("Decline")
	bank.SeeElement("h1:text-is('Declined')")
	v.SeeState("failed")
	v.See("Your bank declined the payment.")
	v.CheckAccessible()
	v.Press("Try again")
	v.SeeState("choosing")
	v.PayInBank(v.ChooseKHQR())
}

func TestJourneyProviderDown(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	link := v.ChooseKHQR()
	d.bakong(http.MethodPost, "faults", faultRule{Kind: "status", Status: http.StatusBadGateway, Path: "/v1/check"})
	payInBank(t, link)
	v.Press("I have paid")
	v.SeeState("checking")
	v.See("Please don't pay again")
	v.CheckAccessible()
	d.bakong(http.MethodDelete, "faults", nil)
	v.SeeState("paid")
}

// News of the bank's trouble leaves the buyer the hash that is being typed.
func TestJourneyNewsWhileTyping(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	v.ChooseKHQR()
	v.must("open the field", v.Page.Locator(".hash summary").Click())
	hash := v.Page.Locator("#hash")
	v.must("type", hash.Fill("0a1b"))
	v.must("type on in the middle", hash.Press("ArrowLeft"))
	d.bakong(http.MethodPost, "faults", faultRule{Kind: "status", Status: http.StatusBadGateway, Path: "/v1/check"})
	v.See("We cannot reach the bank right now.")
	v.must("type on", v.Page.Keyboard().Type("2c"))
	v.must("see what was typed", v.expect.Locator(hash).ToHaveValue("0a12cb"))
	d.bakong(http.MethodDelete, "faults", nil)
	v.SeeNo("We cannot reach the bank right now.")
	v.must("see what was typed still", v.expect.Locator(hash).ToHaveValue("0a12cb"))
}

// A page whose question is turned away, by a server that is too busy, asks again.
func TestJourneyQuestionTurnedAway(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		v := newVisitor(t, phone)
		v.outage = true
		v.Buy(d, "Iced coffee")
		v.ChooseKHQR()
		turned := v.TurnAwayOnce("**/status*", status)
		code := v.ReadQR(".code-area")
		<-turned
		d.payCode(code)
		v.SeeState("paid")
	}
}

// A buyer who paid one code twice reports the second payment on the paid page:
// Bakong tells of the first only.
func TestJourneySecondPaymentReported(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	v.ChooseKHQR()
	page, code := v.Page.URL(), v.ReadQR(".code-area")
	d.payCode(code)
	v.SeePaidAndReturn()
	var second struct {
		Hash string `json:"hash"`
	}
	d.call(http.MethodPost, d.URL("bakong")+"/control/pay", map[string]string{"qr": code}, &second)
	v.Open(page)
	v.SeeState("paid")
	v.must("open the form", v.Page.GetByText("Did you pay twice?").Click())
	v.Fill("Transaction hash of the other payment", second.Hash)
	v.CheckAccessible()
	v.Press("Report this payment")
	v.See("The other payment that you reported is recorded")
	v.SeeState("paid")
	v.CheckAccessible()
}

// A receipt that waits for the merchant's decision asks again too.
func TestJourneyReceiptTurnedAway(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.outage = true
	v.Buy(d, "Krama scarf")
	bank := openBank(t, v.ChooseKHQR())
	bank.Fill("Another amount", "1.00")
	bank.PressExactly("Pay another amount")
	v.SeeState("mismatch")
	v.Press("Keep this receipt")
	v.SeeElement(".verdict h1:text-is('NOT PAID')")
	<-v.TurnAwayOnce("**/r/*", http.StatusServiceUnavailable)
	payment := d.latest(d.lastOrder().SessionID)
	d.call(http.MethodPost, d.URL("checkout")+"/v1/payments/"+payment.ID+"/review", map[string]string{"decision": "accept"}, nil)
	v.SeeElement(".verdict.yes h1:text-is('PAID')")
}

// TurnAwayOnce has the next request to addresses like this one answered with a
// status; the channel tells when that is done.
func (v *visitor) TurnAwayOnce(address string, status int) (done chan struct{}) {
	v.t.Helper()
	done = make(chan struct{})
	v.must("turn a request away", v.Page.Route(address, func(r playwright.Route) {
		_ = r.Fulfill(playwright.RouteFulfillOptions{Status: playwright.Int(status)})
		close(done)
	}, 1))
	return done
}

// faultRule orders the simulator's protocol to misbehave.
type faultRule struct {
	Kind   string `json:"kind"`
	Path   string `json:"path"`
	Status int    `json:"status,omitempty"`
}
