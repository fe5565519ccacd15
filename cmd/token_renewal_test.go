package cmd

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/handlers"
	"rieltime/providers"
	"rieltime/providers/bakong/bakongsim"
	"rieltime/providers/kess/kesssim"
)

// serviceProcess stands for one of several processes that share a database.
type serviceProcess struct {
	*checkout.Service
	store *db.Store
}

func openServiceProcess(t *testing.T, path string) serviceProcess {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return serviceProcess{checkout.NewService(checkout.Config{Store: store, Providers: Providers(providers.Options{Vault: store, Log: log}), Addresses: handlers.Addresses("https://pay.example"), Log: log}), store}
}

// countCalls serves handler and counts the calls of a path. Each takes 300 ms, so that
// calls which are not serialized overlap.
func countCalls(t *testing.T, handler http.Handler, path string) (url string, calls *atomic.Int32) {
	t.Helper()
	calls = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, path) {
			calls.Add(1)
			select {
			case <-time.After(300 * time.Millisecond):
			case <-r.Context().Done():
			}
		}
		handler.ServeHTTP(w, r)
	}))

	t.Cleanup(server.Close)
	return server.URL, calls
}

func TestTokensAreRenewedByOneProcess(t *testing.T) {
	bakong, err := bakongsim.New(bakongsim.Options{})
	if err != nil {
		t.Fatal(err)
	}

	kess, err := kesssim.New(kesssim.Options{})
	if err != nil {
		t.Fatal(err)
	}

	defer kess.Close()

	bakongURL, renewals := countCalls(t, bakong.Handler(), "/renew_token")
	kessURL, logins := countCalls(t, kess.Handler(), "/oauth/token")
	ended := "e30." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, time.Now().Add(-time.Hour).Unix())) + ".c2ln"
	for name, c := range map[string]struct {
		settings map[string]any
		calls    *atomic.Int32
	}{
		"bakong": {map[string]any{"base_url": bakongURL, "account": bakongsim.DemoAccount, "merchant_name": "Klaing", "token": ended, "email": bakongsim.DemoEmail}, renewals},
		"kess": {map[string]any{
			"base_url": kessURL, "client_id": kesssim.DemoClientID, "client_secret": kesssim.DemoClientSecret, "username": kesssim.DemoUsername,
			"password": kesssim.DemoPassword, "seller_code": kesssim.DemoSellerCode, "api_secret_key": kesssim.DemoAPISecretKey, "sign_type": "HMAC-SHA256",
		}, logins},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rieltime.db")
			serve, apply := openServiceProcess(t, path), openServiceProcess(t, path)
			settings, err := json.Marshal(map[string]any{name: c.settings})
			if err != nil {
				t.Fatal(err)
			}

			spec, err := checkout.ParseMerchantSpec(fmt.Appendf(nil, `{"id":"klaing","name":"Klaing","return_hosts":["shop.example"],"test":{"providers":%s}}`, settings))
			if err != nil {
				t.Fatal(err)
			}

			if _, err := apply.ApplyMerchant(t.Context(), apply.store, spec); err != nil {
				t.Fatal(err)
			}

			accounts, err := serve.store.Accounts(t.Context(), "klaing", checkout.ModeTest)
			if err != nil || len(accounts) != 1 {
				t.Fatalf("%v, %v", accounts, err)
			}

			before := c.calls.Load()
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if warnings, _, err := serve.CheckAccount(t.Context(), accounts[0]); err != nil || len(warnings) > 0 {
						t.Errorf("serve: %v, %v", warnings, err)
					}
				})

				all.Go(func() {
					if applied, err := apply.ApplyMerchant(t.Context(), apply.store, spec); err != nil || len(applied.Warnings) > 0 {
						t.Errorf("apply: %v, %v", applied.Warnings, err)
					}
				})
			}

			all.Wait()
			if n := c.calls.Load() - before; n != 1 {
				t.Errorf("the token was renewed %d times", n)
			}
		})
	}
}
