package simkit

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const deadline = 30 * time.Second

// doorstep is a merchant's server that notes what it is brought, and a courier
// to it.
type doorstep struct {
	*testing.T
	courier *CallbackSender
	url     string

	mu        sync.Mutex
	answers   []int // to come; 200 afterwards
	came      []string
	delivered []Delivery
}

func newDoorstep(t *testing.T, answers ...int) *doorstep {
	d := &doorstep{T: t, answers: answers}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.came = append(d.came, string(body))
		if len(d.answers) > 0 {
			w.WriteHeader(d.answers[0])
			d.answers = d.answers[1:]
		}
	}))
	d.url = server.URL
	d.courier = NewCallbackSender(time.Millisecond, func(delivery Delivery) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.delivered = append(d.delivered, delivery)
	}, "json", "form")
	t.Cleanup(func() {
		d.courier.Close()
		server.Close()
	})
	return d
}

func (d *doorstep) message(body string) Callback {
	return Callback{URL: d.url, Kind: "genuine", Reference: "ORDER", ContentType: "text/plain", Body: []byte(body), Retry: true}
}

// rules calls the control API.
func (d *doorstep) rules(method, body string) int {
	answer := httptest.NewRecorder()
	d.courier.Control().ServeHTTP(answer, httptest.NewRequest(method, "/control/callbacks", strings.NewReader(body)))
	return answer.Code
}

// deliveries waits until n attempts are reported.
func (d *doorstep) deliveries(n int) []Delivery {
	d.Helper()
	for end := time.Now().Add(deadline); ; time.Sleep(time.Millisecond) {
		d.mu.Lock()
		delivered := slices.Clone(d.delivered)
		d.mu.Unlock()
		if len(delivered) >= n {
			return delivered
		}
		if time.Now().After(end) {
			d.Fatalf("%d deliveries, want %d", len(delivered), n)
		}
	}
}

func (d *doorstep) want(bodies ...string) {
	d.Helper()
	d.deliveries(len(bodies))
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.came, bodies) {
		d.Errorf("there came %q, want %q", d.came, bodies)
	}
}

func TestMessagesMisbehaveAsOrdered(t *testing.T) {
	for rules, want := range map[string][]string{
		`{}`:               {"A", "B"},
		`{"duplicate":1}`:  {"A", "A", "B", "B"},
		`{"reorder":true}`: {"B", "A"},
		`{"delay_ms":5}`:   {"A", "B"},
	} {
		t.Run(rules, func(t *testing.T) {
			d := newDoorstep(t)
			if status := d.rules(http.MethodPost, rules); status != http.StatusNoContent {
				t.Fatalf("the rules answer %d", status)
			}
			d.courier.Send(d.message("A"))
			if rules != `{"reorder":true}` {
				d.want(want[:len(want)/2]...)
			}
			d.courier.Send(d.message("B"))
			d.want(want...)
		})
	}
}

func TestOlderMessageComesAfterWhenReordered(t *testing.T) {
	d := newDoorstep(t)
	d.rules(http.MethodPost, `{"reorder":true}`)
	m := d.message("paid")
	m.Previous = []byte("waiting")
	d.courier.Send(m)
	d.want("paid", "waiting")
}

func TestDroppedMessageNeverComes(t *testing.T) {
	d := newDoorstep(t)
	d.rules(http.MethodPost, `{"drop":true}`)
	d.courier.Send(d.message("A"))
	d.rules(http.MethodPost, `{}`)
	d.courier.Send(d.message("B"))
	d.want("B")
}

func TestHeldMessageIsLetGoWhenTheRulesEnd(t *testing.T) {
	d := newDoorstep(t)
	d.rules(http.MethodPost, `{"reorder":true}`)
	d.courier.Send(d.message("A"))
	d.rules(http.MethodDelete, "")
	d.want("A")
}

func TestMessageIsRetriedUntilAccepted(t *testing.T) {
	d := newDoorstep(t, 500, 503)
	d.courier.Send(d.message("A"))
	delivered := d.deliveries(3)
	if delivered[0].Status != 500 || delivered[1].Status != 503 || delivered[2].Status != 200 {
		t.Errorf("deliveries %+v", delivered)
	}
}

func TestMessageThatIsNotPersistentIsTriedOnce(t *testing.T) {
	d := newDoorstep(t, 500)
	m := d.message("forged")
	m.Retry = false
	d.courier.SendNow(m)
	d.deliveries(1)
	d.courier.SendNow(d.message("A"))
	d.want("forged", "A")
}

func TestFormatIsTheFirstUnlessOrdered(t *testing.T) {
	d := newDoorstep(t)
	if got := d.courier.Format(); got != "json" {
		t.Errorf("format %q, want json", got)
	}
	d.rules(http.MethodPost, `{"format":"form"}`)
	if got := d.courier.Format(); got != "form" {
		t.Errorf("format %q, want form", got)
	}
}

func TestRulesAreRefusedWhenTheyCannotBeKept(t *testing.T) {
	d := newDoorstep(t)
	for _, body := range []string{``, `{`, `{"format":"xml"}`, `{"duplicate":-1}`, `{"delay_ms":-1}`, `{"sometimes":true}`} {
		if status := d.rules(http.MethodPost, body); status != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", body, status)
		}
	}
	if status := d.rules(http.MethodPut, ""); status != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d, want 405", status)
	}
}
