package handlers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/db"
	"rieltime/db/dbtest"
	"rieltime/handlers"
	"rieltime/internal/testclock"
)

const (
	baseURL = "https://pay.example"
	khqr    = "00020101021229240020klaing_cafe_1@devbnk5204581453038405404" + "2.505802KH5913Coffee Klaing6010Phnom Penh62060302A16304ABCD"
)

// harness is the handlers on the real service and a database of their own, with
// Fake providers and a clock that stands until it is moved.
type harness struct {
	t        testing.TB
	e        *echo.Echo
	api      http.Handler // e, held to openapi.json
	database db.Options
	store    *db.Store
	service  *checkout.Service
	verifier *verifier.Verifier
	config   handlers.Config
	clock    *testclock.Clock
	bakong   *fake
	baray    *fake
	bayopay  *fake
	refunds  *refunder // baray, which gives money back
	log      *logged

	keys     map[string]string // "klaing test", "klaing live", "krama test"
	opened   int               // sessions by open
	accounts map[string]string // klaing's in test mode, by provider
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newHarness(t testing.TB, options ...func(*handlers.Config)) *harness {
	t.Helper()
	h := &harness{
		t: t, clock: testclock.New(time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)), log: &logged{},
		keys: map[string]string{},
		bakong: &fake{name: "bakong", method: checkout.Method{ID: "khqr", Name: "KHQR", Kind: checkout.ActionQRCode},
			action: checkout.NextAction{Kind: checkout.ActionQRCode, QRCode: khqr, DeepLinks: []checkout.DeepLink{{App: "Bakong", URL: "https://bakong.example/d/1"}}}, life: 5 * time.Minute},
		baray: &fake{name: "baray", method: checkout.Method{ID: "baray", Name: "Baray", Kind: checkout.ActionRedirect},
			action: checkout.NextAction{Kind: checkout.ActionRedirect, URL: "https://dev-pay.baray.example/1?a=b&c=d"}},
		bayopay: &fake{name: "bayopay", method: checkout.Method{ID: "bayopay", Name: "BayoPay", Kind: checkout.ActionFormPost, NeedsCustomer: true},
			action: checkout.NextAction{Kind: checkout.ActionFormPost, URL: "https://bayo.example/pay", Fields: []checkout.FormField{{Name: "reqhash", Value: "ab12"}}}},
	}

	h.refunds = &refunder{fake: h.baray}
	database := dbtest.Options(t)
	database.Now = h.clock.Now
	h.database = database
	t.Cleanup(h.wantSound)
	h.connect(options...)
	h.accounts = h.apply("klaing", "Coffee Klaing", checkout.ModeTest, checkout.ModeLive)
	h.apply("krama", "Krama House", checkout.ModeTest)
	return h
}

// connect opens the harness's database and makes the handlers on it.
func (h *harness) connect(options ...func(*handlers.Config)) {
	h.t.Helper()
	store, err := db.Open(h.t.Context(), h.database)
	if err != nil {
		h.t.Fatal(err)
	}

	h.store = store
	log := slog.New(slog.NewTextHandler(h.log, nil))
	h.service = checkout.NewService(checkout.Config{
		Store: store, Links: store, Endpoints: store, Providers: []checkout.Provider{hashChecker{h.bakong}, h.refunds, h.bayopay}, Addresses: handlers.Addresses(baseURL), Now: h.clock.Now, Log: log,
	})
	h.verifier = verifier.New(verifier.Config{Service: h.service, Store: store, Log: log})
	h.config = handlers.Config{
		Service: h.service, Verifier: h.verifier, Store: store, BaseURL: baseURL, SessionKey: []byte(strings.Repeat("k", 32)), Now: h.clock.Now, Log: log,
	}
	for _, set := range options {
		set(&h.config)
	}

	h.e = handlers.New(h.config)
	h.api = h.e
	if h.config.APILimit.PerSecond >= 0 { // without a limit there are no headers that tell of it
		h.api = newRecorder(h.t).Wrap(h.e)
	}

	checks := h.verifier
	h.t.Cleanup(func() {
		checks.Wait()
		if err := store.Close(); err != nil {
			h.t.Error(err)
		}
	})
}

// replica returns another replica: it shares the database, the providers and the
// clock with h, and nothing in memory.
func (h *harness) replica() *harness {
	h.t.Helper()
	other := *h
	other.connect()
	return &other
}

func (h *harness) apply(id, name string, modes ...checkout.Mode) (accounts map[string]string) {
	h.t.Helper()
	setup := checkout.MerchantSetup{At: h.clock.Now(), Merchant: checkout.Merchant{
		ID: id, Name: name, ReturnHosts: []string{"shop.example"}, LatePayments: checkout.LateReview, Accent: "#0a7d4f",
		SupportContact: "012 345 678",
	}}

	for _, mode := range modes {
		text, key := checkout.NewAPIKey(id, mode, h.clock.Now())
		one := checkout.ModeSetup{Mode: mode, KeyText: text, Key: key}
		for _, provider := range []*fake{h.bakong, h.baray, h.bayopay} {
			one.Accounts = append(one.Accounts, checkout.Account{
				ID: "acct_" + id + string(mode) + provider.name, MerchantID: id, Mode: mode, Provider: provider.name, Settings: []byte("{}"),
			})
		}

		setup.Modes = append(setup.Modes, one)
	}

	applied, err := h.store.ApplyMerchant(h.t.Context(), setup)
	if err != nil {
		h.t.Fatal(err)
	}

	for _, mode := range applied {
		h.keys[id+" "+string(mode.Mode)] = mode.APIKey.Reveal()
	}

	return applied[0].Accounts
}

// send sends one request. Headers are pairs.
func (h *harness) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	return w
}

func (h *harness) get(target string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.send(http.MethodGet, target, "", headers...)
}

// submit posts a form from our own page.
func (h *harness) submit(target string, pairs ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return h.send(http.MethodPost, target, form.Encode(),
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

// wantSound checks the harness's database as rieltime check does.
func (h *harness) wantSound() {
	h.t.Helper()
	dbtest.WantSound(h.t, h.database)
}

// call uses the merchant API with one of the harness's keys.
func (h *harness) call(key, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	headers = append(headers, "Authorization", "Bearer "+h.keys[key])
	if method == http.MethodPost {
		headers = append(headers, "Content-Type", "application/json")
	}
	return h.send(method, target, body, headers...)
}

const order = `{"amount":"2.50","currency":"USD","reference":"A-1","success_url":"https://shop.example/ok","cancel_url":"https://shop.example/cart?a=1"`

// open makes a session of klaing's in test mode, the first with the reference
// A-1, the next A-2; more is further JSON members.
func (h *harness) open(more ...string) string {
	h.t.Helper()
	h.opened++
	body := strings.Replace(order, "A-1", fmt.Sprintf("A-%d", h.opened), 1)
	for _, member := range more {
		body += "," + member
	}

	w := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions", body+"}")
	if w.Code != http.StatusCreated {
		h.t.Fatalf("session not created: %d %s", w.Code, w.Body)
	}

	return read[checkout.PublicSession](h.t, w).ID
}

// pay chooses a method on a session's page, and gives the attempt.
func (h *harness) pay(session, method string, pairs ...string) checkout.Payment {
	h.t.Helper()
	w := h.submit("/c/"+session+"/payments", append([]string{"method", method}, pairs...)...)
	if w.Code != http.StatusSeeOther {
		h.t.Fatalf("payment not started: %d %s", w.Code, w.Body)
	}
	return *h.purchase(session).Latest()
}

func (h *harness) purchase(session string) *checkout.Purchase {
	h.t.Helper()
	purchase, err := h.service.Purchase(h.t.Context(), session)
	if err != nil {
		h.t.Fatal(err)
	}
	return &purchase
}

// prove has money for an attempt arrive.
func (h *harness) prove(payment checkout.Payment, transaction string, minor int64) {
	h.t.Helper()
	proof := checkout.Proof{
		Provider: payment.Provider, Source: "query", Reference: payment.Reference, Payee: "payee", TransactionID: transaction,
		Amount: checkout.Money{Minor: minor, Currency: payment.Amount.Currency}, PaidAt: h.clock.Now(), Raw: []byte("{}"),
	}
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &proof})
}

func (h *harness) answer(payment checkout.Payment, answer checkout.Answer) {
	h.t.Helper()
	if err := h.service.Apply(h.t.Context(), payment, answer); err != nil {
		h.t.Fatal(err)
	}
}

// orEmpty is a text of an answer; empty where it is null.
func orEmpty[T ~string](text *T) T {
	if text == nil {
		return ""
	}
	return *text
}

func read[T any](t testing.TB, w *httptest.ResponseRecorder) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil {
		t.Fatalf("%v in %q", err, w.Body)
	}
	return value
}

func html(t testing.TB, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// wantState fails unless the answer is a page in this state.
func wantState(t testing.TB, w *httptest.ResponseRecorder, state string) *goquery.Document {
	t.Helper()
	doc := html(t, w)
	if got := doc.Find("#checkout").AttrOr("data-state", "none"); got != state {
		t.Fatalf("state %q, want %q; %d %s", got, state, w.Code, w.Body)
	}
	return doc
}

// fake is a Fake provider: it answers as it is told, in the process.
type fake struct {
	name   string
	method checkout.Method
	action checkout.NextAction
	life   time.Duration // of an attempt; zero: the session's
	fails  error         // of CreatePayment
	takes  func(checkout.Money) bool
	list   error // of Methods

	panics, panicsAtStart bool

	mu    sync.Mutex
	start checkout.Start

	transfers map[string]time.Time // by hash, or a bank's reference
	silent    bool                 // look-ups by either get no answer

	references, refused bool     // the account looks up references; they are refused
	kinds               []string // of reference
}

func (f *fake) Name() string { return f.name }
func (f *fake) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: strings.ToUpper(f.name[:1]) + f.name[1:], Icon: "bank", Methods: []string{f.method.ID}}
}
func (f *fake) CheckSettings(checkout.Mode, json.RawMessage) error { return nil }

func (f *fake) Methods(_ context.Context, _ checkout.Account, amount checkout.Money) ([]checkout.Method, error) {
	if f.takes != nil && !f.takes(amount) {
		return nil, f.list
	}
	if f.panics {
		panic("secret cause")
	}
	method := f.method
	method.Provider = f.name
	return []checkout.Method{method}, f.list
}

func (*fake) Payees(checkout.Account) ([]string, error) { return []string{"payee"}, nil }

func (f *fake) CreatePayment(_ context.Context, _ checkout.Account, start checkout.Start) (checkout.Created, error) {
	f.mu.Lock()
	defer f.mu.Unlock()

	if f.panicsAtStart {
		panic("secret cause")
	}

	f.start = start
	created := checkout.Created{ProviderID: start.Payment.Reference, NextAction: f.action}
	if f.life > 0 {
		created.ExpiresAt = start.Payment.CreatedAt.Add(f.life)
	}

	return created, f.fails
}

func (f *fake) QueryPayment(context.Context, checkout.Account, checkout.Payment) checkout.Answer {
	return checkout.Answer{Verdict: checkout.VerdictPending}
}

// hashChecker is a fake that knows transactions by their hashes.
type hashChecker struct{ *fake }

// IsHash takes what Bakong would.
func (hashChecker) IsHash(text string) bool {
	return (len(text) == 8 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}

// CheckHash finds the transfers that were made to the account, by their hash.
func (f hashChecker) CheckHash(_ context.Context, _ checkout.Account, payment checkout.Payment, hash string) checkout.Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.silent {
		return checkout.Answer{Cause: errors.New("time-out")}
	}
	at, made := f.transfers[hash]
	if !made {
		return checkout.Answer{Verdict: checkout.VerdictPending}
	}
	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &checkout.Proof{
		Provider: f.name, Source: checkout.SourceHash, Reference: payment.Reference, Payee: "payee", Amount: payment.Amount,
		TransactionID: hash, PaidAt: at, Raw: []byte("{}"),
	}}
}

// IsReference takes some of what Bakong would.
func (hashChecker) IsReference(text string) bool { return strings.HasPrefix(text, "100FT") }

// ReferenceKinds is what a test says.
func (f hashChecker) ReferenceKinds(checkout.Account) ([]string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kinds, f.references
}

// CheckReference finds the transfers whose hash has a reference, or refuses.
func (f hashChecker) CheckReference(ctx context.Context, account checkout.Account, payment checkout.Payment, reference checkout.Reference) checkout.Answer {
	f.mu.Lock()
	refused := f.refused
	f.mu.Unlock()
	if refused {
		return checkout.Answer{Cause: checkout.ErrReferencesRefused}
	}
	return f.CheckHash(ctx, account, payment, reference.Text)
}

// lookUpReferences has the account look up references of a kind, or refuse to.
func (f *fake) lookUpReferences(refused bool, kinds ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.references, f.kinds, f.refused = true, kinds, refused
}

// answerClaims says whether what buyers enter gets an answer.
func (f *fake) answerClaims(does bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = !does
}

// transfer moves money to the account beside every code.
func (f *fake) transfer(hash string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.transfers == nil {
		f.transfers = map[string]time.Time{}
	}
	f.transfers[hash] = at
}

// ReadCallback takes "reference=…" or "refund=…", by a server or a browser.
func (f *fake) ReadCallback(_ checkout.Account, message checkout.Message) (checkout.Callback, error) {
	if f.panics {
		panic("secret cause")
	}

	form, err := url.ParseQuery(string(message.Body))
	if refund := form.Get("refund"); err == nil && refund != "" {
		return checkout.Callback{Refund: refund, Reply: "OK"}, nil
	}
	if err != nil || form.Get("reference") == "" {
		return checkout.Callback{}, io.ErrUnexpectedEOF
	}

	return checkout.Callback{Reference: form.Get("reference"), Reply: "OK"}, nil
}

type selection = goquery.Selection

// wantPage fails unless the answer is a whole HTML page.
func wantPage(t testing.TB, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	if kind := w.Header().Get("Content-Type"); !strings.HasPrefix(kind, "text/html") || !strings.HasPrefix(strings.ToLower(w.Body.String()), "<!doctype html>") {
		t.Fatalf("no page: %s %s", kind, w.Body)
	}
	return html(t, w)
}
