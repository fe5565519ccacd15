package bakong_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"rieltime/checkout"
	"rieltime/khqr"
	"rieltime/providers/bakong/bakongsim"
)

const rielAccount = "riel_demo@devb"

var (
	dollars = checkout.Money{Minor: 1050, Currency: checkout.USD}
	riel    = checkout.Money{Minor: 41000, Currency: checkout.KHR}
)

func TestEachCurrencyIsPaidToItsAccount(t *testing.T) {
	h := newHarness(t)
	h.settings["riel_account"], h.settings["riel_account_information"] = rielAccount, "002"
	h.settings["account_information"] = "001"
	for _, test := range []struct {
		amount               checkout.Money
		account, information string
	}{{dollars, bakongsim.DemoAccount, "001"}, {riel, rielAccount, "002"}} {
		payment := h.create(test.amount)
		code, err := khqr.Decode(payment.NextAction.QRCode)
		if err != nil || code.Account != test.account || code.AccountInformation != test.information {
			t.Errorf("%s is paid to %s, %s, %v", test.amount, code.Account, code.AccountInformation, err)
		}
		if !slices.Contains(payment.Payees, test.account) {
			t.Errorf("money for %s is not the merchant's: %v", test.account, payment.Payees)
		}
	}
}

func TestKHQRIsOfferedInTheCurrenciesOfTheAccount(t *testing.T) {
	h := newHarness(t)
	offered := func(amount checkout.Money) int {
		methods, err := h.provider.Methods(context.Background(), h.account(), amount)
		if err != nil {
			t.Fatal(err)
		}
		return len(methods)
	}
	if offered(dollars) != 1 || offered(riel) != 1 || offered(checkout.Money{Minor: 100, Currency: "EUR"}) != 0 {
		t.Error("by default, dollars and riel are not what is offered")
	}
	h.settings["currencies"] = []string{"KHR"}
	if offered(dollars) != 0 || offered(riel) != 1 {
		t.Error("an account for riel alone is not offered riel alone")
	}
}

func TestAccountForRielMustExist(t *testing.T) {
	h := newHarness(t)
	h.settings["riel_account"] = "nobody@devb"
	_, err := h.provider.CheckAccount(context.Background(), h.account())
	var bad *checkout.Error
	if !errors.As(err, &bad) || bad.Param != "riel_account" || bad.Code != "account_not_found" {
		t.Errorf("%#v", err)
	}
}
