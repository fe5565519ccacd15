//go:build e2e

package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"time"
)

type misbehaviour struct {
	Kind   string            `json:"kind"`
	Rate   float64           `json:"rate,omitempty"` // 0: every call
	Status int               `json:"status,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	Delay  int               `json:"delay_ms,omitempty"`
	After  bool              `json:"after,omitempty"`
}

// misconduct is how providers fail: about one call in six.
var misconduct = []misbehaviour{
	{Kind: "delay", Rate: 0.04, Delay: 700},
	{Kind: "delay", Rate: 0.02, Delay: 400, After: true},
	{Kind: "reset", Rate: 0.015},
	{Kind: "reset", Rate: 0.015, After: true},
	{Kind: "timeout", Rate: 0.002},
	{Kind: "timeout", Rate: 0.002, After: true},
	{Kind: "status", Rate: 0.015, Status: http.StatusInternalServerError},
	{Kind: "status", Rate: 0.01, Status: http.StatusBadGateway, After: true},
	{Kind: "status", Rate: 0.01, Status: http.StatusServiceUnavailable, Header: map[string]string{"Retry-After": "1"}},
	{Kind: "status", Rate: 0.01, Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "1"}},
	{Kind: "status", Rate: 0.01, Status: http.StatusForbidden},
	{Kind: "malformed", Rate: 0.015},
}

// callbackRules are how providers' callbacks misbehave, in turn.
type callbackRules struct {
	Drop      bool `json:"drop,omitempty"`
	Duplicate int  `json:"duplicate,omitempty"`
	Delay     int  `json:"delay_ms,omitempty"`
	Reorder   bool `json:"reorder,omitempty"`
}

var callbackMisconduct = []callbackRules{{}, {}, {Drop: true}, {Duplicate: 2}, {Delay: 1500}, {Reorder: true}, {Duplicate: 1, Delay: 600, Reorder: true}}

var withCallbacks = []string{"baray", "kess", "bayopay"}

// misbehave puts the faults in force, until behave.
func (w *crashHarness) misbehave() {
	w.putFaults(misconduct)
	dice := w.plan.dice(faultDice)
	w.stopped.Go(func() {
		for !w.pause(time.Second) {
			if w.callbacksRest.Load() {
				continue
			}
			name := withCallbacks[dice.IntN(len(withCallbacks))]
			rules := callbackMisconduct[dice.IntN(len(callbackMisconduct))]
			w.control(http.MethodPost, w.sims[name]+"/control/callbacks", rules)
		}
	})
}

// putFaults puts these faults in the place of those in force.
func (w *crashHarness) putFaults(faults []misbehaviour) {
	for _, address := range w.sims {
		w.setFaults(address, faults)
	}
}

func (w *crashHarness) setFaults(address string, faults []misbehaviour) {
	w.control(http.MethodDelete, address+"/control/faults", nil)
	for _, f := range faults {
		w.control(http.MethodPost, address+"/control/faults", f)
	}
}

// pause waits, and reports whether the misbehaving is over.
func (w *crashHarness) pause(d time.Duration) (over bool) {
	select {
	case <-w.stop:
		return true
	case <-time.After(d):
		return false
	}
}

// stopMisbehaving ends all faults. Callbacks that were dropped stay so.
func (w *crashHarness) stopMisbehaving() {
	close(w.stop)
	w.stopped.Wait()
	w.hooks.behave()
	w.putFaults(nil)
	for _, name := range withCallbacks {
		w.control(http.MethodDelete, w.sims[name]+"/control/callbacks", nil)
	}
}

// faultsHit counts the calls that the simulators answered wrongly, by kind.
func (w *crashHarness) faultsHit() map[string]int {
	sum := map[string]int{}
	for _, address := range w.sims {
		var hits map[string]int
		_, text := w.control(http.MethodGet, address+"/control/faults", nil)
		if err := json.Unmarshal(text, &hits); err != nil {
			w.t.Fatal(err)
		}

		for kind, n := range hits {
			sum[kind] += n
		}
	}

	return sum
}

// forgeries are the kinds of false callback that a simulator sends on request.
var forgeries = map[string][]string{
	"baray":   {"forged", "flipped", "replay"},
	"kess":    {"forged", "flipped", "unsigned"},
	"bayopay": {"forged", "flipped", "tampered"},
}

// forge has a provider's name used in a false callback about an unpaid order.
func (w *crashHarness) forge(dice *rand.Rand, provider, reference string) {
	kinds := forgeries[provider]
	if len(kinds) == 0 {
		return
	}
	kind := kinds[dice.IntN(len(kinds))]
	status, _ := w.control(http.MethodPost, w.sims[provider]+"/control/callbacks/send", map[string]string{"reference": reference, "kind": kind})
	if status/100 == 2 {
		w.count("forged callbacks")
	}
}
