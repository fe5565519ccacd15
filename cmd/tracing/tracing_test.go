package tracing_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"

	"rieltime/cmd/tracing"
)

// TestCollectorThatFailsCostsTracesAlone ends spans while nobody takes them.
func TestCollectorThatFailsCostsTracesAlone(t *testing.T) {
	refused := make(chan struct{}, 100)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/traces" {
			t.Errorf("traces are sent to %s", r.URL.Path)
		}
		refused <- struct{}{}
		w.WriteHeader(http.StatusBadRequest)
	}))

	t.Cleanup(collector.Close)
	stop, err := tracing.Start(t.Context(), collector.URL+"/", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}

	_, span := otel.Tracer("test").Start(t.Context(), "work")
	span.End()
	if err := stop(context.Background()); err != nil {
		t.Logf("stopped with %v", err)
	}

	select {
	case <-refused:
	default:
		t.Error("nothing was sent before the stop")
	}

	if _, span := otel.Tracer("test").Start(t.Context(), "afterwards"); span.IsRecording() {
		t.Error("traces are kept after the stop")
	}
}

func TestEndpointMustBeAnAddress(t *testing.T) {
	for _, endpoint := range []string{"127.0.0.1:4318", "collector", "grpc://collector:4317", "http://"} {
		if _, err := tracing.Start(t.Context(), endpoint, slog.Default()); err == nil || !strings.Contains(err.Error(), endpoint) {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}
