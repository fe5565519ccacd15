package cmd

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"rieltime/checkout"
)

type triggerCommand struct {
	apiFlags
	Event     string        `arg:"" help:"Event type, such as checkout.session.completed."`
	Method    string        `help:"Payment method, such as ${method}." default:"${method}"`
	ReturnURL string        `help:"URL to send the buyer back to, on one of the merchant's return hosts." default:"http://127.0.0.1/" placeholder:"URL"`
	Wait      time.Duration `help:"How long to wait for the event." default:"1m"`
}

// triggers maps each event to the function that causes it and returns the id of
// the object that the event is about.
var triggers = map[checkout.EventType]func(*trigger, context.Context) (objectID string, err error){
	checkout.EventSessionCompleted: func(t *trigger, ctx context.Context) (string, error) { return t.buy(ctx, amountPaid, 1) },
	checkout.EventSessionExpired:   (*trigger).expire,
	checkout.EventSessionCanceled:  (*trigger).cancel,
	checkout.EventPaymentSucceeded: func(t *trigger, ctx context.Context) (string, error) { return t.buy(ctx, amountPaid, 1) },
	checkout.EventPaymentFailed:    func(t *trigger, ctx context.Context) (string, error) { return t.buy(ctx, amountDeclined, 1) },
	checkout.EventPaymentLate:      (*trigger).payLate,
	checkout.EventPaymentDuplicate: func(t *trigger, ctx context.Context) (string, error) { return t.buy(ctx, amountPaid, 2) },
	checkout.EventPaymentMismatch:  func(t *trigger, ctx context.Context) (string, error) { return t.buy(ctx, amountTooLittle, 1) },
	checkout.EventPaymentClaimed:   (*trigger).reportTransfer,
	checkout.EventPaymentContested: (*trigger).reportTransferTwice,
	checkout.EventRefundSucceeded:  (*trigger).refund,
	checkout.EventRefundFailed:     (*trigger).refundDeclined,
	checkout.EventWebhookTest:      (*trigger).testWebhook,
}

// notTriggerable maps the events that cannot be triggered to the reason.
var notTriggerable = map[checkout.EventType]string{
	checkout.EventPaymentUnknown:   "it happens when a provider has not answered for a day",
	checkout.EventPaymentCleared:   "it happens after payment.unknown, which takes a day",
	checkout.EventRefundUnresolved: "it happens when a provider has not reported the outcome of a refund for a day",
	checkout.EventEventsDigest:     "it happens once a day, for the events of the day before",
}

func (c *triggerCommand) Run(ctx context.Context, stdout io.Writer) error {
	name := checkout.EventType(c.Event)
	if reason, ok := notTriggerable[name]; ok {
		return fmt.Errorf("%s cannot be triggered: %s", name, reason)
	}

	cause, exists := triggers[name]
	if !exists {
		return fmt.Errorf("event type %q does not exist; the types are %s", c.Event, eventNames())
	}

	api, err := c.client()
	if err != nil {
		return err
	}

	t := &trigger{
		api: api, address: strings.TrimSuffix(c.API, "/"), event: c.Event,
		method: c.Method, returnURL: c.ReturnURL, wait: c.Wait, out: stdout,
	}

	// Only events after this sequence can be the triggered one.
	before, err := lastSequence(ctx, api)
	if err != nil {
		return err
	}

	objectID, err := cause(t, ctx)
	if err != nil {
		return err
	}

	event, err := t.waitForEvent(ctx, name, objectID, before)
	if err != nil {
		return err
	}

	fmt.Fprintf(stdout, "happened  %s  %s  (sequence %d)\n", event.Type, event.ID, event.Sequence)
	return nil
}
