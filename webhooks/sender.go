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
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rieltime/checkout"
	"rieltime/webhooks/outbound"
)

// tracer does nothing unless the process has set OpenTelemetry up.
var tracer = otel.Tracer("rieltime/webhooks")

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
	AllowPrivate bool // in test mode also send to addresses that are not on the public internet
}

// Sender delivers events to webhook endpoints. It is safe for concurrent use.
type Sender struct {
	store   checkout.DeliveryStore
	now     func() time.Time
	log     *slog.Logger
	live    *http.Client
	test    *http.Client
	timeout time.Duration
	gates   gates
}

// NewSender makes a Sender.
func NewSender(options Options) *Sender {
	s := &Sender{
		store: options.Store, now: options.Now, log: options.Log,
		live: outbound.NewClient(sendTimeout, false), test: outbound.NewClient(sendTimeout, options.AllowPrivate), timeout: sendTimeout,
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
// nothing to send any more, and when it is given up. When the endpoint has
// enough under way, or asked to wait, nothing is tried. An error means that the
// store failed. A receiver may get an event more than once: webhook-id is the
// event's id each time.
func (s *Sender) Deliver(ctx context.Context, deliveryID string) (again time.Duration, err error) {
	delivery, err := s.store.Delivery(ctx, deliveryID)
	if err != nil || delivery.Done || delivery.Disabled {
		return 0, err
	}
	if wait := s.gates.enter(delivery, s.now()); wait > 0 {
		return wait, nil
	}

	ctx, span := tracer.Start(ctx, "deliver webhook", trace.WithSpanKind(trace.SpanKindProducer))
	defer span.End()

	attempt, failure := s.try(ctx, delivery)
	describe(span, delivery, attempt)
	s.gates.leave(delivery, attempt.Took, failure.hold(), s.now())
	if failure != nil && !attempt.GaveUp {
		again = NextRetry(delivery.Attempts+1, failure)
		attempt.NextAt = s.now().Add(again)
	}

	return again, s.record(context.WithoutCancel(ctx), delivery, attempt, failure)
}

func describe(span trace.Span, delivery checkout.Delivery, attempt checkout.DeliveryAttempt) {
	span.SetAttributes(
		attribute.String("rieltime.delivery", delivery.ID), attribute.String("rieltime.event", delivery.EventID),
		attribute.String("rieltime.endpoint", delivery.EndpointID), attribute.Int("rieltime.attempt", delivery.Attempts+1),
		attribute.Int("http.response.status_code", attempt.Status))
	if !attempt.Delivered {
		span.SetStatus(codes.Error, "")
	}
}

// try makes one attempt. failure says why the endpoint did not take the event.
func (s *Sender) try(ctx context.Context, delivery checkout.Delivery) (attempt checkout.DeliveryAttempt, failure *Error) {
	attempt = checkout.DeliveryAttempt{DeliveryID: delivery.ID, Generation: delivery.Generation, At: s.now()}
	failure = s.containedSend(ctx, delivery, &attempt)
	attempt.Took = s.now().Sub(attempt.At)
	attempt.Delivered = failure == nil
	if failure != nil {
		attempt.Error = failure.Error()
		attempt.Gone = failure.Gone
		attempt.GaveUp = failure.Gone || delivery.Attempts+1 >= MaxAttempts
	}
	return attempt, failure
}

// record keeps an attempt and reports what came of it.
func (s *Sender) record(ctx context.Context, delivery checkout.Delivery, attempt checkout.DeliveryAttempt, failure *Error) error {
	endpoint, err := s.store.RecordAttempt(ctx, attempt)
	if err != nil {
		return fmt.Errorf("record the attempt of %s: %w", delivery.ID, err)
	}

	about := []any{"delivery", delivery.ID, "event", delivery.EventID, "endpoint", delivery.EndpointID, "status", attempt.Status}
	if failure == nil {
		s.log.Info("webhook delivered", about...)
		return nil
	}

	log := s.log.With(about...)
	log.Warn("webhook not delivered", "error", failure, "cause", failure.cause, "gave_up", attempt.GaveUp, "failing_since", endpoint.FailingSince)
	if endpoint.Disabled != "" {
		log.Error("webhook endpoint disabled", "reason", endpoint.Disabled, "failing_since", endpoint.FailingSince)
	}

	return nil
}

// containedSend is send, which after a panic has failed like any other attempt:
// it is tried again after a growing wait.
func (s *Sender) containedSend(ctx context.Context, delivery checkout.Delivery, attempt *checkout.DeliveryAttempt) (failure *Error) {
	var fault error
	defer func() {
		if fault != nil {
			failure = Unreachable(fault)
		}
	}()
	defer checkout.Contain(s.log, "webhook", &fault)
	return s.send(ctx, delivery, attempt)
}

// send posts the event and fills in what the endpoint answered.
func (s *Sender) send(ctx context.Context, delivery checkout.Delivery, attempt *checkout.DeliveryAttempt) *Error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	response, err := s.post(ctx, delivery, attempt.At)
	if err != nil {
		return Unreachable(err)
	}
	defer func() { _ = response.Body.Close() }()
	attempt.Status = response.StatusCode
	attempt.Answer = firstText(response.Body)
	return Refusal(response, s.now())
}

func (s *Sender) post(ctx context.Context, delivery checkout.Delivery, at time.Time) (*http.Response, error) {
	signature, err := sign(delivery, at)
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
	client := s.live
	if delivery.Mode == checkout.ModeTest {
		client = s.test
	}

	// Without Do, which fails on a redirect that points to no address.
	return client.Transport.RoundTrip(request)
}

// sign signs with every secret of the delivery; the signatures are parted by a
// space (Standard Webhooks 1.0, "webhook signature").
func sign(delivery checkout.Delivery, at time.Time) (string, error) {
	signatures := make([]string, len(delivery.Secrets))
	for i, secret := range delivery.Secrets {
		signer, err := standardwebhooks.NewWebhook(secret.Reveal())
		if err != nil {
			return "", errBadSecret
		}
		if signatures[i], err = signer.Sign(delivery.EventID, at, delivery.Body); err != nil {
			return "", err
		}
	}

	return strings.Join(signatures, " "), nil
}

// firstText reads the beginning of an answer as text that can be stored. What
// breaks off has said enough: the status has come already.
func firstText(body io.Reader) string {
	text, _ := io.ReadAll(io.LimitReader(body, keptAnswer))
	return strings.ReplaceAll(strings.ToValidUTF8(string(text), ""), "\x00", "")
}
