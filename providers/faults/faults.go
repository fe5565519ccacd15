// Package faults lets a simulator misbehave on request, as real providers do:
// slow, silent, refusing, broken. A test adds faults over the control API and
// the simulator's protocol endpoints obey them.
package faults

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Kind is a way to misbehave.
type Kind string

// The kinds of fault.
const (
	Delay     Kind = "delay"     // answer after Delay
	Timeout   Kind = "timeout"   // never answer: hold the connection until the caller gives up
	Reset     Kind = "reset"     // cut the connection
	Status    Kind = "status"    // answer Status with Body and Header
	Malformed Kind = "malformed" // answer 200 with Body, by default half a JSON object
)

// Fault is one order to misbehave.
type Fault struct {
	Kind   Kind              `json:"kind"`
	Path   string            `json:"path,omitempty"`   // only requests whose path contains it; empty: all
	Match  string            `json:"match,omitempty"`  // only requests whose body contains it (KESS has one endpoint)
	Status int               `json:"status,omitempty"` // for Status
	Body   string            `json:"body,omitempty"`   // for Status and Malformed
	Header map[string]string `json:"header,omitempty"` // for Status
	Delay  int               `json:"delay_ms,omitempty"`
	Count  int               `json:"count,omitempty"` // how many requests it hits; 0: until cleared
	Rate   float64           `json:"rate,omitempty"`  // chance for each request; 0: every one
	After  bool              `json:"after,omitempty"` // do the work first, then lose the answer
}

// Injector holds the faults in force. The zero value has none. Rand, when
// set, makes rates repeatable; it is used under the injector's lock.
type Injector struct {
	Rand *rand.Rand

	mu     sync.Mutex
	faults []Fault
	hits   map[Kind]int
}

// Add puts a fault in force.
func (i *Injector) Add(f Fault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = append(i.faults, f)
}

// Clear ends all faults.
func (i *Injector) Clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = nil
}

// Hits counts the faults that struck, by kind.
func (i *Injector) Hits() map[Kind]int {
	i.mu.Lock()
	defer i.mu.Unlock()
	hits := map[Kind]int{}
	for kind, n := range i.hits {
		hits[kind] = n
	}
	return hits
}

// Wrap puts the faults in front of a protocol handler. body is the request's
// body when the handler has read it, for Match; it may be nil.
func (i *Injector) Wrap(next http.Handler, body func(*http.Request) []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var seen []byte
		if body != nil {
			seen = body(r)
		}
		fault, struck := i.strike(r.URL.Path, string(seen))
		if !struck {
			next.ServeHTTP(w, r)
			return
		}
		if fault.After {
			next.ServeHTTP(httptest.NewRecorder(), r)
		}
		fault.answer(w, r, next)
	})
}

func (i *Injector) strike(path, body string) (Fault, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for at := range i.faults {
		f := &i.faults[at]
		if !strings.Contains(path, f.Path) || !strings.Contains(body, f.Match) || !i.happens(f.Rate) {
			continue
		}
		struck := *f
		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				i.faults = append(i.faults[:at], i.faults[at+1:]...)
			}
		}
		if i.hits == nil {
			i.hits = map[Kind]int{}
		}
		i.hits[struck.Kind]++
		return struck, true
	}
	return Fault{}, false
}

func (i *Injector) happens(rate float64) bool {
	if rate == 0 {
		return true
	}
	if i.Rand != nil {
		return i.Rand.Float64() < rate
	}
	return rand.Float64() < rate
}

func (f Fault) answer(w http.ResponseWriter, r *http.Request, next http.Handler) {
	switch f.Kind {
	case Delay:
		wait(r, time.Duration(f.Delay)*time.Millisecond)
		if !f.After {
			next.ServeHTTP(w, r)
		}
	case Timeout:
		wait(r, time.Minute)
		panic(http.ErrAbortHandler)
	case Reset:
		panic(http.ErrAbortHandler)
	case Status:
		for name, value := range f.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte(f.Body))
	case Malformed:
		body := f.Body
		if body == "" {
			body = `{"responseCode":`
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}
}

func wait(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// Control is the control API of the faults: GET lists the hits by kind, POST
// adds a Fault, DELETE clears all.
func (i *Injector) Control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(i.Hits())
		case http.MethodPost:
			var f Fault
			decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&f); err != nil || !known(f.Kind) {
				http.Error(w, "a fault needs a known kind and known fields", http.StatusBadRequest)
				return
			}
			i.Add(f)
			w.WriteHeader(http.StatusNoContent)
		case http.MethodDelete:
			i.Clear()
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
}

func known(kind Kind) bool {
	switch kind {
	case Delay, Timeout, Reset, Status, Malformed:
		return true
	}
	return false
}
