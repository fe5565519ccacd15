package notices_test

import (
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/notices"
)

func TestAmountsOfSalesAreRead(t *testing.T) {
	usd := func(minor int64) checkout.Money { return checkout.Money{Minor: minor, Currency: checkout.USD} }
	khr := func(minor int64) checkout.Money { return checkout.Money{Minor: minor, Currency: checkout.KHR} }
	for text, want := range map[string]checkout.Money{
		"5.50 coffee": usd(550), "5": usd(500), "$5": usd(500), "៥.៥០ កាហ្វេ": usd(550), "$1,250.00": usd(125000), "$200": usd(20000), "150.00": usd(15000),
		"៛20000": khr(20000), "20000៛": khr(20000), "20000r": khr(20000), "20,000R": khr(20000), "20000KHR x": khr(20000), "៛២០០០០": khr(20000),
	} {
		if got, _, err := notices.ParseSale(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "coffee", "coffee 5", "5,50", "1,00", "-5", "0", "0.001", "៛5.5", "$5r", "20000", "1e3", "5.5.5", "៛", "៛-1"} {
		if got, _, err := notices.ParseSale(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
	for _, text := range []string{"  5.50   iced coffee ", "5.50\niced coffee", "5.50\u00a0iced coffee"} {
		if amount, note, err := notices.ParseSale(text); note != "iced coffee" || amount != usd(550) {
			t.Errorf("%q: %+v, note %q, %v", text, amount, note, err)
		}
	}
}
