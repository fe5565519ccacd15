package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestPageOpenAtOneReplicaShowsWhatAnotherLearnt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	other := h.replica()
	session := h.open()
	polled := wantState(t, other.get("/c/"+session), "choosing").Find("#status").AttrOr("hx-get", "")

	payment := h.pay(session, "khqr")
	polled = wantState(t, other.pollUntilChanged(polled), "qr_waiting").Find("#status").AttrOr("hx-get", "")
	for range 2 { // the second time from the other's cache of pages
		wantState(t, other.get("/c/"+session), "qr_waiting")
	}
	if w := other.get(polled); w.Code != http.StatusNoContent {
		t.Errorf("nothing new: %d", w.Code)
	}

	h.prove(payment, "t1", 250)
	wantState(t, other.pollUntilChanged(polled), "paid")
	wantState(t, other.get("/c/"+session), "paid")
	if w := other.call("klaing test", http.MethodGet, "/v1/checkout/sessions/"+session, ""); !strings.Contains(w.Body.String(), `"status":"complete"`) {
		t.Errorf("the other's API does not know: %s", w.Body)
	}
}

// Only a poll may be answered from what was read a moment ago: a buyer who has just done
// something at one replica and is sent to another must not see the page from before.
func TestReloadedPageShowsAtOnceWhatAnotherReplicaDid(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	other := h.replica()
	session := h.open()
	payment := h.pay(session, "khqr")
	polled := ""
	for range 2 { // the second time from the other's cache of pages
		polled = wantState(t, other.get("/c/"+session), "qr_waiting").Find("#status").AttrOr("hx-get", "")
	}
	if w := other.get(polled); w.Code != http.StatusNoContent {
		t.Errorf("nothing new: %d", w.Code)
	}

	h.prove(payment, "t1", 250)
	wantState(t, other.get("/c/"+session), "paid")
}

// pollUntilChanged polls until the page is told something new. It gives up long after
// the second that another replica's change may take.
func (h *harness) pollUntilChanged(address string) (answer *httptest.ResponseRecorder) {
	h.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if answer = h.get(address); answer.Code != http.StatusNoContent {
			break
		}
	}
	return answer
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
