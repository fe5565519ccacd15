package db

import (
	"context"

	"rieltime/checkout"
)

// effects are what one try of a change does beside its rows, once it has ended.
type effects struct {
	queues []string // that were given jobs, to be announced

	deliveries []checkout.Delivery // that the deliverer has reserved
	deliverer  *deliverer

	settings        *settingsCache
	changesSettings bool
}

// end begins the deliveries of a change that was committed, and gives up those of one
// that was not. What is kept of settings is forgotten.
func (e *effects) end(committed bool) {
	for _, delivery := range e.deliveries {
		if committed {
			go e.deliverer.deliver(delivery)
		} else {
			e.deliverer.release()
		}
	}

	if e.changesSettings && e.settings != nil {
		e.settings.changed()
	}
}

type effectsKey struct{}

// within returns a context in which a change notes its effects.
func (e *effects) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, effectsKey{}, e)
}

// noteSettings notes that a change writes settings.
func noteSettings(ctx context.Context) {
	if e := effectsOf(ctx); e != nil {
		e.changesSettings = true
	}
}

// noteQueued notes that a change has given a job to a queue.
func noteQueued(ctx context.Context, queue string) {
	if e := effectsOf(ctx); e != nil {
		e.queues = append(e.queues, queue)
	}
}

// effectsOf returns nil outside of a change.
func effectsOf(ctx context.Context) *effects {
	e, _ := ctx.Value(effectsKey{}).(*effects)
	return e
}
