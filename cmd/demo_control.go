package cmd

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"rieltime/providers/simkit"
)

// movableClock is this machine's clock, ahead by what a test has advanced it. It is safe for
// concurrent use.
type movableClock struct{ ahead atomic.Int64 } // nanoseconds

func (c *movableClock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// maxAdvance bounds one step of the clock, and thereby what a wrong unit can do.
const maxAdvance = 31 * 24 * time.Hour

// handler serves the control of the demo, for tests of shops:
//
//	GET  /control/clock  {"now": time}
//	POST /control/clock  {"advance_ms": 60000}: the time of the checkout and of all
//	                     simulators moves on; it never goes back
func (c *movableClock) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/clock", func(w http.ResponseWriter, _ *http.Request) { c.write(w) })
	mux.HandleFunc("POST /control/clock", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			AdvanceMs int64 `json:"advance_ms"`
		}
		if err := simkit.DecodeStrict(simkit.ReadBody(r), &in); err != nil || in.AdvanceMs < 0 || in.AdvanceMs > maxAdvance.Milliseconds() {
			http.Error(w, fmt.Sprintf("give advance_ms from 0 to %d", maxAdvance.Milliseconds()), http.StatusBadRequest)
			return
		}

		c.ahead.Add(int64(time.Duration(in.AdvanceMs) * time.Millisecond))
		c.write(w)
	})
	return mux
}

func (c *movableClock) write(w http.ResponseWriter) {
	simkit.WriteJSON(w, http.StatusOK, map[string]time.Time{"now": c.now()})
}
