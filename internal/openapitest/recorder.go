package contract

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

// Recorder checks exchanges and webhooks against the document, and remembers
// what of it they have shown. It is safe for concurrent use.
type Recorder struct {
	Contract *Contract
	Prefix   string      // of the paths that are checked, such as "/v1/"
	Report   func(error) // called for whatever differs

	mu   sync.Mutex
	seen map[string]bool
}

// Around gives a handler that answers as next does and records the exchange.
func (r *Recorder) Around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if !strings.HasPrefix(request.URL.Path, r.Prefix) {
			next.ServeHTTP(w, request)
			return
		}

		e := exchanged(next, request)
		if err := r.Contract.Check(e); err != nil {
			r.Report(err)
		}

		r.note(r.Contract.shown(e)...)
		for name, values := range e.Answered {
			w.Header()[name] = values
		}

		w.WriteHeader(e.Status)
		_, _ = w.Write(e.AnswerBytes) // fails only when the client has gone
	})
}

// exchanged lets a handler answer. It reads what it can of a body that breaks
// off, and leaves the break to the handler.
func exchanged(next http.Handler, request *http.Request) Exchange {
	body, broken := io.ReadAll(request.Body)
	rest := io.Reader(bytes.NewReader(body))
	if broken != nil {
		rest = io.MultiReader(rest, request.Body)
	}

	request.Body = io.NopCloser(rest)
	e := Exchange{Method: request.Method, URL: request.URL, Header: request.Header.Clone(), Body: body}
	recorded := httptest.NewRecorder()
	next.ServeHTTP(recorded, request)
	e.Status, e.Answered, e.AnswerBytes = recorded.Code, recorded.Result().Header, recorded.Body.Bytes()
	return e
}

// Webhook checks and records a webhook as it was posted.
func (r *Recorder) Webhook(header http.Header, body []byte) {
	if err := r.Contract.CheckWebhook(header, body); err != nil {
		r.Report(err)
	}
	value, _ := jsonschema.UnmarshalJSON(bytes.NewReader(body)) // CheckWebhook has told of what is not JSON
	r.note("webhook " + text(object(value)["type"]))
}

func (r *Recorder) note(shown ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	for _, one := range shown {
		r.seen[one] = true
	}
}

// Unseen is what the document says that nothing has shown: operations with
// their statuses, query parameters, headers and errors, all errors, and
// webhooks.
func (r *Recorder) Unseen() []string { return r.missing(r.Contract.promises()) }

// Uncalled are the operations, such as "GET /v1/payments", that have not
// succeeded, with any of the statuses that they may.
func (r *Recorder) Uncalled() []string {
	var uncalled []string
	for _, o := range r.Contract.operations {
		responses, _ := r.Contract.node(o.self + "/responses")
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
	missing := slices.DeleteFunc(wanted, func(one string) bool { return r.seen[one] })
	slices.Sort(missing)
	return missing
}

// promises are all that Unseen can name, as shown names them.
func (c *Contract) promises() (all []string) {
	for _, o := range c.operations {
		responses, _ := c.node(o.self + "/responses")
		for status := range object(responses) {
			all = append(all, o.String()+" "+status)
			headers, _ := c.node(o.self + "/responses/" + status + "/headers")
			for name := range object(headers) {
				all = append(all, fmt.Sprintf("%s %s with %s", o, status, name))
			}
		}

		for _, pointer := range c.parameters(o) {
			if parameter, _ := c.node(pointer); object(parameter)["in"] == "query" {
				all = append(all, fmt.Sprintf("%s by %v", o, object(parameter)["name"]))
			}
		}

		for code := range c.errors(o) {
			all = append(all, o.String()+" "+code)
		}
	}

	codes, _ := c.node("/components/schemas/ErrorCode/oneOf")
	for _, code := range array(codes) {
		all = append(all, "error "+text(object(code)["const"]))
	}

	hooks, _ := c.node("/webhooks")
	for kind := range object(hooks) {
		all = append(all, "webhook "+kind)
	}

	return all
}

// shown is what an exchange shows of the promises.
func (c *Contract) shown(e Exchange) (all []string) {
	code := codeOf(e)
	if code != "" {
		all = append(all, "error "+code)
	}

	o, _ := c.find(e.Method, e.URL.Path)
	if o == nil {
		return all
	}

	if code != "" {
		all = append(all, o.String()+" "+code)
	}

	status := strconv.Itoa(e.Status)
	if response, _ := c.node(o.self + "/responses/" + status); response == nil {
		status = "default"
	}

	all = append(all, o.String()+" "+status)
	headers, _ := c.node(o.self + "/responses/" + status + "/headers")
	for name := range object(headers) {
		if e.Answered.Get(name) != "" {
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
