package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"rieltime/checkout"
)

// tracer does nothing unless the process has set OpenTelemetry up.
var tracer = otel.Tracer("rieltime/handlers")

// trace gives a request its span, and what is done for it the request's id for
// the log. A merchant's call may be part of a trace of the merchant's (W3C
// traceparent). Addresses stay out of it: a session's is its buyer's credential.
func (s *server) trace(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if askedAllTheTime(c.Path()) {
			return next(c)
		}

		request := c.Request()
		ctx := checkout.WithRequest(request.Context(), requestID(c))
		if strings.HasPrefix(c.Path(), "/v1/") {
			ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(request.Header))
		}

		ctx, span := tracer.Start(ctx, request.Method+" "+c.Path(), trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()

		c.SetRequest(request.WithContext(ctx))
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
		attribute.Int("http.response.status_code", status), attribute.String("rieltime.request", requestID(c)))
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
