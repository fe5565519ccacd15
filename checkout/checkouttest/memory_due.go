package checkouttest

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

func (m *Memory) plan(p checkout.Payment) {
	delete(m.due, p.ID)
	if !p.NextCheckAt.IsZero() {
		heap.Push(&m.checks, timed{p.NextCheckAt, p.ID})
	}
}

// Overdue implements verifier.Store.
func (m *Memory) Overdue(_ context.Context, now, waited time.Time, limit int) (ids []string, err error) {
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

// Unanswered implements verifier.Store.
func (m *Memory) Unanswered(_ context.Context, before time.Time, limit int) (ids []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.starts {
		for _, p := range m.sessions[id].Payments {
			if len(ids) < limit && !p.UnansweredSince.IsZero() && !p.UnansweredSince.After(before) && p.Review == checkout.ReviewNone {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

func isOverdue(p *checkout.Purchase, now, waited time.Time) bool {
	over := p.Session.Status == checkout.SessionOpen && !p.Session.ExpiresAt.After(waited)
	queried := false
	for _, payment := range p.Payments {
		over = over || !payment.Status.Closed() && !payment.ExpiresAt.After(now)
		queried = queried || !payment.NextCheckAt.IsZero()
	}
	return over || !queried && p.Session.Status == checkout.SessionOpen && !p.Session.ExpiresAt.After(now)
}

// arrive moves the payments that have come due by now to the due ones.
func (m *Memory) arrive(now time.Time) {
	arrived := map[string]bool{}
	m.checks.until(now, arrived)
	for id := range arrived {
		if p := m.payment(id); !p.NextCheckAt.IsZero() && !p.NextCheckAt.After(now) {
			m.due[id] = true
		}
	}
}

// DueAccounts implements verifier.Store.
func (m *Memory) DueAccounts(_ context.Context, now, viewedSince time.Time) ([]verifier.DueAccount, error) {
	m.mu.Lock()
	defer m.mu.Unlock()

	m.arrive(now)
	if m.Quota.PausedUntil.After(now) || m.Quota.NextAt.After(now) || len(m.due) == 0 {
		return nil, nil
	}

	due := verifier.DueAccount{Quota: m.Quota}
	for _, p := range m.dueOf(m.reported) {
		due.ReportedPaid = due.ReportedPaid || p.ReportedPaidAt.After(p.CheckedAt)
	}

	for _, p := range m.dueOf(m.viewed) {
		if !p.WatchedAt.After(viewedSince) {
			delete(m.viewed, p.ID)
		} else if due.ViewedAt.IsZero() || p.CreatedAt.Before(due.ViewedAt) {
			due.ViewedAt = p.CreatedAt
		}
	}

	return []verifier.DueAccount{due}, nil
}

// dueOf lists the due payments of a set, and forgets those that are over.
func (m *Memory) dueOf(set map[string]bool) (due []*checkout.Payment) {
	for id := range set {
		if p := m.payment(id); p.NextCheckAt.IsZero() {
			delete(set, id)
		} else if m.due[id] {
			due = append(due, p)
		}
	}
	return due
}

// LeaseDue implements verifier.Store.
func (m *Memory) LeaseDue(_ context.Context, q verifier.Batch) ([]checkout.Payment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()

	m.arrive(q.Now)
	var due []*checkout.Payment
	for id := range m.due {
		if p := m.payment(id); !m.leased[id].After(q.Now) && (!p.CreatedAt.After(q.MadeBefore) || p.ReportedPaidAt.After(p.CheckedAt)) && !p.CheckedAt.After(q.QueriedBefore) {
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

	meter := m.Quota
	if len(payments) == 0 || !q.Spend(&meter, payments) {
		return nil, nil
	}

	m.Quota = meter
	for _, p := range payments {
		m.leased[p.ID] = q.Lease
	}

	return payments, nil
}

func byUrgency(a, b *checkout.Payment, viewedSince time.Time) int {
	viewed := a.WatchedAt.After(viewedSince)
	rest, age := 0, b.CreatedAt.Compare(a.CreatedAt)
	if viewed {
		rest, age = a.CheckedAt.Compare(b.CheckedAt), -age
	}

	return cmp.Or(
		first(a.ReportedPaidAt.After(a.CheckedAt), b.ReportedPaidAt.After(b.CheckedAt)),
		first(viewed, b.WatchedAt.After(viewedSince)),
		first(a.ClosedAt.IsZero(), b.ClosedAt.IsZero()),
		first(!a.CheckedAt.After(a.ClosedAt), !b.CheckedAt.After(b.ClosedAt)),
		rest,
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

// UpdateQuota implements verifier.Store.
func (m *Memory) UpdateQuota(_ context.Context, _ string, change func(*verifier.Quota)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.Quota)
	return nil
}

// AllowHashLookup implements verifier.Store.
func (m *Memory) AllowHashLookup(_ context.Context, l verifier.HashLookup) (verifier.HashAllowance, error) {
	m.mu.Lock()
	defer m.mu.Unlock()

	session, address, minute, day := 0, 0, 0, 0
	for _, was := range m.lookups {
		session += count(was.SessionID == l.SessionID && !was.Kept)
		address += count(was.Address == l.Address && !was.Kept && was.At.After(l.At.Add(-time.Hour)))
		minute += count(was.AccountID != "" && was.At.After(l.At.Add(-time.Minute)))
		day += count(was.AccountID != "" && !was.At.Before(l.Day))
	}

	switch {
	case !l.Kept && (session >= l.PerSession || address >= l.PerHour):
		return verifier.HashTooOften, nil
	case l.Paused || minute > l.PerMinute-l.Count || l.PerDay >= 0 && day > l.PerDay-l.Count:
		if !l.Kept {
			m.lookups = append(m.lookups, verifier.HashLookup{Address: l.Address, At: l.At})
		}
		return verifier.HashNotNow, nil
	}

	for range l.Count {
		m.lookups = append(m.lookups, l)
	}
	return verifier.HashAllowed, nil
}

// ClaimsDue implements verifier.Store.
func (m *Memory) ClaimsDue(_ context.Context, now time.Time, limit int) (ids []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.claims {
		if len(ids) < limit && !m.sessions[id].Session.ClaimsDueAt().After(now) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// ClockSetBack implements verifier.Store.
func (m *Memory) ClockSetBack(context.Context, time.Time, time.Time, time.Time) error { return nil }

// MarkViewed implements verifier.Store.
func (m *Memory) MarkViewed(_ context.Context, ids []string, now time.Time, pace time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()

	for _, id := range ids {
		p := m.payment(id)
		if p.NextCheckAt.IsZero() {
			continue
		}

		p.WatchedAt = now
		m.viewed[id] = true
		if soon := p.CheckedAt.Add(pace); !p.Doubtful && !p.CheckedAt.IsZero() && p.NextCheckAt.After(soon) {
			p.NextCheckAt = soon
			m.plan(*p)
		}
	}

	return nil
}

// Delayed implements verifier.Store.
func (m *Memory) Delayed(_ context.Context, ids []string, before time.Time, limit int) (waiting []checkout.Payment, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		p := m.payment(id)
		if len(waiting) < limit && !p.NextCheckAt.IsZero() && !p.NextCheckAt.After(before) && !m.leased[id].After(before) && !p.Delayed {
			waiting = append(waiting, *p)
		}
	}
	return waiting, nil
}

// Busy reports whether anything is due at now.
func (m *Memory) Busy(now time.Time) bool {
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
