//go:build e2e

package e2e

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// traceCollector takes OTLP over HTTP, and keeps what came.
type traceCollector struct {
	t     *testing.T
	mu    sync.Mutex
	spans []*traces.Span
	raw   []byte
}

func (c *traceCollector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var export collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &export) != nil {
		c.t.Errorf("%s: %v, %d bytes that are no traces", r.URL.Path, err, len(body))
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	c.raw = append(c.raw, body...)
	for _, resource := range export.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// below finds the spans of a name below a span; nil is no span's.
func (c *traceCollector) below(parent *traces.Span, name string) (found []*traces.Span) {
	for _, span := range c.spans {
		if span.Name == name && (parent == nil || bytes.Equal(span.ParentSpanId, parent.SpanId)) {
			found = append(found, span)
		}
	}
	return found
}

func attribute(span *traces.Span, name string) string {
	for _, a := range span.Attributes {
		if a.Key == name {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// TestTracesDescribePaymentsAndNoPerson pays through every provider, and reads
// the traces.
func TestTracesDescribePaymentsAndNoPerson(t *testing.T) {
	t.Parallel()
	c := &traceCollector{t: t}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	w := quiet(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL)
	shoppers := w.sessions(0, 6)
	for i, way := range []string{"khqr", "baray", "kess", "bayopay", "kess:ABAAKHPP", "khqr"} {
		s := shoppers[i]
		s.post(s.pageURL("/payments"), url.Values{"method": {way}})
		s.act(s.openPage(), "pay")
	}

	const merchants = "0af7651916cd43dd8448eb211c80319c"
	shoppers[0].trace(w.baseURL+"/v1/payments", merchants)
	shoppers[0].trace(w.baseURL+"/l/pl_x", "1bf7651916cd43dd8448eb211c80319c")
	shoppers[0].trace(w.baseURL+"/c/cs_%ff%fe", "1bf7651916cd43dd8448eb211c80319c")
	w.settle()
	w.checkout.Stop()

	for _, name := range []string{"POST /c/:session/payments", "start payment", "query payments", "deliver webhook", "GET /c/:session"} {
		if len(c.below(nil, name)) == 0 {
			t.Errorf("no span %q", name)
		}
	}

	starts := c.below(nil, "start payment")
	for _, start := range starts {
		if !strings.HasPrefix(attribute(start, "rieltime.payment"), "pay_") || len(attribute(start, "rieltime.session")) != len("cs_12345678") {
			t.Errorf("a start names no payment: %v", start.Attributes)
		}
	}

	if !slices.ContainsFunc(starts, func(s *traces.Span) bool { return len(c.below(s, "POST")) > 0 }) {
		t.Error("no call to a provider below a start")
	}

	if !slices.ContainsFunc(c.below(nil, "deliver webhook"), func(s *traces.Span) bool { return len(c.below(s, "store transaction")) > 0 }) {
		t.Error("no transaction below a delivery")
	}

	calls := c.below(nil, "GET /v1/payments")
	if !slices.ContainsFunc(calls, func(s *traces.Span) bool { return hex.EncodeToString(s.TraceId) == merchants }) {
		t.Error("a merchant's trace is not gone on with")
	}

	if bytes.Contains(c.raw, []byte{0x1b, 0xf7, 0x65, 0x19}) {
		t.Error("anybody's trace is gone on with")
	}

	for _, secret := range append(w.secrets(), "Dara", "dara@", "012345678", "4111111111111111", "4111 1111", "4111-1111", "10.0.0.", shoppers[0].session, "/c/cs_") {
		if bytes.Contains(c.raw, []byte(secret)) {
			t.Errorf("the traces have %q", secret)
		}
	}
}

// trace makes a request that names a trace.
func (s *crashBuyer) trace(address, trace string) {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("traceparent", "00-"+trace+"-b7ad6b7169203331-01")
	request.Header.Set("Authorization", "Bearer "+s.key)
	if status, _ := s.do(request); status == 0 {
		s.t.Errorf("no answer to %s", address)
	}
}

// secrets are what only the checkout and its providers may know.
func (w *crashHarness) secrets() []string {
	return []string{w.key, simToken, barayKey, baraySK, niagaKey, "demo-client-secret", "demo-password", "demo-kess-api-secret-key",
		strings.TrimPrefix(w.env[0], "RIELTIME_KEY="), "whsec_"}
}
