package bakong_test

import (
	"context"
	"encoding/json"
	"testing"

	"rieltime/checkout"
	"rieltime/khqr"
	"rieltime/providers/bakong/bakongsim"
)

func TestPaymentIsPaidByItsCode(t *testing.T) {
	for name, amount := range map[string]checkout.Money{
		"dollars": usd(1000), "cents": usd(1), "riel": khr(41000),
		"ten million riel, in exponent form": khr(12_345_678), "most": usd(9_999_999_999),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			payment := h.create(amount)
			if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
				t.Fatalf("before paying: %+v", answer)
			}
			if code, err := khqr.Decode(payment.NextAction.QRCode); err != nil || code.MerchantName != payment.NextAction.Payee {
				t.Errorf("the payee is %q, in the code %q, %v", payment.NextAction.Payee, code.MerchantName, err)
			}
			made := h.pay(bakongsim.Payment{QR: payment.NextAction.QRCode})
			answer := h.query(payment)
			if answer.Verdict != checkout.VerdictPaid {
				t.Fatalf("after paying: %+v", answer)
			}
			proof := answer.Proof
			if proof.Amount != amount || proof.Payee != payment.Payees[0] || proof.Reference != payment.Reference ||
				proof.TransactionID != made.Hash || !proof.PaidAt.Equal(start) || !proof.SeenAt.Equal(start) ||
				proof.Provider != "bakong" || proof.Source != "query" || !json.Valid(proof.Raw) {
				t.Errorf("proof %+v of %+v", proof, made)
			}
		})
	}
}

func TestMethodIsKHQRInBothCurrencies(t *testing.T) {
	h := newHarness(t)
	for _, amount := range []checkout.Money{usd(1), khr(100)} {
		methods, err := h.provider.Methods(context.Background(), h.account(), amount)
		if err != nil || len(methods) != 1 || methods[0].ID != "khqr" || methods[0].Provider != "bakong" ||
			methods[0].Kind != checkout.ActionQRCode || methods[0].Unavailable != "" {
			t.Errorf("%v: %+v %v", amount, methods, err)
		}
	}
	for _, amount := range []checkout.Money{usd(0), {Minor: 100, Currency: "MYR"}} {
		if methods, err := h.provider.Methods(context.Background(), h.account(), amount); err != nil || len(methods) != 0 {
			t.Errorf("%v: %+v %v", amount, methods, err)
		}
	}
}

func TestBudgetComesFromTheSettings(t *testing.T) {
	h := newHarness(t)
	if got := h.provider.Budget(h.account()); got != (checkout.Budget{}) {
		t.Errorf("without settings: %+v", got)
	}
	h.settings["requests_per_second"], h.settings["daily_allowance"] = 2.5, 100
	if got := h.provider.Budget(h.account()); got != (checkout.Budget{PerSecond: 2.5, PerDay: 100}) {
		t.Errorf("with settings: %+v", got)
	}
}

func TestSettingsThatCannotBeReadStartNothing(t *testing.T) {
	h := newHarness(t)
	h.settings["colour"] = "red"
	account, payment := h.account(), h.newPayment(usd(100))
	_, err := h.provider.CreatePayment(context.Background(), account, checkout.Start{Payment: payment})
	if _, ok := checkout.AsRefused(err); !ok {
		t.Errorf("CreatePayment: %v, want a refusal", err)
	}
	payment.ProviderID = "md5"
	if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
		t.Errorf("QueryPayment: %+v", answer)
	}
	if answer := h.checkHash(payment, "8465d722"); answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
		t.Errorf("CheckHash: %+v", answer)
	}
	if answer := h.queryAll(payment)[0]; answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
		t.Errorf("QueryPayments: %+v", answer)
	}
	if size, budget := h.provider.BatchSize(account), h.provider.Budget(account); size != 1 || budget != (checkout.Budget{}) {
		t.Errorf("batches of %d, budget %+v", size, budget)
	}
	if _, err := h.provider.CheckAccount(context.Background(), account); err == nil {
		t.Error("CheckAccount: no error")
	}
}
