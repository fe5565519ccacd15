package cmd

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rieltime/checkout"
	client "rieltime/clients/go"
)

type triggerCommand struct {
	apiFlags
	Event     string        `arg:"" help:"Event type, such as checkout.session.completed."`
	Method    string        `help:"Payment method, such as ${method}." default:"${method}"`
	ReturnURL string        `help:"URL to send the buyer back to, on one of the merchant's return hosts." default:"http://127.0.0.1/" placeholder:"URL"`
	Wait      time.Duration `help:"How long to wait for the event." default:"1m"`
}

// trigger causes an event by acting as the merchant and the buyer.
type trigger struct {
	triggerCommand
	api *client.Client
	out io.Writer
}

// Amounts of test mode, whose last digits force the outcome at the simulators.
const (
	amountDeclined  = "9.01"
	amountTooLittle = "9.04"
	amountPaid      = "9.06"
	amountUnpaid    = "9.00"
	amountTransfer  = "9.07"

	refundDeclined = "1.01"
)

// triggers cause events. Each returns the id of the object that the event is about.
var triggers = map[checkout.EventType]func(*trigger, context.Context) (about string, err error){
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
}

func (c *triggerCommand) Run(ctx context.Context, stdout io.Writer) error {
	name := checkout.EventType(c.Event)
	if why, cannot := notTriggerable[name]; cannot {
		return fmt.Errorf("%s cannot be triggered: %s", name, why)
	}

	recipe, can := triggers[name]
	if !can {
		return fmt.Errorf("event type %q does not exist; the types are %s", c.Event, eventNames())
	}

	api, err := c.client()
	if err != nil {
		return err
	}

	t := &trigger{*c, api, stdout}
	before, err := lastSequence(ctx, api)
	if err != nil {
		return err
	}

	about, err := recipe(t, ctx)
	if err != nil {
		return err
	}

	event, err := t.waitForEvent(ctx, name, about, before)
	if err != nil {
		return err
	}

	fmt.Fprintf(stdout, "happened  %s  %s  (sequence %d)\n", event.Type, event.ID, event.Sequence)
	return nil
}

func (t *trigger) createSession(ctx context.Context, amount string) (client.Session, error) {
	session, err := t.api.CreateSession(ctx, client.SessionCreate{
		Amount: amount, Currency: "USD", Reference: "trigger-" + strings.ToLower(rand.Text()[:12]),
		SuccessURL: t.ReturnURL, CancelURL: t.ReturnURL, Description: "rieltime trigger " + t.Event,
	})
	if err == nil {
		fmt.Fprintf(t.out, "session   %s of %s USD\n", session.ID, session.Amount)
	}
	return session, err
}

// postForm submits one of the forms of the checkout page.
func (t *trigger) postForm(ctx context.Context, session client.Session, form string, fields url.Values) error {
	address := strings.TrimSuffix(t.API, "/") + "/c/" + url.PathEscape(session.ID) + "/" + form
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		return err
	}

	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	buyer := &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}

	answer, err := buyer.Do(request)
	if err != nil {
		return err
	}

	defer answer.Body.Close()

	if answer.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("the checkout page responded %s to %s: is %s enabled in test mode?", answer.Status, form, t.Method)
	}

	return nil
}

func (t *trigger) pay(ctx context.Context, session client.Session) error {
	if err := t.postForm(ctx, session, "payments", url.Values{"method": {t.Method}}); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "started   a payment by %s\n", t.Method)
	return nil
}

func (t *trigger) buy(ctx context.Context, amount string, times int) (string, error) {
	session, err := t.createSession(ctx, amount)
	for range times {
		if err == nil {
			err = t.pay(ctx, session)
		}
	}
	return session.ID, err
}

func (t *trigger) expire(ctx context.Context) (string, error) {
	session, err := t.createSession(ctx, amountUnpaid)
	if err == nil {
		_, err = t.api.ExpireSession(ctx, session.ID)
	}
	return session.ID, err
}

func (t *trigger) cancel(ctx context.Context) (string, error) {
	session, err := t.createSession(ctx, amountUnpaid)
	if err == nil {
		err = t.postForm(ctx, session, "cancel", nil)
	}
	return session.ID, err
}

// payLate closes a session before its payment arrives.
func (t *trigger) payLate(ctx context.Context) (string, error) {
	id, err := t.buy(ctx, amountPaid, 1)
	if err == nil {
		_, err = t.api.ExpireSession(ctx, id)
	}
	return id, err
}

// transferTime is how long the simulator takes to transfer money.
const transferTime = 4 * time.Second

// reportTransfer reports the hash of a transfer that did not pay the code.
func (t *trigger) reportTransfer(ctx context.Context) (string, error) {
	session, hash, err := t.transfer(ctx)
	if err == nil {
		err = t.postForm(ctx, session, "check", url.Values{"hash": {hash}})
	}
	return session.ID, err
}

// reportTransferTwice reports the hash of one transfer for two sessions.
func (t *trigger) reportTransferTwice(ctx context.Context) (string, error) {
	second, _, err := t.transfer(ctx)
	if err != nil {
		return "", err
	}

	first, hash, err := t.transfer(ctx)
	for _, session := range []client.Session{first, second} {
		if err == nil {
			err = t.postForm(ctx, session, "check", url.Values{"hash": {hash}})
		}
	}

	return second.ID, err
}

// transfer starts a payment at a provider that finds a transfer by its hash, and
// waits until the simulator has transferred its money without the payment. It
// returns the hash of the transfer.
func (t *trigger) transfer(ctx context.Context) (client.Session, string, error) {
	method, err := methodWith[checkout.HashChecker]()
	if err != nil {
		return client.Session{}, "", err
	}

	t.Method = method
	session, err := t.createSession(ctx, amountTransfer)
	if err == nil {
		err = t.pay(ctx, session)
	}

	if err != nil {
		return session, "", err
	}

	for payment, err := range t.api.AllPayments(ctx, client.PaymentQuery{Session: session.ID}) {
		if err != nil {
			return session, "", err
		}

		select {
		case <-ctx.Done():
			return session, "", ctx.Err()
		case <-time.After(transferTime):
		}

		sum := sha256.Sum256([]byte(payment.ProviderReference))
		return session, hex.EncodeToString(sum[:]), nil
	}

	return session, "", errors.New("the session has no payment")
}

func (t *trigger) refund(ctx context.Context) (string, error) {
	return t.payAndRefund(ctx, client.RefundCreate{ByHand: &client.ByHand{By: "rieltime trigger"}})
}

// refundDeclined pays at a provider that makes refunds itself: only such a provider
// can decline one.
func (t *trigger) refundDeclined(ctx context.Context) (string, error) {
	method, err := methodWith[checkout.Refunder]()
	if err != nil {
		return "", err
	}

	t.Method = method
	return t.payAndRefund(ctx, client.RefundCreate{Amount: refundDeclined})
}

// payAndRefund makes a payment and refunds it.
func (t *trigger) payAndRefund(ctx context.Context, refund client.RefundCreate) (string, error) {
	before, err := lastSequence(ctx, t.api)
	if err != nil {
		return "", err
	}

	session, err := t.buy(ctx, amountPaid, 1)
	if err != nil {
		return "", err
	}

	paid, err := t.waitForEvent(ctx, checkout.EventPaymentSucceeded, session, before)
	if err != nil {
		return "", err
	}

	payment, err := paid.Payment()
	if err != nil {
		return "", err
	}

	refund.Payment, refund.Reason = payment.ID, "rieltime trigger"
	_, err = t.api.CreateRefund(ctx, refund)
	return payment.ID, err
}

func (t *trigger) testWebhook(ctx context.Context) (string, error) {
	for endpoint, err := range t.api.AllWebhookEndpoints(ctx, client.ListPart{}) {
		if err != nil {
			return "", err
		}
		if endpoint.Disabled {
			continue
		}

		_, err := t.api.TestWebhookEndpoint(ctx, endpoint.ID)
		return endpoint.ID, err
	}

	return "", errors.New("webhook.test needs an enabled webhook endpoint: create one first")
}

// waitForEvent reads the feed until it has an event about an object.
func (t *trigger) waitForEvent(ctx context.Context, name checkout.EventType, about string, after int64) (client.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, t.Wait)
	defer cancel()

	for {
		for event, err := range t.api.AllEvents(ctx, client.EventQuery{Limit: 100, AfterSequence: after, Type: string(name)}) {
			if err != nil {
				return event, timeoutError(ctx, err, name)
			}
			if after = event.Sequence; concerns(event, about) {
				return event, nil
			}
		}

		select {
		case <-ctx.Done():
			return client.Event{}, timeoutError(ctx, ctx.Err(), name)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

func timeoutError(ctx context.Context, err error, name checkout.EventType) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s did not happen in time; amounts force outcomes only at the simulators", name)
	}
	return err
}

// concerns reports whether an event is about an object or a part of it.
func concerns(event client.Event, id string) bool {
	var object struct{ ID, Session, Payment string }
	return json.Unmarshal(event.Data.Object, &object) == nil && (object.ID == id || object.Session == id || object.Payment == id)
}
