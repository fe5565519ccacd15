package checkout_test

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

// memory is a Fake store for one merchant with one account: maps, and heaps for
// what comes due.
type memory struct {
	mu       sync.Mutex
	merchant checkout.Merchant
	account  checkout.Account
	meter    verifier.Quota
	sessions map[string]*checkout.Purchase
	session  map[string]string    // of a payment
	leased   map[string]time.Time // payments
	checks   times                // payments by NextCheckAt
	due      map[string]bool      // payments whose NextCheckAt has come
	looked   map[string]bool      // payments watched of late
	claims   map[string]bool      // payments claimed of late
	ends     times                // sessions by what runs out
	overdue  map[string]bool      // sessions in which something has run out
	events   map[checkout.EventType]int
	lookups  []verifier.HashLookup
}

var _ checkout.Store = (*memory)(nil)

func newMemory(m checkout.Merchant, a checkout.Account) *memory {
	return &memory{
		merchant: m, account: a, meter: verifier.Quota{QueryUsage: checkout.QueryUsage{AccountID: a.ID}},
		sessions: map[string]*checkout.Purchase{}, session: map[string]string{}, leased: map[string]time.Time{},
		due: map[string]bool{}, looked: map[string]bool{}, claims: map[string]bool{}, overdue: map[string]bool{}, events: map[checkout.EventType]int{},
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

func (m *memory) payment(id string) *checkout.Payment { return m.sessions[m.session[id]].Payment(id) }

func copied(p *checkout.Purchase) checkout.Purchase {
	return checkout.Purchase{Session: p.Session, Payments: slices.Clone(p.Payments), Merchant: p.Merchant}
}

func (m *memory) Merchant(context.Context, string) (checkout.Merchant, error) { return m.merchant, nil }
func (m *memory) Account(context.Context, string) (checkout.Account, error)   { return m.account, nil }
func (m *memory) QueryUsage(context.Context, string, checkout.Mode) (map[string]checkout.QueryUsage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return map[string]checkout.QueryUsage{m.account.ID: m.meter.QueryUsage}, nil
}

func (m *memory) EarlierSettings(context.Context, checkout.Account, int) ([]checkout.Account, error) {
	return nil, nil
}
func (m *memory) Accounts(context.Context, string, checkout.Mode) ([]checkout.Account, error) {
	return []checkout.Account{m.account}, nil
}

func (m *memory) InsertSession(_ context.Context, s checkout.Session, _ checkout.IdempotentRequest) (checkout.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s.ID] = &checkout.Purchase{Session: s, Merchant: m.merchant}
	heap.Push(&m.ends, timed{s.ExpiresAt, s.ID})
	heap.Push(&m.ends, timed{s.ExpiresAt.Add(5 * time.Minute), s.ID}) // when nobody waits for an answer any more
	return s, nil
}

func (m *memory) Purchase(_ context.Context, id string) (checkout.Purchase, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return copied(m.sessions[id]), nil
}

func (m *memory) Payment(_ context.Context, id string) (checkout.Payment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return *m.payment(id), nil
}

func (m *memory) PaymentByTransaction(context.Context, checkout.Account, checkout.Proof) (checkout.Payment, error) {
	return checkout.Payment{}, checkout.ErrNotFound
}

func (m *memory) PaymentByReference(context.Context, string, string) (checkout.Payment, error) {
	return checkout.Payment{}, checkout.ErrNotFound
}

func (m *memory) RecentAttempts(context.Context, string, checkout.Mode, time.Time, int) ([]checkout.Attempt, error) {
	return nil, nil
}

func (m *memory) Update(_ context.Context, id string, change func(*checkout.Purchase) error) (checkout.Purchase, error) {
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
			m.claims[payment.ID] = true
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
		m.events[event.Type]++
	}
	stored := copied(&after)
	m.sessions[id] = &stored
	return after, nil
}

func (m *memory) plan(p checkout.Payment) {
	delete(m.due, p.ID)
	if !p.NextCheckAt.IsZero() {
		heap.Push(&m.checks, timed{p.NextCheckAt, p.ID})
	}
}

func (m *memory) Overdue(_ context.Context, now, waited time.Time, limit int) (ids []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ends.until(now, m.overdue)
	for id := range m.overdue {
		if len(ids) == limit {
			break
		}
		if isOverdue(m.sessions[id], now, waited) {
			ids = append(ids, id)
		} else {
			delete(m.overdue, id)
		}
	}
	return ids, nil
}

func (m *memory) Unanswered(_ context.Context, before time.Time, limit int) (ids []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, purchase := range m.sessions {
		for _, p := range purchase.Payments {
			if len(ids) < limit && !p.UnansweredSince.IsZero() && !p.UnansweredSince.After(before) && p.Review == checkout.ReviewNone {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

func isOverdue(p *checkout.Purchase, now, waited time.Time) bool {
	over := p.Session.Status == checkout.SessionOpen && !p.Session.ExpiresAt.After(waited)
	asked := false
	for _, payment := range p.Payments {
		over = over || !payment.Status.Closed() && !payment.ExpiresAt.After(now)
		asked = asked || !payment.NextCheckAt.IsZero()
	}
	return over || !asked && p.Session.Status == checkout.SessionOpen && !p.Session.ExpiresAt.After(now)
}

// arrive moves the payments that have come due by now to the due ones.
func (m *memory) arrive(now time.Time) {
	arrived := map[string]bool{}
	m.checks.until(now, arrived)
	for id := range arrived {
		if p := m.payment(id); !p.NextCheckAt.IsZero() && !p.NextCheckAt.After(now) {
			m.due[id] = true
		}
	}
}

func (m *memory) DueAccounts(_ context.Context, now, lookingSince time.Time) ([]verifier.DueAccount, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arrive(now)
	if m.meter.PausedUntil.After(now) || m.meter.NextAt.After(now) || len(m.due) == 0 {
		return nil, nil
	}
	due := verifier.DueAccount{Quota: m.meter}
	for _, p := range m.dueOf(m.claims) {
		due.ReportedPaid = due.ReportedPaid || p.ReportedPaidAt.After(p.CheckedAt)
	}
	for _, p := range m.dueOf(m.looked) {
		if !p.WatchedAt.After(lookingSince) {
			delete(m.looked, p.ID)
		} else if due.ViewedAt.IsZero() || p.CreatedAt.Before(due.ViewedAt) {
			due.ViewedAt = p.CreatedAt
		}
	}
	return []verifier.DueAccount{due}, nil
}

// dueOf lists the due payments of a set, and forgets those that are over.
func (m *memory) dueOf(set map[string]bool) (due []*checkout.Payment) {
	for id := range set {
		if p := m.payment(id); p.NextCheckAt.IsZero() {
			delete(set, id)
		} else if m.due[id] {
			due = append(due, p)
		}
	}
	return due
}

func (m *memory) LeaseDue(_ context.Context, q verifier.Batch) ([]checkout.Payment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arrive(q.Now)
	var due []*checkout.Payment
	for id := range m.due {
		if p := m.payment(id); !m.leased[id].After(q.Now) && (!p.CreatedAt.After(q.MadeBefore) || p.ReportedPaidAt.After(p.CheckedAt)) && !p.CheckedAt.After(q.AskedBefore) {
			due = append(due, p)
		}
	}
	order := func(a, b *checkout.Payment) int { return byUrgency(a, b, q.ViewedSince) }
	if q.Size == 1 && len(due) > 0 {
		due = []*checkout.Payment{slices.MinFunc(due, order)}
	}
	slices.SortFunc(due, order)
	var payments []checkout.Payment
	for _, p := range due[:min(q.Size, len(due))] {
		payments = append(payments, *p)
	}
	if len(payments) > 0 {
		payments = q.Together(payments)
	}
	meter := m.meter
	if len(payments) == 0 || !q.Spend(&meter, payments) {
		return nil, nil
	}
	m.meter = meter
	for _, p := range payments {
		m.leased[p.ID] = q.Lease
	}
	return payments, nil
}

func byUrgency(a, b *checkout.Payment, lookingSince time.Time) int {
	looked := a.WatchedAt.After(lookingSince)
	age := b.CreatedAt.Compare(a.CreatedAt)
	if looked {
		age = -age
	}
	return cmp.Or(
		first(a.ReportedPaidAt.After(a.CheckedAt), b.ReportedPaidAt.After(b.CheckedAt)),
		first(looked, b.WatchedAt.After(lookingSince)),
		first(a.ClosedAt.IsZero(), b.ClosedAt.IsZero()),
		first(!a.CheckedAt.After(a.ClosedAt), !b.CheckedAt.After(b.ClosedAt)),
		age,
		cmp.Compare(a.ID, b.ID),
	)
}

func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (m *memory) UpdateQuota(_ context.Context, _ string, change func(*verifier.Quota)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.meter)
	return nil
}

func (m *memory) AllowHashLookup(_ context.Context, l verifier.HashLookup) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	session, address, minute, day := 0, 0, 0, 0
	for _, was := range m.lookups {
		session += count(was.SessionID == l.SessionID)
		address += count(was.Address == l.Address && was.At.After(l.At.Add(-time.Hour)))
		minute += count(was.At.After(l.At.Add(-time.Minute)))
		day += count(!was.At.Before(l.Day))
	}
	if session >= l.PerSession || address >= l.PerHour || minute >= l.PerMinute || l.PerDay >= 0 && day >= l.PerDay {
		return false, nil
	}
	m.lookups = append(m.lookups, l)
	return true, nil
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (m *memory) ClockSetBack(context.Context, time.Time, time.Time, time.Time) error { return nil }

func (m *memory) WakeRefund(context.Context, checkout.Refund) error { return nil }

func (m *memory) MarkViewed(_ context.Context, ids []string, now time.Time, pace time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		p := m.payment(id)
		if p.NextCheckAt.IsZero() {
			continue
		}
		p.WatchedAt = now
		m.looked[id] = true
		if soon := p.CheckedAt.Add(pace); !p.Doubtful && !p.CheckedAt.IsZero() && p.NextCheckAt.After(soon) {
			p.NextCheckAt = soon
			m.plan(*p)
		}
	}
	return nil
}

func (m *memory) Delayed(_ context.Context, ids []string, before time.Time) (waiting []checkout.Payment, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		p := m.payment(id)
		if !p.NextCheckAt.IsZero() && !p.NextCheckAt.After(before) && !m.leased[id].After(before) && !p.Delayed {
			waiting = append(waiting, *p)
		}
	}
	return waiting, nil
}

// busy reports whether anything is due at now.
func (m *memory) busy(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.due) > 0 || len(m.overdue) > 0 {
		return true
	}
	for _, h := range []times{m.checks, m.ends} {
		if len(h) > 0 && !h[0].at.After(now) {
			return true
		}
	}
	return false
}
