// Package kesssim simulates the KESS gateway: its OAuth, its one endpoint with
// every documented service, its hosted payment page, its app for native QR
// codes, its saved cards and its notices, as strictly as the document. What the
// document leaves open is marked as a choice where it is made.
package kesssim

import (
	"crypto/rsa"
	"io"
	"net/http"
	"sync"

	"rieltime/providers/simkit"
)

// Options are a simulator's; zero fields get defaults.
type Options = simkit.Options[Account]

// Simulator simulates KESS. It is safe for concurrent use.
type Simulator struct {
	*simkit.Kit
	state state // guarded by Mu
	key   func() *rsa.PrivateKey
}

// New returns a simulator with the state of its file.
func New(o Options) (*Simulator, error) {
	s := &Simulator{state: newState()}
	s.key = sync.OnceValue(s.loadKey)
	var err error
	if s.Kit, err = simkit.New(o, &s.state, &s.state.Ledger.Ledger, formatJSON, formatForm); err != nil {
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
	mux.Handle("POST /oauth/token", s.Faults.Wrap(http.HandlerFunc(s.oauthToken)))
	mux.Handle("POST /api/mch/v2/gateway", s.Faults.Wrap(http.HandlerFunc(s.gateway)))

	mux.HandleFunc("GET /pay/{token}", s.showHostedPage)
	mux.HandleFunc("POST /pay/{token}", s.submitHostedPage)
	mux.HandleFunc("GET /app", s.showScan)
	mux.HandleFunc("GET /app/{token}", s.showApp)
	mux.HandleFunc("POST /app/{token}", s.submitApp)
	mux.HandleFunc("GET /spa/inti-card", s.showSaveCard)
	mux.HandleFunc("POST /spa/inti-card", s.submitSaveCard)
	mux.HandleFunc("GET /ccpay/{token}", s.showCardPayment)
	mux.HandleFunc("POST /ccpay/{token}", s.submitCardPayment)
	mux.HandleFunc("GET /logos/{file}", s.showLogo)
	mux.HandleFunc("GET /simulator.css", look.ServeCSS)

	s.HandleControl(mux, &s.state.Ledger)
	simkit.HandleAccounts(mux, checkAccount, s.SetAccount)
	mux.HandleFunc("GET /control/public-key", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = io.WriteString(w, s.PublicKey())
	})
	mux.HandleFunc("POST /control/pay", s.controlPay)
	s.HandleOutcomes(mux, s.decideOutcome)
	mux.HandleFunc("POST /control/orders", s.controlOrder)
	mux.HandleFunc("POST /control/refunds", s.controlRefund)
	mux.HandleFunc("DELETE /control/tokens", s.controlTokens)
	mux.HandleFunc("POST /control/callbacks/send", s.controlSend)
	return mux
}
