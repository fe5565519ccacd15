//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// say writes in the chat that the page shows.
func (b *buyer) say(text string) {
	b.t.Helper()
	b.Fill("Message", text)
	b.Press("Send")
}

// reloadUntil loads the page of a chat again until something is there: it does not load
// itself.
func (b *buyer) reloadUntil(selector string) {
	b.t.Helper()
	second := playwright.LocatorWaitForOptions{Timeout: playwright.Float(1000)}
	for range 30 {
		if b.Page.Locator(selector).First().WaitFor(second) == nil {
			return
		}
		_, err := b.Page.Reload()
		b.must("load the chat again", err)
	}
	b.SeeElement(selector)
}

// TestSaleInAChat links a cashier's Telegram account, sells by /pay, and has the message
// change to PAID once the forwarded code is paid.
func TestSaleInAChat(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone, inEnglish)
	v.becomeCashier(d, "sokha@psarchas.example")
	v.Open(d.URL("checkout") + "/dashboard/test/demo/bot")
	v.Press("Link me in Telegram")
	command, err := v.Page.Locator("input[readonly]").InputValue()
	v.must("read the command", err)

	chat := newBuyer(t, phone)
	chat.Open(d.URL("telegram") + "/chats/1001")
	chat.say("/pay 5.50 coffee")
	chat.say(command)
	chat.reloadUntil(`.message:has-text("You sell by this bot")`)
	chat.say("/pay 5.50 coffee")
	chat.reloadUntil(`.message:has-text("$5.50 to pay") img`)
	if count, err := chat.Page.Locator(".message img").Count(); err != nil || count != 1 {
		t.Errorf("%d codes, %v: one command came before the account was linked", count, err)
	}

	code := chat.ReadQR(".message img")
	wantCode(t, code, "5.50", "840")
	bankOf(t, d, code).PressExactly("Pay")
	chat.reloadUntil(`.message:has-text("PAID $5.50") img`)
	v.Open(fmt.Sprint(d.URL("checkout"), "/dashboard/test/demo/counter"))
	v.See("$5.50")
}
