// Package kesssim is a simulator of the KESS gateway: its OAuth, its one
// endpoint with every documented service, its hosted payment page, its app for
// native QR codes, its saved cards and its notices, as strict as the document.
// What the document leaves open is marked as a choice where it is made.
package kesssim

import (
	"crypto/rsa"
	"net/http"
	"sync"
	"time"

	"rieltime/providers/autopilot"
	"rieltime/providers/faults"
)

// The credentials of the account that a simulator has by default, for
// demonstrations.
const (
	DemoClientID     = "demo-client"
	DemoClientSecret = "demo-client-secret"
	DemoUsername     = "demo-merchant"
	DemoPassword     = "demo-password"
	DemoSellerCode   = "CU2601-100000000000000001"
	DemoAPISecretKey = "demo-kess-api-secret-key"
)

// Account is a merchant's login with its seller code and signing key.
type Account struct {
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	Username     string   `json:"username"`
	Password     string   `json:"password"`
	SellerCode   string   `json:"seller_code"`
	APISecretKey string   `json:"api_secret_key"`
	Name         string   `json:"name"`
	Methods      []string `json:"methods,omitempty"` // BICs; empty: all
}

// Demo is the account with the credentials above.
func Demo() Account {
	return Account{
		ClientID: DemoClientID, ClientSecret: DemoClientSecret, Username: DemoUsername, Password: DemoPassword,
		SellerCode: DemoSellerCode, APISecretKey: DemoAPISecretKey, Name: "Psar Chas Shop",
	}
}

// Options are a simulator's; zero fields get defaults.
type Options struct {
	Now        func() time.Time
	PublicURL  string        // where buyers reach it; empty: as the request names it
	Accounts   []Account     // empty: Demo alone
	StatePath  string        // file that keeps the state; empty: memory only
	RetryEvery time.Duration // between attempts of a notice; zero: a second
	Autopilot  bool          // orders are paid as their amounts ask for
}

// Simulator plays KESS. It is safe for concurrent use.
type Simulator struct {
	now     func() time.Time
	path    string
	faults  faults.Injector
	pilot   *autopilot.Autopilot
	notices *faults.CallbackSender
	key     func() *rsa.PrivateKey

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
	s.key = sync.OnceValue(s.loadKey)
	if err := s.load(); err != nil {
		return nil, err
	}

	for _, account := range o.Accounts {
		if err := s.SetAccount(account); err != nil {
			return nil, err
		}
	}

	s.notices = faults.NewCallbackSender(o.RetryEvery, s.delivered, formatJSON, formatForm)
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

// SetAccount adds a merchant, or replaces the one with that seller code.
func (s *Simulator) SetAccount(account Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Accounts[account.SellerCode] = account
	return s.save()
}

// Close ends the notices under way and what the autopilot was to do.
func (s *Simulator) Close() {
	s.pilot.Close()
	s.notices.Close()
}

// Handler serves the protocol, the buyer's pages and the control API.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /oauth/token", s.faults.Wrap(http.HandlerFunc(s.oauthToken), nil))
	mux.Handle("POST /api/mch/v2/gateway", s.faults.Wrap(http.HandlerFunc(s.gateway), nil))

	mux.HandleFunc("GET /pay/{token}", s.showPay)
	mux.HandleFunc("POST /pay/{token}", s.pressPay)
	mux.HandleFunc("GET /app", s.showScan)
	mux.HandleFunc("GET /app/{token}", s.showApp)
	mux.HandleFunc("POST /app/{token}", s.pressApp)
	mux.HandleFunc("GET /spa/inti-card", s.showSaveCard)
	mux.HandleFunc("POST /spa/inti-card", s.pressSaveCard)
	mux.HandleFunc("GET /ccpay/{token}", s.showCardPay)
	mux.HandleFunc("POST /ccpay/{token}", s.pressCardPay)
	mux.HandleFunc("GET /logos/{file}", s.showLogo)
	mux.HandleFunc("GET /simulator.css", serveCSS)

	s.control(mux)
	return mux
}
