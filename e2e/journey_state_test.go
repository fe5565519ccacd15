//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

// SameBuyer is the visitor in another tab of the same browser.
func (v *visitor) SameBuyer(address string) *visitor {
	v.t.Helper()
	tab := &visitor{buyer: &buyer{t: v.t, Context: v.Context, Page: v.NewTab(), expect: v.expect}}
	tab.Open(address)
	return tab
}

func TestJourneyTwoTabs(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, desktop)
	v.Buy(d, "Iced coffee")
	second := v.SameBuyer(v.Page.URL())
	second.SeeState("choosing")
	link := v.ChooseKHQR()
	second.SeeState("qr_waiting")
	if again := second.DeepLink(); again != link {
		t.Errorf("the second tab opens %s, the first %s", again, link)
	}
	payInBank(t, link)
	for _, tab := range []*visitor{v, second} {
		tab.SeeState("paid")
	}
	for _, tab := range []*visitor{v, second} {
		tab.ArriveAt(onThanks)
		tab.See("Your order is paid")
	}
}

func TestJourneySecondDevice(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, desktop)
	v.Buy(d, "Krama scarf")
	v.ChooseKHQR()
	other := newVisitor(t, phone)
	other.Open(v.Page.URL())
	other.SeeState("qr_waiting")
	other.SeeFits()
	payInBank(t, other.DeepLink())
	v.SeeState("paid")
	other.SeeState("paid")
}

func TestJourneyReloadAndBack(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	link := v.ChooseKHQR()
	code := v.ReadQR(".code-area")
	_, err := v.Page.Reload()
	v.must("reload", err)
	v.SeeState("qr_waiting")
	if again := v.ReadQR(".code-area"); again != code {
		t.Error("a reload changed the code")
	}
	payInBank(t, link)
	v.SeeState("paid")
	v.Press("Back to " + demoPayee)
	v.ArriveAt(onThanks)
	_, err = v.Page.GoBack()
	v.must("go back", err)
	v.SeeState("paid")
}

func TestJourneyGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.outage = true
	v.Buy(d, "Iced coffee")
	link := v.ChooseKHQR()
	d.Stop()
	d.Start()
	payInBank(t, link)
	v.SeePaidAndReturn()
	d.waitForOrder("paid")
}

// A payment that Bakong would not tell of yet is not lost by a crash.
func TestJourneyPaidUnseenBeforeACrash(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.outage = true
	v.Buy(d, "Iced coffee")
	link := v.ChooseKHQR()
	d.bakong(http.MethodPost, "faults", fault{Kind: "status", Status: http.StatusBadGateway, Path: "/v1/check"})
	payInBank(t, link)
	d.Kill()
	d.Start()
	v.SeeState("paid")
	d.waitForOrder("paid")
}

// A crash right after a payment loses neither the payment nor the webhook,
// though nobody is looking.
func TestJourneyCrashTellsTheShopAllTheSame(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Krama scarf")
	link := v.ChooseKHQR()
	v.must("close the page", v.Page.Close())
	payInBank(t, link)
	d.Kill()
	d.Start()
	d.waitForOrder("paid")
}
