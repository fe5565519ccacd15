package bakong_test

import (
	"testing"

	"rieltime/checkout"
	"rieltime/providers/bakong"
	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/providertest"
)

func TestContract(t *testing.T) { providertest.Run(t, openHarness) }

func openHarness(t *testing.T) *providertest.Harness {
	h := newHarness(t)
	return &providertest.Harness{
		Provider: h.provider, Account: h.account(), Settings: &bakong.Settings{}, Method: "khqr", Amount: usd(1000), Action: checkout.ActionQRCode,
		Secrets: []string{bakongsim.DemoToken}, Now: h.clock.Now,
		Pay:  func(p checkout.Payment) { h.pay(bakongsim.Payment{QR: p.NextAction.QRCode}) },
		Fail: func(p checkout.Payment) { h.pay(bakongsim.Payment{QR: p.NextAction.QRCode, Fail: true}) },
		PayOther: func(p checkout.Payment, amount checkout.Money) {
			h.pay(bakongsim.Payment{QR: p.NextAction.QRCode, Amount: amount.Decimal(), Currency: string(amount.Currency)})
		},
		OtherAmounts: []checkout.Money{usd(100), khr(1000)},
		Hang:         func() { h.control("POST", "faults", `{"kind":"timeout"}`, nil) },
		Resume:       func() { h.control("DELETE", "faults", "", nil) },
	}
}
