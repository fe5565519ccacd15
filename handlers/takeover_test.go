package handlers_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/handlers"
)

// dyingStore is that of a process which dies before it can keep an answer.
type dyingStore struct{ handlers.Store }

func (dyingStore) KeepResult(context.Context, checkout.IdempotentRequest, checkout.RequestResult) error {
	return nil
}
func (dyingStore) ReleaseIdempotency(context.Context, checkout.IdempotentRequest, bool) error {
	return nil
}
func (s dyingStore) RenewIdempotency(context.Context, checkout.IdempotentRequest, time.Time) (checkout.IdempotentRequest, error) {
	return checkout.IdempotentRequest{}, checkout.ErrNotFound
}

// kept is all that the API shows of what there is, but for deliveries, which
// may be made twice.
func (r *replay) kept() string {
	var all strings.Builder
	for _, l := range lists {
		if !strings.HasSuffix(l.call, "deliveries") {
			all.WriteString(r.want(200, l.call+"?limit=100", "").Body.String())
		}
	}
	return all.String()
}

func TestEveryRequestOfADeadProcessIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	for _, p := range posts {
		t.Run(p.call, func(t *testing.T) {
			t.Parallel()
			r := (&replay{harness: &harness{t: t}, record: newRecorder(t)}).again()
			r.furnish()
			_, target, _ := strings.Cut(r.ids.Replace(p.call), " ")
			body := r.ids.Replace(p.body)
			if p.call != "POST "+sessions { // whose answer is kept with it
				r.claim("before", target, body)
				wantProblem(t, r.post("before", target, body), http.StatusConflict, "idempotency_in_flight")
				r.clock.Add(checkout.IdempotencyLease)
			}

			config := r.config
			config.Store = dyingStore{config.Store}
			survivor := r.e
			r.e = handlers.New(config)
			r.api = r.record.Wrap(r.e)
			first := r.post("before", target, body)
			if first.Code != p.status {
				t.Fatalf("%d %s", first.Code, first.Body)
			}

			before := r.kept()
			r.api = r.record.Wrap(survivor)
			r.clock.Add(checkout.IdempotencyLease)
			again := r.post("before", target, body)
			if id := identity(t, again); again.Code != p.status || !maps.Equal(id, identity(t, first)) {
				t.Errorf("%d %s, want %s", again.Code, again.Body, first.Body)
			}

			if after := r.kept(); after != before {
				t.Errorf("was\n%s\nis\n%s", before, after)
			}

			if n := len(r.refunds.orders); n > 1 {
				t.Errorf("the provider was asked for %d refunds", n)
			}
		})
	}
}

// identity is what of an answer is the same however often it is carried out.
func identity(t *testing.T, w *httptest.ResponseRecorder) (id map[string]any) {
	t.Helper()
	all := read[map[string]any](t, w)
	return map[string]any{"id": all["id"], "secret": all["secret"], "code": all["code"]}
}

// renewals tells until when claims are renewed.
type renewals struct {
	handlers.Store
	renewed chan time.Time
}

func (s renewals) RenewIdempotency(ctx context.Context, claim checkout.IdempotentRequest, until time.Time) (checkout.IdempotentRequest, error) {
	claim, err := s.Store.RenewIdempotency(ctx, claim, until)
	s.renewed <- claim.LeasedUntil
	return claim, err
}

func TestRequestThatTakesLongIsNotTakenOver(t *testing.T) {
	t.Parallel()
	renewed, answered := make(chan time.Time, 100), make(chan struct{})
	h := newHarness(t, func(c *handlers.Config) { c.Store = renewals{c.Store, renewed} })
	body := `{"payment":"` + h.paid("baray").ID + `","reason":"cold"}`
	requested := make(chan struct{})
	h.refunds.during = func() { close(requested); <-answered }
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- h.post("k", "/v1/refunds", body) }()
	<-requested
	for range 2 {
		h.clock.Add(checkout.IdempotencyLease * 2 / 3)
		for want := h.clock.Now().Add(checkout.IdempotencyLease); !(<-renewed).Equal(want); { // earlier ones may wait in the queue
		}
	}

	wantProblem(t, h.post("k", "/v1/refunds", body), http.StatusConflict, "idempotency_in_flight")
	close(answered)
	made := (<-first).Body.String()
	if again := h.post("k", "/v1/refunds", body); again.Body.String() != made {
		t.Errorf("%s, want %s", again.Body, made)
	}
}
