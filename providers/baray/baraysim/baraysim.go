// Package baraysim simulates Baray: its encrypted API, its pay page with the
// four banks, and its webhooks, as strictly as Baray's documentation. The API
// and the pay page share a host, so one handler serves everything. Sections in
// comments are those of the documentation.
package baraysim

import (
	"net/http"

	"rieltime/providers/simkit"
)

// Options are a simulator's; zero fields get defaults.
type Options = simkit.Options[Account]

// Simulator simulates Baray. It is safe for concurrent use.
type Simulator struct {
	*simkit.Kit
	state state // guarded by Mu
}

// New returns a simulator with the state of its file.
func New(o Options) (*Simulator, error) {
	s := &Simulator{state: newState()}
	var err error
	if s.Kit, err = simkit.New(o, &s.state, &s.state.Ledger.Ledger); err != nil {
		return nil, err
	}

	for _, account := range o.AccountsOr(Demo()) {
		if err := s.SetAccount(account); err != nil {
			return nil, err
		}
	}

	s.resumeAutopilot()
	return s, nil
}

// Handler serves the protocol, the buyer's pages and the control API.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	s.HandleProtocol(mux, "POST /pay", s.pay)
	s.HandleProtocol(mux, "POST /payments/check/intent", s.checkIntent)
	s.HandleProtocol(mux, "POST /payments/check/order", s.checkOrder)

	mux.HandleFunc("GET /{id}", s.showIntent)
	mux.HandleFunc("POST /{id}/pay", s.payIntent)
	mux.HandleFunc("POST /{id}/fail", s.failIntent)
	mux.HandleFunc("POST /{id}/cancel", s.cancelIntent)
	mux.HandleFunc("GET /payments/intents/{id}/success", s.redirectSuccess)
	mux.HandleFunc("GET /payments/intents/{id}/cancel", s.redirectCancel)
	mux.HandleFunc("GET /simulator.css", look.ServeCSS)

	s.HandleControl(mux, &s.state.Ledger)
	simkit.HandleAccounts(mux, checkAccount, s.SetAccount)
	mux.HandleFunc("POST /control/pay", s.controlPay)
	s.HandleOutcomes(mux, s.decideOutcome)
	mux.HandleFunc("POST /control/callbacks/send", s.controlSend)
	return mux
}
