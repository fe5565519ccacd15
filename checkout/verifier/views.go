package verifier

import (
	"context"
	"errors"
	"sync"

	"rieltime/checkout"
)

// views collects, between two ticks, which payments buyers view.
type views struct {
	mu       sync.Mutex
	payments map[string]struct{}
}

// MarkViewed notes that a buyer's page shows a payment. It writes nothing: the
// next tick does, once for all of them.
func (v *Verifier) MarkViewed(paymentID string) {
	v.views.mu.Lock()
	defer v.views.mu.Unlock()
	if v.views.payments == nil {
		v.views.payments = map[string]struct{}{}
	}
	v.views.payments[paymentID] = struct{}{}
}

func (v *Verifier) storeViews(ctx context.Context) error {
	v.views.mu.Lock()
	viewed := v.views.payments
	v.views.payments = nil
	v.views.mu.Unlock()
	if len(viewed) == 0 {
		return nil
	}

	ids := make([]string, 0, len(viewed))
	for id := range viewed {
		ids = append(ids, id)
	}

	if err := v.store.MarkViewed(ctx, ids, v.service.Now(), checkout.SlowViewedPace); err != nil {
		return err
	}

	return v.markDelayed(ctx, ids)
}

// markDelayed marks those of the viewed payments that could not be queried.
func (v *Verifier) markDelayed(ctx context.Context, ids []string) error {
	waiting, err := v.store.Delayed(ctx, ids, v.service.Now().Add(-checkout.DelayedAfter))
	for _, payment := range waiting {
		err = errors.Join(err, v.service.MarkDelayed(ctx, payment))
	}
	return err
}
