package bayopay

import (
	"errors"
	"os"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/bayopay/bayopaysim"
	"rieltime/providers/providertest"
)

// FuzzReadCallback begins with signed results of every status: no change of
// one may name another order, amount or verdict.
func FuzzReadCallback(f *testing.F) {
	var seeds []checkout.Message
	for _, status := range []string{statusPaid, statusFailed, statusPending} {
		fields := results(map[string]string{"bayo_status": status})
		form, object := formOf(fields), jsonOf(fields)
		form.Return = true
		seeds = append(seeds, formOf(fields), object, form)
	}
	for _, name := range []string{"callback_sample.json", "callback_form.txt"} {
		body, err := os.ReadFile("internal/client/testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, checkout.Message{Body: body})
	}
	providertest.FuzzCallback(f, New(providers.Options{}), accountAt("https://g.example", nil), seeds, func(callback checkout.Callback) error {
		answer := callback.Answer
		if callback.Reference != testReference || answer == nil {
			return errors.New("nobody signed this")
		}
		if proof := answer.Proof; answer.Verdict == checkout.VerdictPaid &&
			(proof == nil || proof.Amount.String() != "10.00 USD" || proof.TransactionID != "1234567890" || proof.Payee != bayopaysim.DemoNiagaID) {
			return errors.New("nobody signed this proof")
		}
		return nil
	})
}

func FuzzCheckSettings(f *testing.F) {
	providertest.FuzzSettings(f, New(providers.Options{}), map[string]any{
		"gateway_url": "https://g.example/pay", "niaga_id": bayopaysim.DemoNiagaID, "niaga_key": bayopaysim.DemoNiagaKey,
		"channel": "creditmc", "callback_reply": "OK",
	}, bayopaysim.DemoNiagaKey)
}
