package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"rieltime/checkout"
	"rieltime/handlers/api"
	"rieltime/handlers/internal/request"
)

// tracer does nothing unless the process has set OpenTelemetry up.
var tracer = otel.Tracer("rieltime/handlers")

// trace gives a request its span, and what is done for it the request's id for
// the log. A merchant's call may be part of a trace of the merchant's (W3C
// traceparent). Addresses stay out of it: a session's is its buyer's credential.
func (s *server) trace(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if isFrequent(c.Path()) {
			return next(c)
		}

		r := c.Request()
		ctx := checkout.WithRequest(r.Context(), request.ID(c))
		if api.Owns(c.Path()) {
			ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
		}

		ctx, span := tracer.Start(ctx, r.Method+" "+c.Path(), trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()

		c.SetRequest(r.WithContext(ctx))
		err := next(c)
		if span.IsRecording() {
			describe(span, c)
		}

		return err
	}
}

// describe fills a span in with what an access line of the log has.
func describe(span trace.Span, c echo.Context) {
	status := c.Response().Status
	span.SetAttributes(
		attribute.String("http.request.method", c.Request().Method), attribute.String("http.route", c.Path()),
		attribute.Int("http.response.status_code", status), attribute.String("rieltime.request", request.ID(c)))
	if id := c.Param("session"); id != "" {
		span.SetAttributes(checkout.SessionAttribute(id))
	}

	if id := c.Param("payment"); id != "" {
		span.SetAttributes(checkout.PaymentAttribute(id))
	}

	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}
