package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"rieltime/checkout"
	"rieltime/handlers"
)

// brokenStore fails to read deliveries while it is told to.
type brokenStore struct {
	handlers.Store
	broken *atomic.Bool
}

func (s brokenStore) DeliveryRecord(ctx context.Context, id string) (checkout.DeliveryRecord, error) {
	if s.broken.Load() {
		return checkout.DeliveryRecord{}, errors.New("disk I/O error")
	}
	return s.Store.DeliveryRecord(ctx, id)
}

// A 5xx does not say what was done: its key stays with its request, which alone
// may be sent again.
func TestKeyStaysWithItsRequestAfterAServerError(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	h := newHarness(t, func(c *handlers.Config) { c.Store = brokenStore{c.Store, &broken} })
	endpoint := h.addEndpoint("https://shop.example/hook")
	tested := read[checkout.PublicDelivery](t, h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/test", ""))
	target := endpoints + "/" + endpoint.ID + "/deliveries/" + tested.ID + "/redeliver"
	broken.Store(true)
	for range 2 { // the second finds the first's key, which nobody holds any more
		if w := h.post("k", target, ""); w.Code != http.StatusInternalServerError {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}

	broken.Store(false)
	wantProblem(t, h.post("k", sessions, order+"}"), http.StatusUnprocessableEntity, "idempotency_key_reused")
	wantProblem(t, h.post("k", endpoints+"/"+endpoint.ID+"/test", ""), http.StatusUnprocessableEntity, "idempotency_key_reused")
	first := h.post("k", target, "")
	if first.Code != http.StatusAccepted || first.Header().Get("Idempotent-Replayed") != "" {
		t.Fatalf("the same request: %d %s", first.Code, first.Body)
	}

	if again := h.post("k", target, ""); again.Body.String() != first.Body.String() || again.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("again: %d %s", again.Code, again.Body)
	}
}
