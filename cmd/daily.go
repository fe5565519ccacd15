package cmd

import (
	"context"
	"errors"
	"time"

	"rieltime/internal/cambodia"
)

// daily does the work of a day in Cambodian time that is over: it may be repeated.
// The digests need no provider and come first.
func (a *app) daily(ctx context.Context, day time.Time) error {
	err := a.store.DigestEvents(ctx, day)
	if err != nil {
		a.log.Warn("digest of events failed", "day", day.Format(time.DateOnly), "error", err)
	}
	if day.Before(a.reconcileAfter) {
		return err
	}
	return errors.Join(err, a.reconcileDaily(ctx, cambodia.DayOf(day)))
}
