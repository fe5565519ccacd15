//go:build e2e

package e2e

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
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
	bank := openBank(t, other.DeepLink())
	bank.PressExactly("Pay")
	for _, page := range []*buyer{v.buyer, other.buyer} { // which go on to the shop soon
		page.SeeElement("#checkout[data-state=paid]")
	}

	bank.Press("Back to the shop") // the bank app's way back opens yet another browser
	bank.ArriveAt(onCheckout)
	bank.SeeElement("#checkout[data-state=paid]")
}

func TestJourneyReloadAndBack(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Buy(d, "Iced coffee")
	v.ChooseKHQR()
	code := v.ReadQR(".code-area")
	_, err := v.Page.Reload()
	v.must("reload", err)
	v.SeeState("qr_waiting")
	if again := v.ReadQR(".code-area"); again != code {
		t.Error("a reload changed the code")
	}

	d.payCode(code) // at once: the receipt stays for five seconds
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
	v.PayInBank(link)
	v.SeeReturn()
	d.waitForOrder("paid")
}

// Money that moves while the checkout is dead is found when it is back.
func TestJourneyPaidWhileCrashed(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.outage = true
	v.Buy(d, "Krama scarf")
	v.ChooseKHQR()
	code := v.ReadQR(".code-area")
	d.Kill()
	d.payWhileDown(code, "10.00")
	d.Start()
	v.SeePaidAndReturn()
	d.waitForOrder("paid")
}

// payWhileDown has the bank pay a code while the demo, and with it the
// simulator, does not run: the transaction is written into its file.
func (d *demo) payWhileDown(code, amount string) {
	d.t.Helper()
	path := filepath.Join(d.dataDir, "bakong-simulator.json")
	text, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}

	var state map[string]json.RawMessage
	if err := json.Unmarshal(text, &state); err != nil {
		d.t.Fatal(err)
	}

	transactions, err := json.Marshal([]map[string]any{{
		"hash": fmt.Sprintf("%x", sha256.Sum256([]byte(code))), "md5": fmt.Sprintf("%x", md5.Sum([]byte(code))),
		"from": "sok_dara@devb", "to": demoAccount, "amount": amount, "currency": "USD",
		"created_ms": time.Now().UnixMilli(),
	}})
	if err != nil {
		d.t.Fatal(err)
	}

	state["transactions"] = transactions
	if text, err = json.Marshal(state); err != nil {
		d.t.Fatal(err)
	}

	if err := os.WriteFile(path, text, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// A crash right after a payment loses neither the payment nor the webhook,
// though nobody is looking.
func TestJourneyShopIsNotifiedAfterACrash(t *testing.T) {
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
