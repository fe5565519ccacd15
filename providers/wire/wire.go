// Package wire carries the calls of the providers' private clients: bounded in
// time and size, and never following a redirect. It sends every call that it is
// asked for: package checkout/verifier decides when a provider that keeps failing
// is queried again, and package checkout offers its methods last.
package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rieltime/checkout"
	"rieltime/internal/retryafter"
)

// tracer does nothing unless the process has set OpenTelemetry up.
var tracer = otel.Tracer("rieltime/providers")

// MaxBody bounds every answer, in bytes.
const MaxBody = 1 << 20

// Bounds of one call.
const (
	DefaultTimeout  = 10 * time.Second
	idlePerProvider = 8
)

// Client makes calls. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	timeout time.Duration
}

// New returns a client whose calls end after timeout; zero means
// DefaultTimeout.
func New(timeout time.Duration) *Client { return NewTLS(timeout, nil) }

// NewTLS is New with TLS settings of its own, such as a certificate to show; nil means the
// system's.
func NewTLS(timeout time.Duration, config *tls.Config) *Client {
	if timeout == 0 {
		timeout = DefaultTimeout
	}

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idlePerProvider
	if config != nil {
		transport.TLSClientConfig = config
	}
	return &Client{
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: timeout,
	}
}

// Response is an answer, whatever its status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// PostJSON posts in as JSON. An error means that no usable answer came: the
// caller does not know whether the call had an effect, unless
// checkout.IsNotStarted finds that nothing was sent.
func (c *Client) PostJSON(ctx context.Context, url string, header http.Header, in any) (Response, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return Response{}, checkout.NotStarted(fmt.Errorf("encode request: %w", err))
	}

	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()

	ctx, span := tracer.Start(ctx, http.MethodPost, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()

	var connected atomic.Bool
	request, err := http.NewRequestWithContext(traced(ctx, &connected), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Response{}, checkout.NotStarted(fmt.Errorf("make request: %w", err))
	}

	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}

	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := c.do(request)
	describe(span, request, response.Status)
	if err != nil && !connected.Load() {
		err = checkout.NotStarted(err)
	}

	return response, err
}

// traced has connected report whether a connection was ever there to send the
// request on. Without one, nothing has left: the name was not found, or the
// connection or the TLS handshake failed.
func traced(ctx context.Context, connected *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
}

// describe fills a call's span in; status 0 is no answer. The provider hears
// nothing of the trace.
func describe(span trace.Span, request *http.Request, status int) {
	span.SetAttributes(
		attribute.String("http.request.method", request.Method), attribute.String("server.address", request.URL.Host),
		attribute.String("url.path", request.URL.Path), attribute.Int("http.response.status_code", status))
	if status == 0 || status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

func (c *Client) do(request *http.Request) (Response, error) {
	answer, err := c.http.Do(request)
	if err != nil {
		return Response{}, err
	}

	defer answer.Body.Close()

	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxBody+1))
	if err != nil {
		return Response{}, fmt.Errorf("read answer: %w", err)
	}
	if len(body) > MaxBody {
		return Response{}, errors.New("the answer is too large")
	}

	return Response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

// Decode reads an answer that is one JSON value, keeping numbers as the text
// that came.
func (r Response) Decode(out any) error {
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.UseNumber()
	if err := decoder.Decode(out); err != nil {
		return fmt.Errorf("status %d, invalid JSON: %w", r.Status, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("status %d, more than one JSON value", r.Status)
	}
	return nil
}

// RetryAfter is when a 429 or 503 answer asks to come back; zero when it does not say.
func (r Response) RetryAfter(now time.Time) time.Time {
	if wait, asked := retryafter.Read(r.Header, now); asked {
		return now.Add(wait)
	}
	return time.Time{}
}
