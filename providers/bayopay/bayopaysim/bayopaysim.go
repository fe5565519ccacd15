// Package bayopaysim simulates BayoPay: its payment page, the result that the
// buyer's browser brings back, and its callback, as strictly as BayoPay's
// documentation. Titles in comments are those of its chapters.
package bayopaysim

import (
	"net/http"

	"rieltime/providers/simkit"
)

// GatewayPath is where the payment form is posted to ("Payment URL").
const GatewayPath = "/bayoipg/Pays/index.php"

// Options are a simulator's; zero fields get defaults.
type Options = simkit.Options[Account]

// Simulator simulates BayoPay. It is safe for concurrent use.
type Simulator struct {
	*simkit.Kit
	state state // guarded by Mu
}

// New returns a simulator with the state of its file.
func New(o Options) (*Simulator, error) {
	s := &Simulator{state: newState()}
	var err error
	if s.Kit, err = simkit.New(o, &s.state, &s.state.Ledger.Ledger, formatJSON, formatForm, formatSample); err != nil {
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
	s.HandleProtocol(mux, "POST "+GatewayPath, s.receiveForm)

	mux.HandleFunc("GET "+pagesPath+"{tranid}", s.showTransaction)
	mux.HandleFunc("POST "+pagesPath+"{tranid}", s.submit)
	mux.HandleFunc("GET /simulator.css", look.ServeCSS)

	s.HandleControl(mux, &s.state.Ledger)
	simkit.HandleAccounts(mux, checkAccount, s.SetAccount)
	mux.HandleFunc("POST /control/pay", s.controlPay)
	s.HandleOutcomes(mux, s.decideOutcome)
	mux.HandleFunc("POST /control/callbacks/send", s.controlSend)
	return mux
}
