package verifier

import (
	"context"
	"errors"
	"time"

	"rieltime/checkout"
)

const (
	overdueBatch = 200

	// doubtInterval is how often payments are looked for that no query has put
	// under review, because none could be sent. The first time is that long
	// after the start: a process that was down must query before it doubts.
	doubtInterval = 10 * time.Minute
)

// expireOverdue ends sessions and payments whose time has passed.
func (v *Verifier) expireOverdue(ctx context.Context) error {
	now := v.service.Now()
	due, err := v.store.Overdue(ctx, now, now.Add(-checkout.ExpiryGrace), overdueBatch)
	failures := make(chan error, len(due))
	for _, id := range due { // all at once: the store commits them together
		go func() {
			var failed error
			defer func() { failures <- failed }()
			defer checkout.Contain(v.log, "verifier", &failed)
			failed = v.service.ExpireOverdue(ctx, id)
		}()
	}

	for range due {
		err = errors.Join(err, <-failures)
	}

	return err
}

// reviewUnanswered puts payments under review that have had no known answer for
// too long.
func (v *Verifier) reviewUnanswered(ctx context.Context) error {
	now := v.service.Now()
	last := v.doubted.Load()
	if last == nil || now.Before(*last) {
		v.doubted.Store(&now)
		return nil
	}

	if now.Sub(*last) < doubtInterval {
		return nil
	}

	due, err := v.store.Unanswered(ctx, now.Add(-checkout.UnknownAfter), overdueBatch)
	for _, id := range due {
		err = errors.Join(err, v.service.ReviewUnanswered(ctx, id))
	}

	if len(due) < overdueBatch {
		v.doubted.Store(&now) // else the next tick continues
	}

	return err
}
