// Package rieltimetest causes every outcome of a payment in the tests of a shop. It
// starts `rieltime demo` on free ports, with simulators of the providers and a merchant;
// no money moves.
//
//	kit := rieltimetest.Start(t, rieltimetest.Options{})
//	shop := startShop(kit.URL, kit.Key, kit.WebhookSecret) // yours
//	kit.PassWebhooksOn(shop.URL + "/webhooks")
//	session := shop.Buy("iced coffee")
//	kit.Checkout(session).PayWith("aba")
//
// Every method fails the test when what it names cannot be done in time. It needs the
// standard library and the program rieltime alone.
package rieltimetest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	rieltime "rieltime/clients/go"
)

// patience is how long what a test waits for may take.
const patience = 30 * time.Second

// Options are those of Start; the zero value will do.
type Options struct {
	Binary string   // path of rieltime; else RIELTIME_BIN, else the one in PATH
	Args   []string // more flags of rieltime demo
}

// Kit is a running server with a merchant. It belongs to one test.
type Kit struct {
	URL           string           // of the checkout and its API
	Key           string           // of the merchant, sk_test_…
	WebhookSecret string           // of the webhooks that PassWebhooksOn passes on
	Client        *rieltime.Client // with URL and Key

	t          testing.TB
	control    string
	simulators map[string]string // addresses by provider
	webhooks   *receiver
}

// Start starts a server, which stops when the test ends. A test that fails logs what the
// server printed and what the providers were paid.
func Start(t testing.TB, options Options) *Kit {
	t.Helper()
	server := startServer(t, options)
	k := &Kit{
		URL: server.urls["checkout"], Key: server.key, Client: rieltime.New(server.urls["checkout"], server.key),
		t: t, control: server.urls["control"], simulators: server.simulators(), webhooks: startReceiver(t),
	}

	endpoint, err := k.Client.CreateWebhookEndpoint(t.Context(), rieltime.WebhookEndpointCreate{URL: k.webhooks.server.URL + "/"})
	if err != nil {
		t.Fatal(err)
	}
	k.WebhookSecret = endpoint.Secret

	t.Cleanup(func() {
		if t.Failed() {
			k.logLedgers()
		}
	})
	return k
}

// CreateSession makes a session of 2.50 USD.
func (k *Kit) CreateSession() rieltime.Session {
	k.t.Helper()
	session, err := k.Client.CreateSession(k.t.Context(), rieltime.SessionCreate{
		Amount: "2.50", Currency: "USD", Reference: "TEST-" + rand.Text(),
		SuccessURL: "http://127.0.0.1/paid", CancelURL: "http://127.0.0.1/canceled",
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return session
}

// ProviderDown cuts every connection to providers, by default to all of them, until
// ProviderUp.
func (k *Kit) ProviderDown(providers ...string) {
	k.t.Helper()
	for _, url := range k.addresses(providers) {
		k.call(http.MethodPost, url+"/control/faults", map[string]string{"kind": "reset"}, nil)
	}
}

// ProviderUp ends ProviderDown.
func (k *Kit) ProviderUp(providers ...string) {
	k.t.Helper()
	for _, url := range k.addresses(providers) {
		k.call(http.MethodDelete, url+"/control/faults", nil, nil)
	}
}

func (k *Kit) addresses(providers []string) (urls []string) {
	k.t.Helper()
	if len(providers) == 0 {
		for provider := range k.simulators {
			providers = append(providers, provider)
		}
	}
	for _, provider := range providers {
		if k.simulators[provider] == "" {
			k.t.Fatalf("there is no provider %q", provider)
		}
		urls = append(urls, k.simulators[provider])
	}
	return urls
}

// Advance moves the time of the checkout and of the simulators on; it never goes back.
// Webhooks are signed by this machine's clock, as the shop has no other.
func (k *Kit) Advance(by time.Duration) {
	k.t.Helper()
	k.call(http.MethodPost, k.control+"/control/clock", map[string]int64{"advance_ms": by.Milliseconds()}, nil)
}

// Now is the time of the checkout.
func (k *Kit) Now() time.Time {
	k.t.Helper()
	var clock struct{ Now time.Time }
	k.call(http.MethodGet, k.control+"/control/clock", nil, &clock)
	return clock.Now
}

// logLedgers logs what each provider received, sent and was paid.
func (k *Kit) logLedgers() {
	for provider, url := range k.simulators {
		answer, err := http.Get(url + "/control/ledger")
		if err != nil {
			k.t.Logf("the ledger of %s cannot be read: %v", provider, err)
			continue
		}
		ledger, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		k.t.Logf("ledger of %s: %s", provider, ledger)
	}
}

// call makes a request that must succeed, and reads its answer into out unless it is nil.
func (k *Kit) call(method, url string, in, out any) {
	k.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		k.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(k.t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()

	text, err := io.ReadAll(answer.Body)
	if err == nil && out != nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil || answer.StatusCode >= 300 {
		k.t.Fatalf("%s %s: %s %s %v", method, url, answer.Status, strings.TrimSpace(string(text)), err)
	}
}

// WaitUntil polls until something holds, and fails the test when that takes half a minute.
func WaitUntil(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v until %s", patience, what)
		}
	}
}
