//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

// A buyer begins to pay one way, pays another way instead, and then pays the
// first all the same: the order is paid once, and the other money waits for
// the merchant.
func TestJourneyPayTwice(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	for name, begin := range map[string]func(*testing.T, provider) (*visitor, string){
		"baray":   func(t *testing.T, p provider) (*visitor, string) { return atBaray(t, p, phone) },
		"kess":    func(t *testing.T, p provider) (*visitor, string) { return atKESS(t, p, "kess", phone) },
		"bayopay": func(t *testing.T, p provider) (*visitor, string) { return atBayoPay(t, p, phone) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := provider{d.in(t), name}
			v, session := begin(t, p)
			v.ArriveAt(p.at("/"))
			reference := p.latest(session).Reference
			v.Open(p.URL("checkout") + "/c/" + session)
			v.Press("Pay another way")
			v.SeeState("choosing")
			v.PayInBank(v.ChooseKHQR())
			p.waitForPayments(session, name+" canceled", "bakong succeeded")
			paying := map[string]any{"reference": reference}
			if name == "kess" { // it has closed the order, and the bank takes the money all the same
				paying["late"] = true
			}

			p.control(http.MethodPost, "pay", paying)
			p.waitForPayments(session, name+" succeeded duplicate", "bakong succeeded")
			v.Open(p.URL("checkout") + "/c/" + session)
			v.SeeState("duplicate")
			v.SeeFits()
			v.CheckAccessible()
			p.waitForShop(session, "paid")
		})
	}
}
