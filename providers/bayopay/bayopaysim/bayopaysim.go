// Package bayopaysim is a simulator of BayoPay: its payment page, the result
// that the buyer's browser brings back, and the callback of its server, as
// strict as BayoPay's documentation.
package bayopaysim

import (
	"net/http"
	"sync"
	"time"

	"rieltime/providers/autopilot"
	"rieltime/providers/faults"
)

// The credentials of the account that a simulator has by default, for
// demonstrations.
const (
	DemoNiagaID  = "100105000000999"
	DemoNiagaKey = "demoNiagaKey0123456789abcdefABCDEF"
	DemoChannel  = "creditmc"
)

// GatewayPath is where the payment form is posted to ("Payment URL").
const GatewayPath = "/bayoipg/Pays/index.php"

// Channel is a way to pay that an account may use ("Channel Lists"). An amount
// must be more than MoreThan and less than LessThan.
type Channel struct {
	Name       string   `json:"name"`
	Currencies []string `json:"currencies"`
	MoreThan   string   `json:"more_than"`
	LessThan   string   `json:"less_than"`
}

// Account is a merchant of BayoPay's.
type Account struct {
	NiagaID     string    `json:"niaga_id"`
	NiagaKey    string    `json:"niaga_key"`
	Name        string    `json:"name"`
	Channels    []Channel `json:"channels"`
	ReturnURL   string    `json:"return_url,omitempty"`   // when the request names none
	CallbackURL string    `json:"callback_url,omitempty"` // when the request names none
	Registered  []string  `json:"registered,omitempty"`   // addresses, or beginnings that end in a slash, that requests may name; empty: any
}

// Demo is the account with the credentials above.
func Demo() Account {
	return Account{
		NiagaID: DemoNiagaID, NiagaKey: DemoNiagaKey, Name: "Psar Chas Shop",
		Channels: []Channel{{Name: DemoChannel, Currencies: []string{"USD"}, MoreThan: "1.00", LessThan: "5000.00"}},
	}
}

// Options are a simulator's; zero fields get defaults.
type Options struct {
	Now        func() time.Time
	PublicURL  string        // where buyers reach it; empty: the pages link relatively
	Accounts   []Account     // empty: Demo alone
	StatePath  string        // file that keeps the state; empty: memory only
	RetryEvery time.Duration // between attempts of a callback; zero: a second
	Autopilot  bool          // transactions are paid as their amounts ask for
}

// Simulator plays BayoPay. It is safe for concurrent use.
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

	s.callbacks = faults.NewCallbackSender(o.RetryEvery, s.delivered, formatJSON, formatForm, formatSample)
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

// SetAccount adds a merchant or replaces it.
func (s *Simulator) SetAccount(account Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Accounts[account.NiagaID] = account
	return s.save()
}

// Close ends the callbacks under way and what the autopilot was to do.
func (s *Simulator) Close() {
	s.pilot.Close()
	s.callbacks.Close()
}

// Handler serves the protocol, the buyer's pages and the control API.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+GatewayPath, s.faults.Wrap(s.asked("POST "+GatewayPath, http.HandlerFunc(s.receive)), nil))

	mux.HandleFunc("GET /bayoipg/Pays/{tranid}", s.showTransaction)
	mux.HandleFunc("POST /bayoipg/Pays/{tranid}", s.press)
	mux.HandleFunc("GET /simulator.css", serveCSS)

	mux.Handle("/control/faults", s.faults.Control())
	mux.HandleFunc("GET /control/ledger", s.showLedger)
	mux.HandleFunc("POST /control/accounts", s.controlAccount)
	mux.HandleFunc("POST /control/pay", s.controlPay)
	mux.Handle("/control/callbacks", s.callbacks.Control())
	mux.HandleFunc("POST /control/callbacks/send", s.controlSend)
	return mux
}

// asked counts calls, whatever became of them.
func (s *Simulator) asked(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.state.Ledger.Asked[pattern]++
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}
