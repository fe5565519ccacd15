package verifier

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rieltime/checkout"
)

// viewStoredFor is how long a stored view stands for later ones: a page polls every few
// seconds, and each poll would write a row and its indexes. What is stored is never older
// than the last poll by more than that; what is left of checkout.ViewedFor is more than the
// 5 s between two polls.
const viewStoredFor = 8 * time.Second

// views are the payments that buyers view.
type views struct {
	mu     sync.Mutex
	viewed map[string]struct{}  // since the last tick
	stored map[string]time.Time // when a view was stored, of those that still stand
}

// MarkViewed notes that a buyer's page shows a payment. It writes nothing: the
// next tick does, once for all of them.
func (v *Verifier) MarkViewed(paymentID string) {
	v.views.mu.Lock()
	defer v.views.mu.Unlock()
	if v.views.viewed == nil {
		v.views.viewed = map[string]struct{}{}
	}
	v.views.viewed[paymentID] = struct{}{}
}

// take returns the payments that have been viewed since the last tick and whose view is to
// be stored. A view that was stored later than now, by a clock that was set back since,
// stands no longer.
func (v *views) take(now time.Time) (ids []string) {
	v.mu.Lock()
	defer v.mu.Unlock()

	maps.DeleteFunc(v.stored, func(_ string, at time.Time) bool { return at.After(now) || now.Sub(at) >= viewStoredFor })
	for id := range v.viewed {
		if _, stands := v.stored[id]; !stands {
			ids = append(ids, id)
		}
	}
	v.viewed = nil
	return ids
}

func (v *views) keepStored(ids []string, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stored == nil {
		v.stored = map[string]time.Time{}
	}
	for _, id := range ids {
		v.stored[id] = at
	}
}

func (v *Verifier) storeViews(ctx context.Context) error {
	now := v.service.Now()
	ids := v.views.take(now)
	if len(ids) == 0 {
		return nil
	}

	if err := v.store.MarkViewed(ctx, ids, now, checkout.SlowViewedPace); err != nil {
		for _, id := range ids { // the next tick tries again
			v.MarkViewed(id)
		}
		return err
	}
	v.views.keepStored(ids, now)

	return v.markDelayed(ctx, ids)
}

// delayedAtOnce bounds the payments that are marked as delayed in one tick. Each changes its
// page, and thousands may be delayed at once, as when an account pauses: the others follow
// when their next view is stored.
const delayedAtOnce = 100

// markDelayed marks those of the viewed payments that could not be queried.
func (v *Verifier) markDelayed(ctx context.Context, ids []string) error {
	waiting, err := v.store.Delayed(ctx, ids, v.service.Now().Add(-checkout.DelayedAfter), delayedAtOnce)
	if err != nil {
		return err
	}

	var marking errgroup.Group
	marking.SetLimit(appliedTogether)
	for _, payment := range waiting {
		marking.Go(func() (failed error) {
			defer checkout.Contain(v.log, "verifier", &failed)
			return v.service.MarkDelayed(ctx, payment)
		})
	}
	return marking.Wait()
}
