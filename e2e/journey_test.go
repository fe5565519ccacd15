//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// What the demo's merchant is called, and where its money goes.
const (
	demoPayee   = "Psar Chas Shop"
	demoAccount = "rieltime_demo@devb"
)

var (
	onCheckout = regexp.MustCompile(`/c/cs_[0-9a-z]+$`)
	onDeclined = regexp.MustCompile(`/c/cs_[0-9a-z]+\?declined=authentication_failed$`) // KESS tells of a canceled card page by NO_OTP
	onThanks   = regexp.MustCompile(`/thanks\?order=`)
	onCanceled = regexp.MustCompile(`/canceled\?order=`)
)

// unanswered is what the browser and htmx say of a request that nobody answers,
// or that is turned away.
var unanswered = regexp.MustCompile(`net::ERR_|^error: htmx:(afterRequest|sendError),|status of (429|503)|Status Error Code (429|503)`)

var refusedForm = regexp.MustCompile(`status of (400|422)`)

// visitor is a buyer at the shop and the checkout: their pages must also say
// nothing in the console that is an error.
type visitor struct {
	*buyer
	outage   bool // the server is stopped or busy meanwhile: failed requests are expected
	mistaken bool // the visitor fills a form in wrongly: the answers 400 and 422 are expected
}

func newVisitor(t *testing.T, as device, options ...device) *visitor {
	t.Helper()
	v := &visitor{buyer: newBuyer(t, as, append(options, inEnglish)...)}
	t.Cleanup(v.checkConsole) // runs before the buyer leaves
	return v
}

func inEnglish(o *playwright.BrowserNewContextOptions) { o.Locale = playwright.String("en-US") }

func (v *visitor) checkConsole() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, line := range v.console {
		expected := v.outage && unanswered.MatchString(line) || v.mistaken && refusedForm.MatchString(line)
		if strings.HasPrefix(line, "error: ") && !expected {
			v.t.Errorf("the console says %s", line)
		}
	}
}

// Buy puts the visitor on the checkout page for a product of the demo shop.
func (v *visitor) Buy(d *demo, product string) {
	v.t.Helper()
	v.Open(d.URL("shop"))
	v.Press("Pay for " + product)
	v.ArriveAt(onCheckout)
	v.SeeState("choosing")
}

// ChooseKHQR asks for a code and returns the bank app's link to it.
func (v *visitor) ChooseKHQR() (deepLink string) {
	v.t.Helper()
	v.Press("KHQR")
	v.SeeState("qr_waiting")
	return v.DeepLink()
}

// DeepLink is where "Open my bank app" leads.
func (v *visitor) DeepLink() string {
	v.t.Helper()
	link, err := v.Page.Locator("a[data-bank]").First().GetAttribute("href")
	v.must("read the deep link", err)
	return link
}

// SeeState waits until the checkout page shows a state.
func (v *visitor) SeeState(state string) {
	v.t.Helper()
	v.SeeElement("#checkout[data-state=" + state + "]")
}

// SeePaidAndReturn reads the receipt and waits to be brought back to the shop.
func (v *visitor) SeePaidAndReturn() {
	v.t.Helper()
	v.SeeState("paid")
	v.See("Payment received")
	v.SeeReturn()
}

// SeeReturn waits to be brought back to the shop from the receipt.
func (v *visitor) SeeReturn() {
	v.t.Helper()
	v.ArriveAt(onThanks)
	v.See("Your order is paid")
}

// SeeFits fails the test when the page is wider than its window.
func (v *visitor) SeeFits() {
	v.t.Helper()
	over, err := v.Page.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`)
	v.must("measure the page", err)
	if extra := fmt.Sprint(over); extra != "0" && !strings.HasPrefix(extra, "-") {
		v.t.Errorf("%s is %s pixels wider than its window", v.Page.URL(), extra)
	}
}

// PressExactly clicks the button of this whole name.
func (b *buyer) PressExactly(name string) {
	b.t.Helper()
	button := b.Page.GetByRole("button", playwright.PageGetByRoleOptions{Name: name, Exact: playwright.Bool(true)})
	b.must("press "+name, button.Click())
}

// openBank is the buyer's bank app on a phone of its own, at a deep link.
func openBank(t *testing.T, deepLink string) *buyer {
	t.Helper()
	bank := newBuyer(t, phone)
	bank.Open(deepLink)
	bank.See(demoPayee)
	return bank
}

// payInBank pays in the bank app what its code asks.
func payInBank(t *testing.T, deepLink string) {
	t.Helper()
	bank := openBank(t, deepLink)
	bank.PressExactly("Pay")
	bank.SeeElement("h1:text-is('Paid')")
}

// PayInBank pays in the bank app the code of the visitor's page and reads the receipt there,
// which is shown for five seconds: the bank app may take longer to say that it has paid.
func (v *visitor) PayInBank(deepLink string) {
	v.t.Helper()
	receipt := v.Page.Locator(`#checkout[data-state=paid]:has-text("Payment received")`)
	seen := make(chan error, 1)
	go func() {
		seen <- receipt.WaitFor(playwright.LocatorWaitForOptions{Timeout: playwright.Float(2 * pageTimeout)})
	}()
	payInBank(v.t, deepLink)
	v.must("see the receipt", <-seen)
}

// shopOrder is what the shop says of an order.
type shopOrder struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	SessionID string `json:"session_id"`
}

// lastOrder is the shop's newest order. Asking for it changes nothing: the
// shop does not look at the session for it.
func (d *demo) lastOrder() shopOrder {
	d.t.Helper()
	var listed struct {
		Orders []shopOrder `json:"orders"`
	}
	d.call(http.MethodGet, d.URL("shop")+"/orders.json", nil, &listed)
	if len(listed.Orders) == 0 {
		d.t.Fatal("the shop has no order")
	}
	return listed.Orders[0]
}

// waitForOrder waits until the shop's newest order has a status. When nobody
// comes back to the shop, only a webhook brings it there.
func (d *demo) waitForOrder(status string) {
	d.t.Helper()
	d.poll("bring the order to "+status, func() bool { return d.lastOrder().Status == status })
}

// bakong calls the control API of the Bakong simulator.
func (d *demo) bakong(method, path string, body any) {
	d.t.Helper()
	d.call(method, d.URL("bakong")+"/control/"+path, body, nil)
}

// call makes a request with the shop's key that must succeed, and reads its answer into out.
func (d *demo) call(method, address string, in, out any) {
	d.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		d.t.Fatal(err)
	}

	request, err := http.NewRequest(method, address, strings.NewReader(string(body)))
	if err != nil {
		d.t.Fatal(err)
	}

	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+d.apiKey())
	send(d.t, request, out)
}

// send makes a request that must succeed, and reads its answer into out.
func send(t *testing.T, request *http.Request, out any) {
	t.Helper()
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = response.Body.Close() }()

	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s, %v: %s", request.Method, request.URL, response.Status, err, answer)
	}

	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			t.Fatalf("%s %s: %v: %s", request.Method, request.URL, err, answer)
		}
	}
}

// apiKey is the shop's key, as the demo keeps it.
func (d *demo) apiKey() string {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dataDir, "demo-secrets.json"))
	if err != nil {
		d.t.Fatal(err)
	}

	var secrets struct {
		APIKey string `json:"api_key"`
	}
	if err := json.Unmarshal(text, &secrets); err != nil {
		d.t.Fatal(err)
	}

	return secrets.APIKey
}
