package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/handlers"
)

// addHistory gives the demo's merchant some weeks of payments, unless it has had any
// session. They are made by the rules that all purchases follow, with a clock that is set
// back. Their webhooks count as sent, and no provider is asked about them later.
func (c *demoCommand) addHistory(ctx context.Context, app *app, secrets *demoSecrets, shop site) (err error) {
	sessions, _, err := app.store.ListSessions(ctx, demoMerchant, checkout.ModeTest, checkout.SessionQuery{ListPart: checkout.ListPart{Limit: 1}})
	if err != nil || len(sessions) > 0 {
		return err
	}

	now := app.store.Now()
	h := &history{now: now.Add(-historyDays * 24 * time.Hour)}
	options := c.options()
	options.Access, options.Key, options.Log, options.Now, options.Past = db.Existing, app.key, app.log, h.clock, true
	if h.store, err = db.Open(ctx, options); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.store.Close()) }()

	if h.methods, err = pastMethods(ctx, app); err != nil {
		return err
	}

	h.service = checkout.NewService(checkout.Config{
		Store: h.store, Links: h.store, Endpoints: h.store, Providers: pastProviders(app.providers, h.methods),
		Addresses: handlers.Addresses(app.baseURL), Log: slog.New(slog.DiscardHandler), Now: h.clock,
	})
	endpoints, _, err := h.store.ListEndpoints(ctx, demoMerchant, checkout.ModeTest, checkout.ListPart{Limit: 1})
	if err != nil || len(endpoints) == 0 {
		return errors.Join(err, errors.New("the demo has no webhook endpoint"))
	}
	h.endpoint = endpoints[0].ID

	secrets.HistoryUntil = now
	if err := c.saveSecrets(*secrets); err != nil {
		return err
	}

	return h.make(ctx, planHistory(now, h.methods, h.refundable), shop.url)
}

// history makes purchases of the past, one step after the other.
type history struct {
	service  *checkout.Service
	store    *db.Store
	methods  []checkout.Method
	endpoint string // that receives the events
	now      time.Time
	sent     int // deliveries so far
}

func (h *history) clock() time.Time { return h.now }

// refundable reports whether a method's provider gives money back itself.
func (h *history) refundable(method checkout.Method) bool {
	_, can := h.service.Provider(method.Provider).(checkout.Refunder)
	return can
}

// step is one thing that happened.
type step struct {
	at time.Time
	do func(context.Context) error
}

// make carries out purchases in the order of time, in which steps of several alternate.
func (h *history) make(ctx context.Context, purchases []pastPurchase, shop string) error {
	var steps []step
	for _, p := range purchases {
		steps = append(steps, h.stepsOf(p, shop)...)
	}

	slices.SortStableFunc(steps, func(a, b step) int { return a.at.Compare(b.at) })
	for _, s := range steps {
		h.now = s.at
		if err := s.do(ctx); err != nil {
			return err
		}
		if err := h.deliver(ctx); err != nil {
			return err
		}
	}

	return nil
}

// stepsOf are the steps of one purchase.
func (h *history) stepsOf(p pastPurchase, shop string) (steps []step) {
	var session string
	attempts := make([]checkout.Payment, len(p.attempts))
	add := func(after time.Duration, do func(context.Context) error) {
		steps = append(steps, step{p.at.Add(after), do})
	}

	add(0, func(ctx context.Context) error {
		created, err := h.service.CreateSession(ctx, demoMerchant, checkout.ModeTest, p.params(shop))
		session = created.ID
		return err
	})
	for i, a := range p.attempts {
		add(a.after, func(ctx context.Context) error {
			purchase, err := h.service.StartPayment(ctx, session, checkout.StartParams{Method: a.method.ID, Device: checkout.DeviceAndroid})
			if err == nil {
				attempts[i] = *purchase.Latest()
			}
			return err
		})
		if a.answered > 0 {
			add(a.answered, func(ctx context.Context) error {
				return h.service.Apply(ctx, attempts[i], a.answer(attempts[i], h.now))
			})
		}
	}

	switch p.end {
	case endCanceled:
		add(p.ended, func(ctx context.Context) error { _, err := h.service.CancelSession(ctx, session); return err })
	case endExpired:
		add(p.ended, func(ctx context.Context) error { _, err := h.service.ExpireSession(ctx, session); return err })
	case endPaid:
	}

	if p.refund > 0 {
		add(p.refund, func(ctx context.Context) error { return h.refund(ctx, p, attempts[len(attempts)-1]) })
	}
	if p.decided > 0 {
		add(p.decided, func(ctx context.Context) error {
			payment, err := h.store.Payment(ctx, attempts[p.decidedAttempt].ID)
			if err == nil {
				_, err = h.service.DecideReview(ctx, payment, checkout.ReviewDecision{Decision: p.decision, Note: "By phone with the buyer", By: "demo"})
			}
			return err
		})
	}

	return steps
}

// refund gives money back by the provider, or by hand where it cannot.
func (h *history) refund(ctx context.Context, p pastPurchase, payment checkout.Payment) error {
	params := checkout.RefundParams{Payment: payment.ID, Amount: p.refundAmount, Reason: p.refundReason, RequestedBy: "demo"}
	if refunder, can := h.service.Provider(payment.Provider).(checkout.Refunder); !can || !refunder.CanRefund(payment) {
		params.ByHand = &checkout.ByHand{By: "Sophea", Note: "By bank transfer"}
	}
	_, err := h.service.Refund(ctx, demoMerchant, checkout.ModeTest, params)
	return err
}

// Of so many deliveries one fails at first, and one for good.
const (
	failingEvery = 67
	lostEvery    = 601
)

// deliver records that the shop was sent the events so far.
func (h *history) deliver(ctx context.Context) error {
	pending, _, err := h.store.ListDeliveries(ctx, checkout.DeliveryQuery{
		ListPart: checkout.ListPart{Limit: 20}, EndpointID: h.endpoint, Status: checkout.DeliveryPending,
	})
	if err != nil {
		return err
	}

	for _, d := range slices.Backward(pending) {
		h.sent++
		failed := checkout.DeliveryAttempt{
			DeliveryID: d.ID, At: h.now.Add(250 * time.Millisecond), Status: 503, Answer: "Service Unavailable\n",
			Error: "The endpoint answered 503.", Took: 40 * time.Millisecond, NextAt: h.now.Add(30 * time.Second),
		}
		taken := checkout.DeliveryAttempt{
			DeliveryID: d.ID, At: h.now.Add(300 * time.Millisecond), Status: 204, Took: time.Duration(20+h.sent%60) * time.Millisecond, Delivered: true,
		}

		attempts := []checkout.DeliveryAttempt{taken}
		switch {
		case h.sent%lostEvery == 0:
			failed.GaveUp, failed.NextAt = true, time.Time{}
			attempts = []checkout.DeliveryAttempt{failed}
		case h.sent%failingEvery == 0:
			taken.At = failed.NextAt
			attempts = []checkout.DeliveryAttempt{failed, taken}
		}

		for _, attempt := range attempts {
			if _, err := h.store.RecordAttempt(ctx, attempt); err != nil {
				return err
			}
		}
	}

	return nil
}

// pastMethods are the methods of the demo's providers.
func pastMethods(ctx context.Context, app *app) (methods []checkout.Method, err error) {
	accounts, err := app.store.Accounts(ctx, demoMerchant, checkout.ModeTest)
	if err != nil {
		return nil, err
	}

	for _, provider := range app.providers {
		at := slices.IndexFunc(accounts, func(a checkout.Account) bool { return a.Provider == provider.Name() })
		if at < 0 {
			continue
		}

		offered, err := provider.Methods(ctx, accounts[at], checkout.Money{Minor: 1000, Currency: checkout.USD})
		if err != nil {
			return nil, err
		}
		methods = append(methods, offered...)
	}

	return methods, nil
}

// pastProvider starts payments without calling anybody, and has no query.
type pastProvider struct {
	checkout.Provider
	methods []checkout.Method
}

// pastRefunder is a pastProvider whose refunds succeed, unless their reason says not.
type pastRefunder struct{ pastProvider }

func pastProviders(all []checkout.Provider, methods []checkout.Method) (past []checkout.Provider) {
	for _, provider := range all {
		p := pastProvider{Provider: provider}
		for _, method := range methods {
			if method.Provider == provider.Name() {
				p.methods = append(p.methods, method)
			}
		}

		if _, refunds := provider.(checkout.Refunder); refunds {
			past = append(past, pastRefunder{p})
		} else {
			past = append(past, p)
		}
	}

	return past
}

func (p pastProvider) Methods(context.Context, checkout.Account, checkout.Money) ([]checkout.Method, error) {
	return p.methods, nil
}

func (p pastProvider) CreatePayment(_ context.Context, _ checkout.Account, start checkout.Start) (checkout.Created, error) {
	return checkout.Created{ProviderID: start.Payment.Reference, NextAction: checkout.NextAction{Kind: checkout.ActionRedirect, URL: start.ReturnURL}}, nil
}

func (pastRefunder) CanRefund(checkout.Payment) bool { return true }

func (pastRefunder) Refund(_ context.Context, _ checkout.Account, _ checkout.Payment, refund checkout.RefundOrder) (checkout.RefundAnswer, error) {
	if refund.Reason == failingRefund {
		return checkout.RefundAnswer{Verdict: checkout.VerdictFailed, Reason: "The buyer's account is closed.", Raw: json.RawMessage(`{"status":"FAILED"}`)}, nil
	}
	return checkout.RefundAnswer{Verdict: checkout.VerdictPaid, ProviderID: "R" + refund.Reference, Raw: json.RawMessage(`{"status":"SUCCESS"}`)}, nil
}

func (p pastRefunder) QueryRefund(ctx context.Context, account checkout.Account, payment checkout.Payment, refund checkout.RefundOrder) (checkout.RefundAnswer, error) {
	return p.Refund(ctx, account, payment, refund)
}
