package simkit

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// FaultKind is a way in which a provider misbehaves.
type FaultKind string

// The kinds of fault.
const (
	FaultDelay     FaultKind = "delay"     // answer after Fault.Delay
	FaultTimeout   FaultKind = "timeout"   // never answer: hold the connection until the caller gives up
	FaultReset     FaultKind = "reset"     // cut the connection
	FaultStatus    FaultKind = "status"    // answer Status with Body and Header
	FaultMalformed FaultKind = "malformed" // answer 200 with Body, by default half a JSON object
	FaultCut       FaultKind = "cut"       // do the work, and cut the connection in the middle of the answer
	FaultAlter     FaultKind = "alter"     // do the work, and answer with Body in place of what Pattern matches
)

// Fault makes a simulator misbehave as real providers do: slow, silent,
// refusing or broken. Path, Match, Count and Rate choose the requests.
type Fault struct {
	Kind    FaultKind         `json:"kind"`
	Path    string            `json:"path,omitempty"`    // only requests whose path contains it; empty: all
	Match   string            `json:"match,omitempty"`   // only requests whose body contains it (KESS has one endpoint)
	Status  int               `json:"status,omitempty"`  // for FaultStatus
	Body    string            `json:"body,omitempty"`    // for FaultStatus, FaultMalformed and FaultAlter
	Pattern string            `json:"pattern,omitempty"` // a regular expression, for FaultAlter
	Header  map[string]string `json:"header,omitempty"`  // for FaultStatus
	Delay   int               `json:"delay_ms,omitempty"`
	Count   int               `json:"count,omitempty"` // how many requests it hits; 0: until cleared
	Rate    float64           `json:"rate,omitempty"`  // chance for each request; 0: every one
	// After does the work first; its answer is lost, or late with Delay.
	After bool `json:"after,omitempty"`

	id int // set by AddUntil; 0: added by Add
}

// Injector holds the active faults and applies them to requests. The zero value
// has none and is safe for concurrent use. Rand, when set, makes rates
// repeatable; it is used under the injector's lock.
type Injector struct {
	Rand *rand.Rand

	mu     sync.Mutex
	faults []Fault
	lastID int
	hits   map[FaultKind]int
}

// Add activates a fault until Clear.
func (i *Injector) Add(f Fault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = append(i.faults, f)
}

// AddUntil activates a fault until end is called.
func (i *Injector) AddUntil(f Fault) (end func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.lastID++
	f.id = i.lastID
	i.faults = append(i.faults, f)
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.faults = slices.DeleteFunc(i.faults, func(other Fault) bool { return other.id == f.id })
	}
}

// Clear removes all faults.
func (i *Injector) Clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = nil
}

// Hits returns how many requests a fault was applied to, by kind.
func (i *Injector) Hits() map[FaultKind]int {
	i.mu.Lock()
	defer i.mu.Unlock()
	hits := map[FaultKind]int{}
	maps.Copy(hits, i.hits)
	return hits
}

// Wrap returns next with the active faults applied to its requests.
func (i *Injector) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, matched := i.match(r.URL.Path, string(readAndRestoreBody(r)))
		if !matched {
			next.ServeHTTP(w, r)
			return
		}

		// Some faults lose or spoil the answer to work that was done.
		var done recorder
		if fault.After || fault.Kind == FaultCut || fault.Kind == FaultAlter {
			next.ServeHTTP(&done, r)
		}

		fault.respond(w, r, next, &done)
	})
}

// match returns the first fault that applies to a request and counts it.
func (i *Injector) match(path, body string) (Fault, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()

	for at := range i.faults {
		f := &i.faults[at]
		if !strings.Contains(path, f.Path) || !strings.Contains(body, f.Match) || !i.roll(f.Rate) {
			continue
		}

		// A fault with a count ends with its last request.
		matched := *f
		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				i.faults = append(i.faults[:at], i.faults[at+1:]...)
			}
		}

		if i.hits == nil {
			i.hits = map[FaultKind]int{}
		}

		i.hits[matched.Kind]++
		return matched, true
	}

	return Fault{}, false
}

// roll reports whether a fault with this rate happens.
func (i *Injector) roll(rate float64) bool {
	if rate == 0 {
		return true
	}
	if i.Rand != nil {
		return i.Rand.Float64() < rate
	}
	return rand.Float64() < rate
}
