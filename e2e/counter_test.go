//go:build e2e

package e2e

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// becomeCashier accepts an invitation as a cashier of the demo's merchant.
func (v *visitor) becomeCashier(d *demo, email string) {
	v.t.Helper()
	v.Open(d.invite(email, "cashier"))
	v.Fill("Your name", "Sokha")
	v.Fill("A password of 10 characters or more", "coffee-with-ice")
	v.Press("Accept")
	v.See("My sales today")
}

// countTones has a page count the tones that it sounds, in tones.
const countTones = `window.tones = 0;
const create = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones++; return create.call(this); };`

func (v *visitor) tones() int {
	v.t.Helper()
	count, err := v.Page.Evaluate("window.tones")
	v.must("count the tones", err)
	return count.(int)
}

func (v *visitor) typeKeys(keys ...string) {
	v.t.Helper()
	for _, key := range keys {
		v.must("press "+key, v.Page.Locator(`[data-key="`+key+`"]`).Tap())
	}
}

// countTaps has a page count the taps on what is no key of the keypad, in sessionStorage.taps.
const countTaps = `addEventListener("click", (event) => {
	if (event.isTrusted && !event.target.closest("[data-key]")) sessionStorage.taps = Number(sessionStorage.taps ?? 0) + 1;
}, true);`

func (v *visitor) taps() int {
	v.t.Helper()
	count, err := v.Page.Evaluate("Number(sessionStorage.taps ?? 0)")
	v.must("count the taps", err)
	return count.(int)
}

// salePolls are the answers to the polls of a sale's page.
type salePolls struct {
	mu     sync.Mutex
	sent   map[playwright.Request]bool // since the last call of begin
	inVain int                         // of these, answered before one that shows something new
	news   bool
}

func (v *visitor) watchSalePolls() *salePolls {
	p := &salePolls{}
	isPoll := func(address string) bool {
		parsed, err := url.Parse(address)
		return err == nil && strings.HasSuffix(parsed.Path, "/status")
	}
	v.Page.OnRequest(func(request playwright.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if isPoll(request.URL()) && p.sent != nil {
			p.sent[request] = true
		}
	})
	v.Page.OnResponse(func(response playwright.Response) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch {
		case !isPoll(response.URL()):
		case response.Status() == http.StatusOK:
			p.news = true
		case p.sent[response.Request()] && !p.news:
			p.inVain++
		}
	})
	return p
}

// begin starts counting anew: polls that were sent earlier do not count as in vain.
func (p *salePolls) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent, p.inVain = map[playwright.Request]bool{}, 0
}

func (p *salePolls) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inVain
}

// bankOf opens the demo's bank app with the code that the page shows.
func bankOf(t *testing.T, d *demo, code string) *buyer {
	t.Helper()
	bank := newBuyer(t, phone)
	bank.Open(d.URL("bakong") + "/app/")
	bank.Fill("KHQR text", code)
	bank.Press("Open code")
	return bank
}

func TestFirstSaleOfACashierOnThePhone(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.must("count tones", v.Context.AddInitScript(playwright.Script{Content: playwright.String(countTones)}))
	v.must("count taps", v.Context.AddInitScript(playwright.Script{Content: playwright.String(countTaps)}))
	v.becomeCashier(d, "sokha@psarchas.example")
	v.SeeFits()
	v.CheckAccessible()

	before := v.taps()
	v.typeKeys("5", ".", "5", "0")
	v.Press("US dollar")
	v.SeeElement(`#counter[data-state="code"]`)
	if taps := v.taps() - before; taps < 1 || taps > 2 {
		t.Errorf("%d taps from the keypad to the code, want one or two", taps)
	}
	v.See("$5.50")
	v.SeeFits()
	v.CheckAccessible()

	code := v.ReadQR(".sale-code")
	wantCode(t, code, "5.50", "840")
	sale, err := v.Page.Locator("#counter").GetAttribute("data-sale")
	v.must("read the sale", err)
	polls := v.watchSalePolls()
	d.payCode(code)
	d.waitForPayments(path.Base(sale), "bakong succeeded")
	_, err = v.Page.Evaluate("null") // the browser tells of the polls before it answers
	v.must("hear of earlier polls", err)
	polls.begin()
	v.SeeElement(`#counter[data-state="paid"]`)
	if inVain := polls.count(); inVain > 0 {
		t.Errorf("%d polls after the proof did not show it", inVain)
	}
	v.SeeElement(`p.paid:text-is("PAID")`)
	v.SeeFits()
	v.CheckAccessible()
	if tones := v.tones(); tones == 0 {
		t.Error("the payment made no sound")
	}

	v.Press("Next")
	v.See("My sales today")
	v.See("$5.50")
}

func TestTwoCashiersSellTheSameAtOnce(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	first, second := newVisitor(t, phone), newVisitor(t, phone, withoutJavaScript)
	first.must("count tones", first.Context.AddInitScript(playwright.Script{Content: playwright.String(countTones)}))
	first.becomeCashier(d, "sokha@psarchas.example")
	second.becomeCashier(d, "dara@psarchas.example")

	first.typeKeys("2", "0", "000")
	first.Press("Riel")
	second.Fill("Amount", "20000")
	second.Press("Riel")
	second.SeeElement(`#counter[data-state="code"]`)
	second.SeeFits()
	first.SeeElement(`#counter[data-state="code"]`)
	sale := first.Page.URL()
	_, err := first.Page.GoBack()
	first.must("go back to the keypad", err)
	first.SeeElement("form.keypad")
	first.Open(sale)
	first.SeeElement(`#counter[data-state="code"]`)

	// The page without JavaScript loads itself again until its own code is paid.
	bankOf(t, d, second.ReadQR(".sale-code")).PressExactly("Pay")
	second.SeeElement(`#counter[data-state="paid"]`)
	first.SeeElement(`#counter[data-state="code"]`)
	if tones := first.tones(); tones != 0 {
		t.Errorf("%d tones for another cashier's sale", tones)
	}
}
