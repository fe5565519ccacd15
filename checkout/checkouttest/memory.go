package checkouttest

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

// Memory is a store for one merchant, klaing, with one account, acct_1: maps, and
// heaps for what comes due. It keeps no links, refunds or webhooks.
type Memory struct {
	mu       sync.Mutex
	merchant checkout.Merchant
	account  checkout.Account
	sessions map[string]*checkout.Purchase
	session  map[string]string    // of a payment
	leased   map[string]time.Time // payments
	checks   times                // payments by NextCheckAt
	due      map[string]bool      // payments whose NextCheckAt has come
	viewed   map[string]bool      // payments viewed of late
	reported map[string]bool      // payments reported as paid of late
	ends     times                // sessions by what runs out
	overdue  map[string]bool      // sessions in which something has run out
	starts   map[string]bool      // sessions with a payment whose start was not answered
	claims   map[string]bool      // sessions with claims that wait
	lookups  []verifier.HashLookup
	rates    []checkout.Rate // the latest last

	Quota  verifier.Quota             // of the account
	Events map[checkout.EventType]int // raised so far
}

var (
	_ checkout.Store = (*Memory)(nil)
	_ verifier.Store = (*Memory)(nil)
)

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{
		merchant: checkout.Merchant{ID: "klaing", Name: "Coffee Klaing", ReturnHosts: []string{"shop.example"}, LatePayments: checkout.LateReview},
		account:  checkout.Account{ID: "acct_1", MerchantID: "klaing", Mode: checkout.ModeTest, Provider: providerName},
		Quota:    verifier.Quota{QueryUsage: checkout.QueryUsage{AccountID: "acct_1"}},
		sessions: map[string]*checkout.Purchase{}, session: map[string]string{}, leased: map[string]time.Time{},
		due: map[string]bool{}, viewed: map[string]bool{}, reported: map[string]bool{}, overdue: map[string]bool{},
		starts: map[string]bool{}, claims: map[string]bool{}, Events: map[checkout.EventType]int{},
	}
}

// times is a heap; what it holds may be out of date.
type times []timed

type timed struct {
	at time.Time
	id string
}

func (h times) Len() int           { return len(h) }
func (h times) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h times) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *times) Push(x any)        { *h = append(*h, x.(timed)) }
func (h *times) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// until moves what has come by now into a set.
func (h *times) until(now time.Time, set map[string]bool) {
	for len(*h) > 0 && !(*h)[0].at.After(now) {
		set[heap.Pop(h).(timed).id] = true
	}
}

// include puts an id into a set, or takes it out.
func include(set map[string]bool, id string, in bool) {
	if in {
		set[id] = true
	} else {
		delete(set, id)
	}
}

func (m *Memory) payment(id string) *checkout.Payment { return m.sessions[m.session[id]].Payment(id) }

func copied(p *checkout.Purchase) checkout.Purchase {
	return checkout.Purchase{Session: p.Session, Payments: slices.Clone(p.Payments), Merchant: p.Merchant}
}

// Merchant implements checkout.Store.
func (m *Memory) Merchant(context.Context, string) (checkout.Merchant, error) { return m.merchant, nil }

// Account implements checkout.Store and verifier.Store.
func (m *Memory) Account(context.Context, string) (checkout.Account, error) { return m.account, nil }

// QueryUsage implements checkout.Store.
func (m *Memory) QueryUsage(context.Context, string, checkout.Mode) (map[string]checkout.QueryUsage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return map[string]checkout.QueryUsage{m.account.ID: m.Quota.QueryUsage}, nil
}

// EarlierSettings implements checkout.Store.
func (m *Memory) EarlierSettings(context.Context, checkout.Account, int) ([]checkout.Account, error) {
	return nil, nil
}

// Accounts implements checkout.Store.
func (m *Memory) Accounts(context.Context, string, checkout.Mode) ([]checkout.Account, error) {
	return []checkout.Account{m.account}, nil
}

// InsertSession implements checkout.Store.
func (m *Memory) InsertSession(_ context.Context, s checkout.Session, _ checkout.IdempotentRequest, _ checkout.Addresses) (checkout.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s.ID] = &checkout.Purchase{Session: s, Merchant: m.merchant}
	heap.Push(&m.ends, timed{s.ExpiresAt, s.ID})
	heap.Push(&m.ends, timed{s.ExpiresAt.Add(5 * time.Minute), s.ID}) // when nobody waits for an answer any more
	return s, nil
}

// Purchase implements checkout.Store.
func (m *Memory) Purchase(_ context.Context, id string) (checkout.Purchase, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return copied(m.sessions[id]), nil
}

// Payment implements checkout.Store.
func (m *Memory) Payment(_ context.Context, id string) (checkout.Payment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return *m.payment(id), nil
}

// PaymentByTransaction implements checkout.Store.
func (m *Memory) PaymentByTransaction(context.Context, checkout.Account, checkout.Proof) (checkout.Payment, error) {
	return checkout.Payment{}, checkout.ErrNotFound
}

// PaymentByReference implements checkout.Store.
func (m *Memory) PaymentByReference(context.Context, string, string) (checkout.Payment, error) {
	return checkout.Payment{}, checkout.ErrNotFound
}

// RecentAttempts implements checkout.Store.
func (m *Memory) RecentAttempts(context.Context, string, checkout.Mode, time.Time, int) ([]checkout.Attempt, error) {
	return nil, nil
}

// UpdateFrom implements checkout.Store.
func (m *Memory) UpdateFrom(ctx context.Context, loaded checkout.Purchase, change func(*checkout.Purchase) error) (checkout.Purchase, error) {
	return m.Update(ctx, loaded.Session.ID, change)
}

// Update implements checkout.Store.
func (m *Memory) Update(_ context.Context, id string, change func(*checkout.Purchase) error) (checkout.Purchase, error) {
	m.mu.Lock()
	defer m.mu.Unlock()

	before := m.sessions[id]
	after := copied(before)
	if err := change(&after); err != nil {
		return after, err
	}

	for i, payment := range after.Payments {
		was := checkout.Payment{}
		if i < len(before.Payments) {
			was = before.Payments[i]
		}

		m.session[payment.ID] = id
		if !payment.ReportedPaidAt.IsZero() {
			m.reported[payment.ID] = true
		}

		if !payment.NextCheckAt.Equal(was.NextCheckAt) {
			m.plan(payment)
		}

		if !payment.CheckedAt.Equal(was.CheckedAt) {
			delete(m.leased, payment.ID)
		}

		if !payment.ExpiresAt.Equal(was.ExpiresAt) {
			heap.Push(&m.ends, timed{payment.ExpiresAt, id})
		}
	}

	for _, event := range after.Events() {
		m.Events[event.Type]++
	}

	include(m.starts, id, slices.ContainsFunc(after.Payments, func(p checkout.Payment) bool { return !p.UnansweredSince.IsZero() }))
	include(m.claims, id, !after.Session.ClaimsDueAt().IsZero())

	stored := copied(&after)
	m.sessions[id] = &stored
	return after, nil
}

// WakeRefund implements checkout.Store.
func (m *Memory) WakeRefund(context.Context, checkout.Refund) error { return nil }

// LastRate finds the last rate.
func (m *Memory) LastRate(context.Context, checkout.Rate) (checkout.Rate, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.rates) == 0 {
		return checkout.Rate{}, nil
	}
	return m.rates[len(m.rates)-1], nil
}

// InsertRate stores a rate.
func (m *Memory) InsertRate(_ context.Context, _ checkout.Rate, decide func(last, accepted checkout.Rate) (checkout.Rate, error)) (checkout.Rate, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var last, accepted checkout.Rate
	for _, rate := range m.rates {
		if last = rate; !rate.FarOff {
			accepted = rate
		}
	}

	rate, err := decide(last, accepted)
	if err == nil {
		m.rates = append(m.rates, rate)
	}
	return rate, err
}
