package cmd

import (
	"context"
	"errors"
	"net/url"

	"rieltime/checkout"
	client "rieltime/clients/go"
)

// Amounts of test mode, whose last digits force the outcome at the simulators.
const (
	amountDeclined  = "9.01"
	amountTooLittle = "9.04"
	amountPaid      = "9.06"
	amountUnpaid    = "9.00"
	amountTransfer  = "9.07"

	amountRefundDeclined = "1.01"
)

// buy creates a session and starts that many payments for it.
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

// reportTransfer reports the hash of a transfer that did not pay the session's code.
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

	t.method = method
	return t.payAndRefund(ctx, client.RefundCreate{Amount: amountRefundDeclined})
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
