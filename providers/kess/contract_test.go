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
	h := newHarness(t)
	if status := h.control("POST", "callbacks", map[string]any{"drop": true}); status != http.StatusNoContent {
		t.Fatalf("callbacks answered %d", status)
	}
	send := func(kind string) func(checkout.Payment) checkout.Message {
		return func(p checkout.Payment) checkout.Message {
			h.mustControl("callbacks/send", map[string]any{"reference": p.Reference, "kind": kind})
			return h.notice()
		}
	}
	stranger := h.account()
	h.settings["api_secret_key"] = "another merchant's key"
	stranger.Settings, h.settings["api_secret_key"] = h.account().Settings, kesssim.DemoAPISecretKey

	return &providertest.Harness{
		Provider: h.provider, Account: h.account(), Settings: &kess.Settings{}, Method: "kess", Action: checkout.ActionRedirect,
		Amount:  checkout.Money{Minor: 1000, Currency: checkout.USD},
		Secrets: []string{kesssim.DemoClientSecret, kesssim.DemoPassword, kesssim.DemoAPISecretKey},
		Now:     h.clock.Now, CallbackURL: h.notify.URL,
		Pay: func(p checkout.Payment) { h.pay(p, map[string]any{"method": "VISA_MASTER"}) },
		Fail: func(p checkout.Payment) {
			h.pay(p, map[string]any{"method": "VISA_MASTER", "outcome": "failed"})
		},
		PayOther: func(p checkout.Payment, amount checkout.Money) {
			h.pay(p, map[string]any{"method": "VISA_MASTER"})
			h.mustControl("orders", map[string]any{
				"reference": p.Reference, "total_amount": json.Number(amount.Decimal()), "currency": amount.Currency,
			})
		},
		OtherAmounts: []checkout.Money{{Minor: 100, Currency: checkout.USD}, {Minor: 41000, Currency: checkout.KHR}},
		Hang:         func() { h.fault(simkit.Fault{Kind: simkit.FaultTimeout}) },
		Resume:       func() { h.control("DELETE", "faults", nil) },
		LoseNextAnswer: func() {
			h.fault(simkit.Fault{Kind: simkit.FaultTimeout, Match: service + "createorder", After: true, Count: 1})
		},
		CountOrders: func(p checkout.Payment) int {
			n := 0
			for _, order := range h.ledger().Orders {
				if order.OutTradeNo == p.Reference {
					n++
				}
			}
			return n
		},
		GenuineMessage: send("genuine"), ForgedMessage: send("forged"), OtherAccount: stranger,
	}
}
