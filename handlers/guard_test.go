package handlers_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/handlers"
)

// slowStore answers no poll until it is released.
type slowStore struct {
	handlers.Store
	entered chan struct{}
	release chan struct{}
}

func (s *slowStore) Glance(ctx context.Context, id string) (checkout.Glance, error) {
	s.entered <- struct{}{}
	<-s.release
	return s.Store.Glance(ctx, id)
}

func wantShed(t *testing.T, w interface {
	Result() *http.Response
}) {
	t.Helper()
	answer := w.Result()
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q, want 503 with one", answer.StatusCode, answer.Header.Get("Retry-After"))
	}
}

func TestTooManyRequestsInFlightAreShed(t *testing.T) {
	t.Parallel()
	const most = 4
	slow := &slowStore{entered: make(chan struct{}), release: make(chan struct{})}
	var shed atomic.Value
	h := newHarness(t, func(c *handlers.Config) {
		slow.Store, c.Store = c.Store, slow
		c.Guard.MaxInFlight = most
		c.Guard.Shed = func(reason string) { shed.Store(reason) }
	})

	session := h.open()
	var polls sync.WaitGroup
	for range most {
		polls.Go(func() {
			if w := h.get("/c/" + session + "/status"); w.Code != http.StatusOK {
				t.Errorf("a request within the bound: %d", w.Code)
			}
		})

		<-slow.entered
	}

	wantShed(t, h.get("/c/"+session))
	wantShed(t, h.call("klaing test", http.MethodGet, "/v1/payments", ""))
	if shed.Load() != "in_flight" {
		t.Errorf("told %v", shed.Load())
	}

	for _, monitor := range []string{"/healthz", "/readyz"} {
		if w := h.get(monitor); w.Code != http.StatusOK {
			t.Errorf("%s: %d", monitor, w.Code)
		}
	}

	close(slow.release)
	polls.Wait()
	if w := h.get("/c/" + session); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestWhatWaitsForProvidersLeavesRoomForTheRest(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"/payments", "/check", "/card"} {
		var shed atomic.Value
		h := newHarness(t, func(c *handlers.Config) {
			c.Guard.MaxInFlight = 2
			c.Guard.Shed = func(reason string) { shed.Store(reason) }
		})

		session := h.open()
		body, slowly := io.Pipe()
		var waits sync.WaitGroup
		waits.Go(func() {
			r := httptest.NewRequest(http.MethodPost, "/c/"+session+form, body)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			h.api.ServeHTTP(httptest.NewRecorder(), r)
		})
		if _, err := slowly.Write([]byte("a=")); err != nil { // it is being read
			t.Fatal(err)
		}

		wantShed(t, h.submit("/c/"+session+form))
		if shed.Load() != "slow" {
			t.Errorf("%s: told %v", form, shed.Load())
		}

		if w := h.get("/c/" + session); w.Code != http.StatusOK {
			t.Errorf("beside %s the page is answered %d", form, w.Code)
		}

		_ = slowly.Close()
		waits.Wait()
	}
}

func TestMemoryAboveTheBoundSheds(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) { c.Guard.MaxMemory = 1 })
	wantShed(t, h.get("/c/cs_1"))
	if w := h.get("/healthz"); w.Code != http.StatusOK {
		t.Errorf("%d", w.Code)
	}
	h = newHarness(t, func(c *handlers.Config) { c.Guard.MaxMemory = 1 << 50 })
	if w := h.get("/c/" + h.open()); w.Code != http.StatusOK {
		t.Errorf("%d", w.Code)
	}
}

func TestAddressIsLimited(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) { c.Guard.AddressLimit = handlers.Limit{PerSecond: 1, Burst: 3} })
	session := h.open() // a valid key is counted by itself
	for i, want := range []int{200, 200, 200, 429} {
		if w := h.get("/c/" + session); w.Code != want {
			t.Errorf("request %d: %d, want %d", i, w.Code, want)
		}
	}

	if w := h.call("klaing test", http.MethodGet, "/v1/payments", ""); w.Code != http.StatusOK {
		t.Errorf("with a key: %d", w.Code)
	}

	w := h.get("/v1/payments", "Authorization", "Bearer sk_test_guess")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("guessing keys: %d", w.Code)
	}

	h.clock.Add(time.Second)
	if w := h.get("/v1/payments", "Authorization", "Bearer sk_test_guess"); w.Code != http.StatusUnauthorized {
		t.Errorf("a second later: %d", w.Code)
	}
}

func TestSessionIsLimitedFromAllAddresses(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) {
		c.PayLimit = handlers.Limit{PerSecond: -1}
		c.Guard.SessionLimit = handlers.Limit{PerSecond: 1, Burst: 2}
	})

	session := h.open()
	w := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions", strings.Replace(order, "A-1", "A-2", 1)+"}")
	other := read[checkout.PublicSession](t, w).ID
	for i, want := range []int{303, 303, 429} {
		if w := h.submit("/c/"+session+"/check", "hash", ""); w.Code != want {
			t.Errorf("%d: %d, want %d", i, w.Code, want)
		}
	}

	if w := h.submit("/c/"+other+"/check", "hash", ""); w.Code != http.StatusSeeOther {
		t.Errorf("another session: %d", w.Code)
	}

	if w := h.submit("/c/"+session+"/payments", "method", "khqr"); w.Code != http.StatusTooManyRequests {
		t.Errorf("starting: %d", w.Code)
	}
}

func TestReadyReportsWhatDoesNotRun(t *testing.T) {
	t.Parallel()
	stopped := errors.New("the verifier has not run for 20s")
	h := newHarness(t, func(c *handlers.Config) { c.Guard.Alive = func(context.Context) error { return stopped } })
	if w := h.get("/readyz"); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "verifier") {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	if !strings.Contains(h.log.String(), "verifier has not run") {
		t.Error("the cause is not in the log")
	}

	stopped = nil
	if w := h.get("/readyz"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAnswersAreObservedByRoute(t *testing.T) {
	t.Parallel()
	var seen atomic.Value
	h := newHarness(t, func(c *handlers.Config) {
		c.Guard.Request = func(method, route string, status int, _ time.Duration) { seen.Store([]any{method, route, status}) }
	})
	h.get("/c/cs_none")
	if got := seen.Load().([]any); got[0] != "GET" || got[1] != "/c/:session" || got[2] != 404 {
		t.Errorf("%v", got)
	}
}
