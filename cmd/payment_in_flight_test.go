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
	"rieltime/providers"
	"rieltime/providers/baray"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/kess"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/simkit"
	"rieltime/providers/wire"
)

// market is a merchant's service in front of the simulators of Baray and KESS,
// which send no callbacks, on a clock that is set by hand.
type market struct {
	*testing.T
	service  *checkout.Service
	verifier *verifier.Verifier
	store    *db.Store
	sims     map[string]string // address of each provider's simulator

	mu  sync.Mutex
	now time.Time
}

func newMarket(t *testing.T) *market {
	t.Helper()
	m := &market{T: t, sims: map[string]string{}, now: time.Now().UTC()}
	m.simulate("baray", func() (http.Handler, func(), error) {
		sim, err := baraysim.New(baraysim.Options{})
		return sim.Handler(), sim.Close, err
	})
	m.simulate("kess", func() (http.Handler, func(), error) {
		sim, err := kesssim.New(kesssim.Options{})
		return sim.Handler(), sim.Close, err
	})
	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(t.TempDir(), "x.db"), Key: make([]byte, db.KeySize), Now: m.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	m.store = store
	calls := wire.New(500 * time.Millisecond)
	m.service = checkout.NewService(checkout.Config{
		Store: store, Links: store, Endpoints: store, BaseURL: "https://pay.example", Now: m.clock,
		Providers: []checkout.Provider{baray.New(providers.Options{Wire: calls}), kess.New(providers.Options{Wire: calls, Vault: store})},
	})
	m.verifier = verifier.New(verifier.Config{Service: m.service, Store: store})
	m.apply(nil)
	return m
}

func (m *market) simulate(name string, open func() (http.Handler, func(), error)) {
	m.Helper()
	handler, stop, err := open()
	if err != nil {
		m.Fatal(err)
	}
	server := httptest.NewServer(handler)
	m.Cleanup(func() { server.CloseClientConnections(); server.Close(); stop() })
	m.sims[name] = server.URL
	m.control(name, "callbacks", map[string]any{"drop": true})
}

// apply gives the merchant its settings at both providers, some changed.
func (m *market) apply(barayChanges map[string]any) {
	m.Helper()
	forBaray := map[string]any{
		"base_url": m.sims["baray"], "pay_url": m.sims["baray"], "api_key": baraysim.DemoAPIKey, "sk": baraysim.DemoSK, "iv": baraysim.DemoIV,
		"target": baraysim.DemoTarget, "org_id": baraysim.DemoOrgID,
	}
	for name, value := range barayChanges {
		forBaray[name] = value
	}
	text, err := json.Marshal(map[string]any{
		"id": "klaing", "name": "Coffee Klaing", "return_hosts": []string{"shop.example"},
		"test": map[string]any{"providers": map[string]any{"baray": forBaray, "kess": map[string]any{
			"base_url": m.sims["kess"], "client_id": kesssim.DemoClientID, "client_secret": kesssim.DemoClientSecret, "username": kesssim.DemoUsername,
			"password": kesssim.DemoPassword, "seller_code": kesssim.DemoSellerCode, "api_secret_key": kesssim.DemoAPISecretKey, "sign_type": "MD5", "native": true,
		}}},
	})
	if err != nil {
		m.Fatal(err)
	}
	spec, err := checkout.ParseMerchantSpec(text)
	if err != nil {
		m.Fatal(err)
	}
	if _, err := m.service.ApplyMerchant(m.Context(), m.store, spec); err != nil {
		m.Fatal(err)
	}
}

func (m *market) clock() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// pass moves the clock and does what has become due.
func (m *market) pass(d time.Duration) {
	m.Helper()
	m.mu.Lock()
	m.now = m.now.Add(d)
	m.mu.Unlock()
	if err := m.verifier.Tick(m.Context()); err != nil {
		m.Fatal(err)
	}
	m.verifier.Wait()
}

func (m *market) control(provider, path string, body any) {
	m.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		m.Fatal(err)
	}
	answer, err := http.Post(m.sims[provider]+"/control/"+path, "application/json", bytes.NewReader(text))
	if err != nil || answer.StatusCode/100 != 2 {
		m.Fatalf("%s/control/%s: %v %v", provider, path, answer, err)
	}
	_ = answer.Body.Close()
}

// start begins an attempt, while a fault of its provider is in force.
func (m *market) start(method string, fault *simkit.Fault) checkout.Purchase {
	m.Helper()
	session, err := m.service.CreateSession(m.Context(), "klaing", checkout.ModeTest, checkout.SessionParams{
		Amount: "2.50", Currency: "USD", Reference: checkout.NewReference(), SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/cart",
	}, checkout.IdempotentRequest{})
	if err != nil {
		m.Fatal(err)
	}
	if fault != nil {
		m.control(providerOf(method), "faults", fault)
	}
	purchase, err := m.service.StartPayment(m.Context(), session.ID, checkout.StartParams{Method: method, Device: checkout.DeviceDesktop})
	if err != nil {
		m.Fatal(err)
	}
	return purchase
}

func providerOf(method string) string {
	if method == "baray" {
		return "baray"
	}
	return "kess"
}

// await passes time in steps until a purchase's newest payment is known: paid,
// or under review.
func (m *market) await(p checkout.Purchase, d, step time.Duration) checkout.Payment {
	m.Helper()
	for ; d > 0; d -= step {
		m.pass(step)
		p, err := m.service.Purchase(m.Context(), p.Session.ID)
		if err != nil {
			m.Fatal(err)
		}
		if latest := p.Latest(); latest.Proof != nil || latest.Review != checkout.ReviewNone {
			return *latest
		}
	}
	p, err := m.service.Purchase(m.Context(), p.Session.ID)
	if err != nil {
		m.Fatal(err)
	}
	return *p.Latest()
}

// spoiled are the ways in which the answer to an attempt's creation is lost or
// spoiled after it was carried out. What an answer is altered by is written in
// the words of both providers.
var spoiled = map[string]simkit.Fault{
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

// Whatever becomes of the answer to an attempt's creation, money that the
// provider takes for it becomes known.
func TestNoPaymentIsLostWithTheAnswerToItsCreation(t *testing.T) {
	for method, call := range map[string]simkit.Fault{
		"baray": {Path: "/pay"}, "kess": {Match: "createorder"}, "kess:ABAAKHPP": {Match: "nativePay"},
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			m := newMarket(t)
			for name, fault := range spoiled {
				fault.Path, fault.Match, fault.Count = call.Path, call.Match, 1
				m.tryCreation(method, name, fault)
			}
		})
	}
}

func (m *market) tryCreation(method, name string, fault simkit.Fault) {
	m.Helper()
	p := m.start(method, &fault)
	begun := *p.Latest()
	if begun.Status == checkout.PaymentFailed {
		m.Errorf("%s: the attempt failed with %q", name, begun.FailureCode)
	}
	if begun.NextAction.Kind == checkout.ActionNone && !begun.Lost() {
		m.Errorf("%s: the buyer reads nothing of it: %+v", name, begun)
	}
	m.control(providerOf(method), "pay", map[string]any{"reference": begun.Reference})
	known := m.await(p, 10*time.Minute, 3*time.Second)
	if known.Proof == nil { // what Baray said of the amount cannot be read: a day of doubt is told to the merchant
		known = m.await(p, 26*time.Hour, 10*time.Minute)
	}
	if known.Proof == nil && known.Review == checkout.ReviewNone {
		m.Errorf("%s: paid, and not known: %s, doubtful %v", name, known.Status, known.Doubtful)
	}
	if known.Status == checkout.PaymentSucceeded && known.Proof.Amount != known.Amount {
		m.Errorf("%s: succeeded by %s", name, known.Proof.Amount)
	}
}

// A merchant that moves to another organization, or names its own only later,
// still gets the money of the attempts made before.
func TestSettingsThatChangeLeaveMoneyInFlightAlone(t *testing.T) {
	for name, changes := range map[string][2]map[string]any{
		"named later": {{"org_id": ""}, {"org_id": baraysim.DemoOrgID}}, "another": {nil, {"org_id": "org-other"}}, "named no more": {nil, {"org_id": ""}},
	} {
		m := newMarket(t)
		m.apply(changes[0])
		answered, lost := m.start("baray", nil), m.start("baray", &simkit.Fault{Kind: simkit.FaultReset, Path: "/pay", After: true, Count: 1})
		m.apply(changes[1])
		for _, p := range []checkout.Purchase{answered, lost} {
			m.control("baray", "pay", map[string]any{"reference": p.Latest().Reference})
			if known := m.await(p, time.Minute, 3*time.Second); known.Status != checkout.PaymentSucceeded || known.Review != checkout.ReviewNone {
				t.Errorf("%s: %s %q", name, known.Status, known.Review)
			}
		}
	}
}
