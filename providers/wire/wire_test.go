package wire

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/internal/retryafter"
)

// serve starts a server and counts its requests.
func serve(t *testing.T, h http.HandlerFunc) (url string, requests *atomic.Int32) {
	t.Helper()
	requests = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		h(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func post(c *Client, url string) (Response, error) {
	return c.PostJSON(context.Background(), url, nil, map[string]string{"a": "b"})
}

// Only where no connection came about is it certain that nothing was started.
func TestUnsentCallDiffersFromUnansweredCall(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	plain, _ := serve(t, func(http.ResponseWriter, *http.Request) {})
	reset, _ := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	hang, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	})
	for name, test := range map[string]struct {
		url       string
		neverLeft bool
	}{
		"connection refused": {closed.URL, true},
		"no such name":       {"http://no-such-name.invalid", true},
		"TLS handshake":      {strings.Replace(plain, "http:", "https:", 1), true},
		"not an address":     {"http://[", true},
		"reset":              {reset, false},
		"time-out":           {hang, false},
	} {
		_, err := post(New(300*time.Millisecond), test.url)
		if err == nil || checkout.IsNotStarted(err) != test.neverLeft {
			t.Errorf("%s: %v, not started %v, want %v", name, err, checkout.IsNotStarted(err), test.neverLeft)
		}
	}
}

func TestPostJSONSendsJSONWithTheHeader(t *testing.T) {
	url, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || string(body) != `{"a":"b"}` || r.Header.Get("Content-Type") != "application/json" ||
			r.Header.Get("Accept") != "application/json" || r.Header.Get("Authorization") != "Bearer t" {
			t.Errorf("%s %s %v", r.Method, body, r.Header)
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("short"))
	})
	header := http.Header{"Authorization": {"Bearer t"}}
	response, err := New(0).PostJSON(context.Background(), url, header, map[string]string{"a": "b"})
	if err != nil || response.Status != http.StatusTeapot || string(response.Body) != "short" {
		t.Errorf("%+v %v", response, err)
	}
	if len(header) != 1 {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

func TestRedirectIsAnAnswerNotFollowed(t *testing.T) {
	url, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
	})
	response, err := post(New(0), url)
	if err != nil || response.Status != http.StatusTemporaryRedirect || requests.Load() != 1 {
		t.Errorf("%+v %v after %d requests", response, err, requests.Load())
	}
}

func TestAnswerLargerThanTheBoundIsAnError(t *testing.T) {
	for size, fits := range map[int]bool{MaxBody: true, MaxBody + 1: false} {
		url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(strings.Repeat("x", size)))
		})
		if _, err := post(New(0), url); (err == nil) != fits {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestCallEndsAfterTheTimeout(t *testing.T) {
	url, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	if _, err := post(New(20*time.Millisecond), url); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
}

func TestAnswerCutShortIsAnError(t *testing.T) {
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"half":`))
	})
	if response, err := post(New(0), url); err == nil {
		t.Errorf("got %q", response.Body)
	}
}

func TestRequestThatCannotBeMadeIsAnError(t *testing.T) {
	c := New(0)
	if _, err := c.PostJSON(context.Background(), "http://127.0.0.1:0", nil, make(chan int)); err == nil {
		t.Error("a channel was encoded as JSON")
	}
	if _, err := post(c, "http://bad host/"); err == nil {
		t.Error("a bad URL was asked")
	}
}

func TestDecodeKeepsNumbersAndWantsOneValue(t *testing.T) {
	var out map[string]any
	if err := (Response{Body: []byte(`{"amount": 10.10}` + "\n")}).Decode(&out); err != nil || out["amount"] != json.Number("10.10") {
		t.Errorf("%v %v", out, err)
	}
	for _, body := range []string{``, `{"half":`, `<html>`, `{} {}`, `{}x`} {
		if err := (Response{Body: []byte(body)}).Decode(&out); err == nil {
			t.Errorf("%q was accepted", body)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	const none = -1
	for text, want := range map[string]time.Duration{
		"0":                             0,
		"120":                           2 * time.Minute,
		"Mon, 02 Mar 2026 10:05:00 GMT": 5 * time.Minute,
		"Mon, 02 Mar 2026 09:00:00 GMT": none,
		"":                              none,
		"-5":                            none,
		"soon":                          none,
		"2000000000":                    retryafter.Most,
		"99999999999999999999":          none,
		"Tue, 02 Mar 2032 10:05:00 GMT": retryafter.Most,
	} {
		response := Response{Header: http.Header{"Retry-After": {text}}}
		at := response.RetryAfter(now)
		if want == none && !at.IsZero() || want != none && at.Sub(now) != want {
			t.Errorf("Retry-After %q: %v, want %v", text, at, want)
		}
	}
}
