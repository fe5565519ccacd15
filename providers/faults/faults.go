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

// Kind is a way to misbehave.
type Kind string

// The kinds of fault.
const (
	Delay     Kind = "delay"     // answer after Fault.Delay
	Timeout   Kind = "timeout"   // never answer: hold the connection until the caller gives up
	Reset     Kind = "reset"     // cut the connection
	Status    Kind = "status"    // answer Status with Body and Header
	Malformed Kind = "malformed" // answer 200 with Body, by default half a JSON object
	Cut       Kind = "cut"       // do the work, and cut the connection in the middle of the answer
	Alter     Kind = "alter"     // do the work, and answer with Body in place of what Pattern matches
)

// Fault is one order to misbehave.
type Fault struct {
	Kind    Kind              `json:"kind"`
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

	begun int // of those that Begin put in force; 0: of Add
}

// Injector holds the faults in force. The zero value has none. Rand, when
// set, makes rates repeatable; it is used under the injector's lock.
type Injector struct {
	Rand *rand.Rand

	mu     sync.Mutex
	faults []Fault
	begun  int
	hits   map[Kind]int
}

// Add puts a fault in force.
func (i *Injector) Add(f Fault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = append(i.faults, f)
}

// Begin puts a fault in force until end is called.
func (i *Injector) Begin(f Fault) (end func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.begun++
	f.begun = i.begun
	i.faults = append(i.faults, f)
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.faults = slices.DeleteFunc(i.faults, func(other Fault) bool { return other.begun == f.begun })
	}
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

// maxBody bounds what Wrap reads of a request, in bytes.
const maxBody = 1 << 20

// Wrap puts the faults in front of a protocol handler. body gives the request's
// body for Match without using it up; when nil, Wrap reads the body itself and
// puts it back.
func (i *Injector) Wrap(next http.Handler, body func(*http.Request) []byte) http.Handler {
	if body == nil {
		body = peek
	}

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, struck := i.strike(r.URL.Path, string(body(r)))
		if !struck {
			next.ServeHTTP(w, r)
			return
		}
		var done recorder
		if fault.After || fault.Kind == Cut || fault.Kind == Alter {
			next.ServeHTTP(&done, r)
		}
		fault.answer(w, r, next, &done)
	})
}

// peek reads the body whole: only then does the server notice, during a
// Timeout, that the caller has gone.
func peek(r *http.Request) []byte {
	seen, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	rest := io.Reader(r.Body)
	if err != nil {
		rest = failing{err}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(seen), rest), r.Body}
	return seen
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

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

func (r *recorder) replay(w http.ResponseWriter) {
	for name, values := range r.Header() {
		w.Header()[name] = values
	}
	r.WriteHeader(http.StatusOK)
	w.WriteHeader(r.status)
	_, _ = r.body.WriteTo(w)
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

func (f Fault) answer(w http.ResponseWriter, r *http.Request, next http.Handler, done *recorder) {
	switch f.Kind {
	case Delay:
		wait(r, time.Duration(f.Delay)*time.Millisecond)
		if f.After {
			done.replay(w)
		} else {
			next.ServeHTTP(w, r)
		}

	case Timeout:
		wait(r, time.Minute)
		panic(http.ErrAbortHandler)
	case Cut, Alter:
		f.spoil(w, done)
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
