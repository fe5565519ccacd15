//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// sellAtOnce makes a sale of each amount at the same moment, as so many open pages of the
// keypad do. window.sales becomes their paths.
const sellAtOnce = `(amounts) => { window.sales = Promise.all(amounts.map(async (amount) => {
	const page = await (await fetch(location.href)).text();
	const keypad = new DOMParser().parseFromString(page, "text/html").querySelector("form[data-keypad]");
	const typed = new URLSearchParams({key: keypad.elements.key.value, amount: amount, currency: "USD"});
	return new URL((await fetch(keypad.getAttribute("action"), {method: "POST", body: typed})).url).pathname;
})); }`

// whatTheyShow is what a cashier sees at the pages of sales, such as "paid $5.00".
const whatTheyShow = `(paths) => Promise.all(paths.map(async (path) => {
	const page = await (await fetch(path + "?lang=en")).text();
	const sale = new DOMParser().parseFromString(page, "text/html").querySelector("#counter");
	return sale.dataset.state + " " + sale.querySelector(".asked").textContent;
}))`

// noteEvents has a page note its taps, polls of a sale and tones, in their order.
const noteEvents = `window.events = [];
document.addEventListener("pointerdown", function () { window.events.push("tap"); }, true);
document.addEventListener("htmx:beforeRequest", function (event) { if (event.target.dataset.sale) { window.events.push("poll"); } });
const create = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.events.push("tone"); return create.call(this); };`

const salesOfEach = 20 // the last of them is made by hand

// cashier is a visitor who sells.
type cashier struct {
	*visitor
	shows []string // of the own sales, once they are paid
	sales []string // their paths
}

func newCashier(t *testing.T, d *demo, email string) *cashier {
	t.Helper()
	c := &cashier{visitor: newVisitor(t, phone)}
	c.must("note what happens", c.Context.AddInitScript(playwright.Script{Content: playwright.String(noteEvents)}))
	c.becomeCashier(d, email)
	return c
}

// evaluate runs a script whose result is texts.
func (c *cashier) evaluate(script string, argument any) (texts []string) {
	c.t.Helper()
	result, err := c.Page.Evaluate(script, argument)
	c.must("run a script", err)
	text, err := json.Marshal(result)
	c.must("read its result", errors.Join(err, json.Unmarshal(text, &texts)))
	return texts
}

// begin starts all sales but the last; many have the amount of others.
func (c *cashier) begin() {
	c.t.Helper()
	var amounts []string
	for i := range salesOfEach - 1 {
		amounts = append(amounts, fmt.Sprintf("%d.50", 1+i%6))
		c.shows = append(c.shows, "paid $"+amounts[i])
	}
	_, err := c.Page.Evaluate(sellAtOnce, amounts)
	c.must("sell", err)
}

// sellByHand sells for five dollars: two taps from the keypad to the code.
func (c *cashier) sellByHand() {
	c.t.Helper()
	c.sales = c.evaluate("() => window.sales", nil)
	before := c.count("tap")
	c.typeKeys("5")
	c.must("choose dollars", c.Page.Locator(`button[value="USD"]`).Tap())
	c.SeeElement(`#counter[data-state="code"]`)
	if taps := c.count("tap") - before; taps != 2 {
		c.t.Errorf("%d taps from the keypad to the code", taps)
	}
	c.sales, c.shows = append(c.sales, c.lastSale()), append(c.shows, "paid $5.00")
}

// lastSale is the path of the sale on the page.
func (c *cashier) lastSale() string {
	c.t.Helper()
	sale, err := c.Page.Locator("#counter").GetAttribute("data-sale")
	c.must("find the sale", err)
	return sale
}

// soundsWithinAPoll waits until the payment of the sale on the page is stored, which is
// when the bank has answered about it: at most one poll later the page shows PAID, with
// its sound.
func (c *cashier) soundsWithinAPoll(d *demo) {
	c.t.Helper()
	session := path.Base(c.lastSale())
	d.poll("store the payment", func() bool { return d.latest(session).Status == "succeeded" })
	_, err := c.Page.Evaluate(`() => { window.events.push("stored"); }`)
	c.must("note the payment", err)
	c.SeeElement(`#counter[data-state="paid"]`)

	events := c.evaluate("() => window.events", nil)
	stored, tone := slices.Index(events, "stored"), slices.Index(events, "tone")
	if tone < 0 || tone > stored+2 { // a poll, then the tone
		c.t.Errorf("once the payment was stored: %v", events[stored:])
	}
}

func (c *cashier) count(event string) (times int) {
	c.t.Helper()
	for _, e := range c.evaluate("() => window.events", nil) {
		if e == event {
			times++
		}
	}
	return times
}

// codeOf reads the code of a sale from the picture that a buyer is sent.
func (d *demo) codeOf(sale string) string {
	d.t.Helper()
	session := path.Base(sale)
	response, err := http.Get(d.URL("checkout") + "/c/" + session + "/qr.png?code=" + d.latest(session).Reference)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	picture, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	code, err := readQR(picture)
	if err != nil {
		d.t.Fatalf("the code of %s: %s, %v", sale, response.Status, err)
	}
	return code
}

// payAtOnce pays codes, all at the same moment.
func (d *demo) payAtOnce(codes []string) {
	d.t.Helper()
	failures := make([]error, len(codes))
	var paying sync.WaitGroup
	for i, code := range codes {
		paying.Go(func() {
			body, _ := json.Marshal(map[string]string{"qr": code}) // texts can always be written
			response, err := http.Post(d.URL("bakong")+"/control/pay", "application/json", strings.NewReader(string(body)))
			if err == nil && response.StatusCode >= http.StatusMultipleChoices {
				err = errors.New(response.Status)
			}
			if response != nil {
				_ = response.Body.Close()
			}
			failures[i] = err
		})
	}
	paying.Wait()
	if err := errors.Join(failures...); err != nil {
		d.t.Fatal(err)
	}
}

func TestFortyBuyersAtTwoCounters(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	cashiers := []*cashier{newCashier(t, d, "sokha@psarchas.example"), newCashier(t, d, "dara@psarchas.example")}
	for _, c := range cashiers {
		c.begin()
	}
	var codes, paidLast []string
	for _, c := range cashiers {
		c.sellByHand()
		for _, sale := range c.sales {
			codes = append(codes, d.codeOf(sale))
		}
		codes, paidLast = codes[:len(codes)-1], append(paidLast, codes[len(codes)-1])
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(slices.Concat(codes, paidLast)))); len(distinct) != 2*salesOfEach {
		t.Fatalf("%d different codes", len(distinct))
	}

	// Everybody pays but the two whose codes are on the screens, of which nothing changes.
	d.payAtOnce(codes)
	for _, c := range cashiers {
		d.poll("store the payments", func() bool {
			return slices.Equal(c.evaluate(whatTheyShow, c.sales[:salesOfEach-1]), c.shows[:salesOfEach-1])
		})
	}
	for _, c := range cashiers {
		if state, err := c.Page.Locator("#counter").GetAttribute("data-state"); err != nil || state != "code" || c.count("tone") > 0 {
			t.Errorf("the screen of an unpaid sale shows %q after %d tones, %v", state, c.count("tone"), err)
		}
	}

	for i, c := range cashiers {
		d.payCode(paidLast[i])
		c.soundsWithinAPoll(d)
		if i == 0 && cashiers[1].count("tone") > 0 {
			t.Error("the other cashier's screen sounded")
		}
	}

	for i, c := range cashiers {
		if shown := c.evaluate(whatTheyShow, c.sales); !slices.Equal(shown, c.shows) {
			t.Errorf("the own sales show %v", shown)
		}
		for _, sale := range cashiers[1-i].sales {
			answer, err := c.Context.Request().Get(d.URL("checkout") + sale)
			c.must("ask for a sale of the other cashier", err)
			if answer.Status() != http.StatusNotFound {
				t.Errorf("a sale of the other cashier: %d", answer.Status())
			}
		}
	}
}
