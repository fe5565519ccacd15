package relay

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

// harness is a relay in front of a Bakong that answers with what it was asked.
type harness struct {
	*testing.T
	url    string
	client checkout.Secret
	server checkout.Secret
	log    *bytes.Buffer // complete once the relay has ended
	asked  chan *http.Request
	end    func()
}

func newHarness(t *testing.T, perSecond float64, upstream http.HandlerFunc) *harness {
	t.Helper()
	h := &harness{T: t, log: &bytes.Buffer{}, asked: make(chan *http.Request, 100)}
	bakong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked <- r
		upstream(w, r)
	}))
	t.Cleanup(bakong.Close)
	address, err := url.Parse(bakong.URL)
	if err != nil {
		t.Fatal(err)
	}

	if h.server, h.client, err = NewKeys("127.0.0.1", time.Now()); err != nil {
		t.Fatal(err)
	}
	config, err := ServerTLS(h.server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.url = "https://" + listener.Addr().String()

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	log := slog.New(slog.NewTextHandler(h.log, nil))
	go func() {
		defer close(done)
		_ = Serve(ctx, tls.NewListener(listener, config), New(Options{Upstream: address, PerSecond: perSecond, Log: log}), log)
	}()
	h.end = func() { stop(); <-done }
	t.Cleanup(h.end)
	return h
}

// send posts a body by an identity's certificate, or none.
func (h *harness) send(identity checkout.Secret, path, body string) (status int, answer string, err error) {
	h.Helper()
	config := &tls.Config{InsecureSkipVerify: true}
	if identity != "" {
		if config, err = ClientTLS(identity); err != nil {
			h.Fatal(err)
		}
	}
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(h.Context(), http.MethodPost, h.url+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer secret-token")
	request.Header.Set("Cookie", "a=b")
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Set-Cookie", "bakong=1")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.Copy(w, r.Body)
}

func TestCallIsForwardedWithItsTokenAndNothingElse(t *testing.T) {
	h := newHarness(t, 100, echo)
	status, answer, err := h.send(h.client, "/v1/check_transaction_by_md5", `{"md5":"payer-md5"}`)
	if err != nil || status != http.StatusUnauthorized || answer != `{"md5":"payer-md5"}` {
		t.Fatalf("%d %q %v", status, answer, err)
	}
	asked := <-h.asked
	if asked.URL.Path != "/v1/check_transaction_by_md5" || asked.Header.Get("Authorization") != "Bearer secret-token" || asked.Header.Get("Cookie") != "" || asked.Header.Get("X-Forwarded-For") != "" {
		t.Errorf("Bakong was asked %s %v", asked.URL, asked.Header)
	}
	h.end()
	if log := h.log.String(); strings.Contains(log, "secret-token") || strings.Contains(log, "payer-md5") || !strings.Contains(log, "client=checkout") {
		t.Errorf("the log says %s", log)
	}
}

func TestLookUpsByReferenceAreForwarded(t *testing.T) {
	h := newHarness(t, 100, echo)
	for path, body := range map[string]string{
		"/v1/check_transaction_by_external_ref": `{"externalRef":"100FT"}`, "/v1/check_transaction_by_instruction_ref": `{"instructionRef":"7"}`,
	} {
		status, answer, err := h.send(h.client, path, body)
		if err != nil || status != http.StatusUnauthorized || answer != body {
			t.Fatalf("%s: %d %q %v", path, status, answer, err)
		}
		if asked := <-h.asked; asked.URL.Path != path {
			t.Errorf("Bakong was asked %s", asked.URL)
		}
	}
}

func TestOnlyBakongsPathsAreForwarded(t *testing.T) {
	h := newHarness(t, 100, echo)
	for _, path := range []string{"/", "/v1/", "/v1/admin", "/v1/check_bakong_account/", "/v1/../v1/check_bakong_account", "/v1/check%5fbakong_account", "/v1/check_bakong_account?x=1", "/v2/check_bakong_account", "//evil.example/v1/verify"} {
		if status, _, err := h.send(h.client, path, `{}`); err != nil || status != http.StatusNotFound {
			t.Errorf("%s: %d %v", path, status, err)
		}
	}
	if len(h.asked) != 0 {
		t.Error("Bakong was asked")
	}
}

func TestNobodyElseIsServed(t *testing.T) {
	h := newHarness(t, 100, echo)
	_, stranger, err := NewKeys("127.0.0.1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, identity := range map[string]checkout.Secret{"no certificate": "", "another authority's": stranger, "the relay's own": h.server} {
		if status, _, err := h.send(identity, "/v1/verify", `{}`); err == nil {
			t.Errorf("%s: %d", name, status)
		}
	}
	if len(h.asked) != 0 {
		t.Error("Bakong was asked")
	}
}

func TestCallsAreBounded(t *testing.T) {
	h := newHarness(t, 0.001, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxAnswer+1)) })
	if status, _, err := h.send(h.client, "/v1/verify", strings.Repeat("x", maxRequest+1)); err != nil || status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large request: %d %v", status, err)
	}
	if status, _, err := h.send(h.client, "/v1/verify", `{}`); err != nil || status != http.StatusBadGateway {
		t.Errorf("a large answer: %d %v", status, err)
	}
	last := 0
	for range burst {
		status, _, err := h.send(h.client, "/v1/verify", `{}`)
		if err != nil {
			t.Fatal(err)
		}
		last = status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("call %d: %d", burst+2, last)
	}
}

func TestSomethingElseIsNoIdentity(t *testing.T) {
	server, _, err := NewKeys("relay.example", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	alone := checkout.Secret(server.Reveal()[:strings.LastIndex(server.Reveal(), "-----BEGIN CERTIFICATE")])
	for _, text := range []checkout.Secret{"", "x", alone} {
		if _, err := ClientTLS(text); err == nil {
			t.Errorf("%d characters are an identity", len(text))
		}
	}
	if again, err := ParseLine(checkout.Secret(Line(server))); err != nil || again != server {
		t.Errorf("read from a line: %v", err)
	}
}
