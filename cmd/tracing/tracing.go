// Package tracing sends OpenTelemetry traces to a collector, by OTLP over HTTP.
// What is traced is in the packages that do it; nothing is, unless Start was
// called.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"rieltime/checkout"
)

// stopWithin is how long a stop waits for the last traces to be taken.
const stopWithin = 3 * time.Second

// Start sends traces to the collector at endpoint ("http://127.0.0.1:4318",
// without /v1/traces) until stop is called, which sends what is left. Other
// settings are OpenTelemetry's own variables, such as OTEL_TRACES_SAMPLER and
// OTEL_EXPORTER_OTLP_HEADERS. A collector that does not answer costs traces,
// nothing else.
func Start(ctx context.Context, endpoint string, log *slog.Logger) (stop func(context.Context) error, err error) {
	if _, err := checkout.ParseWebURL(endpoint); err != nil {
		return nil, fmt.Errorf("the traces' endpoint %q %w", endpoint, err)
	}

	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(endpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, err
	}

	own, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "rieltime")), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, errors.Join(err, exporter.Shutdown(ctx))
	}

	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(own))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces not sent", "error", err) }))
	otel.SetTracerProvider(provider)
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, stopWithin)
		defer cancel()
		return provider.Shutdown(ctx)
	}, nil
}
