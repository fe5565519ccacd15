package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rieltime/checkout"
)

// query queries one payment, or several at once. A payment that is closed here
// is closed at the provider too, where the provider can.
func (v *Verifier) query(ctx context.Context, q *accountQueue, payments []checkout.Payment) []checkout.Answer {
	if len(payments) > 1 {
		return v.queryList(ctx, q, payments)
	}
	return []checkout.Answer{v.answerOf(ctx, q.account.Provider, func() checkout.Answer {
		if closer, can := q.provider.(checkout.Closer); can && payments[0].Status.Closed() {
			return closer.ClosePayment(ctx, q.account, payments[0])
		}
		return q.provider.QueryPayment(ctx, q.account, payments[0])
	})}
}

// queryList queries several payments at once. A list that has not an answer for
// each payment has none for any: nobody knows which payments they are about.
func (v *Verifier) queryList(ctx context.Context, q *accountQueue, payments []checkout.Payment) []checkout.Answer {
	answers, err := checkout.Contained(v.log, q.account.Provider, func() ([]checkout.Answer, error) {
		return q.provider.(checkout.BatchQuerier).QueryPayments(ctx, q.account, payments), nil
	})
	if err == nil && len(answers) != len(payments) {
		err = fmt.Errorf("%d answers about %d payments", len(answers), len(payments))
	}
	if err != nil {
		answers = slices.Repeat([]checkout.Answer{{Odd: true, Cause: err}}, len(payments))
	}
	return answers
}

// answerOf returns a provider's answer; a panic in its adapter is none.
func (v *Verifier) answerOf(ctx context.Context, provider string, query func() checkout.Answer) checkout.Answer {
	answer, err := checkout.Contained(v.service.LogFor(ctx), provider, func() (checkout.Answer, error) { return query(), nil })
	if err != nil {
		return checkout.Answer{Odd: true, Cause: err}
	}
	return answer
}

// record applies an answer. One that cannot be recorded, although the store
// works, counts as no answer, so that the payment is not queried again at once,
// for ever.
func (v *Verifier) record(ctx context.Context, payment checkout.Payment, answer checkout.Answer) {
	log := v.service.LogFor(ctx)
	_, err := checkout.Contained(log, payment.Provider, func() (any, error) { return nil, v.service.Apply(ctx, payment, answer) })
	var domain *checkout.Error
	if err != nil && !errors.As(err, &domain) {
		err = errors.Join(err, v.service.Apply(ctx, payment, checkout.Answer{Odd: true, Cause: err}))
	}
	if err != nil {
		log.Error("record answer", "payment", payment.ID, "error", err)
	}
}

// accountAnswers reports whether answers show that the account can be queried:
// perhaps only what it says about these payments cannot be used.
func accountAnswers(answers []checkout.Answer) bool {
	return slices.ContainsFunc(answers, func(a checkout.Answer) bool { return a.Verdict != checkout.VerdictUnknown || a.Odd })
}

// spend takes one query of an account's budget, for a payment reported as paid.
func (v *Verifier) spend(ctx context.Context, accountID string, budget checkout.Budget) (ok bool, err error) {
	err = v.store.UpdateQuota(ctx, accountID, func(quota *Quota) {
		ok = quota.spend(budget, priorityReported, v.service.Now())
	})
	return ok && err == nil, err
}

// applyBackoff stores the pause and daily limit that a query's answers report.
func (v *Verifier) applyBackoff(ctx context.Context, accountID string, answers []checkout.Answer) {
	var pause time.Time
	reached, limit := false, 0
	for _, answer := range answers {
		pause, limit = checkout.Later(pause, answer.PauseUntil), max(limit, answer.DailyLimit)
		reached = reached || answer.LimitReached
	}

	if pause.IsZero() && !reached {
		return
	}

	var after Quota
	err := v.store.UpdateQuota(context.WithoutCancel(ctx), accountID, func(quota *Quota) {
		if reached {
			quota.limitReached(limit, v.service.Now())
		}
		quota.PausedUntil = checkout.Later(quota.PausedUntil, pause)
		after = *quota
	})
	log := v.service.LogFor(ctx)
	if err != nil {
		log.Error("pause account", "account", accountID, "error", err)
	}

	if reached {
		log.Warn("the daily limit is reached", "account", accountID, "limit", limit, "next_query", after.PausedUntil)
	}
}

func (v *Verifier) limitLifted(ctx context.Context, accountID string) {
	err := v.store.UpdateQuota(context.WithoutCancel(ctx), accountID, func(quota *Quota) { quota.limitLifted(v.service.Now()) })
	if err != nil {
		v.log.Error("note that the daily limit is lifted", "account", accountID, "error", err)
	}
}
