// Package simkit is what the providers' simulators have in common: options, a
// state kept in a file, faults, callbacks, an autopilot that plays the buyer,
// the control API for tests, and the look of the pages. A simulator embeds a
// Kit and adds its provider's protocol, its pages and its own state.
package simkit

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are those of every simulator; zero fields get defaults.
type Options[Account any] struct {
	Now        func() time.Time
	PublicURL  string        // its own address as buyers see it; empty: the host of each request
	Accounts   []Account     // merchants that it knows; empty: the demo account
	StatePath  string        // file that keeps the state; empty: memory only
	RetryEvery time.Duration // between attempts of a callback; zero: a second
	Autopilot  bool          // decide payments as their amounts choose
}

// AccountsOr returns the accounts, or demo when there are none.
func (o Options[Account]) AccountsOr(demo Account) []Account {
	if len(o.Accounts) == 0 {
		return []Account{demo}
	}
	return o.Accounts
}

// Ledger is what a simulator received and sent. A simulator embeds it in its
// own ledger, beside its payments.
type Ledger struct {
	Requests  map[string]int `json:"asked"` // how many, by endpoint or service
	Callbacks []Delivery     `json:"callbacks"`
}

// Kit is the shared part of one simulator. It is safe for concurrent use.
type Kit struct {
	Faults    Injector
	Callbacks *CallbackSender
	Autopilot *Autopilot // nil: switched off

	// Mu guards the simulator's state, with its ledger.
	Mu sync.Mutex

	now       func() time.Time
	publicURL atomic.Value // string
	path      string
	state     any
	ledger    *Ledger
}

// New returns a kit and loads its file into state, a pointer that Save writes
// from. ledger is part of the state. formats are those of the callbacks.
func New[Account any](o Options[Account], state any, ledger *Ledger, formats ...string) (*Kit, error) {
	k := &Kit{now: o.Now, path: o.StatePath, state: state, ledger: ledger}
	k.SetPublicURL(o.PublicURL)
	if k.now == nil {
		k.now = time.Now
	}
	if err := loadState(k.path, state); err != nil {
		return nil, fmt.Errorf("load the simulator's state: %w", err)
	}

	// A new state has an empty ledger, which encodes as {} and [].
	if ledger.Requests == nil {
		ledger.Requests = map[string]int{}
	}
	if ledger.Callbacks == nil {
		ledger.Callbacks = []Delivery{}
	}

	k.Callbacks = NewCallbackSender(o.RetryEvery, k.recordDelivery, formats...)
	if o.Autopilot {
		k.Autopilot = NewAutopilot(&k.Faults)
	}

	return k, nil
}

// Close cancels the running callbacks and what the autopilot has planned.
func (k *Kit) Close() {
	k.Autopilot.Close()
	k.Callbacks.Close()
}

// Now returns the simulator's time.
func (k *Kit) Now() time.Time { return k.now() }

// Save writes the state to its file. The lock is held.
func (k *Kit) Save() error { return saveState(k.path, k.state) }

// SetPublicURL sets the address where buyers reach the simulator.
func (k *Kit) SetPublicURL(url string) { k.publicURL.Store(strings.TrimRight(url, "/")) }

// BaseURL returns the simulator's address as buyers see it.
func (k *Kit) BaseURL(r *http.Request) string {
	return cmp.Or(k.publicURL.Load().(string), "http://"+r.Host)
}

// Redirect leads the buyer to a page of the simulator.
func (k *Kit) Redirect(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, k.publicURL.Load().(string)+path, http.StatusSeeOther)
}

// HandleProtocol adds an endpoint of the provider's protocol to mux: faults
// apply to it and the ledger counts it by its pattern.
func (k *Kit) HandleProtocol(mux *http.ServeMux, pattern string, handler http.HandlerFunc) {
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.Mu.Lock()
		k.ledger.Requests[pattern]++
		k.Mu.Unlock()
		handler(w, r)
	})
	mux.Handle(pattern, k.Faults.Wrap(counted))
}

func (k *Kit) recordDelivery(d Delivery) {
	k.Mu.Lock()
	defer k.Mu.Unlock()
	d.At = k.now()
	k.ledger.Callbacks = append(k.ledger.Callbacks, d)
	_ = k.Save() // the next change saves it again
}
