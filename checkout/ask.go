package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// askDue asks the accounts in turn, a question each, until all have had theirs
// or a tick is over: there may always be more to ask, and what else a tick does
// must not wait for the end of that.
func (s *Service) askDue(ctx context.Context) (next time.Duration, err error) {
	now := s.now()
	due, err := s.store.DueAccounts(ctx, now, now.Add(-viewedFor))
	var lines []*accountQueue
	for _, account := range due {
		line, failed := s.queueFor(ctx, account)
		err = errors.Join(err, failed)
		if line != nil {
			lines = append(lines, line)
		}
	}

	next = verifierTick
	for len(lines) > 0 {
		if s.now().Sub(now) >= verifierTick {
			return 0, err
		}

		more := lines[:0]
		for _, line := range lines {
			asked, failed := s.sendNext(ctx, line)
			err = errors.Join(err, failed)
			if asked {
				more = append(more, line)
			}

			if wait := line.nextAt.Sub(now); wait > 0 {
				next = min(next, wait)
			}
		}

		lines = more
	}

	return next, err
}

// accountQueue is what it takes to ask an account.
type accountQueue struct {
	provider Querier
	account  Account
	budget   Budget
	size     int
	scarce   bool      // there is a daily allowance
	limited  bool      // the provider has said that the daily limit is reached
	last     bool      // no second question may follow soon
	nextAt   time.Time // when the rate lets the next question be asked
}

// queueFor prepares an account's questions; nil when its budget lets nobody ask
// who is due.
func (s *Service) queueFor(ctx context.Context, due DueAccount) (*accountQueue, error) {
	account, err := s.store.Account(ctx, due.Quota.AccountID)
	if err != nil {
		return nil, err
	}

	provider := s.providers[account.Provider]
	querier, can := provider.(Querier)
	if !can {
		return nil, nil
	}

	l, err := contained(s.logFor(ctx), account.Provider, func() (*accountQueue, error) {
		l := &accountQueue{provider: querier, account: account, budget: budgetOf(provider, account), size: 1}
		if batcher, can := provider.(BatchQuerier); can {
			l.size = max(1, batcher.BatchSize(account))
		}
		return l, nil
	})
	if err != nil { // a fault of the adapter: other accounts go on, this one rests
		return nil, errors.Join(err, s.store.UpdateQuota(ctx, account.ID, func(m *Quota) { m.PausedUntil = later(m.PausedUntil, s.now().Add(faultRest)) }))
	}

	l.limited = due.Quota.LimitAnswers > 0
	if !l.canAfford(due, s.now()) {
		return nil, nil
	}

	return l, nil
}

// canAfford reports whether the budget lets the most urgent of those due be asked
// about.
func (l *accountQueue) canAfford(due DueAccount, now time.Time) bool {
	var unripe time.Duration
	if l.scarce = due.Quota.allowance(l.budget) > 0; l.scarce {
		after := due.Quota
		l.last = !after.spend(l.budget, priorityViewed, now) || after.InHand < 1
		unripe = ripeAfter
		if l.last {
			unripe = ripeForLast
		}
	}

	urgency := priorityIdle
	if due.ReportedPaid {
		urgency = priorityReported
	} else if !due.ViewedAt.IsZero() && now.Sub(due.ViewedAt) >= unripe {
		urgency = priorityViewed
	}

	return due.Quota.spend(l.budget, urgency, now)
}

// sendNext sends off the next question to an account, unless nothing is due, its
// budget or breaker refuses, or too many are in flight.
func (s *Service) sendNext(ctx context.Context, l *accountQueue) (asked bool, err error) {
	select {
	case s.slots <- struct{}{}:
	default:
		s.full.Store(true)
		return false, nil
	}

	probe, ok := s.breakers.enter(l.account.ID, s.now())
	if !ok {
		s.free()
		return false, nil
	}

	payments, err := s.store.LeaseDue(ctx, s.nextBatch(l))
	if err != nil || len(payments) == 0 {
		s.breakers.leave(l.account.ID)
		s.free()
		return false, err
	}

	s.asking.Go(func() {
		var fault error
		defer s.free()
		defer Contain(s.log, "verifier", &fault)
		s.ask(context.WithoutCancel(ctx), l, payments, probe)
	})
	return true, nil
}

// free gives a slot back, and has Run look again when somebody waited for it.
func (s *Service) free() {
	<-s.slots
	if s.full.CompareAndSwap(true, false) {
		s.wakeVerifier()
	}
}

func (s *Service) nextBatch(l *accountQueue) Batch {
	now := s.now()
	q := Batch{
		AccountID: l.account.ID, Now: now, Lease: now.Add(leaseFor), LookingSince: now.Add(-viewedFor),
		MadeBefore: now, AskedBefore: now, Size: l.size,
	}
	if l.scarce {
		q.MadeBefore, q.AskedBefore = now.Add(-ripeAfter), now.Add(-askAgainAfter)
	}

	if l.last {
		q.MadeBefore = now.Add(-ripeForLast)
	}

	q.Spend = func(m *Quota, payments []Payment) bool {
		u := priorityOf(payments[0], now)
		if u == priorityIdle && 2*len(payments) < l.size {
			u = prioritySparse
		}
		ok := m.spend(l.budget, u, now)
		l.nextAt = m.NextAt
		return ok
	}
	return q
}

// spend spends one question of an account's budget.
func (s *Service) spend(ctx context.Context, accountID string, budget Budget, u priority) (ok bool, err error) {
	err = s.store.UpdateQuota(ctx, accountID, func(m *Quota) { ok = m.spend(budget, u, s.now()) })
	return ok && err == nil, err
}

// ask puts one question and records its answers.
func (s *Service) ask(ctx context.Context, l *accountQueue, payments []Payment, probe bool) {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()

	ctx, span := startSpan(ctx, "ask about payments", payments...)
	begun := s.now()
	answers := s.query(ctx, l, payments)
	defer endSpan(span, verdictsOf(answers...)...)

	s.observeAnswers(l.account.Provider, answers, s.now().Sub(begun))
	if rest := s.breakers.answered(l.account.ID, payments[0].ID, accountAnswers(answers), probe); rest > 0 {
		answers[0].PauseUntil = later(answers[0].PauseUntil, s.now().Add(rest))
	}

	s.applyBackoff(ctx, l.account.ID, answers)
	if l.limited && accountAnswers(answers) {
		s.limitLifted(ctx, l.account.ID)
	}

	var applied errgroup.Group
	applied.SetLimit(appliedTogether)
	for i, answer := range answers {
		if answer.AskAlone {
			answer = s.askAlone(ctx, l, payments[i], answer)
		}

		applied.Go(func() error {
			s.record(context.WithoutCancel(ctx), payments[i], answer)
			return nil
		})
	}

	_ = applied.Wait() // each has told its error
}

// record applies an answer. One that cannot be recorded, although the store
// works, is kept as no answer, so that the payment is not asked about again at
// once, for ever.
func (s *Service) record(ctx context.Context, payment Payment, answer Answer) {
	_, err := contained(s.logFor(ctx), payment.Provider, func() (any, error) { return nil, s.Apply(ctx, payment, answer) })
	var named *Error
	if err != nil && !errors.As(err, &named) {
		err = errors.Join(err, s.Apply(ctx, payment, Answer{Odd: true, Cause: err}))
	}
	if err != nil {
		s.logFor(ctx).Error("record answer", "payment", payment.ID, "error", err)
	}
}

// query asks about one payment, or several at once. A payment that is closed
// here is closed at the provider too, where the provider can.
func (s *Service) query(ctx context.Context, l *accountQueue, payments []Payment) []Answer {
	if len(payments) > 1 {
		return s.queryList(ctx, l, payments)
	}
	return []Answer{s.answerOf(ctx, l.account.Provider, func() Answer {
		if closer, can := l.provider.(Closer); can && payments[0].Status.Closed() {
			return closer.ClosePayment(ctx, l.account, payments[0])
		}
		return l.provider.QueryPayment(ctx, l.account, payments[0])
	})}
}

// queryList asks about several payments at once. A list that has not an answer
// for each payment has none for any: nobody knows whose they are.
func (s *Service) queryList(ctx context.Context, l *accountQueue, payments []Payment) []Answer {
	answers, err := contained(s.logFor(ctx), l.account.Provider, func() ([]Answer, error) {
		return l.provider.(BatchQuerier).QueryPayments(ctx, l.account, payments), nil
	})
	if err == nil && len(answers) != len(payments) {
		err = fmt.Errorf("%d answers about %d payments", len(answers), len(payments))
	}
	if err != nil {
		answers = slices.Repeat([]Answer{{Odd: true, Cause: err}}, len(payments))
	}
	return answers
}

// answerOf asks a provider; a panic in its adapter is no answer.
func (s *Service) answerOf(ctx context.Context, provider string, ask func() Answer) Answer {
	answer, err := contained(s.logFor(ctx), provider, func() (Answer, error) { return ask(), nil })
	if err != nil {
		return Answer{Odd: true, Cause: err}
	}
	return answer
}

// askAlone asks for the proof of a payment that a list tells to be paid, as far
// as the budget goes. Without it the payment stays due.
func (s *Service) askAlone(ctx context.Context, l *accountQueue, payment Payment, answer Answer) Answer {
	ok, err := s.spend(ctx, l.account.ID, l.budget, priorityReported)
	if err != nil {
		s.logFor(ctx).Error("take a question", "account", l.account.ID, "error", err)
	}

	if !ok {
		return answer
	}

	begun := s.now()
	answer = s.answerOf(ctx, l.account.Provider, func() Answer { return l.provider.QueryPayment(ctx, l.account, payment) })
	s.observeAnswers(l.account.Provider, []Answer{answer}, s.now().Sub(begun))
	s.applyBackoff(ctx, l.account.ID, []Answer{answer})
	return answer
}

// accountAnswers reports whether answers show that the account can be asked: it
// may be that only what it says of these payments cannot be used.
func accountAnswers(answers []Answer) bool {
	return slices.ContainsFunc(answers, func(a Answer) bool { return a.Verdict != VerdictUnknown || a.Odd })
}

// applyBackoff keeps what a question's answers tell about the account: how long not to
// ask it, and its daily allowance.
func (s *Service) applyBackoff(ctx context.Context, accountID string, answers []Answer) {
	var pause time.Time
	reached, limit := false, 0
	for _, answer := range answers {
		pause, limit = later(pause, answer.PauseUntil), max(limit, answer.DailyLimit)
		reached = reached || answer.LimitReached
	}

	if pause.IsZero() && !reached {
		return
	}

	var after Quota
	err := s.store.UpdateQuota(context.WithoutCancel(ctx), accountID, func(m *Quota) {
		if reached {
			m.limitReached(limit, s.now())
		}
		m.PausedUntil = later(m.PausedUntil, pause)
		after = *m
	})
	if err != nil {
		s.logFor(ctx).Error("pause account", "account", accountID, "error", err)
	}

	if reached {
		s.logFor(ctx).Warn("the daily limit is reached", "account", accountID, "limit", limit, "next_question", after.PausedUntil)
	}
}

func (s *Service) limitLifted(ctx context.Context, accountID string) {
	err := s.store.UpdateQuota(context.WithoutCancel(ctx), accountID, func(m *Quota) { m.limitLifted(s.now()) })
	if err != nil {
		s.logFor(ctx).Error("note that the daily limit is lifted", "account", accountID, "error", err)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
