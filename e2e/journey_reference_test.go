//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// turnOn has the owner change the settings of Bakong's account in the dashboard.
func (d *demo) turnOn(change func(owner *visitor)) {
	d.t.Helper()
	owner := newVisitor(d.t, phone)
	owner.Open(d.ownersLink())
	owner.Press("Sign in")
	owner.See("Today")
	owner.Open(d.URL("checkout") + "/dashboard/test/demo/settings/providers/bakong")
	change(owner)
	owner.SeeFits()
	owner.CheckAccessible()
	owner.Press("Check and save")
	owner.See("The settings are checked and saved.")
	owner.leave()
}

// TestJourneyReference is a buyer who sends the amount to the shop's account without the
// code, and proves it by the bank's reference on the page of the code.
func TestJourneyReference(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	d.turnOn(func(owner *visitor) {
		owner.must("turn it on", owner.Page.GetByLabel("Look up bank references").Check())
	})

	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	v.ChooseKHQR()
	session := v.Session()
	reference := "100FT" + strings.ToUpper(d.transferBesideTheCode()[:14]) // as the simulator's banks name it
	v.must("open the field", v.Page.Locator(".hash summary").Click())
	v.See("a reference looks like 100FT38906478429")
	v.SeeFits()
	v.CheckAccessible()
	v.Fill("Transaction hash or bank reference (optional)", reference[:8]+" "+reference[8:])
	v.Press("I have paid")
	v.SeeState("claimed")
	v.SeeFits()
	v.CheckAccessible()

	d.acceptClaim(session)
	v.SeePaidAndReturn()
	d.waitForOrder("paid")
}

// TestJourneyClaimWhileBakongIsDown is one by the hash while Bakong answers nothing about
// payments: the buyer enters it once, whatever happens to the server.
func TestJourneyClaimWhileBakongIsDown(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.outage = true
	v.Buy(d, "Iced coffee")
	v.ChooseKHQR()
	session, page := v.Session(), v.Page.URL()
	hash := d.transferBesideTheCode()
	d.bakong(http.MethodPost, "faults", faultRule{Kind: "status", Status: http.StatusBadGateway, Path: "/v1/check"})
	v.must("open the field", v.Page.Locator(".hash summary").Click())
	v.Fill("Transaction hash (optional)", hash)
	v.Press("I have paid")
	v.SeeState("checking")
	v.See("you need not enter it again")
	v.SeeFits()
	v.CheckAccessible()

	d.Kill()
	d.Start()
	v.Open(page)
	v.See("you need not enter it again")
	d.bakong(http.MethodDelete, "faults", nil)
	d.waitForClaim(session)
	v.SeeState("claimed")
	d.acceptClaim(session)
	v.SeePaidAndReturn()
}

// TestJourneyBanksApp has the button of one bank's app beside the general one, on phones.
func TestJourneyBanksApp(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	d.turnOn(func(owner *visitor) {
		owner.Fill("Buttons for banks' apps", "ABA")
	})

	onPhone := newVisitor(t, phone)
	onPhone.Buy(d, "Iced coffee")
	onPhone.ChooseKHQR()
	onPhone.See("Open my bank app")
	onPhone.SeeElement(`a.secondary[href^="abamobilebank://ababank.com?type=payway&qrcode=0002"]:text-is("Open ABA")`)
	onPhone.See("A bank's own button works only if its app is on this phone.")
	onPhone.SeeFits()
	onPhone.CheckAccessible()

	computer := newVisitor(t, desktop)
	computer.Buy(d, "Iced coffee")
	computer.ChooseKHQR()
	computer.SeeNo("Open ABA")
}

// transferBesideTheCode sends a coffee's price to the shop's account, and returns the hash
// of that.
func (d *demo) transferBesideTheCode() string {
	d.t.Helper()
	var made struct {
		Hash string `json:"hash"`
	}
	d.call(http.MethodPost, d.URL("bakong")+"/control/pay", map[string]any{"to": simAccount, "amount": "1.50", "currency": "USD"}, &made)
	return made.Hash
}

// waitForClaim waits until a payment of a session is claimed.
func (d *demo) waitForClaim(session string) (claimed apiPayment) {
	d.t.Helper()
	d.poll("have a claimed payment", func() bool {
		for _, payment := range d.payments(session) {
			if payment.Review == "claimed" {
				claimed = payment
			}
		}
		return claimed.ID != ""
	})
	return claimed
}

// acceptClaim has the merchant accept the claimed payment of a session.
func (d *demo) acceptClaim(session string) {
	d.t.Helper()
	d.call(http.MethodPost, d.URL("checkout")+"/v1/payments/"+d.waitForClaim(session).ID+"/review", map[string]string{"decision": "accept"}, nil)
}
