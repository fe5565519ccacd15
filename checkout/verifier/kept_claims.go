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

// lookUpClaimsOf looks the kept claims of a session up, and drops those that are answered.
func (v *Verifier) lookUpClaimsOf(ctx context.Context, sessionID string) (err error) {
	defer checkout.Contain(v.log, "verifier", &err)
	purchase, due, err := v.service.TakeDueClaims(ctx, sessionID)
	for _, text := range due {
		_, failed := v.claimByHash(ctx, purchase, PaidParams{Hash: text}, true)
		if errors.Is(failed, errNotNow) {
			err = errors.Join(err, v.service.DeferClaim(ctx, sessionID, text))
			continue
		}

		// What the buyer would be told now helps nobody: the page has gone on.
		var refused *checkout.Error
		if failed != nil && !errors.As(failed, &refused) {
			err = errors.Join(err, failed)
			continue
		}
		if refused != nil {
			v.log.Warn("a kept claim cannot be looked up any more", "session", checkout.ShortSession(sessionID), "error", failed)
		}
		err = errors.Join(err, v.service.ForgetClaim(ctx, sessionID, text))
	}
	return err
}
