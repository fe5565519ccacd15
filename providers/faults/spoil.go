package faults

import (
	"net/http"
	"regexp"
	"strconv"
)

// respondAltered sends an answer to work that was done with something wrong in it.
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
