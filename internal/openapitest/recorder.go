package openapitest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Recorder checks exchanges and webhooks against the document and records which
// parts of it they cover. It is safe for concurrent use.
type Recorder struct {
	Document *Document
	Prefix   string      // of the paths that are checked, such as "/v1/"
	Report   func(error) // called with every difference

	mu      sync.Mutex
	covered map[string]bool
}

// Wrap returns a handler that responds as next does and records the exchange.
func (r *Recorder) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if !strings.HasPrefix(request.URL.Path, r.Prefix) {
			next.ServeHTTP(w, request)
			return
		}

		e := recordExchange(next, request)
		if err := r.Document.Check(e); err != nil {
			r.Report(err)
		}

		r.markCovered(r.Document.covered(e)...)
		for name, values := range e.ResponseHeader {
			w.Header()[name] = values
		}

		w.WriteHeader(e.Status)
		_, _ = w.Write(e.ResponseBody) // fails only when the client has gone
	})
}

// recordExchange serves a request. Of a truncated body it reads what it can and
// passes the error on to the handler.
func recordExchange(next http.Handler, request *http.Request) Exchange {
	body, broken := io.ReadAll(request.Body)
	rest := io.Reader(bytes.NewReader(body))
	if broken != nil {
		rest = io.MultiReader(rest, request.Body)
	}

	request.Body = io.NopCloser(rest)
	e := Exchange{Method: request.Method, URL: request.URL, Header: request.Header.Clone(), RequestBody: body}
	recorded := httptest.NewRecorder()
	next.ServeHTTP(recorded, request)
	e.Status, e.ResponseHeader, e.ResponseBody = recorded.Code, recorded.Result().Header, recorded.Body.Bytes()
	return e
}

// Webhook checks and records a webhook as it was posted.
func (r *Recorder) Webhook(header http.Header, body []byte) {
	if err := r.Document.CheckWebhook(header, body); err != nil {
		r.Report(err)
	}
	value, _ := jsonschema.UnmarshalJSON(bytes.NewReader(body)) // CheckWebhook has reported a body that is not JSON
	r.markCovered("webhook " + text(object(value)["type"]))
}

func (r *Recorder) markCovered(shown ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.covered == nil {
		r.covered = map[string]bool{}
	}
	for _, one := range shown {
		r.covered[one] = true
	}
}

// Uncovered returns the parts of the document that nothing has covered:
// operations with their statuses, query parameters, headers and errors, all
// errors, and webhooks.
func (r *Recorder) Uncovered() []string { return r.missing(r.Document.documented()) }

// Uncalled returns the operations, such as "GET /v1/payments", that have not
// succeeded with any of their 2xx statuses.
func (r *Recorder) Uncalled() []string {
	var uncalled []string
	for _, o := range r.Document.operations {
		responses, _ := r.Document.node(o.self + "/responses")
		var successes []string
		for status := range object(responses) {
			if strings.HasPrefix(status, "2") {
				successes = append(successes, o.String()+" "+status)
			}
		}

		if len(successes) > 0 && len(r.missing(slices.Clone(successes))) == len(successes) {
			uncalled = append(uncalled, o.String())
		}
	}

	slices.Sort(uncalled)
	return uncalled
}

func (r *Recorder) missing(wanted []string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing := slices.DeleteFunc(wanted, func(one string) bool { return r.covered[one] })
	slices.Sort(missing)
	return missing
}

// documented returns every part that can be covered.
func (d *Document) documented() (all []string) {
	for _, o := range d.operations {
		responses, _ := d.node(o.self + "/responses")
		for status := range object(responses) {
			all = append(all, o.String()+" "+status)
			headers, _ := d.node(o.self + "/responses/" + status + "/headers")
			for name := range object(headers) {
				all = append(all, fmt.Sprintf("%s %s with %s", o, status, name))
			}
		}

		for _, pointer := range d.parameters(o) {
			if parameter, _ := d.node(pointer); object(parameter)["in"] == "query" {
				all = append(all, fmt.Sprintf("%s by %v", o, object(parameter)["name"]))
			}
		}

		for code := range d.errors(o) {
			all = append(all, o.String()+" "+code)
		}
	}

	codes, _ := d.node("/components/schemas/ErrorCode/oneOf")
	for _, code := range array(codes) {
		all = append(all, "error "+text(object(code)["const"]))
	}

	hooks, _ := d.node("/webhooks")
	for kind := range object(hooks) {
		all = append(all, "webhook "+kind)
	}

	return all
}

// covered returns the parts that an exchange covers.
func (d *Document) covered(e Exchange) (all []string) {
	code := codeOf(e)
	if code != "" {
		all = append(all, "error "+code)
	}

	o, _ := d.find(e.Method, e.URL.Path)
	if o == nil {
		return all
	}

	if code != "" {
		all = append(all, o.String()+" "+code)
	}

	status := strconv.Itoa(e.Status)
	if response, _ := d.node(o.self + "/responses/" + status); response == nil {
		status = "default"
	}

	all = append(all, o.String()+" "+status)
	headers, _ := d.node(o.self + "/responses/" + status + "/headers")
	for name := range object(headers) {
		if e.ResponseHeader.Get(name) != "" {
			all = append(all, fmt.Sprintf("%s %s with %s", o, status, name))
		}
	}

	for name := range e.URL.Query() {
		if e.Status < 300 {
			all = append(all, fmt.Sprintf("%s by %s", o, name))
		}
	}

	return all
}
