package verifier

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"rieltime/checkout"
)

// appliedTogether bounds the answers of a list that are recorded at once: the
// store commits them together, and buyers wait for no more of them.
const appliedTogether = 8

// queryDue sends the accounts that are due a query each in turn, until none can
// send one now or a tick is over: there may always be more to query, and what
// else a tick does must not wait for the end of that.
func (v *Verifier) queryDue(ctx context.Context) (next time.Duration, err error) {
	now := v.service.Now()
	due, err := v.store.DueAccounts(ctx, now, now.Add(-checkout.ViewedFor))
	var queues []*accountQueue
	for _, account := range due {
		queue, failed := v.queueFor(ctx, account)
		err = errors.Join(err, failed)
		if queue != nil {
			queues = append(queues, queue)
		}
	}

	for sent := true; sent; {
		if v.service.Now().Sub(now) >= tickInterval {
			return 0, err
		}

		var failed error
		queues, sent, failed = v.sendEach(ctx, queues)
		err = errors.Join(err, failed)
	}

	next = tickInterval
	for _, queue := range queues {
		next = min(next, queue.nextAt.Sub(v.service.Now()))
	}
	return next, err
}

// sendEach sends each account's next query and returns the accounts that may have more to
// send. One whose rate refuses is left alone until its time has come: others may send for
// long enough.
func (v *Verifier) sendEach(ctx context.Context, queues []*accountQueue) (more []*accountQueue, sent bool, err error) {
	for _, queue := range queues {
		if queue.nextAt.After(v.service.Now()) {
			more = append(more, queue)
			continue
		}

		one, failed := v.sendNext(ctx, queue)
		err = errors.Join(err, failed)
		sent = sent || one
		if one || queue.nextAt.After(v.service.Now()) {
			more = append(more, queue)
		}
	}

	return more, sent, err
}

// sendNext sends the next query to an account, unless nothing is due, its budget
// or breaker refuses, or too many are in flight.
func (v *Verifier) sendNext(ctx context.Context, q *accountQueue) (sent bool, err error) {
	select {
	case v.slots <- struct{}{}:
	default:
		v.full.Store(true)
		return false, nil
	}

	probe, ok := v.breakers.begin(q.account.ID, v.service.Now())
	if !ok {
		v.free()
		return false, nil
	}

	payments, err := v.store.LeaseDue(ctx, q.batch(v.service.Now()))
	if err != nil || len(payments) == 0 {
		v.breakers.cancel(q.account.ID)
		v.free()
		return false, err
	}

	v.inFlight.Go(func() {
		var fault error
		defer v.free()
		defer checkout.Contain(v.log, "verifier", &fault)
		v.send(context.WithoutCancel(ctx), q, payments, probe)
	})
	return true, nil
}

// free returns a slot, and wakes Run when a query waited for it.
func (v *Verifier) free() {
	<-v.slots
	if !v.full.CompareAndSwap(true, false) {
		return
	}

	select {
	case v.freed <- struct{}{}:
	default:
	}
}

// send sends one query and records its answers.
func (v *Verifier) send(ctx context.Context, q *accountQueue, payments []checkout.Payment, probe bool) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()

	ctx, span := checkout.StartSpan(ctx, "query payments", payments...)
	started := v.service.Now()
	answers := v.query(ctx, q, payments)
	defer checkout.EndSpan(span, checkout.VerdictTexts(answers...)...)

	// What the answers say about the account comes first: others wait for it.
	v.observeAnswers(q.account.Provider, answers, v.service.Now().Sub(started))
	if pause := v.breakers.finish(q.account.ID, payments[0].ID, accountAnswers(answers), probe); pause > 0 {
		answers[0].PauseUntil = checkout.Later(answers[0].PauseUntil, v.service.Now().Add(pause))
	}

	v.applyBackoff(ctx, q.account.ID, answers)
	if q.limited && accountAnswers(answers) {
		v.limitLifted(ctx, q.account.ID)
	}

	var applied errgroup.Group
	applied.SetLimit(appliedTogether)
	for i, answer := range answers {
		if answer.QueryAlone {
			answer = v.queryAlone(ctx, q, payments[i], answer)
		}

		applied.Go(func() error {
			v.record(checkout.InBackground(context.WithoutCancel(ctx)), payments[i], answer)
			return nil
		})
	}

	_ = applied.Wait() // record has logged each error
}

// queryAlone fetches the proof of a payment that a list reports as paid, as far
// as the budget goes. Without it the payment stays due.
func (v *Verifier) queryAlone(ctx context.Context, q *accountQueue, payment checkout.Payment, answer checkout.Answer) checkout.Answer {
	ok, err := v.spend(ctx, q.account.ID, q.budget)
	if err != nil {
		v.log.Error("spend a query", "account", q.account.ID, "error", err)
	}

	if !ok {
		return answer
	}

	started := v.service.Now()
	answer = v.answerOf(ctx, q.account.Provider, func() checkout.Answer { return q.provider.QueryPayment(ctx, q.account, payment) })
	v.observeAnswers(q.account.Provider, []checkout.Answer{answer}, v.service.Now().Sub(started))
	v.applyBackoff(ctx, q.account.ID, []checkout.Answer{answer})
	return answer
}

func (v *Verifier) observeAnswers(provider string, answers []checkout.Answer, took time.Duration) {
	if v.observe == nil {
		return
	}
	for _, verdict := range checkout.VerdictTexts(answers...) {
		v.observe(checkout.Observation{What: checkout.ObservedAnswer, Provider: provider, Outcome: verdict, Took: took})
	}
}
