package verifier

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// Bounds of hash look-ups.
const (
	hashesPerSession = 3
	hashesPerHour    = 6
	hashesPerMinute  = 12

	// keptPerMinute leaves the rest of a minute to buyers who enter something now.
	keptPerMinute = hashesPerMinute / 2
)

// errNotNow is a look-up that cannot be made or answered now, for a reason that is not the
// buyer's: it is made later.
var errNotNow = errors.New("the look-up is not possible now")

// codesQueriedAtOnce bounds the queries that one hash leads to.
const codesQueriedAtOnce = 5

// The errors of hashes, and of references beside checkout.ErrReferencesRefused. The
// payment itself is still queried.
var (
	ErrHashInvalid  = &checkout.Error{Kind: checkout.KindInvalid, Code: "hash_invalid", Param: "hash", Detail: "A transaction hash has 8 or 64 characters: digits and the letters a to f."}
	ErrHashTooOften = &checkout.Error{Kind: checkout.KindRateLimited, Code: "hash_too_often", Param: "hash", Detail: "No more transaction hashes can be looked up for now. Your payment is looked for without one.", RetryAfter: time.Hour}
)

// PaidParams is what a buyer says under "I have paid".
type PaidParams struct {
	Hash    string // of the transaction, or the bank's reference, as the receipt shows it; may be empty
	Address string // the buyer's IP address, for bounds on look-ups
}

// ReportPaid is the buyer's "I have paid": the latest attempt is queried at once. A
// transaction hash, or a bank's reference where the account looks those up, has all
// attempts of this session queried by their own codes. When it names money that none of
// them was paid by, that is recorded as claimed, for the merchant to decide about: it
// completes nothing. What cannot be looked up now is kept, and looked up later.
func (v *Verifier) ReportPaid(ctx context.Context, sessionID string, params PaidParams) (checkout.Purchase, error) {
	purchase, err := v.service.MarkReportedPaid(ctx, sessionID)
	if err != nil || params.Hash == "" {
		return purchase, err
	}

	claimed, err := v.claimByHash(ctx, purchase, params, nil)
	if errors.Is(err, ErrHashTooOften) && purchase.KeepsClaim(params.Hash) {
		return purchase, nil // it is looked up all the same
	}
	if !errors.Is(err, errNotNow) {
		return claimed, err
	}
	kept, ok, err := v.service.KeepClaim(context.WithoutCancel(ctx), sessionID, params.Hash)
	if err == nil && !ok {
		err = ErrHashTooOften
	}
	return kept, err
}

// claimByHash looks a transaction up for the account of the newest attempt whose
// provider knows hashes; round is that of a claim that was kept until now, nil for others.
func (v *Verifier) claimByHash(ctx context.Context, purchase checkout.Purchase, params PaidParams, round *claimRound) (checkout.Purchase, error) {
	account, checker, err := v.service.HashCheckerOf(ctx, purchase)
	if err != nil || checker == nil {
		return purchase, err
	}
	lookUps, err := v.lookUpsOf(purchase, account, checker, params.Hash)
	if err != nil || len(lookUps) == 0 {
		return purchase, err
	}
	if round != nil && round.over {
		return purchase, errNotNow
	}

	offered := purchase.OfferedBy(account.ID)
	c := claim{purchase.Session.ID, account, firstOfEachAmount(offered), params.Address, round != nil, lookUps}
	allowed, err := v.allowHash(ctx, c, c.queries())
	if err != nil {
		return purchase, err
	}

	if err := v.service.WakePayments(ctx, purchase.Session.ID, offered); err != nil {
		return purchase, err
	}

	// The provider's answer is recorded even when the buyer has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkout.CallTimeout)
	defer cancel()

	proof, err := v.find(ctx, c, allowed)
	if err != nil || proof == nil {
		return purchase, err
	}
	payment, ok := purchase.Claimable(offered, *proof)
	if !ok {
		return purchase, nil
	}

	// A proof by one of our own codes counts more than the claim.
	v.queryOwnCodes(ctx, account, offered)
	return v.service.RecordClaim(ctx, payment, *proof)
}

// claim is a buyer's word that one of some payments was paid, with the queries about it.
type claim struct {
	sessionID string
	account   checkout.Account
	payments  []checkout.Payment
	address   string   // the buyer's
	kept      bool     // until now
	lookUps   []lookUp // for each of the payments
}

// queries is how many queries it takes to learn that a claim is about none of the payments.
func (c claim) queries() int { return len(c.payments) * len(c.lookUps) }

// firstOfEachAmount returns the oldest attempt of each amount, since a session may be paid
// in one of two currencies; that of the newest attempt first.
func firstOfEachAmount(offered []checkout.Payment) (firsts []checkout.Payment) {
	for _, payment := range offered {
		at := slices.IndexFunc(firsts, func(first checkout.Payment) bool { return first.Amount == payment.Amount })
		if at < 0 {
			firsts = append(firsts, payment)
		} else {
			firsts[at] = payment
		}
	}
	return firsts
}

// lookUp is one query about a transaction that a buyer names.
type lookUp func(ctx context.Context, account checkout.Account, payment checkout.Payment) checkout.Answer

// lookUpsOf returns the queries about what a buyer entered, in their order: one about a
// hash, one about each kind of reference. There are none when it names recorded money.
func (v *Verifier) lookUpsOf(purchase checkout.Purchase, account checkout.Account, checker checkout.HashChecker, text string) ([]lookUp, error) {
	if hash := strings.ToLower(text); checker.IsHash(hash) {
		if purchase.NamesTransaction(hash) {
			return nil, nil
		}
		return []lookUp{func(ctx context.Context, account checkout.Account, payment checkout.Payment) checkout.Answer {
			return checker.CheckHash(ctx, account, payment, hash)
		}}, nil
	}

	references, can := checker.(checkout.ReferenceChecker)
	if !can {
		return nil, ErrHashInvalid
	}
	kinds, allowed := references.ReferenceKinds(account)
	switch {
	case !allowed, !references.IsReference(text):
		return nil, ErrHashInvalid
	case purchase.NamesReference(v.service.ProviderInfo(account.Provider), account.ID, text):
		return nil, nil
	case len(kinds) == 0:
		return nil, checkout.ErrReferencesRefused
	}

	var lookUps []lookUp
	for _, kind := range kinds {
		lookUps = append(lookUps, func(ctx context.Context, account checkout.Account, payment checkout.Payment) checkout.Answer {
			return references.CheckReference(ctx, account, payment, checkout.Reference{Kind: kind, Text: text})
		})
	}
	return lookUps, nil
}

// find makes a claim's look-ups until one finds a transaction that could be for one of its
// payments; nil when none does, and errNotNow when one had no answer. The first are allowed
// already, one at least.
func (v *Verifier) find(ctx context.Context, c claim, allowed int) (*checkout.Proof, error) {
	var refused, unanswered error
	for _, payment := range c.payments {
		for _, query := range c.lookUps {
			if allowed == 0 {
				var err error
				if allowed, err = v.allowHash(ctx, c, 1); err != nil {
					return nil, cmp.Or(unanswered, err)
				}
			}
			allowed--

			answer := v.lookUp(ctx, c.account, payment, query)
			if answer.Verdict == checkout.VerdictPaid && answer.Proof != nil {
				answer.Proof.Source = checkout.SourceHash
				return answer.Proof, nil
			}
			if errors.Is(answer.Cause, checkout.ErrReferencesRefused) {
				refused = checkout.ErrReferencesRefused
			} else if answer.Verdict == checkout.VerdictUnknown {
				unanswered = errNotNow
			}
		}
	}
	return nil, cmp.Or(unanswered, refused)
}

// allowHash counts look-ups against their bounds, of those wanted as many as are to be made
// together: ErrHashTooOften is beyond the buyer's bounds, errNotNow beyond the account's. It
// takes nothing of what is kept for payments: not of the rate, and of a daily allowance only
// the share that is set aside for hashes.
//
// A kept claim has all its look-ups allowed together: the few that an account allows in a
// minute would otherwise be spent on parts of many claims, each of which begins anew. One whose
// buyer waits begins with what there is.
func (v *Verifier) allowHash(ctx context.Context, c claim, wanted int) (allowed int, err error) {
	now, account := v.service.Now(), c.account
	lookup := HashLookup{
		AccountID: account.ID, SessionID: c.sessionID, Address: c.address, Kept: c.kept, At: now, Day: cambodia.Midnight(now), Count: 1,
		PerSession: max(hashesPerSession, c.queries()), PerHour: hashesPerHour, PerMinute: hashesPerMinute, PerDay: -1,
	}

	err = v.store.UpdateQuota(ctx, account.ID, func(quota *Quota) {
		lookup.Paused = lookup.At.Before(quota.PausedUntil)
		if allowance := quota.Allowance(checkout.BudgetOf(v.service.Provider(account.Provider), account)); allowance > 0 {
			lookup.PerDay = hashLookups(allowance)
		}
	})
	if err != nil {
		return 0, err
	}

	if c.kept {
		lookup.PerMinute, lookup.Count = keptPerMinute, min(wanted, keptPerMinute)
		if lookup.PerDay > 0 {
			lookup.Count = min(lookup.Count, lookup.PerDay)
		}
	}

	allowance, err := v.store.AllowHashLookup(ctx, lookup)
	switch {
	case err != nil:
		return 0, err
	case allowance == HashTooOften:
		return 0, ErrHashTooOften
	case allowance == HashNotNow:
		return 0, errNotNow
	}
	return lookup.Count, nil
}

// lookUp makes one query about a transaction that a buyer names.
func (v *Verifier) lookUp(ctx context.Context, account checkout.Account, payment checkout.Payment, query lookUp) checkout.Answer {
	ctx, span := checkout.StartSpan(ctx, "look up transaction", payment)
	answer := v.answerOf(ctx, payment.Provider, func() checkout.Answer { return query(ctx, account, payment) })
	checkout.EndSpan(span, checkout.VerdictTexts(answer)...)

	v.applyBackoff(ctx, account.ID, []checkout.Answer{answer})
	return answer
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
