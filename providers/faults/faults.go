// Package faults lets a simulator misbehave on request, as real providers do:
// slow, silent, refusing, broken. A test adds faults over the control API and
// the simulator's protocol endpoints obey them.
package faults

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is a way to misbehave.
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

// Fault is one order to misbehave.
type Fault struct {
	Kind    FaultKind              `json:"kind"`
	Path    string            `json:"path,omitempty"`    // only requests whose path contains it; empty: all
	Match   string            `json:"match,omitempty"`   // only requests whose body contains it (KESS has one endpoint)
	Status  int               `json:"status,omitempty"`  // for Status
	Body    string            `json:"body,omitempty"`    // for Status, Malformed and Alter
	Pattern string            `json:"pattern,omitempty"` // a regular expression, for Alter
	Header  map[string]string `json:"header,omitempty"`  // for Status
	Delay   int               `json:"delay_ms,omitempty"`
	Count   int               `json:"count,omitempty"` // how many requests it hits; 0: until cleared
	Rate    float64           `json:"rate,omitempty"`  // chance for each request; 0: every one
	// After does the work first; its answer is lost, or late with Delay.
	After bool `json:"after,omitempty"`

	id int // of those that Begin put in force; 0: of Add
}

// Injector holds the faults in force. The zero value has none. Rand, when
// set, makes rates repeatable; it is used under the injector's lock.
type Injector struct {
	Rand *rand.Rand

	mu     sync.Mutex
	faults []Fault
	lastID  int
	hits   map[FaultKind]int
}

// Add puts a fault in force.
func (i *Injector) Add(f Fault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = append(i.faults, f)
}

// AddUntil puts a fault in force until end is called.
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

// Clear ends all faults.
func (i *Injector) Clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = nil
}

// Hits counts the faults that struck, by kind.
func (i *Injector) Hits() map[FaultKind]int {
	i.mu.Lock()
	defer i.mu.Unlock()
	hits := map[FaultKind]int{}
	for kind, n := range i.hits {
		hits[kind] = n
	}
	return hits
}

// maxFaultBody bounds what Wrap reads of a request, in bytes.
const maxFaultBody = 1 << 20

// Wrap puts the faults in front of a protocol handler. body gives the request's
// body for Match without using it up; when nil, Wrap reads the body itself and
// puts it back.
func (i *Injector) Wrap(next http.Handler, body func(*http.Request) []byte) http.Handler {
	if body == nil {
		body = readAndRestoreBody
	}

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, matched := i.match(r.URL.Path, string(body(r)))
		if !matched {
			next.ServeHTTP(w, r)
			return
		}
		var done recorder
		if fault.After || fault.Kind == FaultCut || fault.Kind == FaultAlter {
			next.ServeHTTP(&done, r)
		}
		fault.respond(w, r, next, &done)
	})
}

// readAndRestoreBody reads the body whole: only then does the server notice, during a
// Timeout, that the caller has gone.
func readAndRestoreBody(r *http.Request) []byte {
	seen, err := io.ReadAll(io.LimitReader(r.Body, maxFaultBody))
	rest := io.Reader(r.Body)
	if err != nil {
		rest = errorReader{err}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(seen), rest), r.Body}
	return seen
}

type errorReader struct{ error }

func (f errorReader) Read([]byte) (int, error) { return 0, f.error }

// recorder keeps an answer to send it later.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) writeTo(w http.ResponseWriter) {
	for name, values := range r.Header() {
		w.Header()[name] = values
	}
	r.WriteHeader(http.StatusOK)
	w.WriteHeader(r.status)
	_, _ = r.body.WriteTo(w)
}

func (i *Injector) match(path, body string) (Fault, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()

	for at := range i.faults {
		f := &i.faults[at]
		if !strings.Contains(path, f.Path) || !strings.Contains(body, f.Match) || !i.roll(f.Rate) {
			continue
		}

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

func (i *Injector) roll(rate float64) bool {
	if rate == 0 {
		return true
	}
	if i.Rand != nil {
		return i.Rand.Float64() < rate
	}
	return rand.Float64() < rate
}

func (f Fault) respond(w http.ResponseWriter, r *http.Request, next http.Handler, done *recorder) {
	switch f.Kind {
	case FaultDelay:
		waitFor(r, time.Duration(f.Delay)*time.Millisecond)
		if f.After {
			done.writeTo(w)
		} else {
			next.ServeHTTP(w, r)
		}

	case FaultTimeout:
		waitFor(r, time.Minute)
		panic(http.ErrAbortHandler)
	case FaultCut, FaultAlter:
		f.respondAltered(w, done)
	case FaultReset:
		panic(http.ErrAbortHandler)
	case FaultStatus:
		for name, value := range f.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte(f.Body))

	case FaultMalformed:
		body := f.Body
		if body == "" {
			body = `{"responseCode":`
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}
}

func waitFor(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
