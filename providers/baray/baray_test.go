package baray

import (
	"fmt"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
)

func TestMethodsKeepToTheLeastAmounts(t *testing.T) {
	provider := New(providers.Options{})
	for _, tc := range []struct {
		amount checkout.Money
		want   int
	}{
		{checkout.Money{Minor: 2, Currency: checkout.USD}, 0},
		{checkout.Money{Minor: 3, Currency: checkout.USD}, 1},
		{checkout.Money{Minor: 99, Currency: checkout.KHR}, 0},
		{checkout.Money{Minor: 100, Currency: checkout.KHR}, 1},
		{checkout.Money{Minor: 1000, Currency: "MYR"}, 0},
	} {
		methods, err := provider.Methods(t.Context(), checkout.Account{}, tc.amount)
		if err != nil || len(methods) != tc.want {
			t.Errorf("%s: %d methods, %v, want %d", tc.amount, len(methods), err, tc.want)
		}
	}
}

func TestCallsThatBringNoAnswerAreDontKnow(t *testing.T) {
	for _, kind := range []string{"timeout", "reset", "malformed"} {
		t.Run(kind, func(t *testing.T) {
			h := newHarness(t)
			payment := h.create(startOf(1000, checkout.USD))
			h.pay(payment.Reference, "paid")
			h.control("POST", "faults", fmt.Sprintf(`{"kind":%q}`, kind))

			_, err := h.provider.CreatePayment(t.Context(), h.account, startOf(1000, checkout.USD))
			if _, definite := checkout.AsRefused(err); err == nil || definite {
				t.Errorf("CreatePayment = %v, want don't know", err)
			}
			answer := h.provider.QueryPayment(t.Context(), h.account, payment)
			if answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
				t.Errorf("QueryPayment = %+v, want don't know with its cause", answer)
			}
			h.control("DELETE", "faults", "")
			if answer := h.provider.QueryPayment(t.Context(), h.account, payment); answer.Verdict != checkout.VerdictPaid {
				t.Errorf("QueryPayment afterwards = %+v, want paid", answer)
			}
		})
	}
}

func TestPayeeIsTheOrganizationOrTheAccount(t *testing.T) {
	for org, want := range map[string]string{"org-1": "org-1", "": "baray:acct_1"} {
		if got := payee(checkout.Account{ID: "acct_1"}, Settings{OrgID: org}); got != want {
			t.Errorf("payee of organization %q = %s, want %s", org, got, want)
		}
	}
}
