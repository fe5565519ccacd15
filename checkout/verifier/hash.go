package verifier

import (
	"context"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// Bounds of hash look-ups.
const (
	hashesPerSession = 3
	hashesPerHour    = 6
	hashesPerMinute  = 12
)

// codesQueriedAtOnce bounds the queries that one hash leads to.
const codesQueriedAtOnce = 5

// The errors of hashes. The payment itself is still queried.
var (
	ErrHashInvalid  = &checkout.Error{Kind: checkout.KindInvalid, Code: "hash_invalid", Param: "hash", Detail: "A transaction hash has 8 or 64 characters: digits and the letters a to f."}
	ErrHashTooOften = &checkout.Error{Kind: checkout.KindRateLimited, Code: "hash_too_often", Param: "hash", Detail: "No more transaction hashes can be looked up for now. Your payment is looked for without one.", RetryAfter: time.Hour}
)

// PaidParams is what a buyer says under "I have paid".
type PaidParams struct {
	Hash    string // of the transaction, as the bank's receipt shows it; may be empty
	Address string // the buyer's IP address, for bounds on hashes
}

// ReportPaid is the buyer's "I have paid": the latest attempt is queried at
// once. A transaction hash has all attempts of this session queried by their own
// codes. When it names money that none of them was paid by, that is recorded as
// claimed, for the merchant to decide about: it completes nothing.
func (v *Verifier) ReportPaid(ctx context.Context, sessionID string, params PaidParams) (checkout.Purchase, error) {
	purchase, err := v.service.MarkReportedPaid(ctx, sessionID)
	if err != nil || params.Hash == "" {
		return purchase, err
	}
	return v.claimByHash(ctx, purchase, params)
}

// claimByHash looks a transaction up for the account of the newest attempt whose
// provider knows hashes.
func (v *Verifier) claimByHash(ctx context.Context, purchase checkout.Purchase, params PaidParams) (checkout.Purchase, error) {
	account, checker, err := v.hashChecker(ctx, purchase)
	if err != nil || checker == nil {
		return purchase, err
	}
	if !checker.IsHash(params.Hash) {
		return purchase, ErrHashInvalid
	}
	if purchase.NamesTransaction(params.Hash) {
		return purchase, nil
	}
	if err := v.allowHash(ctx, account, purchase.Session.ID, params.Address); err != nil {
		return purchase, err
	}

	offered := purchase.OfferedBy(account.ID)
	if err := v.service.WakePayments(ctx, purchase.Session.ID, offered); err != nil {
		return purchase, err
	}

	// The provider's answer is recorded even when the buyer has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkout.CallTimeout)
	defer cancel()

	proof := v.lookUp(ctx, checker, account, offered[len(offered)-1], params.Hash)
	if proof == nil {
		return purchase, nil
	}
	payment, ok := purchase.Claimable(offered, *proof)
	if !ok {
		return purchase, nil
	}

	// A proof by one of our own codes counts more than the claim.
	v.queryOwnCodes(ctx, account, offered)
	return v.service.RecordClaim(ctx, payment, *proof)
}

// hashChecker returns what knows hashes among the attempts that the buyer could
// have paid; nil when nothing does.
func (v *Verifier) hashChecker(ctx context.Context, purchase checkout.Purchase) (checkout.Account, checkout.HashChecker, error) {
	for _, payment := range slices.Backward(purchase.Payments) {
		checker, can := v.service.Provider(payment.Provider).(checkout.HashChecker)
		if !can || payment.NextAction.Kind == checkout.ActionNone {
			continue
		}
		account, err := v.store.Account(ctx, payment.AccountID)
		return account, checker, err
	}
	return checkout.Account{}, nil, nil
}

// allowHash counts a look-up against its bounds. It takes nothing of what is
// kept for payments: not of the rate, and of a daily allowance only the share
// that is set aside for hashes.
func (v *Verifier) allowHash(ctx context.Context, account checkout.Account, sessionID, address string) error {
	now := v.service.Now()
	lookup := HashLookup{
		AccountID: account.ID, SessionID: sessionID, Address: address, At: now, Day: cambodia.Midnight(now),
		PerSession: hashesPerSession, PerHour: hashesPerHour, PerMinute: hashesPerMinute, PerDay: -1,
	}

	paused := false
	err := v.store.UpdateQuota(ctx, account.ID, func(quota *Quota) {
		paused = lookup.At.Before(quota.PausedUntil)
		if allowance := quota.Allowance(checkout.BudgetOf(v.service.Provider(account.Provider), account)); allowance > 0 {
			lookup.PerDay = hashLookups(allowance)
		}
	})
	if err != nil {
		return err
	}
	if paused {
		return ErrHashTooOften
	}

	allowed, err := v.store.AllowHashLookup(ctx, lookup)
	if err == nil && !allowed {
		return ErrHashTooOften
	}

	return err
}

// lookUp queries the transaction of a hash; nil when there is none that could be
// for the payment.
func (v *Verifier) lookUp(ctx context.Context, checker checkout.HashChecker, account checkout.Account, payment checkout.Payment, hash string) *checkout.Proof {
	ctx, span := checkout.StartSpan(ctx, "look up transaction", payment)
	answer := v.answerOf(ctx, payment.Provider, func() checkout.Answer { return checker.CheckHash(ctx, account, payment, hash) })
	checkout.EndSpan(span, checkout.VerdictTexts(answer)...)

	v.applyBackoff(ctx, account.ID, []checkout.Answer{answer})
	if answer.Verdict != checkout.VerdictPaid || answer.Proof == nil {
		return nil
	}
	answer.Proof.Source = checkout.SourceHash
	return answer.Proof
}

// queryOwnCodes queries the newest attempts by their own codes, as far as the
// budget goes. What it leaves out is queried later, like every attempt.
func (v *Verifier) queryOwnCodes(ctx context.Context, account checkout.Account, offered []checkout.Payment) {
	provider := v.service.Provider(account.Provider)
	querier, can := provider.(checkout.Querier)
	if !can {
		return
	}

	for _, payment := range offered[:min(len(offered), codesQueriedAtOnce)] {
		if payment.Proof != nil {
			continue
		}
		if ok, err := v.spend(ctx, account.ID, checkout.BudgetOf(provider, account)); err != nil || !ok {
			return
		}

		answer := v.answerOf(ctx, payment.Provider, func() checkout.Answer { return querier.QueryPayment(ctx, account, payment) })
		v.applyBackoff(ctx, account.ID, []checkout.Answer{answer})
		v.record(ctx, payment, answer)
	}
}
