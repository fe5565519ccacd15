// Package baraysim is a simulator of Baray: its encrypted API, its pay page
// with the four banks, and its webhooks, as strict as Baray's documentation.
// Everything is served by one handler: the API and the pay page share a host.
package baraysim

import (
	"net/http"
	"sync"
	"time"

	"rieltime/providers/autopilot"
	"rieltime/providers/baray/internal/cipher"
	"rieltime/providers/faults"
)

// The credentials of the account that a simulator has by default, for
// demonstrations.
const (
	DemoAPIKey = "bry_dev_demo0000000000000000"
	DemoSK     = "cmllbHRpbWUtZGVtby1iYXJheS1zZWNyZXQta2V5LTA="
	DemoIV     = "ZGVtby1iYXJheS1pdi0wMA=="
	DemoOrgID  = "org-00000000-0000-4000-8000-00000000ba2a"
	DemoTarget = "DEVELOPMENT"
)

// Account is an API key with what its owner has set for it (Baray
// documentation, section 3).
type Account struct {
	APIKey             string `json:"api_key"`
	SK                 string `json:"sk"`
	IV                 string `json:"iv"`
	Target             string `json:"target"`
	OrgID              string `json:"org_id"`
	OrgName            string `json:"org_name"`
	SuccessRedirectURL string `json:"success_redirect_url,omitempty"`
	CancelRedirectURL  string `json:"cancel_redirect_url,omitempty"`
	WebhookCallbackURL string `json:"webhook_callback_url,omitempty"`
}

// Demo is the account with the credentials above.
func Demo() Account {
	return Account{
		APIKey: DemoAPIKey, SK: DemoSK, IV: DemoIV, Target: DemoTarget,
		OrgID: DemoOrgID, OrgName: "Psar Chas Shop",
	}
}

// Options are a simulator's; zero fields get defaults.
type Options struct {
	Now        func() time.Time
	PublicURL  string        // where buyers reach it; empty: the pages link relatively
	Accounts   []Account     // empty: Demo alone
	StatePath  string        // file that keeps the state; empty: memory only
	RetryEvery time.Duration // between attempts of a webhook; zero: a second
	Autopilot  bool          // intents are paid as their amounts ask for
}

// Simulator plays Baray. It is safe for concurrent use.
type Simulator struct {
	now       func() time.Time
	path      string
	faults    faults.Injector
	pilot     *autopilot.Autopilot
	callbacks *faults.CallbackSender

	mu        sync.Mutex
	publicURL string
	state     state
}

// New returns a simulator with the state that StatePath keeps.
func New(o Options) (*Simulator, error) {
	if o.Now == nil {
		o.Now = time.Now
	}

	if len(o.Accounts) == 0 {
		o.Accounts = []Account{Demo()}
	}

	s := &Simulator{now: o.Now, path: o.StatePath, publicURL: o.PublicURL}
	if err := s.load(); err != nil {
		return nil, err
	}

	for _, account := range o.Accounts {
		if err := s.SetAccount(account); err != nil {
			return nil, err
		}
	}

	s.callbacks = faults.NewCallbackSender(o.RetryEvery, s.delivered)
	if o.Autopilot {
		s.pilot = autopilot.NewAutopilot(&s.faults)
		s.resume()
	}

	return s, nil
}

// SetPublicURL says where buyers reach the simulator.
func (s *Simulator) SetPublicURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publicURL = url
}

// SetAccount adds an API key or replaces it. A webhook address that was set
// before stays when the new one is empty.
func (s *Simulator) SetAccount(account Account) error {
	if _, err := cipher.New(account.SK, account.IV); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if account.WebhookCallbackURL == "" {
		account.WebhookCallbackURL = s.state.Accounts[account.APIKey].WebhookCallbackURL
	}
	s.state.Accounts[account.APIKey] = account
	return s.save()
}

// Close ends the webhooks under way and what the autopilot was to do.
func (s *Simulator) Close() {
	s.pilot.Close()
	s.callbacks.Close()
}

// Handler serves the protocol, the buyer's pages and the control API.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	protocol := func(pattern string, h http.HandlerFunc) {
		mux.Handle(pattern, s.faults.Wrap(s.asked(pattern, h), nil))
	}
	protocol("POST /pay", s.pay)
	protocol("POST /payments/check/intent", s.checkIntent)
	protocol("POST /payments/check/order", s.checkOrder)

	mux.HandleFunc("GET /payments/intents/{id}/success", s.redirectSuccess)
	mux.HandleFunc("GET /payments/intents/{id}/cancel", s.redirectCancel)
	mux.HandleFunc("GET /{id}", s.showIntent)
	mux.HandleFunc("POST /{id}/pay", s.pressPay)
	mux.HandleFunc("POST /{id}/fail", s.pressFail)
	mux.HandleFunc("POST /{id}/cancel", s.pressCancel)
	mux.HandleFunc("GET /simulator.css", serveCSS)

	mux.Handle("/control/faults", s.faults.Control())
	mux.HandleFunc("GET /control/ledger", s.showLedger)
	mux.HandleFunc("POST /control/accounts", s.controlAccount)
	mux.HandleFunc("POST /control/pay", s.controlPay)
	mux.Handle("/control/callbacks", s.callbacks.Control())
	mux.HandleFunc("POST /control/callbacks/send", s.controlSend)
	return mux
}
