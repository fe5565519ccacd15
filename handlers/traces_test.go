package handlers_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"rieltime/checkout"
)

// TestTracesHaveTheResultOfARefund is not parallel: there is one tracer for all.
func TestTracesHaveTheResultOfARefund(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	otel.SetTracerProvider(provider)
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	h := newHarness(t)
	h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPending}, nil)
	made, wrong := h.refund(`{"payment":"` + h.paid("baray").ID + `","reason":"x"}`)
	if wrong != nil {
		t.Fatal(wrong)
	}

	if _, err := h.service.CheckRefund(t.Context(), made.Session, made.ID); err != nil {
		t.Fatal(err)
	}

	outcomes := map[string]string{}
	for _, span := range spans.Ended() {
		for _, attribute := range span.Attributes() {
			if attribute.Key == "rieltime.outcome" {
				outcomes[span.Name()] = attribute.Value.String()
			}
		}
	}

	for name, want := range map[string]string{"start payment": `["started"]`, "refund": `["answered"]`, "ask about refund": `["answered"]`} {
		if outcomes[name] != want {
			t.Errorf("%s: %s, want %s", name, outcomes[name], want)
		}
	}
}
