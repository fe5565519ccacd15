package verifier

import (
	"context"
	"errors"
	"sync"

	"rieltime/checkout"
)

// claimedAtOnce bounds the sessions whose kept claims are looked up in a row: many, so that
// those of an account that does not answer are soon put off, and not in the way of others.
const claimedAtOnce = 200

// lookUpKeptClaims looks the kept claims up that are due, beside all queries and those of
// one account one after the other, unless it still does.
func (v *Verifier) lookUpKeptClaims(ctx context.Context) error {
	if !v.claiming.CompareAndSwap(false, true) {
		return nil
	}
	sessionIDs, err := v.store.ClaimsDue(ctx, v.service.Now(), claimedAtOnce)
	if err != nil || len(sessionIDs) == 0 {
		v.claiming.Store(false)
		return err
	}

	v.inFlight.Go(func() {
		defer v.claiming.Store(false)
		var accounts sync.WaitGroup
		for _, ids := range v.byClaimedAccount(ctx, sessionIDs) {
			accounts.Go(func() { v.lookUpClaimsAtAccount(ctx, ids) })
		}
		accounts.Wait()
	})
	return nil
}

// byClaimedAccount groups sessions by the accounts that their claims are looked up at.
func (v *Verifier) byClaimedAccount(ctx context.Context, sessionIDs []string) map[string][]string {
	groups := map[string][]string{}
	for _, id := range sessionIDs {
		var account checkout.Account
		purchase, err := v.service.Purchase(ctx, id)
		if err == nil {
			account, _, err = v.service.HashCheckerOf(ctx, purchase)
		}
		if err != nil {
			v.log.Error("find the account of kept claims", "session", checkout.ShortSession(id), "error", err)
		}
		groups[account.ID] = append(groups[account.ID], id)
	}
	return groups
}

// lookUpClaimsAtAccount looks the kept claims of an account's sessions up. After one that
// got no answer, or was not allowed, the others wait: an account that does not answer
// holds the claims of others up for no longer than one call takes.
func (v *Verifier) lookUpClaimsAtAccount(ctx context.Context, sessionIDs []string) {
	round := claimRound{}
	for _, id := range sessionIDs {
		if ctx.Err() != nil {
			return
		}
		if err := v.lookUpClaimsOf(context.WithoutCancel(ctx), id, &round); err != nil {
			v.log.Error("look kept claims up", "session", checkout.ShortSession(id), "error", err)
		}
	}
}

// claimRound is what is known of an account while its kept claims are looked up.
type claimRound struct {
	over bool // no more of them can be looked up now
}

// lookUpClaimsOf looks the kept claims of a session up, and drops those that are answered
// or that cannot be looked up any more.
func (v *Verifier) lookUpClaimsOf(ctx context.Context, sessionID string, round *claimRound) (err error) {
	defer checkout.Contain(v.log, "verifier", &err)
	for range checkout.MaxKeptClaims {
		purchase, text, failed := v.service.TakeDueClaim(ctx, sessionID)
		if failed != nil || text == "" {
			return errors.Join(err, failed) // perhaps it is taken, then until the lease ends
		}

		err = errors.Join(err, v.lookUpKeptClaim(ctx, purchase, text, round))
	}
	return err
}

func (v *Verifier) lookUpKeptClaim(ctx context.Context, purchase checkout.Purchase, text string, round *claimRound) error {
	sessionID := purchase.Session.ID
	_, failed := v.claimByHash(ctx, purchase, PaidParams{Hash: text}, round)
	switch {
	case failed == nil:
		return v.service.ForgetClaim(ctx, sessionID, text)

	// What the buyer would be told now helps nobody: the page has gone on.
	case refusesClaim(failed):
		v.log.Warn("a kept claim cannot be looked up any more", "session", checkout.ShortSession(sessionID), "error", failed)
		return v.service.ForgetClaim(ctx, sessionID, text)

	case errors.Is(failed, errNotNow):
		round.over = true
		return v.service.DeferClaim(ctx, sessionID, text)
	}

	return errors.Join(failed, v.service.DeferClaim(ctx, sessionID, text)) // such as of a busy database
}

// refusesClaim reports whether an error is about the claim itself, so that another try would
// end the same.
func refusesClaim(err error) bool {
	var refused *checkout.Error
	return errors.As(err, &refused) && (refused.Kind == checkout.KindInvalid || refused.Kind == checkout.KindConflict)
}
