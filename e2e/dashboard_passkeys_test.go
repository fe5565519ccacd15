//go:build e2e

package e2e

import (
	"net"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// authenticator is a visitor's device with passkeys, which confirms by itself whose finger
// it is.
type authenticator struct {
	v       *visitor
	session playwright.CDPSession
	id      string
}

// addAuthenticator gives a visitor's browser an authenticator without passkeys.
func (v *visitor) addAuthenticator() *authenticator {
	v.t.Helper()
	session, err := v.Context.NewCDPSession(v.Page)
	v.must("open a session of Chromium's protocol", err)
	a := &authenticator{v: v, session: session}
	a.send("WebAuthn.enable", map[string]any{})
	a.id = a.send("WebAuthn.addVirtualAuthenticator", map[string]any{"options": map[string]any{
		"protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true,
	}})["authenticatorId"].(string)
	return a
}

func (a *authenticator) send(method string, params map[string]any) map[string]any {
	a.v.t.Helper()
	answer, err := a.session.Send(method, params)
	a.v.must(method, err)
	fields, _ := answer.(map[string]any)
	return fields
}

// copyTo puts the passkeys on another device too, as the account with a vendor does.
func (a *authenticator) copyTo(other *authenticator) {
	a.v.t.Helper()
	passkeys := a.send("WebAuthn.getCredentials", map[string]any{"authenticatorId": a.id})["credentials"].([]any)
	if len(passkeys) != 1 {
		a.v.t.Fatalf("%d passkeys on the device", len(passkeys))
	}
	for _, passkey := range passkeys {
		other.send("WebAuthn.addCredential", map[string]any{"authenticatorId": other.id, "credential": passkey})
	}
}

// startDemoByName starts a demo whose dashboard has a name: browsers make passkeys for no
// address of numbers.
func startDemoByName(t *testing.T, args ...string) *demo {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	return startDemo(t, append(args, "--listen", "localhost:"+port)...)
}

// TestDashboardByPasskeys is the journey of an owner without a password: the invitation,
// the next sign-in, the shop's tablet by its QR code, and a refund there.
func TestDashboardByPasskeys(t *testing.T) {
	t.Parallel()
	d := startDemoByName(t, withHistory)
	owner := newVisitor(t, phone)
	device := owner.addAuthenticator()
	owner.Open(d.invite("sokha@psarchas.example", "owner"))
	owner.CheckAccessible()
	owner.must("fill in the name", owner.Page.GetByRole("textbox", playwright.PageGetByRoleOptions{Name: "Your name"}).Fill("Sokha"))
	owner.Press("Accept with a passkey")
	owner.See("Test mode: no real money moves")
	owner.readDashboardPage(d.URL("checkout") + "/dashboard/account")

	owner.signOut()
	owner.Press("Sign in with a passkey")
	owner.See("Test mode: no real money moves")

	tablet := newVisitor(t, desktop)
	tablet.Open(d.URL("checkout") + "/dashboard/sign-in")
	tablet.Press("Sign in with a phone that is signed in")
	tablet.See("Waiting for the phone")
	tablet.CheckAccessible()
	number, err := tablet.Page.Locator(".short-number").InnerText()
	tablet.must("read the number", err)
	owner.Open(tablet.ReadQR("svg.qr"))
	owner.See(number)
	owner.SeeFits()
	owner.CheckAccessible()
	owner.Press("Yes, sign it in")
	owner.See("The other screen is signed in")
	tablet.See("The phone has confirmed: Sokha")
	tablet.CheckAccessible()
	tablet.Press("Go on as Sokha")
	tablet.See("Test mode: no real money moves")

	// A tablet has proved nothing yet: the refund needs the passkey.
	device.copyTo(tablet.addAuthenticator())
	tablet.Open(d.URL("checkout") + "/dashboard/test/demo/payments?status=succeeded&method=khqr")
	tablet.must("open a payment", tablet.Page.Locator("table.rows tbody a").First().Click())
	refund := func() {
		t.Helper()
		tablet.must("open the form", tablet.Page.Locator("summary", playwright.PageLocatorOptions{HasText: "Refund"}).Click())
		tablet.Fill("Reason", "Sent back")
		tablet.must("choose by hand", tablet.Page.GetByLabel("I give the money back myself").Check())
		tablet.Fill("How it was given back", "In cash")
		tablet.must("refund", tablet.Page.Locator("details[open] form button.primary").Click())
	}
	refund()
	tablet.See("Is it you?")
	tablet.Press("Sign in with a passkey")
	tablet.SeeElement("ol.story")
	refund()
	tablet.See("The refund is recorded")
}
