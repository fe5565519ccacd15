package webhooks

import (
	"net/http"
	"testing"
	"time"

	"rieltime/checkout"
)

var noon = time.Date(2026, 4, 14, 5, 0, 0, 0, time.UTC)

func to(endpoint string) checkout.Delivery {
	return checkout.Delivery{EndpointID: endpoint, URL: "https://shop.example/hook"}
}

func TestEndpointHasFewDeliveriesAtOnce(t *testing.T) {
	failing := to("we_3")
	failing.FailingSince = noon
	for _, test := range []struct {
		delivery checkout.Delivery
		most     int
	}{{to("we_1"), atOnce}, {to("we_2"), atOnce}, {failing, atOnceFailing}} {
		var g gates
		for i := range test.most {
			if wait := g.enter(test.delivery, noon); wait != 0 {
				t.Errorf("%s: delivery %d waits %v", test.delivery.EndpointID, i, wait)
			}
		}

		if g.enter(test.delivery, noon) == 0 {
			t.Errorf("%s: more than %d at once", test.delivery.EndpointID, test.most)
		}

		if g.enter(to("we_other"), noon) != 0 {
			t.Errorf("%s holds up another", test.delivery.EndpointID)
		}

		g.leave(test.delivery, time.Second, 0, noon)
		if wait := g.enter(test.delivery, noon); wait != 0 {
			t.Errorf("%s: waits %v after one has left", test.delivery.EndpointID, wait)
		}
	}
}

func TestQuickEndpointHasMoreAtOnceUntilItIsSlow(t *testing.T) {
	var g gates
	through := func() (count int) {
		for g.enter(to("we_1"), noon) == 0 {
			count++
		}
		return count
	}
	if n := through(); n != atOnce {
		t.Errorf("%d at once before it is known", n)
	}

	g.leave(to("we_1"), 20*time.Millisecond, 0, noon)
	if n := through(); n != atOnceQuick-atOnce+1 {
		t.Errorf("%d more when it was quick, want %d", n, atOnceQuick-atOnce+1)
	}

	for range atOnceQuick - atOnce + 1 {
		g.leave(to("we_1"), quick, 0, noon)
	}

	if n := through(); n != 1 {
		t.Errorf("%d more when it was slow, want 1", n)
	}
}

func TestQuickEndpointsLeaveHalfTheHandsToOthers(t *testing.T) {
	var g gates
	for _, id := range []string{"we_1", "we_2", "we_3", "we_4"} {
		g.enter(to(id), noon)
		g.enter(to(id), noon)
		g.leave(to(id), 20*time.Millisecond, 0, noon)
	}

	for _, id := range []string{"we_1", "we_2", "we_3", "we_4"} {
		for g.enter(to(id), noon) == 0 {
		}
	}

	if g.inFlight > busy+2*atOnce {
		t.Errorf("%d deliveries to four endpoints that were quick", g.inFlight)
	}

	if g.enter(to("we_other"), noon) != 0 {
		t.Error("they hold up another")
	}
}

func TestWaitingDeliveriesGetTurns(t *testing.T) {
	var g gates
	for range atOnce {
		g.enter(to("we_1"), noon)
	}

	g.leave(to("we_1"), 8*time.Second, 0, noon)
	g.enter(to("we_1"), noon)
	var before time.Duration
	for i := range 200 {
		wait := g.enter(to("we_1"), noon)
		if wait < before || wait > longestWait || (before > 0 && wait < longestWait && wait-before != 2*time.Second) {
			t.Fatalf("waiting delivery %d waits %v, the one before %v", i, wait, before)
		}
		before = wait
	}
}

func TestNothingIsSentToAnEndpointThatAskedToWait(t *testing.T) {
	var g gates
	g.enter(to("we_1"), noon)
	g.leave(to("we_1"), time.Second, time.Hour, noon)
	if wait := g.enter(to("we_1"), noon.Add(time.Minute)); wait != 59*time.Minute {
		t.Errorf("waits %v, want 59m", wait)
	}

	moved := to("we_1")
	moved.URL = "https://shop.example/elsewhere"
	if wait := g.enter(moved, noon); wait != 0 {
		t.Errorf("at its new address it waits %v", wait)
	}

	if wait := g.enter(to("we_1"), noon.Add(time.Hour)); wait != 0 {
		t.Errorf("afterwards it waits %v", wait)
	}
}

func TestGatesAreForgotten(t *testing.T) {
	var g gates
	for range atOnce + 1 {
		g.enter(to("we_1"), noon)
	}
	for range atOnce {
		g.leave(to("we_1"), time.Second, 0, noon.Add(time.Minute))
	}
	if len(g.gates) != 0 {
		t.Errorf("%d gates are kept", len(g.gates))
	}
}

func TestDeliveryWaitsWithoutAnAttempt(t *testing.T) {
	s, store := newDelivery(t, answer(http.StatusTooManyRequests, ""))
	s.now = func() time.Time { return noon }
	s.gates.enter(store.delivery, noon)
	s.gates.leave(store.delivery, 0, time.Minute, noon)
	again, err := s.Deliver(t.Context(), "del_1")
	if err != nil || again != time.Minute || len(store.attempts) != 0 {
		t.Errorf("again after %v, %v, %d attempts", again, err, len(store.attempts))
	}
}
