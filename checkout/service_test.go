package checkout_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/db"
)

// fake is a provider in this process: it answers what it is told to.
type fake struct {
	mu       sync.Mutex
	refuse   error
	answers  map[string]checkout.Answer // by reference; none is Pending
	asked    []string
	broken   string                 // the reference about which a question panics
	starting func(checkout.Payment) // sees each attempt as it is stored
	payee    string                 // of attempts; empty: klaing's
	moved    time.Time              // when what a hash names was paid; zero: right after the attempt began
}

func (*fake) Name() string { return "bakong" }
func (*fake) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "Bakong", Methods: []string{"khqr"}}
}
func (*fake) CheckSettings(checkout.Mode, json.RawMessage) error { return nil }

func (*fake) Methods(context.Context, checkout.Account, checkout.Money) ([]checkout.Method, error) {
	return []checkout.Method{{ID: "khqr", Provider: "bakong", Kind: checkout.ActionQRCode}}, nil
}

func (f *fake) Payees(checkout.Account) ([]string, error) {
	return []string{cmp.Or(f.payee, "klaing@devb")}, nil
}

func (f *fake) CreatePayment(_ context.Context, _ checkout.Account, start checkout.Start) (checkout.Created, error) {
	if f.starting != nil {
		f.starting(start.Payment)
	}
	if f.refuse != nil {
		return checkout.Created{}, f.refuse
	}
	return checkout.Created{
		ProviderID: "md5-" + start.Payment.Reference,
		NextAction: checkout.NextAction{Kind: checkout.ActionQRCode, QRCode: "0002"}, ExpiresAt: start.Payment.CreatedAt.Add(5 * time.Minute),
	}, nil
}

func (f *fake) QueryPayment(_ context.Context, _ checkout.Account, payment checkout.Payment) checkout.Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, payment.ID)
	if payment.Reference == f.broken {
		panic("a fault of the adapter")
	}
	if answer, told := f.answers[payment.Reference]; told {
		return answer
	}
	return checkout.Answer{Verdict: checkout.VerdictPending}
}

func (f *fake) ReadCallback(account checkout.Account, message checkout.Message) (checkout.Callback, error) {
	if string(message.Body) == "forged" {
		return checkout.Callback{}, errors.New("the signature is wrong")
	}
	if key, reference, signed := strings.Cut(string(message.Body), " signed "); signed {
		if !strings.Contains(string(account.Settings), key) {
			return checkout.Callback{}, errors.New("the signature is by another key")
		}
		return checkout.Callback{Reference: reference, Reply: "OK"}, nil
	}
	if reference, odd := strings.CutPrefix(string(message.Body), "odd "); odd {
		return checkout.Callback{Reference: reference, Reply: "OK", Answer: &checkout.Answer{Reason: "It makes no sense.", Cause: errors.New("10.001")}}, nil
	}
	return checkout.Callback{Reference: string(message.Body), Reply: "OK"}, nil
}

func (f *fake) IsHash(text string) bool { return !strings.Contains(text, " ") }

func (f *fake) CheckHash(_ context.Context, _ checkout.Account, payment checkout.Payment, hash string) checkout.Answer {
	proof := paid(payment, hash, payment.CreatedAt.Add(time.Second))
	proof.Source = checkout.SourceHash
	if !f.moved.IsZero() {
		proof.PaidAt = f.moved
	}
	if proof.PaidAt.Before(payment.CreatedAt) {
		return checkout.Answer{Verdict: checkout.VerdictPending}
	}
	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof}
}

func (f *fake) say(payment checkout.Payment, answer checkout.Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[payment.Reference] = answer
	if f.broken == payment.Reference {
		f.broken = ""
	}
}

// panics has questions about a payment panic until something is said of it.
func (f *fake) panics(payment checkout.Payment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = payment.Reference
}

func paid(payment checkout.Payment, transaction string, at time.Time) *checkout.Proof {
	return &checkout.Proof{Provider: "bakong", Source: checkout.SourceQuery, Payee: "klaing@devb", Amount: payment.Amount, TransactionID: transaction, PaidAt: at}
}

// process is a service with its verifier.
type process struct {
	*checkout.Service
	*verifier.Verifier
}

// newProcess makes both over config.Store, which is a verifier.Store too.
func newProcess(config checkout.Config) process {
	service := checkout.NewService(config)
	return process{service, verifier.New(verifier.Config{Service: service, Store: config.Store.(verifier.Store)})}
}

// harness is a service over a real database with a fake provider and clock.
type harness struct {
	process
	t        *testing.T
	store    *db.Store
	provider *fake
	mu       sync.Mutex
	now      time.Time
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{t: t, provider: &fake{answers: map[string]checkout.Answer{}}, now: time.Date(2026, 4, 14, 5, 0, 0, 0, time.UTC)}
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Now: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = store.Close()
		wantSound(t, path)
	})
	h.store = store
	h.process = newProcess(checkout.Config{Store: store, Endpoints: store, Providers: []checkout.Provider{h.provider}, BaseURL: "https://pay.example", Now: h.clock})
	spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"test":{"providers":{"bakong":{}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ApplyMerchant(t.Context(), store, spec); err != nil {
		t.Fatal(err)
	}
	return h
}

// wantSound checks a database as rieltime check does.
func wantSound(t *testing.T, path string) {
	t.Helper()
	findings, err := db.Check(context.Background(), path)
	if err != nil {
		t.Error(err)
	}
	for _, finding := range findings {
		if finding.Broken > 0 && !finding.Note {
			t.Errorf("%s: broken by %v", finding.Check, finding.Examples)
		}
	}
}

func (h *harness) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *harness) move(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(by)
}

// pass moves the clock and does what has become due.
func (h *harness) pass(d time.Duration) {
	h.t.Helper()
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	if err := h.Tick(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.Wait()
}

func params() checkout.SessionParams {
	return checkout.SessionParams{
		Amount: "10.00", Currency: "USD", Reference: checkout.NewReference(),
		SuccessURL: "https://shop.example/thanks", CancelURL: "https://shop.example/cart",
	}
}

// open makes a session and starts a payment by KHQR.
func (h *harness) open() checkout.Purchase {
	h.t.Helper()
	return h.openAt("klaing")
}

func (h *harness) openAt(merchant string) checkout.Purchase {
	h.t.Helper()
	session, err := h.CreateSession(h.t.Context(), merchant, checkout.ModeTest, params(), checkout.IdempotentRequest{})
	if err != nil {
		h.t.Fatal(err)
	}
	purchase, err := h.StartPayment(h.t.Context(), session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		h.t.Fatal(err)
	}
	return purchase
}

func (h *harness) reload(p checkout.Purchase) checkout.Purchase {
	h.t.Helper()
	again, err := h.Purchase(h.t.Context(), p.Session.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return again
}

func TestPaymentIsFoundByAsking(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.pass(3 * time.Second)
	if got := h.reload(p); got.Session.Status != checkout.SessionOpen || got.Latest().CheckCount != 1 {
		t.Fatalf("%+v", got)
	}
	h.provider.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(*p.Latest(), "tx", h.clock())})
	h.pass(10 * time.Second)
	if got := h.reload(p); got.Session.Status != checkout.SessionComplete || got.Latest().Proof.TransactionID != "tx" {
		t.Errorf("%+v", got)
	}
	asked := len(h.provider.asked)
	h.pass(time.Hour)
	if len(h.provider.asked) != asked {
		t.Error("asked about a payment that had succeeded")
	}
}

func TestNobodyIsAskedTwiceAtATime(t *testing.T) {
	h := newHarness(t)
	h.open()
	h.mu.Lock()
	h.now = h.now.Add(5 * time.Second)
	h.mu.Unlock()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := h.Tick(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	h.Wait()
	if n := len(h.provider.asked); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestAnotherProcessGoesOn(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.provider.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(*p.Latest(), "tx", h.clock())})
	second := newProcess(checkout.Config{Store: h.store, Providers: []checkout.Provider{h.provider}, BaseURL: "https://pay.example", Now: h.clock})
	h.mu.Lock()
	h.now = h.now.Add(5 * time.Second)
	h.mu.Unlock()
	if err := second.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.Wait()
	if got := h.reload(p); got.Session.Status != checkout.SessionComplete {
		t.Errorf("session %s", got.Session.Status)
	}
}

func TestLateMoneyIsFoundHoursAfterwards(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.pass(31 * time.Minute)
	h.pass(10 * time.Minute)
	if got := h.reload(p); got.Session.Status != checkout.SessionExpired {
		t.Fatalf("session %s", got.Session.Status)
	}
	h.provider.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(*p.Latest(), "tx", h.clock())})
	h.pass(10 * time.Hour)
	got := h.reload(p)
	if got.Session.Status != checkout.SessionExpired || got.Latest().Review != checkout.ReviewLate || got.Latest().Status != checkout.PaymentSucceeded {
		t.Errorf("session %s, payment %s, review %s", got.Session.Status, got.Latest().Status, got.Latest().Review)
	}
}

func TestCallbackOnlyWakesAQuestion(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.pass(3 * time.Second)
	asked := len(h.provider.asked)
	reply, err := h.Callback(t.Context(), "bakong", p.Latest().ID, checkout.Message{Body: []byte(p.Latest().Reference)})
	if err != nil || reply != "OK" {
		t.Fatal(reply, err)
	}
	h.pass(0)
	if len(h.provider.asked) != asked+1 {
		t.Error("the callback woke no question")
	}
	if got := h.reload(p); got.Session.Status != checkout.SessionOpen {
		t.Errorf("a callback made the session %s", got.Session.Status)
	}
}

func TestBadCallbacksAreAllRefusedAlike(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	for name, call := range map[string][3]string{
		"forged":            {"bakong", p.Latest().ID, "forged"},
		"unknown reference": {"bakong", p.Latest().ID, "RNOSUCH"},
		"unknown payment":   {"bakong", "pay_no", p.Latest().Reference},
		"unknown account":   {"bakong", "acct_no", p.Latest().Reference},
		"other provider":    {"kess", p.Latest().ID, p.Latest().Reference},
	} {
		_, err := h.Callback(t.Context(), call[0], call[1], checkout.Message{Body: []byte(call[2])})
		if !errors.Is(err, checkout.ErrCallbackRefused) || err.Error() != checkout.ErrCallbackRefused.Detail {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusedStartIsAFailedPayment(t *testing.T) {
	h := newHarness(t)
	session, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params(), checkout.IdempotentRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  error
		code string
	}{
		{&checkout.Refused{Code: "X", Reason: "no", Buyer: "limit_exceeded"}, "limit_exceeded"},
		{checkout.NotStarted(errors.New("connection refused")), "unreachable"},
	} {
		h.provider.refuse = c.err
		p, err := h.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "khqr"})
		if err != nil {
			t.Fatal(err)
		}
		if p.Session.Status != checkout.SessionOpen || p.Latest().Status != checkout.PaymentFailed || p.Latest().FailureCode != c.code {
			t.Errorf("%v: payment %s %s", c.err, p.Latest().Status, p.Latest().FailureCode)
		}
	}
	h.provider.refuse = nil
	if p, err := h.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "khqr"}); err != nil || p.Latest().Status != checkout.PaymentRequiresAction {
		t.Errorf("after the provider recovered: %v", err)
	}
}

func TestUnknownMethodIsRefused(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	if _, err := h.StartPayment(t.Context(), p.Session.ID, checkout.StartParams{Method: "cash"}); !errors.Is(err, checkout.ErrMethodUnavailable) {
		t.Error(err)
	}
}

func TestBadSessionFieldsAreNamed(t *testing.T) {
	h := newHarness(t)
	short, long := 299, 86401
	for param, alter := range map[string]func(*checkout.SessionParams){
		"amount":             func(p *checkout.SessionParams) { p.Amount = "1e3" },
		"currency":           func(p *checkout.SessionParams) { p.Currency = "EUR" },
		"reference":          func(p *checkout.SessionParams) { p.Reference = "" },
		"success_url":        func(p *checkout.SessionParams) { p.SuccessURL = "javascript:alert(1)" },
		"cancel_url":         func(p *checkout.SessionParams) { p.CancelURL = "https://evil.example/" },
		"description":        func(p *checkout.SessionParams) { p.Description = string(make([]byte, 501)) },
		"locale":             func(p *checkout.SessionParams) { p.Locale = "fr" },
		"expires_in":         func(p *checkout.SessionParams) { p.ExpiresIn = &short },
		"customer.email":     func(p *checkout.SessionParams) { p.Customer.Email = "no" },
		"customer.phone":     func(p *checkout.SessionParams) { p.Customer.Phone = "12" },
		"payment_methods[0]": func(p *checkout.SessionParams) { p.PaymentMethods = []string{"cash"} },
		"line_items[0].name": func(p *checkout.SessionParams) {
			p.LineItems = []checkout.LineItemParams{{Quantity: new(1), Amount: "1"}}
		},
		"line_items[0].amount": func(p *checkout.SessionParams) {
			p.LineItems = []checkout.LineItemParams{{Name: "x", Quantity: new(1), Amount: "-1"}}
		},
		"line_items[0].quantity": func(p *checkout.SessionParams) { p.LineItems = []checkout.LineItemParams{{Name: "x", Amount: "1"}} },
		"metadata":               func(p *checkout.SessionParams) { p.Metadata = map[string]string{"": "x"} },
	} {
		request := params()
		alter(&request)
		_, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, request, checkout.IdempotentRequest{})
		var bad *checkout.Error
		if !errors.As(err, &bad) || bad.Param != param || bad.Kind != checkout.KindInvalid || bad.Code == "" {
			t.Errorf("%s: %+v", param, err)
		}
	}
	request := params()
	request.ExpiresIn = &long
	if _, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, request, checkout.IdempotentRequest{}); err == nil {
		t.Error("86401 seconds passed")
	}
}

// "I have paid", said of a session that ended long ago, is answered soon after
// the provider can answer again.
func TestLateClaimIsAnsweredWhenTheProviderIsBack(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.pass(40 * time.Minute)
	h.pass(5 * time.Hour)
	h.provider.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictUnknown})
	if _, err := h.ReportPaid(t.Context(), p.Session.ID, verifier.PaidParams{Hash: ""}); err != nil {
		t.Fatal(err)
	}
	h.pass(time.Second)
	if p = h.reload(p); !p.Latest().Doubtful {
		t.Fatal("the claim was not asked about")
	}
	h.provider.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPending})
	h.pass(time.Minute)
	if p = h.reload(p); p.Latest().Doubtful || !p.Latest().ReportedPaidAt.IsZero() {
		t.Errorf("a minute after the provider is back: %+v", p.Latest())
	}
}
