package kesssim

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

const deadline = 30 * time.Second

// shop is a merchant's server that counts notices.
type shop struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
}

func newShop(t *testing.T) *shop {
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bodies = append(s.bodies, string(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) wait(t *testing.T, n int) []string {
	t.Helper()
	for end := time.Now().Add(deadline); ; time.Sleep(time.Millisecond) {
		s.mu.Lock()
		bodies := append([]string(nil), s.bodies...)
		s.mu.Unlock()
		if len(bodies) >= n {
			return bodies
		}
		if time.Now().After(end) {
			t.Fatalf("%d notices, want %d", len(bodies), n)
		}
	}
}

func TestNoticesMisbehaveAsOrdered(t *testing.T) {
	for rules, want := range map[string]int{`{}`: 1, `{"duplicate":2}`: 3, `{"reorder":true}`: 2, `{"delay_ms":5}`: 1, `{"drop":true}`: 0} {
		r, shop := newHarness(t, Options{}), newShop(t)
		r.create("A", map[string]any{"notify_url": shop.URL})
		r.do("POST", "/control/callbacks", "application/json", rules)
		r.do("POST", "/control/pay", "application/json", `{"reference":"A"}`)
		bodies := shop.wait(t, want)
		r.sim.Close()
		if got := len(r.sim.state.Ledger.Callbacks); got != want {
			t.Errorf("%s: %d notices, want %d", rules, got, want)
		}
		if strings.Contains(rules, "reorder") && (!strings.Contains(bodies[0], "SUCCESS") || !strings.Contains(bodies[1], "WAITING")) {
			t.Errorf("reordered notices %v", bodies)
		}
		for _, body := range bodies {
			params, err := client.ParseJSON([]byte(body))
			if err != nil || params.Verify(checkout.Secret(DemoAPISecretKey)) != nil {
				t.Errorf("%s: %s does not verify", rules, body)
			}
		}
	}
}
