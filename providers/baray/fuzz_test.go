package baray

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/baray/internal/client"
	"rieltime/providers/providertest"
)

// FuzzReadCallback begins with genuine webhooks. They carry no MAC, so another
// order may come out of a changed one: it only wakes a question.
func FuzzReadCallback(f *testing.F) {
	key, err := client.NewKey(baraysim.DemoSK, baraysim.DemoIV)
	if err != nil {
		f.Fatal(err)
	}
	seeds := []checkout.Message{{Query: url.Values{referenceParam: {"R0123456789ABCDEFGHZ"}}, Return: true}}
	for _, plain := range []string{"R0123456789ABCDEFGHZ", `{"order_id":"R0123456789ABCDEFGHZ"}`, `{"amount":"1.00","order_id":"R0123456789ABCDEFGHZ"}`, ""} {
		seeds = append(seeds, webhookOf(key.Encrypt([]byte(plain))))
	}
	providertest.FuzzCallback(f, New(providers.Options{}), accountAt("https://baray.example", nil), seeds, func(callback checkout.Callback) error {
		if callback.Answer != nil || len(callback.Reference) > maxOrderID {
			return errors.New("a webhook proves nothing")
		}
		return nil
	})
}

func FuzzCheckSettings(f *testing.F) {
	providertest.FuzzSettings(f, New(providers.Options{}), map[string]any{
		"base_url": "https://api.example", "pay_url": "https://pay.example", "api_key": baraysim.DemoAPIKey,
		"sk": baraysim.DemoSK, "iv": baraysim.DemoIV, "target": baraysim.DemoTarget, "org_id": baraysim.DemoOrgID,
	}, baraysim.DemoAPIKey, baraysim.DemoSK, baraysim.DemoIV)
}

// FuzzAnswer begins with the document's answers.
func FuzzAnswer(f *testing.F) {
	seeds := []string{`{"_id":"itn-1","order_id":"R0123456789ABCDEFGHZ","amount":"10.00","currency":"USD","target":"DEVELOPMENT","org_id":"` + baraysim.DemoOrgID + `"}`, `{"status":"success"}`, "[]", ""}
	files, err := filepath.Glob("internal/client/testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no answers to begin with", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, string(text))
	}
	start := startOf(1000, checkout.USD)
	start.Payment.Reference, start.Payment.State = paymentWithIntent().Reference, paymentWithIntent().State
	providertest.FuzzAnswers(f, New(providers.Options{}), func(address string) checkout.Account { return accountAt(address, nil) }, start, "", seeds...)
}
