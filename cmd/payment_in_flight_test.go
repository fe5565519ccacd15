package cmd

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/db"
	"rieltime/handlers"
	"rieltime/providers"
	"rieltime/providers/baray"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/kess"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/simkit"
	"rieltime/providers/wire"
)

// inFlightHarness runs a merchant's service on the simulators of Baray and KESS, which
// send no callbacks, with a clock that the test sets.
type inFlightHarness struct {
	*testing.T
	service  *checkout.Service
	verifier *verifier.Verifier
	store    *db.Store
	sims     map[string]string // address of each provider's simulator

	mu  sync.Mutex
	now time.Time
}

func newInFlightHarness(t *testing.T) *inFlightHarness {
	t.Helper()
	h := &inFlightHarness{T: t, sims: map[string]string{}, now: time.Now().UTC()}
	h.simulate("baray", func() (http.Handler, func(), error) {
		sim, err := baraysim.New(baraysim.Options{})
		return sim.Handler(), sim.Close, err
	})

	h.simulate("kess", func() (http.Handler, func(), error) {
		sim, err := kesssim.New(kesssim.Options{})
		return sim.Handler(), sim.Close, err
	})

	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(t.TempDir(), "x.db"), Key: make([]byte, db.KeySize), Now: h.clock})
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = store.Close() })
	h.store = store
	calls := wire.New(500 * time.Millisecond)
	h.service = checkout.NewService(checkout.Config{
		Store: store, Links: store, Endpoints: store, Addresses: handlers.Addresses("https://pay.example"), Now: h.clock,
		Providers: []checkout.Provider{baray.New(providers.Options{Wire: calls}), kess.New(providers.Options{Wire: calls, Vault: store})},
	})

	h.verifier = verifier.New(verifier.Config{Service: h.service, Store: store})
	h.apply(nil)
	return h
}

func (h *inFlightHarness) simulate(name string, open func() (http.Handler, func(), error)) {
	h.Helper()
	handler, stop, err := open()
	if err != nil {
		h.Fatal(err)
	}
	server := httptest.NewServer(handler)
	h.Cleanup(func() { server.CloseClientConnections(); server.Close(); stop() })
	h.sims[name] = server.URL
	h.control(name, "callbacks", map[string]any{"drop": true})
}

// apply gives the merchant its settings at both providers, some changed.
func (h *inFlightHarness) apply(barayChanges map[string]any) {
	h.Helper()
	baraySettings := map[string]any{
		"base_url": h.sims["baray"], "pay_url": h.sims["baray"], "api_key": baraysim.DemoAPIKey, "sk": baraysim.DemoSK, "iv": baraysim.DemoIV,
		"target": baraysim.DemoTarget, "org_id": baraysim.DemoOrgID,
	}

	for name, value := range barayChanges {
		baraySettings[name] = value
	}

	text, err := json.Marshal(map[string]any{
		"id": "klaing", "name": "Coffee Klaing", "return_hosts": []string{"shop.example"},
		"test": map[string]any{"providers": map[string]any{"baray": baraySettings, "kess": map[string]any{
			"base_url": h.sims["kess"], "client_id": kesssim.DemoClientID, "client_secret": kesssim.DemoClientSecret, "username": kesssim.DemoUsername,
			"password": kesssim.DemoPassword, "seller_code": kesssim.DemoSellerCode, "api_secret_key": kesssim.DemoAPISecretKey, "sign_type": "MD5", "native": true,
		}}},
	})
	if err != nil {
		h.Fatal(err)
	}

	spec, err := checkout.ParseMerchantSpec(text)
	if err != nil {
		h.Fatal(err)
	}

	if _, err := h.service.ApplyMerchant(h.Context(), h.store, spec); err != nil {
		h.Fatal(err)
	}
}

func (h *inFlightHarness) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// advance moves the clock and runs the queries that are due then.
func (h *inFlightHarness) advance(d time.Duration) {
	h.Helper()
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	if err := h.verifier.Tick(h.Context()); err != nil {
		h.Fatal(err)
	}
	h.verifier.Wait()
}

func (h *inFlightHarness) control(provider, path string, body any) {
	h.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.Fatal(err)
	}
	answer, err := http.Post(h.sims[provider]+"/control/"+path, "application/json", bytes.NewReader(text))
	if err != nil || answer.StatusCode/100 != 2 {
		h.Fatalf("%s/control/%s: %v %v", provider, path, answer, err)
	}
	_ = answer.Body.Close()
}

// startPayment creates a session and starts a payment for it. The fault, if any, is
// injected at the provider first.
func (h *inFlightHarness) startPayment(method string, fault *simkit.Fault) checkout.Purchase {
	h.Helper()
	session, err := h.service.CreateSession(h.Context(), "klaing", checkout.ModeTest, checkout.SessionParams{
		Amount: "2.50", Currency: "USD", Reference: checkout.NewReference(), SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/cart",
	})
	if err != nil {
		h.Fatal(err)
	}

	if fault != nil {
		h.control(providerOf(method), "faults", fault)
	}

	purchase, err := h.service.StartPayment(h.Context(), session.ID, checkout.StartParams{Method: method, Device: checkout.DeviceDesktop})
	if err != nil {
		h.Fatal(err)
	}

	return purchase
}

func providerOf(method string) string {
	if method == "baray" {
		return "baray"
	}
	return "kess"
}

// advanceUntilKnown advances the clock by step, for at most d, until the latest
// payment of a purchase is proved or under review, and returns that payment.
func (h *inFlightHarness) advanceUntilKnown(p checkout.Purchase, d, step time.Duration) checkout.Payment {
	h.Helper()
	for ; d > 0; d -= step {
		h.advance(step)
		p, err := h.service.Purchase(h.Context(), p.Session.ID)
		if err != nil {
			h.Fatal(err)
		}

		if latest := p.Latest(); latest.Proof != nil || latest.Review != checkout.ReviewNone {
			return *latest
		}
	}

	p, err := h.service.Purchase(h.Context(), p.Session.ID)
	if err != nil {
		h.Fatal(err)
	}

	return *p.Latest()
}

// creationFaults lose or alter the response to the creation of a payment after the
// provider has carried it out. The patterns match the responses of both providers.
var creationFaults = map[string]simkit.Fault{
	"reset":                   {Kind: simkit.FaultReset, After: true},
	"hang":                    {Kind: simkit.FaultTimeout, After: true},
	"500":                     {Kind: simkit.FaultStatus, Status: 500, Body: `{"error":"Internal Server Error"}`, After: true},
	"502 of a proxy":          {Kind: simkit.FaultStatus, Status: 502, Body: "<html>Bad Gateway</html>", After: true},
	"503":                     {Kind: simkit.FaultStatus, Status: 503, After: true},
	"504":                     {Kind: simkit.FaultStatus, Status: 504, After: true},
	"403 of a firewall":       {Kind: simkit.FaultStatus, Status: 403, Body: "<html>Forbidden</html>", After: true},
	"429":                     {Kind: simkit.FaultStatus, Status: 429, After: true},
	"302":                     {Kind: simkit.FaultStatus, Status: 302, Header: map[string]string{"Location": "/"}, After: true},
	"HTML":                    {Kind: simkit.FaultMalformed, Body: "<html>Welcome</html>", After: true},
	"nothing":                 {Kind: simkit.FaultMalformed, Body: " ", After: true},
	"cut off":                 {Kind: simkit.FaultCut},
	"half an object":          {Kind: simkit.FaultMalformed, After: true},
	"a list":                  {Kind: simkit.FaultMalformed, Body: "[]", After: true},
	"an error with 200":       {Kind: simkit.FaultMalformed, Body: `{"error":"Something went wrong"}`, After: true},
	"another amount":          {Kind: simkit.FaultAlter, Pattern: `"(total_)?amount":"?2\.50?"?`, Body: `"${1}amount":"1.00"`},
	"an amount of 3 decimals": {Kind: simkit.FaultAlter, Pattern: `"(total_)?amount":"?2\.50?"?`, Body: `"${1}amount":"2.505"`},
	"another currency":        {Kind: simkit.FaultAlter, Pattern: `"currency":"USD"`, Body: `"currency":"KHR"`},
	"another order":           {Kind: simkit.FaultAlter, Pattern: `"(order_id|out_trade_no)":"[^"]*"`, Body: `"$1":"R1111111111111111111Z"`},
	"another target":          {Kind: simkit.FaultAlter, Pattern: `"(target|code)":"[^"]*"`, Body: `"$1":"PRODUCTION"`},
	"another id":              {Kind: simkit.FaultAlter, Pattern: `"(_id|token)":"[^"]*"`, Body: `"$1":"itn-00000000-0000-4000-8000-000000000000"`},
	"no id":                   {Kind: simkit.FaultAlter, Pattern: `"(_id|token)":"[^"]*"`, Body: `"$1":""`},
}

// Money that a provider takes for a payment becomes known, whatever happens to the
// response to its creation.
func TestNoPaymentIsLostWithTheAnswerToItsCreation(t *testing.T) {
	for method, call := range map[string]simkit.Fault{
		"baray": {Path: "/pay"}, "kess": {Match: "createorder"}, "kess:ABAAKHPP": {Match: "nativePay"},
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			h := newInFlightHarness(t)
			for name, fault := range creationFaults {
				fault.Path, fault.Match, fault.Count = call.Path, call.Match, 1
				h.checkCreationFault(method, name, fault)
			}
		})
	}
}

func (h *inFlightHarness) checkCreationFault(method, name string, fault simkit.Fault) {
	h.Helper()
	p := h.startPayment(method, &fault)
	started := *p.Latest()
	if started.Status == checkout.PaymentFailed {
		h.Errorf("%s: the attempt failed with %q", name, started.FailureCode)
	}

	if started.NextAction.Kind == checkout.ActionNone && !started.Lost() {
		h.Errorf("%s: the page shows the buyer nothing: %+v", name, started)
	}

	h.control(providerOf(method), "pay", map[string]any{"reference": started.Reference})
	known := h.advanceUntilKnown(p, 10*time.Minute, 3*time.Second)
	if known.Proof == nil { // the amount in Baray's response is unreadable: after a day the payment is under review as unknown
		known = h.advanceUntilKnown(p, 26*time.Hour, 10*time.Minute)
	}

	if known.Proof == nil && known.Review == checkout.ReviewNone {
		h.Errorf("%s: paid but not known: %s, doubtful %v", name, known.Status, known.Doubtful)
	}

	if known.Status == checkout.PaymentSucceeded && known.Proof.Amount != known.Amount {
		h.Errorf("%s: succeeded with %s", name, known.Proof.Amount)
	}
}

// A merchant that changes its Baray organization, or adds it later, still gets the
// money of the payments started before.
func TestSettingsThatChangeLeaveMoneyInFlightAlone(t *testing.T) {
	for name, changes := range map[string][2]map[string]any{
		"added later": {{"org_id": ""}, {"org_id": baraysim.DemoOrgID}}, "changed": {nil, {"org_id": "org-other"}}, "removed": {nil, {"org_id": ""}},
	} {
		h := newInFlightHarness(t)
		h.apply(changes[0])
		answered, lost := h.startPayment("baray", nil), h.startPayment("baray", &simkit.Fault{Kind: simkit.FaultReset, Path: "/pay", After: true, Count: 1})
		h.apply(changes[1])
		for _, p := range []checkout.Purchase{answered, lost} {
			h.control("baray", "pay", map[string]any{"reference": p.Latest().Reference})
			if known := h.advanceUntilKnown(p, time.Minute, 3*time.Second); known.Status != checkout.PaymentSucceeded || known.Review != checkout.ReviewNone {
				t.Errorf("%s: %s %q", name, known.Status, known.Review)
			}
		}
	}
}
