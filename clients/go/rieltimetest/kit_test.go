//go:build integrations

package rieltimetest_test

import (
	"testing"

	"rieltime/clients/go/rieltimetest"
)

func TestEveryMethodIsPaidAndDeclined(t *testing.T) {
	kit := rieltimetest.Start(t, rieltimetest.Options{})
	for _, method := range []string{"khqr", "aba", "card", "baray", "bayopay"} {
		paid := kit.Checkout(kit.CreateSession().ID)
		paid.PayWith(method)
		paid.WantPaid()
		paid.NextWebhook("checkout.session.completed")

		declined := kit.Checkout(kit.CreateSession().URL)
		declined.Decline(method)
		declined.WantUnpaid()
	}
}

func TestMoneyComesLateOrIsAnotherAmount(t *testing.T) {
	kit := rieltimetest.Start(t, rieltimetest.Options{})
	for _, method := range []string{"khqr", "aba", "card", "bayopay"} {
		late := kit.Checkout(kit.CreateSession().ID)
		late.PayLate(method)
		late.NextWebhook("payment.late")
		late.WantUnpaid()

		wrong := kit.Checkout(kit.CreateSession().ID)
		if proof := wrong.PayWrongAmount(method, "").Proof; proof == nil || proof.Amount != "2.49" {
			t.Errorf("%s: %+v, want a proof of 2.49", method, proof)
		}
		wrong.NextWebhook("payment.mismatch")
		wrong.WantUnpaid()
	}
}

func TestProviderIsDownWhileTheBuyerPays(t *testing.T) {
	kit := rieltimetest.Start(t, rieltimetest.Options{})
	checkout := kit.Checkout(kit.CreateSession().ID)
	kit.ProviderDown()
	checkout.Start("khqr")
	checkout.Pay()
	checkout.WantUnpaid()
	kit.ProviderUp()
	checkout.NextWebhook("checkout.session.completed")
	checkout.WantPaid()
}
