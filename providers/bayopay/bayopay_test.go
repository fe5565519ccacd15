package bayopay

import (
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
)

func TestMethodsKeepToTheChannel(t *testing.T) {
	ringgit := map[string]any{"currencies": []string{"MYR"}}
	rupiah := map[string]any{"currencies": []string{"USD", "IDR"}}
	bounded := map[string]any{"currencies": []string{"IDR"}, "rupiah_more_than": "10000.00", "rupiah_less_than": "20000.00"}
	wide := map[string]any{"more_than": "0.00", "less_than": "10000.00"}
	for _, tc := range []struct {
		changes map[string]any
		amount  checkout.Money
		want    int
	}{
		{nil, checkout.Money{Minor: 100, Currency: checkout.USD}, 0},
		{nil, checkout.Money{Minor: 101, Currency: checkout.USD}, 1},
		{nil, checkout.Money{Minor: 499999, Currency: checkout.USD}, 1},
		{nil, checkout.Money{Minor: 500000, Currency: checkout.USD}, 0},
		{wide, checkout.Money{Minor: 1, Currency: checkout.USD}, 1},
		{wide, checkout.Money{Minor: 500000, Currency: checkout.USD}, 1},
		{nil, checkout.Money{Minor: 41000, Currency: checkout.KHR}, 0},
		{nil, checkout.Money{Minor: 1000, Currency: "MYR"}, 0},
		{nil, checkout.Money{Minor: 1000, Currency: "IDR"}, 0},
		{ringgit, checkout.Money{Minor: 1000, Currency: checkout.USD}, 0},
		{ringgit, checkout.Money{Minor: 1000, Currency: "MYR"}, 1},
		{ringgit, checkout.Money{Minor: 100, Currency: "MYR"}, 0},
		{rupiah, checkout.Money{Minor: 1, Currency: "IDR"}, 1},
		{rupiah, checkout.Money{Minor: checkout.MaxMinor, Currency: "IDR"}, 1},
		{rupiah, checkout.Money{Minor: 500000, Currency: checkout.USD}, 0},
		{bounded, checkout.Money{Minor: 10000_00, Currency: "IDR"}, 0},
		{bounded, checkout.Money{Minor: 10000_01, Currency: "IDR"}, 1},
		{bounded, checkout.Money{Minor: 20000_00, Currency: "IDR"}, 0},
	} {
		methods, err := New(providers.Options{}).Methods(t.Context(), accountAt("https://g.example", tc.changes), tc.amount)
		if err != nil || len(methods) != tc.want {
			t.Errorf("%v %s: %d methods, %v, want %d", tc.changes, tc.amount, len(methods), err, tc.want)
			continue
		}
		if tc.want == 1 && (methods[0].ID != Name || !methods[0].NeedsCustomer || methods[0].Kind != checkout.ActionFormPost) {
			t.Errorf("method %+v", methods[0])
		}
	}
}
