package cmd

import (
	"context"

	"rieltime/checkout"
)

// demoRate is what a dollar is worth in riel in the demo.
const demoRate = "4050"

// setDemoRate gives the demo's merchant a rate, if it has none that can be used.
func (a *app) setDemoRate(ctx context.Context) error {
	merchant, err := a.store.Merchant(ctx, demoMerchant)
	if err != nil {
		return err
	}
	last, err := a.store.LastRate(ctx, checkout.Rate{MerchantID: demoMerchant, Mode: checkout.ModeTest, Base: checkout.USD, Quote: checkout.KHR})
	if err != nil || merchant.Exchange.Usable(last, a.store.Now()) {
		return err
	}
	_, err = a.service.SetRate(ctx, checkout.RateParams{
		MerchantID: demoMerchant, Mode: checkout.ModeTest, Value: demoRate, Source: checkout.RateEntered, Confirmed: true,
	})
	return err
}
