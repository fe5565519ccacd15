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
	w := newWorld(t)
	return &providertest.Harness{
		Provider: w.provider, Account: w.account(), Settings: &bakong.Settings{}, Method: "khqr", Amount: usd(1000), Action: checkout.ActionQRCode,
		Secrets: []string{bakongsim.DemoToken}, Now: w.clock.Now,
		Pay:  func(p checkout.Payment) { w.pay(bakongsim.Payment{QR: p.NextAction.QRCode}) },
		Fail: func(p checkout.Payment) { w.pay(bakongsim.Payment{QR: p.NextAction.QRCode, Fail: true}) },
		PayOther: func(p checkout.Payment, amount checkout.Money) {
			w.pay(bakongsim.Payment{QR: p.NextAction.QRCode, Amount: amount.Decimal(), Currency: string(amount.Currency)})
		},
		Others: []checkout.Money{usd(100), khr(1000)},
		Hang:   func() { w.control("POST", "faults", `{"kind":"timeout"}`, nil) },
		Resume: func() { w.control("DELETE", "faults", "", nil) },
	}
}
