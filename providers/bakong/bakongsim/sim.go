// Package bakongsim is a simulator of Bakong: a server that speaks the Open
// API strictly, with a bank app at /app where a person plays the buyer's phone,
// and a control API at /control for tests.
//
// It knows only what the real one could: a code is unknown until it is paid or
// turned into a deep link.
package bakongsim

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"rieltime/providers/autopilot"
	"rieltime/providers/faults"
	"rieltime/providers/simulator"
)

// What the simulator knows when nothing else is said.
const (
	DemoAccount = "rieltime_demo@devb" // a merchant's account
	DemoPayer   = "sok_dara@devb"      // the buyer's account in the bank app
	DemoEmail   = "demo@rieltime.example"

	// DemoToken is a token of DemoEmail that ends in 2100.
	DemoToken = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYXRhIjp7ImlkIjoiZGVtb0ByaWVsdGltZS5leGFtcGxlIn0sImV4cCI6NDEwMjQ0NDgwMCwiaWF0IjoxNzY3MjI1NjAwfQ.Lcqf25bIDxpbuxcevaGoFAtWzOj0YUEpF__9p6_VdMk"
)

// Options of a simulator; all may be left out.
type Options struct {
	Now       func() time.Time
	PublicURL string   // its own address as buyers see it, for deep links
	Accounts  []string // Bakong accounts that exist besides the demo ones
	StatePath string   // JSON file that keeps its state; empty: memory only
	Autopilot bool     // codes that it learns of are paid as their amounts ask for
}

// Simulator is one Bakong. It is safe for concurrent use.
type Simulator struct {
	faults    faults.Injector
	pilot     *autopilot.Autopilot
	now       func() time.Time
	statePath string

	mu        sync.Mutex
	publicURL string
	state     state
	skew      time.Duration
	limits    limits
	refusals  []refusal
	asked     ledger
}

// New returns a simulator with the state of its file, when it has one.
func New(o Options) (*Simulator, error) {
	if o.Now == nil {
		o.Now = time.Now
	}

	s := &Simulator{now: o.Now, statePath: o.StatePath, publicURL: strings.TrimRight(o.PublicURL, "/")}
	if err := s.state.load(o.StatePath); err != nil {
		return nil, fmt.Errorf("load the simulator's state: %w", err)
	}

	for _, account := range append([]string{DemoAccount, DemoPayer}, o.Accounts...) {
		s.state.Accounts[account] = true
	}

	s.state.Registrations[DemoEmail] = registration{Organization: "Rieltime", Project: "Demo", Verified: true}
	if o.Autopilot {
		s.pilot = autopilot.NewAutopilot(&s.faults)
		s.resume()
	}

	return s, nil
}

// Close ends what the autopilot was to do.
func (s *Simulator) Close() { s.pilot.Close() }

// SetPublicURL sets the address that deep links point to.
func (s *Simulator) SetPublicURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publicURL = strings.TrimRight(url, "/")
}

// Handler serves the protocol at /v1, the bank app at /app and the control API
// at /control.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/", s.record(s.faults.Wrap(s.protocol(), nil)))
	mux.Handle("/app/", s.app())
	mux.Handle("/control/", s.control())
	mux.Handle("GET /{$}", http.RedirectHandler("/app/", http.StatusSeeOther))
	mux.Handle("GET /app", http.RedirectHandler("/app/", http.StatusSeeOther))
	return mux
}

// time is the simulator's clock. The lock must be held.
func (s *Simulator) time() time.Time { return s.now().Add(s.skew) }

// locked runs f under the lock and keeps the state when f changed it.
func (s *Simulator) locked(f func() (changed bool)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !f() {
		return nil
	}
	return simulator.Save(s.statePath, &s.state)
}
