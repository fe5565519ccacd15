package checkout

import (
	"context"
	"slices"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// tracer does nothing unless the process has set OpenTelemetry up.
var tracer = otel.Tracer("rieltime/checkout")

// How much of an id logs and traces have: of a session's enough to find it by,
// and 80 bits too little to open it.
const (
	shownOfSession = len(sessionPrefix) + 8
	shownOfPayment = len(paymentPrefix) + idLength
)

// ShortSession is the beginning of a session's id, for logs and traces: the
// whole id is the buyer's credential.
func ShortSession(id string) string { return shown(id, shownOfSession) }

// SessionAttribute names a session in a trace.
func SessionAttribute(id string) attribute.KeyValue {
	return attribute.String("rieltime.session", ShortSession(id))
}

// PaymentAttribute names a payment in a trace.
func PaymentAttribute(id string) attribute.KeyValue {
	return attribute.String("rieltime.payment", shown(id, shownOfPayment))
}

// shown is an id that a client may have made up: traces take UTF-8 alone.
func shown(id string, most int) string { return strings.ToValidUTF8(id[:min(len(id), most)], "") }

// StartSpan begins the span of what is asked of a provider about payments. The
// calls below it add their own; errors' texts stay out of traces.
func StartSpan(ctx context.Context, what string, payments ...Payment) (context.Context, trace.Span) {
	ctx, span := tracer.Start(ctx, what)
	if !span.IsRecording() {
		return ctx, span
	}

	span.SetAttributes(attribute.String("rieltime.provider", payments[0].Provider))
	if len(payments) == 1 {
		span.SetAttributes(PaymentAttribute(payments[0].ID), SessionAttribute(payments[0].SessionID))
		return ctx, span
	}

	var ids []string
	for _, payment := range payments {
		ids = append(ids, payment.ID)
	}

	span.SetAttributes(attribute.StringSlice("rieltime.payments", ids))
	return ctx, span
}

// EndSpan ends a span with what came of it.
func EndSpan(span trace.Span, outcome ...string) {
	span.SetAttributes(attribute.StringSlice("rieltime.outcome", outcome))
	if slices.Contains(outcome, unknownVerdict) || slices.Contains(outcome, unreachable) {
		span.SetStatus(codes.Error, outcome[0])
	}
	span.End()
}
