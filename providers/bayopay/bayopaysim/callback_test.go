package bayopaysim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

const deadline = 30 * time.Second

func TestCallbacksMisbehaveAsOrdered(t *testing.T) {
	for name, tc := range map[string]struct {
		rules string
		want  []string // statuses, in the order they come
	}{
		"plain":     {`{}`, []string{"22", "00"}},
		"duplicate": {`{"duplicate":1}`, []string{"22", "22", "00", "00"}},
		"reorder":   {`{"reorder":true}`, []string{"00", "22"}},
		"delay":     {`{"delay_ms":10}`, []string{"22", "00"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newHarness(t, Options{})
			shop := newShop(t)
			r.control("callbacks", tc.rules)
			r.begin(map[string]string{"bayo_callbackurl": shop.URL})
			r.control("pay", `{"reference":"BH2018-09rev","outcome":"pending"}`)
			if name != "reorder" {
				shop.wait(t, len(tc.want)/2)
			}
			r.control("pay", `{"reference":"BH2018-09rev"}`)
			if got := fmt.Sprint(shop.wait(t, len(tc.want))); got != fmt.Sprint(tc.want) {
				t.Errorf("callbacks with status %s, want %s", got, tc.want)
			}
		})
	}
}

func TestFailureAfterSuccessCanBeSent(t *testing.T) {
	r := newHarness(t, Options{})
	shop := newShop(t)
	r.begin(map[string]string{"bayo_callbackurl": shop.URL})
	r.control("pay", `{"reference":"BH2018-09rev"}`)
	shop.wait(t, 1)
	r.control("callbacks/send", `{"reference":"BH2018-09rev","status":"11"}`)
	if got := fmt.Sprint(shop.wait(t, 2)); got != "[00 11]" {
		t.Errorf("callbacks with status %s, want 00 and then 11", got)
	}
}

// shop is a merchant's server that records the statuses it is told.
type shop struct {
	*httptest.Server
	statuses chan string
	seen     []string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{statuses: make(chan string, 16)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var fields map[string]string
		if err := json.NewDecoder(r.Body).Decode(&fields); err == nil {
			s.statuses <- fields["bayo_status"]
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// wait returns the statuses told so far, once there are n.
func (s *shop) wait(t *testing.T, n int) []string {
	t.Helper()
	for len(s.seen) < n {
		select {
		case status := <-s.statuses:
			s.seen = append(s.seen, status)
		case <-time.After(deadline):
			t.Fatalf("callbacks %s, want %d", s.seen, n)
		}
	}
	return s.seen
}
