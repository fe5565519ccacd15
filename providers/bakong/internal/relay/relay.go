// Package relay forwards calls of Bakong's API from abroad: Bakong answers Cambodian
// addresses only. A relay knows Bakong's paths and nothing else, takes calls from those
// who have a certificate of its own, and keeps nothing.
package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of a call.
const (
	maxRequest = 64 << 10 // a list of 50 hashes has 4 KiB
	maxAnswer  = 1 << 20  // as package wire reads
	callTime   = 12 * time.Second
	burst      = 20
)

// endpoints are the parts of Bakong's API that are forwarded (Open API v1.0.2, its public
// lists and its look-ups by reference).
var endpoints = map[string]bool{
	"check_transaction_by_md5": true, "check_transaction_by_hash": true, "check_transaction_by_short_hash": true,
	"check_transaction_by_external_ref": true, "check_transaction_by_instruction_ref": true,
	"check_transaction_by_md5_list": true, "check_transaction_by_hash_list": true, "check_bakong_account": true,
	"generate_deeplink_by_qr": true, "request_token": true, "verify": true, "renew_token": true,
}

// Options are what a relay needs; all of them are required.
type Options struct {
	Upstream  *url.URL // Bakong's API, without /v1
	PerSecond float64
	Log       *slog.Logger
}

type handler struct {
	options Options
	client  *http.Client
	limit   *rate.Limiter
}

// New returns the handler of a relay.
func New(o Options) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // what the environment says leads nowhere
	transport.MaxConnsPerHost = 32
	return &handler{o, &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, rate.NewLimiter(rate.Limit(o.PerSecond), burst)}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	status, size := h.forward(w, r)

	// No header or body is logged: they have the token and who paid what.
	path := "other"
	if endpoint, ok := endpointOf(r); ok {
		path = endpoint
	}
	h.options.Log.Info("call", "path", path, "client", clientOf(r), "status", status, "bytes", size, "took", time.Since(started).Round(time.Millisecond))
}

// forward answers a call, and returns the status and how many bytes that were.
func (h *handler) forward(w http.ResponseWriter, r *http.Request) (status, size int) {
	refuse := func(status int) (int, int) {
		http.Error(w, http.StatusText(status), status)
		return status, 0
	}

	endpoint, ok := endpointOf(r)
	if !ok {
		return refuse(http.StatusNotFound)
	}
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed)
	}
	if !h.limit.Allow() {
		w.Header().Set("Retry-After", "1")
		return refuse(http.StatusTooManyRequests)
	}

	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return refuse(http.StatusRequestEntityTooLarge)
	}
	answer, err := h.call(r, endpoint, body)
	if err != nil {
		h.options.Log.Warn("no answer", "path", endpoint, "error", withoutURL(err))
		return refuse(http.StatusBadGateway)
	}

	for _, name := range []string{"Content-Type", "Retry-After"} {
		if value := answer.header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(answer.status)
	size, _ = w.Write(answer.body) // whoever asked may have gone
	return answer.status, size
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (h *handler) call(r *http.Request, endpoint string, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(r.Context(), callTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.options.Upstream.JoinPath("v1", endpoint).String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	if token := r.Header.Get("Authorization"); token != "" {
		request.Header.Set("Authorization", token)
	}

	response, err := h.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(read) > maxAnswer {
		err = errors.New("the answer is too large")
	}
	return answer{response.StatusCode, response.Header, read}, err
}

// endpointOf returns the part of the API that a call is of. A path that is written in
// another way than Bakong's is none.
func endpointOf(r *http.Request) (string, bool) {
	endpoint, found := strings.CutPrefix(r.URL.EscapedPath(), "/v1/")
	return endpoint, found && endpoints[endpoint] && r.URL.RawQuery == ""
}

// clientOf names who calls, by the certificate that the connection was checked with.
func clientOf(r *http.Request) string {
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		return r.TLS.PeerCertificates[0].Subject.CommonName
	}
	return ""
}

// withoutURL is an error's cause: the address need not be in the log with each.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// Serve answers calls at a listener until ctx ends.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: callTime + 10*time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime+time.Second)
	defer cancel()
	return server.Shutdown(ending)
}
