package verifier

import (
	"context"
	"errors"

	"rieltime/checkout"
)

// claimedAtOnce bounds the sessions whose kept claims are looked up in a row.
const claimedAtOnce = 20

// lookUpKeptClaims looks the kept claims up that are due, one after the other and beside
// all queries, unless it still does.
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
		for _, id := range sessionIDs {
			if ctx.Err() != nil {
				return
			}
			if err := v.lookUpClaimsOf(context.WithoutCancel(ctx), id); err != nil {
				v.log.Error("look kept claims up", "session", checkout.ShortSession(id), "error", err)
			}
		}
	})
	return nil
}

// lookUpClaimsOf looks the kept claims of a session up, and drops those that are answered
// or that cannot be looked up any more.
func (v *Verifier) lookUpClaimsOf(ctx context.Context, sessionID string) (err error) {
	defer checkout.Contain(v.log, "verifier", &err)
	purchase, due, err := v.service.TakeDueClaims(ctx, sessionID)
	if err != nil {
		return err // perhaps they are taken, then until the lease ends
	}

	for _, text := range due {
		_, failed := v.claimByHash(ctx, purchase, PaidParams{Hash: text}, true)
		switch {
		case failed == nil:
			err = errors.Join(err, v.service.ForgetClaim(ctx, sessionID, text))

		// What the buyer would be told now helps nobody: the page has gone on.
		case refusesClaim(failed):
			v.log.Warn("a kept claim cannot be looked up any more", "session", checkout.ShortSession(sessionID), "error", failed)
			err = errors.Join(err, v.service.ForgetClaim(ctx, sessionID, text))

		case errors.Is(failed, errNotNow):
			err = errors.Join(err, v.service.DeferClaim(ctx, sessionID, text))

		default: // such as a busy database
			err = errors.Join(err, failed, v.service.DeferClaim(ctx, sessionID, text))
		}
	}
	return err
}

// refusesClaim reports whether an error is about the claim itself, so that another try would
// end the same.
func refusesClaim(err error) bool {
	var refused *checkout.Error
	return errors.As(err, &refused) && (refused.Kind == checkout.KindInvalid || refused.Kind == checkout.KindConflict)
}
