//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// iPhone is a buyer's phone of Apple's kind.
func iPhone(o *playwright.BrowserNewContextOptions) {
	phone(o)
	o.UserAgent = playwright.String("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) " +
		"AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1")
}

// provider is one of the demo's simulators.
type provider struct {
	*demo
	name string
}

// journeys are subtests by name, on one demo and its simulator of a provider.
// They wait more than they work, so they run side by side.
func journeys(t *testing.T, name string, all map[string]func(*testing.T, provider)) {
	t.Parallel()
	d := startDemo(t)
	for title, journey := range all {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			journey(t, provider{d.in(t), name})
		})
	}
}

// in is the demo in a subtest, which fails by itself.
func (d *demo) in(t *testing.T) *demo {
	inside := *d
	inside.t = t
	return &inside
}

// at is the address of the provider's pages, as a pattern.
func (p provider) at(path string) *regexp.Regexp {
	return regexp.MustCompile("^" + regexp.QuoteMeta(p.URL(p.name)) + path)
}

// control calls the simulator's control API.
func (p provider) control(method, path string, body any) {
	p.t.Helper()
	p.call(method, p.URL(p.name)+"/control/"+path, body, nil)
}

// ledger is the part of a simulator's that all have.
type ledger struct {
	Callbacks []struct {
		Reference string `json:"reference"`
		Kind      string `json:"kind"`
		Status    int    `json:"status"`
	} `json:"callbacks"`
	Asked  map[string]int `json:"asked"` // calls by service
	Orders []struct {
		OutTradeNo string            `json:"out_trade_no"`
		Status     string            `json:"status"`
		Refunds    []json.RawMessage `json:"refunds"`
	} `json:"orders"` // KESS
}

func (p provider) ledger() (l ledger) {
	p.t.Helper()
	p.call(http.MethodGet, p.URL(p.name)+"/control/ledger", nil, &l)
	return l
}

// waitForCallback waits until a callback of a kind was answered, and returns
// the HTTP status of the answer.
func (p provider) waitForCallback(reference, kind string) (status int) {
	p.t.Helper()
	p.poll("be called back", func() bool {
		for _, c := range p.ledger().Callbacks {
			if c.Reference == reference && c.Kind == kind && c.Status != 0 {
				status = c.Status
				return true
			}
		}
		return false
	})
	return status
}

// waitForShop waits until the shop's order of a session has a status. When
// nobody comes back to the shop, only a webhook brings it there.
func (d *demo) waitForShop(session, status string) {
	d.t.Helper()
	d.poll("bring the order to "+status, func() bool {
		var listed struct {
			Orders []shopOrder `json:"orders"`
		}
		d.call(http.MethodGet, d.URL("shop")+"/orders.json", nil, &listed)
		return slices.ContainsFunc(listed.Orders, func(o shopOrder) bool { return o.SessionID == session && o.Status == status })
	})
}

// waitForOrderAt waits until KESS has an order in a status.
func (p provider) waitForOrderAt(reference, status string) {
	p.t.Helper()
	p.poll("have the order "+status+" at KESS", func() bool {
		for _, order := range p.ledger().Orders {
			if order.OutTradeNo == reference {
				return order.Status == status
			}
		}
		return false
	})
}

// apiPayment is what the merchant reads of a payment.
type apiPayment struct {
	ID          string `json:"id"`
	Provider    string `json:"provider"`
	Status      string `json:"status"`
	Review      string `json:"review"`
	FailureCode string `json:"failure_code"`
	Reference   string `json:"provider_reference"`
}

// payments are a session's, oldest first.
func (d *demo) payments(session string) []apiPayment {
	d.t.Helper()
	var listed struct {
		Data []apiPayment `json:"data"`
	}
	d.call(http.MethodGet, d.URL("checkout")+"/v1/payments?session="+session, nil, &listed)
	slices.Reverse(listed.Data)
	return listed.Data
}

// waitForPayments waits until a session's payments are these, oldest first:
// each "provider status", and its review where it has one.
func (d *demo) waitForPayments(session string, want ...string) {
	d.t.Helper()
	d.poll("have the payments "+strings.Join(want, ", "), func() bool {
		var got []string
		for _, p := range d.payments(session) {
			got = append(got, strings.TrimSpace(p.Provider+" "+p.Status+" "+p.Review))
		}
		return slices.Equal(got, want)
	})
}

// latest is a session's newest payment.
func (d *demo) latest(session string) apiPayment {
	d.t.Helper()
	payments := d.payments(session)
	if len(payments) == 0 {
		d.t.Fatal("the session has no payment")
	}
	return payments[len(payments)-1]
}

var sessionID = regexp.MustCompile(`cs_[0-9a-z]+`)

// Session is the id of the checkout page that the visitor is on.
func (v *visitor) Session() string {
	v.t.Helper()
	id := sessionID.FindString(v.Page.URL())
	if id == "" {
		v.t.Fatalf("%s is no checkout page", v.Page.URL())
	}
	return id
}

// Choose picks a way to pay by its id.
func (v *visitor) Choose(method string) {
	v.t.Helper()
	v.must("choose "+method, v.Page.Locator(`button[name=method][value="`+method+`"]`).Click())
}

// Back is the browser's own button.
func (v *visitor) Back() {
	v.t.Helper()
	_, err := v.Page.GoBack()
	v.must("go back", err)
}

// Leave closes the tab.
func (v *visitor) Leave() {
	v.t.Helper()
	v.must("close the tab", v.Page.Close())
}
