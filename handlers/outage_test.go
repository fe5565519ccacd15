package handlers_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"rieltime/webhooks"
)

func TestEventsOfADayWithoutTheMerchantsServerArriveAfterwards(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	sender := webhooks.NewSender(webhooks.Options{Store: h.store, Now: h.clock.Now, AllowPrivate: true})
	back := h.clock.Now().Add(24 * time.Hour)
	var mu sync.Mutex
	came := map[string]int{}
	server := receive(t, func(w http.ResponseWriter, r *http.Request) {
		if h.clock.Now().Before(back) {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		came[r.Header.Get("webhook-id")]++
	})

	endpoint := h.addEndpoint(server.URL)
	due := map[string]time.Time{} // by delivery
	for now := h.clock.Now(); now.Before(back.Add(24 * time.Hour)); now = h.clock.Now() {
		if now.Minute() == 0 && now.Before(back) {
			h.expire(h.open())
		}

		for _, d := range h.deliveries(endpoint.ID, "?limit=100&status=pending") {
			if now.Before(due[d.ID]) {
				continue
			}

			again, err := sender.Deliver(t.Context(), d.ID)
			if err != nil {
				t.Fatal(err)
			}

			due[d.ID] = now.Add(again)
		}

		h.clock.Add(5 * time.Minute)
	}

	mu.Lock()
	defer mu.Unlock()

	all := h.deliveries(endpoint.ID, "?limit=100")
	if len(all) != 24 {
		t.Fatalf("%d deliveries, want 24", len(all))
	}

	for _, d := range all {
		if d.Status != "delivered" || came[d.Event] != 1 {
			t.Errorf("%s is %s after %d attempts and came %d times", d.Event, d.Status, len(d.Attempts), came[d.Event])
		}
	}
}
