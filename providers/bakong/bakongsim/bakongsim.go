// Package bakongsim simulates Bakong: a server that speaks the Open API
// strictly, with a bank app at /app, where a person plays the buyer's phone, and
// a control API at /control for tests.
//
// It knows only what the real one could: a code is unknown until it is paid or
// turned into a deep link.
package bakongsim

import (
	"net/http"
	"time"

	"rieltime/providers/simkit"
)

// Options are a simulator's; zero fields get defaults. Accounts are Bakong
// accounts that exist besides the demo ones.
type Options = simkit.Options[string]

// Simulator simulates Bakong. It is safe for concurrent use.
type Simulator struct {
	*simkit.Kit

	// Guarded by Mu.
	state    state
	skew     time.Duration // of the simulator's clock
	limits   limits
	refusals []refusal
	requests requests
}

// New returns a simulator with the state of its file.
func New(o Options) (*Simulator, error) {
	s := &Simulator{state: newState()}
	var err error
	if s.Kit, err = simkit.New(o, &s.state, &simkit.Ledger{}); err != nil {
		return nil, err
	}

	for _, account := range append([]string{DemoAccount, DemoPayer}, o.Accounts...) {
		s.state.Accounts[account] = true
	}

	s.state.Registrations[DemoEmail] = registration{Organization: "Rieltime", Project: "Demo", Verified: true}
	s.resumeAutopilot()
	return s, nil
}

// Handler serves the protocol at /v1, the bank app at /app and the control API
// at /control.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/", s.record(s.Faults.Wrap(s.protocol())))
	mux.Handle("/app/", s.app())
	mux.Handle("/control/", s.control())
	mux.Handle("GET /{$}", http.RedirectHandler("/app/", http.StatusSeeOther))
	mux.Handle("GET /app", http.RedirectHandler("/app/", http.StatusSeeOther))
	return mux
}
