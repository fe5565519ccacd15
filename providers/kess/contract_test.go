package kess_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"rieltime/checkout"
	"rieltime/providers/kess"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/providertest"
	"rieltime/providers/simkit"
)

func TestContract(t *testing.T) { providertest.Run(t, openHarness) }

func openHarness(t *testing.T) *providertest.Harness {
	r := newRig(t)
	if status := r.control("POST", "callbacks", map[string]any{"drop": true}); status != http.StatusNoContent {
		t.Fatalf("callbacks answered %d", status)
	}
	send := func(kind string) func(checkout.Payment) checkout.Message {
		return func(p checkout.Payment) checkout.Message {
			r.must("callbacks/send", map[string]any{"reference": p.Reference, "kind": kind})
			return r.notice()
		}
	}
	stranger := r.account()
	r.settings["api_secret_key"] = "another merchant's key"
	stranger.Settings, r.settings["api_secret_key"] = r.account().Settings, kesssim.DemoAPISecretKey

	return &providertest.Harness{
		Provider: r.provider, Account: r.account(), Settings: &kess.Settings{}, Method: "kess", Action: checkout.ActionRedirect,
		Amount:  checkout.Money{Minor: 1000, Currency: checkout.USD},
		Secrets: []string{kesssim.DemoClientSecret, kesssim.DemoPassword, kesssim.DemoAPISecretKey},
		Now:     r.clock.now, Callback: r.notify.URL,
		Pay: func(p checkout.Payment) { r.pay(p, map[string]any{"method": "VISA_MASTER"}) },
		Fail: func(p checkout.Payment) {
			r.pay(p, map[string]any{"method": "VISA_MASTER", "outcome": "failed"})
		},
		PayOther: func(p checkout.Payment, amount checkout.Money) {
			r.pay(p, map[string]any{"method": "VISA_MASTER"})
			r.must("orders", map[string]any{
				"reference": p.Reference, "total_amount": json.Number(amount.Decimal()), "currency": amount.Currency,
			})
		},
		Others: []checkout.Money{{Minor: 100, Currency: checkout.USD}, {Minor: 41000, Currency: checkout.KHR}},
		Hang:   func() { r.fault(simkit.Fault{Kind: simkit.FaultTimeout}) },
		Resume: func() { r.control("DELETE", "faults", nil) },
		Lose: func() {
			r.fault(simkit.Fault{Kind: simkit.FaultTimeout, Match: service + "createorder", After: true, Count: 1})
		},
		Orders: func(p checkout.Payment) int {
			n := 0
			for _, order := range r.ledger().Orders {
				if order.OutTradeNo == p.Reference {
					n++
				}
			}
			return n
		},
		Told: send("genuine"), Forged: send("forged"), Stranger: stranger,
	}
}
