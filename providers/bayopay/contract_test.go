package bayopay

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bayopay/bayopaysim"
	"rieltime/providers/providertest"
)

func TestContract(t *testing.T) { providertest.Run(t, openHarness) }

func openHarness(t *testing.T) *providertest.Harness {
	h := newHarness(t)
	h.control("callbacks", `{"drop":true}`) // callbacks are sent by hand
	paid := map[string]checkout.Money{}     // what the result names, by reference

	decide := func(p checkout.Payment, outcome string, amount checkout.Money) {
		if status, page := h.post(p.NextAction); status != http.StatusOK {
			t.Fatalf("the form leads to %d %s", status, page)
		}
		h.control("pay", `{"reference":%q,"outcome":%q,"error_code":"BP00012"}`, p.Reference, outcome)
		paid[p.Reference] = amount
	}
	send := func(kind string) func(checkout.Payment) checkout.Message {
		return func(p checkout.Payment) checkout.Message {
			amount := paid[p.Reference]
			h.control("callbacks/send", `{"reference":%q,"kind":%q,"amount":%q,"currency":%q}`,
				p.Reference, kind, amount.Fixed2(), amount.Currency)
			select {
			case message := <-h.callbacks:
				return message
			case <-time.After(30 * time.Second):
				t.Fatal("no callback came")
				return checkout.Message{}
			}
		}
	}
	return &providertest.Harness{
		Provider: h.provider, Account: h.account, Settings: &Settings{}, Method: Name, Action: checkout.ActionFormPost,
		Amount:  checkout.Money{Minor: 1000, Currency: checkout.USD},
		Secrets: []string{bayopaysim.DemoNiagaKey},
		UnsupportedAmounts: []checkout.Money{
			{Minor: 100, Currency: checkout.USD}, {Minor: 500000, Currency: checkout.USD},
			{Minor: 41000, Currency: checkout.KHR}, {Minor: 1000, Currency: "MYR"}, {Minor: 1000, Currency: "IDR"},
		},
		CallbackURL:    h.address,
		Pay:            func(p checkout.Payment) { decide(p, "paid", p.Amount) },
		Fail:           func(p checkout.Payment) { decide(p, "failed", p.Amount) },
		PayOther:       func(p checkout.Payment, amount checkout.Money) { decide(p, "paid", amount) },
		OtherAmounts:   []checkout.Money{{Minor: 900, Currency: checkout.USD}, {Minor: 1000, Currency: "MYR"}},
		GenuineMessage: send("genuine"), ForgedMessage: send("forged"), CallbackProves: true,
		OtherAccount: accountAt(h.server.URL, map[string]any{"niaga_key": strings.Repeat("k", 32)}),
	}
}
