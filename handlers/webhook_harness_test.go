package handlers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/webhooks"
)

const endpoints = "/v1/webhook_endpoints"

// deliver has the harness's webhooks delivered until the test ends.
func (h *harness) deliver() { h.deliverBy(h.clock.Now) }

func (h *harness) deliverBy(now func() time.Time) {
	h.t.Helper()
	sender := webhooks.NewSender(webhooks.Options{Store: h.store, Now: now, AllowPrivate: true})
	h.run(db.Jobs{Deliver: sender.Deliver})
}

// run has background jobs done until the test ends.
func (h *harness) run(jobs db.Jobs) {
	h.t.Helper()
	stop, err := h.store.StartQueue(context.WithoutCancel(h.t.Context()), jobs)
	if err != nil {
		h.t.Fatal(err)
	}

	h.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := stop(ctx); err != nil {
			h.t.Error(err)
		}
	})
}

// receiver is a merchant's server for webhooks.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []hook
	answer http.HandlerFunc
}

type hook struct {
	header http.Header
	body   []byte
}

// receive starts a receiver; a nil answer is 200.
func receive(t testing.TB, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		r.got = append(r.got, hook{request.Header.Clone(), body})
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, request)
		}
	}))

	t.Cleanup(r.Close)
	return r
}

func (r *receiver) hooks() []hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]hook(nil), r.got...)
}

func (r *receiver) say(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, "it is %d", code)
	}
}

// addEndpoint makes an endpoint of klaing's in test mode.
func (h *harness) addEndpoint(url string, events ...string) checkout.PublicEndpoint {
	h.t.Helper()
	filter := "*"
	if len(events) > 0 {
		filter = strings.Join(events, `","`)
	}
	w := h.call("klaing test", http.MethodPost, endpoints, fmt.Sprintf(`{"url":%q,"events":["%s"]}`, url, filter))
	if w.Code != http.StatusCreated {
		h.t.Fatalf("endpoint not created: %d %s", w.Code, w.Body)
	}
	return read[checkout.PublicEndpoint](h.t, w)
}

func (h *harness) expire(session string) {
	h.t.Helper()
	if w := h.call("klaing test", http.MethodPost, sessions+"/"+session+"/expire", ""); w.Code != http.StatusOK {
		h.t.Fatalf("not expired: %d %s", w.Code, w.Body)
	}
}

func (h *harness) getEndpoint(id string) checkout.PublicEndpoint {
	h.t.Helper()
	return read[checkout.PublicEndpoint](h.t, h.call("klaing test", http.MethodGet, endpoints+"/"+id, ""))
}

func (h *harness) deliveries(endpoint, query string) []checkout.PublicDelivery {
	h.t.Helper()
	w := h.call("klaing test", http.MethodGet, endpoints+"/"+endpoint+"/deliveries"+query, "")
	if w.Code != http.StatusOK {
		h.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return read[struct{ Data []checkout.PublicDelivery }](h.t, w).Data
}

// tried waits until the endpoint's newest delivery has this many attempts.
func (h *harness) tried(endpoint string, attempts int) checkout.PublicDelivery {
	h.t.Helper()
	var found checkout.PublicDelivery
	eventually(h.t, fmt.Sprintf("%d attempts", attempts), func() bool {
		all := h.deliveries(endpoint, "")
		if len(all) == 0 || len(all[0].Attempts) < attempts {
			return false
		}
		found = all[0]
		return true
	})
	return found
}

func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
