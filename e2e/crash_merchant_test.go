//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
)

// The credentials that every simulator knows.
const (
	simAccount = "rieltime_demo@devb"
	simToken   = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYXRhIjp7ImlkIjoiZGVtb0ByaWVsdGltZS5leGFtcGxlIn0sImV4cCI6NDEwMjQ0NDgwMCwiaWF0IjoxNzY3MjI1NjAwfQ.Lcqf25bIDxpbuxcevaGoFAtWzOj0YUEpF__9p6_VdMk"
	barayKey   = "bry_dev_demo0000000000000000"
	baraySK    = "cmllbHRpbWUtZGVtby1iYXJheS1zZWNyZXQta2V5LTA="
	barayIV    = "ZGVtby1iYXJheS1pdi0wMA=="
	barayOrg   = "org-00000000-0000-4000-8000-00000000ba2a"
	niagaKey   = "demoNiagaKey0123456789abcdefABCDEF"
)

// merchantFile is the merchant's settings, without one provider if one is named.
func (w *crashHarness) merchantFile(without string) []byte {
	_, publicKey := w.control(http.MethodGet, w.sims["kess"]+"/control/public-key", nil)
	providers := map[string]any{
		"bakong": map[string]any{"base_url": w.sims["bakong"], "account": simAccount, "merchant_name": "Crash Shop",
			"token": simToken, "use_lists": w.plan.seed%2 == 0},
		"baray": map[string]any{"base_url": w.sims["baray"], "pay_url": w.sims["baray"], "api_key": barayKey,
			"sk": baraySK, "iv": barayIV, "target": "DEVELOPMENT", "org_id": barayOrg},
		"kess": map[string]any{"base_url": w.sims["kess"], "client_id": "demo-client", "client_secret": "demo-client-secret",
			"username": "demo-merchant", "password": "demo-password", "seller_code": "CU2601-100000000000000001",
			"api_secret_key": "demo-kess-api-secret-key", "sign_type": "HMAC-SHA256", "public_key": string(publicKey),
			"native": true, "methods": []string{"ABAAKHPP"}},
		"bayopay": map[string]any{"gateway_url": w.sims["bayopay"] + "/bayoipg/Pays/index.php", "niaga_id": "100105000000999", "niaga_key": niagaKey},
	}

	delete(providers, without)
	text, err := json.Marshal(map[string]any{
		"id": "crash", "name": "Crash Shop", "return_hosts": []string{"127.0.0.1"},
		"test": map[string]any{"webhook_url": w.hooks.url, "providers": providers},
	})
	if err != nil {
		w.t.Fatal(err)
	}

	return text
}

// applyMerchant makes the merchant, and tells Baray where its webhooks go.
func (w *crashHarness) applyMerchant() {
	w.t.Helper()
	applied := w.apply(w.merchantFile(""))
	found := func(pattern string) string {
		match := regexp.MustCompile(pattern).FindString(applied)
		if match == "" {
			w.t.Fatalf("no %s in:\n%s", pattern, applied)
		}
		return match
	}

	w.key = found(`sk_test_\w+`)
	w.hooks.trust(found(`whsec_\S+`))
	w.control(http.MethodPost, w.sims["baray"]+"/control/accounts", map[string]string{
		"api_key": barayKey, "sk": baraySK, "iv": barayIV, "target": "DEVELOPMENT", "org_id": barayOrg, "org_name": "Crash Shop",
		"webhook_callback_url": found(`http://\S+/callbacks/baray/\S+`),
	})
}

// apply applies a merchant file, and gives what that printed.
func (w *crashHarness) apply(text []byte) string {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "merchant.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return w.command("merchant", "apply", file)
}
