// Package webhooks sends events to merchants by Standard Webhooks 1.0.
package webhooks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rieltime/checkout"
	"rieltime/handlers/outbound"
)

const (
	sendTimeout = 15 * time.Second
	keptAnswer  = 1 << 10 // how much of an endpoint's answer is read and kept
	userAgent   = "Rieltime/1 (webhooks)"
)

// Options are what a Sender is built from; all are required but Now and Log.
type Options struct {
	Store        checkout.DeliveryStore
	Now          func() time.Time
	Log          *slog.Logger
	AllowPrivate bool // also send to addresses that are not on the public internet
}

// Sender delivers events to webhook endpoints. It is safe for concurrent use.
type Sender struct {
	store   checkout.DeliveryStore
	now     func() time.Time
	log     *slog.Logger
	client  *http.Client
	timeout time.Duration
}

// NewSender makes a Sender.
func NewSender(options Options) *Sender {
	s := &Sender{
		store: options.Store, now: options.Now, log: options.Log,
		client: outbound.NewClient(sendTimeout, options.AllowPrivate), timeout: sendTimeout,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Deliver tries a delivery once and records what came of it. again is after how
// long to try it again: 0 when the endpoint took the event (2xx), when there is
// nothing to send any more, and when it is given up. An error means that the
// store failed. A receiver may get an event more than once: webhook-id is the
// event's id each time.
func (s *Sender) Deliver(ctx context.Context, deliveryID string) (again time.Duration, err error) {
	delivery, err := s.store.Delivery(ctx, deliveryID)
	if err != nil || delivery.Done || delivery.Disabled {
		return 0, err
	}
	gaveUp, failure, err := s.try(ctx, delivery)
	if err != nil || failure == nil || gaveUp {
		return 0, err
	}
	return NextRetry(delivery.Attempts+1, failure), nil
}

// try makes one attempt and records it. failure says why the endpoint did not
// take the event, err that the attempt could not be recorded.
func (s *Sender) try(ctx context.Context, delivery checkout.Delivery) (gaveUp bool, failure *Error, err error) {
	attempt := checkout.DeliveryAttempt{DeliveryID: delivery.ID, At: s.now()}
	failure = s.send(ctx, delivery, &attempt)
	attempt.Took = s.now().Sub(attempt.At)
	attempt.Delivered = failure == nil
	attempt.GaveUp = failure != nil && (failure.Gone || delivery.Attempts+1 >= MaxAttempts)
	if err := s.store.RecordAttempt(context.WithoutCancel(ctx), attempt); err != nil {
		return false, nil, fmt.Errorf("record the attempt of %s: %w", delivery.ID, err)
	}
	if failure == nil {
		s.log.Info("webhook delivered", "delivery", delivery.ID, "event", delivery.EventID, "status", attempt.Status)
	} else {
		s.log.Warn("webhook not delivered", "delivery", delivery.ID, "event", delivery.EventID, "endpoint", delivery.EndpointID,
			"status", attempt.Status, "error", failure, "cause", failure.cause, "gave_up", attempt.GaveUp)
	}
	return attempt.GaveUp, failure, nil
}

// send posts the event and fills in what the endpoint answered.
func (s *Sender) send(ctx context.Context, delivery checkout.Delivery, attempt *checkout.DeliveryAttempt) *Error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	response, err := s.post(ctx, delivery, attempt.At)
	if err != nil {
		failure := unreachable(err)
		attempt.Answer = failure.Error()
		return failure
	}
	defer func() { _ = response.Body.Close() }()
	attempt.Status = response.StatusCode
	attempt.Answer = firstText(response.Body)
	return refusal(response, s.now())
}

func (s *Sender) post(ctx context.Context, delivery checkout.Delivery, at time.Time) (*http.Response, error) {
	signer, err := standardwebhooks.NewWebhook(delivery.Secret.Reveal())
	if err != nil {
		return nil, errBadSecret
	}
	signature, err := signer.Sign(delivery.EventID, at, delivery.Body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, delivery.URL, bytes.NewReader(delivery.Body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set(standardwebhooks.HeaderWebhookID, delivery.EventID)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return s.client.Do(request)
}

// firstText reads the beginning of an answer as text that can be stored. What
// breaks off has said enough: the status has come already.
func firstText(body io.Reader) string {
	text, _ := io.ReadAll(io.LimitReader(body, keptAnswer))
	return strings.ReplaceAll(strings.ToValidUTF8(string(text), ""), "\x00", "")
}
