package simkit

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// respond answers a request as the fault says. done holds the answer of next
// when the work was done first.
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

// waitFor waits for d or until the caller has gone.
func waitFor(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// respondAltered sends the answer of done work with an error in it: altered, or
// cut off in the middle.
func (f Fault) respondAltered(w http.ResponseWriter, done *recorder) {
	body := done.body.Bytes()
	if f.Kind == FaultAlter {
		done.Header().Del("Content-Length")
		altered := regexp.MustCompile(f.Pattern).ReplaceAll(body, []byte(f.Body))
		done.body.Reset()
		done.body.Write(altered)
		done.writeTo(w)
		return
	}

	// The length of the whole answer makes the caller notice that half is missing.
	for name, values := range done.Header() {
		w.Header()[name] = values
	}

	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(done.status)
	_, _ = w.Write(body[:len(body)/2])
	if flusher, can := w.(http.Flusher); can {
		flusher.Flush()
	}

	panic(http.ErrAbortHandler)
}

// maxFaultBody bounds what Wrap reads of a request, in bytes.
const maxFaultBody = 1 << 20

// readAndRestoreBody reads the body to the end, since net/http notices only
// then, during a FaultTimeout, that the caller has gone. The next handler reads
// the same body, with its read error.
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
