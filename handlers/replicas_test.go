package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"rieltime/checkout"
)

func TestPageOpenAtOneReplicaShowsWhatAnotherLearnt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	other := h.replica()
	session := h.open()
	polled := wantState(t, other.get("/c/"+session), "choosing").Find("#status").AttrOr("hx-get", "")

	payment := h.pay(session, "khqr")
	polled = wantState(t, other.get(polled), "qr_waiting").Find("#status").AttrOr("hx-get", "")
	for range 2 { // the second time from the other's cache of pages
		wantState(t, other.get("/c/"+session), "qr_waiting")
	}
	if w := other.get(polled); w.Code != http.StatusNoContent {
		t.Errorf("nothing new: %d", w.Code)
	}

	h.prove(payment, "t1", 250)
	wantState(t, other.get(polled), "paid")
	wantState(t, other.get("/c/"+session), "paid")
	if w := other.call("klaing test", http.MethodGet, "/v1/checkout/sessions/"+session, ""); !strings.Contains(w.Body.String(), `"status":"complete"`) {
		t.Errorf("the other's API does not know: %s", w.Body)
	}
}

func TestRequestRepeatedAtAnotherReplicaIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	other := h.replica()
	first := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions", order+"}", "Idempotency-Key", "k1")
	again := other.call("klaing test", http.MethodPost, "/v1/checkout/sessions", order+"}", "Idempotency-Key", "k1")
	if first.Code != http.StatusCreated || again.Code != first.Code || again.Body.String() != first.Body.String() {
		t.Errorf("%d %s, then %d %s", first.Code, first.Body, again.Code, again.Body)
	}
}

func TestRevokedKeyIsRefusedByEveryReplica(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	other := h.replica()
	list := func(h *harness) int { return h.call("second", http.MethodGet, "/v1/checkout/sessions", "").Code }
	key := h.addKey("second", checkout.KeyParams{})
	if at, there := list(h), list(other); at != http.StatusOK || there != http.StatusOK {
		t.Fatal(at, there)
	}
	if _, err := h.store.RevokeKey(t.Context(), key.ID, h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if there := list(other); there != http.StatusUnauthorized {
		t.Errorf("the other answers %d", there)
	}
}
