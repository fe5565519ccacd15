package contract

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Recorder is a handler that has another answer, and checks every exchange
// below Prefix against the document.
type Recorder struct {
	Contract *Contract
	Next     http.Handler
	Prefix   string      // "/v1/"
	Report   func(error) // called for each exchange that differs

	mu   sync.Mutex
	seen map[string][]int
}

// ServeHTTP implements http.Handler.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if !strings.HasPrefix(request.URL.Path, r.Prefix) {
		r.Next.ServeHTTP(w, request)
		return
	}
	body, _ := io.ReadAll(request.Body)
	request.Body = io.NopCloser(bytes.NewReader(body))
	e := Exchange{Method: request.Method, URL: request.URL, Header: request.Header.Clone(), Body: body}
	recorded := httptest.NewRecorder()
	r.Next.ServeHTTP(recorded, request)
	e.Status, e.Answered, e.AnswerBytes = recorded.Code, recorded.Result().Header, recorded.Body.Bytes()
	if err := r.Contract.Check(e); err != nil {
		r.Report(err)
	}
	r.note(e)
	for name, values := range e.Answered {
		w.Header()[name] = values
	}
	w.WriteHeader(e.Status)
	_, _ = w.Write(e.AnswerBytes) // fails only when the client has gone
}

func (r *Recorder) note(e Exchange) {
	o, _ := r.Contract.find(e.Method, e.URL.Path)
	if o == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string][]int{}
	}
	r.seen[o.String()] = append(r.seen[o.String()], e.Status)
}

// Unseen are the operations, such as "GET /v1/payments", with their documented
// statuses of success that no exchange had.
func (r *Recorder) Unseen() (missing []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.Contract.operations {
		responses, _ := r.Contract.node(o.self + "/responses")
		for status := range object(responses) {
			number, err := strconv.Atoi(status)
			if err == nil && number < 300 && !slices.Contains(r.seen[o.String()], number) {
				missing = append(missing, o.String()+" "+status)
			}
		}
	}
	slices.Sort(missing)
	return missing
}
