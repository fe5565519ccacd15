package verifier

import (
	"context"
	"errors"
	"time"

	"rieltime/checkout"
)

// Where queries are counted by the day, a payment is not queried in its first
// ripeAfter, in its first ripeForLast when no second query could follow soon,
// and again after queryAgainAfter at the soonest. Few buyers pay so fast.
const (
	ripeAfter       = 20 * time.Second
	ripeForLast     = 60 * time.Second
	queryAgainAfter = 30 * time.Second
)

// accountQueue is what it takes to query an account.
type accountQueue struct {
	provider checkout.Querier
	account  checkout.Account
	budget   checkout.Budget
	size     int
	scarce   bool      // there is a daily allowance
	limited  bool      // the provider has said that the daily limit is reached
	last     bool      // no second query may follow soon
	nextAt   time.Time // when the rate lets the next query be sent
}

// queueFor prepares an account's queries; nil when its budget lets none of those
// due be queried.
func (v *Verifier) queueFor(ctx context.Context, due DueAccount) (*accountQueue, error) {
	account, err := v.store.Account(ctx, due.Quota.AccountID)
	if err != nil {
		return nil, err
	}

	provider := v.service.Provider(account.Provider)
	querier, can := provider.(checkout.Querier)
	if !can {
		return nil, nil
	}

	q, err := checkout.Contained(v.log, account.Provider, func() (*accountQueue, error) {
		q := &accountQueue{provider: querier, account: account, budget: checkout.BudgetOf(provider, account), size: 1}
		if batcher, can := provider.(checkout.BatchQuerier); can {
			q.size = max(1, batcher.BatchSize(account))
		}
		return q, nil
	})
	if err != nil { // a fault of the adapter: only this account pauses
		return nil, errors.Join(err, v.store.UpdateQuota(ctx, account.ID, func(quota *Quota) {
			quota.PausedUntil = checkout.Later(quota.PausedUntil, v.service.Now().Add(faultPause))
		}))
	}

	q.limited = due.Quota.LimitAnswers > 0
	if !q.canAfford(due, v.service.Now()) {
		return nil, nil
	}

	return q, nil
}

// canAfford reports whether the budget lets the most urgent of those due be
// queried.
func (q *accountQueue) canAfford(due DueAccount, now time.Time) bool {
	var unripe time.Duration
	if q.scarce = due.Quota.Allowance(q.budget) > 0; q.scarce {
		after := due.Quota
		q.last = !after.spend(q.budget, priorityViewed, now) || after.InHand < 1
		unripe = ripeAfter
		if q.last {
			unripe = ripeForLast
		}
	}

	priority := priorityIdle
	if due.ReportedPaid {
		priority = priorityReported
	} else if !due.ViewedAt.IsZero() && now.Sub(due.ViewedAt) >= unripe {
		priority = priorityViewed
	}

	return due.Quota.spend(q.budget, priority, now)
}

// batch is the account's next query.
func (q *accountQueue) batch(now time.Time) Batch {
	b := Batch{
		AccountID: q.account.ID, Now: now, Lease: now.Add(leaseFor), ViewedSince: now.Add(-checkout.ViewedFor),
		MadeBefore: now, QueriedBefore: now, Size: q.size,
	}

	// A scarce allowance waits for payments that few have made yet.
	if q.scarce {
		b.MadeBefore, b.QueriedBefore = now.Add(-ripeAfter), now.Add(-queryAgainAfter)
	}
	if q.last {
		b.MadeBefore = now.Add(-ripeForLast)
	}

	b.Spend = func(quota *Quota, payments []checkout.Payment) bool {
		priority := priorityOf(payments[0], now)
		if priority == priorityIdle && 2*len(payments) < q.size {
			priority = prioritySparse
		}
		ok := quota.spend(q.budget, priority, now)
		q.nextAt = quota.NextAt
		return ok
	}
	return b
}

func priorityOf(p checkout.Payment, now time.Time) priority {
	switch {
	case p.ReportedPaidAt.After(p.CheckedAt):
		return priorityReported
	case now.Sub(p.WatchedAt) < checkout.ViewedFor:
		return priorityViewed
	}
	return priorityIdle
}
