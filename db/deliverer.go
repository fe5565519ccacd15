package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"rieltime/checkout"
)

// deliverer makes the first attempt of a delivery as soon as the change that made the
// delivery is committed, in the same process. A job for it would take several more
// statements and a commit, most of what a delivery costs. A delivery that there is no
// room for, or that is to be tried again, is a job. One that is lost because the
// process ended is found by a sweep.
type deliverer struct {
	store   *Store
	ctx     context.Context
	attempt func(ctx context.Context, deliveryID string) (again time.Duration, err error)
	room    chan struct{} // has an element for each delivery that is reserved or under way
}

const (
	deliveredAtOnce = deliverers / 2
	afterFailure    = time.Second // a delivery of which nothing is known is tried again
)

func newDeliverer(ctx context.Context, s *Store, attempt func(context.Context, string) (time.Duration, error)) *deliverer {
	return &deliverer{store: s, ctx: ctx, attempt: attempt, room: make(chan struct{}, deliveredAtOnce)}
}

// reserve reports whether a new delivery will be attempted once its change is committed.
// Without a body, which only its first attempt may come with, it is read then. A nil
// deliverer attempts none.
func (d *deliverer) reserve(ctx context.Context, delivery checkout.Delivery) bool {
	effects := effectsOf(ctx)
	if d == nil || effects == nil {
		return false
	}

	select {
	case d.room <- struct{}{}:
		effects.deliverer = d
		effects.deliveries = append(effects.deliveries, delivery)
		return true
	default:
		return false
	}
}

// release ends a reservation or an attempt.
func (d *deliverer) release() { <-d.room }

// deliver makes the attempt of a reserved delivery.
func (d *deliverer) deliver(delivery checkout.Delivery) {
	defer d.release()

	again, err := d.contained(delivery)
	if err == nil && again == 0 || errors.Is(err, checkout.ErrNotFound) {
		return
	}
	if err != nil {
		d.store.log.Warn("delivery failed", "delivery", delivery.ID, "error", err)
		again = afterFailure
	}

	queue := d.store.queue
	err = d.store.update(d.ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := queue.insert(ctx, tx, deliverArgs{DeliveryID: delivery.ID},
			river.InsertOpts{Queue: deliveryQueue, UniqueOpts: onlyOnce, ScheduledAt: queue.now().Add(again)})
		return err
	})
	if err != nil { // a sweep will
		d.store.log.Warn("delivery not queued", "delivery", delivery.ID, "error", err)
	}
}

func (d *deliverer) contained(delivery checkout.Delivery) (again time.Duration, err error) {
	defer checkout.Contain(d.store.log, "job", &err)
	ctx, cancel := context.WithTimeout(d.ctx, jobTimeout)
	defer cancel()
	return d.attempt(context.WithValue(ctx, reservedKey{}, delivery), delivery.ID)
}

type reservedKey struct{}

// reserved returns a delivery that this process stored a moment ago, when its first attempt
// asks for it.
func reserved(ctx context.Context, deliveryID string) (d checkout.Delivery, ok bool) {
	d, _ = ctx.Value(reservedKey{}).(checkout.Delivery)
	return d, d.ID == deliveryID && d.Body != nil
}

// stop lets the attempts under way end and takes all the room, so that further
// deliveries are jobs.
func (d *deliverer) stop(ctx context.Context) error {
	for range cap(d.room) {
		select {
		case d.room <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
