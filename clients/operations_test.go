//go:build integrations

package clients_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// Each client makes each call of the document with every field of its body, or every
// parameter of its query; what it sends and what it reads must be all of that.
func TestEveryClientHasEveryOperationAndField(t *testing.T) {
	for name, start := range drivers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, calls := load(t)
			front := newRecording(t, d.answers(t, calls))
			do := start(t, front.url, "sk_test_1")
			for _, c := range calls {
				ids, _ := c.arguments(d)
				body, query := c.everything(d)
				asked := request{Call: c.OperationID, IDs: ids, Params: body}
				if body == nil {
					asked.Params = query
				}
				got := do(asked)
				if got.Error != nil {
					t.Errorf("%s: %v", c.OperationID, got.Error)
					continue
				}

				front.wantSent(t, c, body, query)
				if want := c.answered(d); want != nil && !reflect.DeepEqual(got.Result, asJSON(t, want)) {
					t.Errorf("%s: answered %v, read %v", c.OperationID, want, got.Result)
				}
			}
		})
	}
}

// everything is a body with every field, and a query with every parameter, nil where
// there are none.
func (c call) everything(d document) (body, query map[string]any) {
	if c.RequestBody != nil {
		if s := d.resolve(c.RequestBody.schema()); len(s.Properties) > 0 {
			body = d.sample(s).(map[string]any)
		}
	}
	for _, p := range c.Parameters {
		if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
			p = d.Components.Parameters[name]
		}
		if p.In != "query" {
			continue
		}
		if query == nil {
			query = map[string]any{}
		}
		query[p.Name] = d.sample(p.Schema)
	}
	return body, query
}

// answered is the body of the success, nil where there is none.
func (c call) answered(d document) any {
	for status, response := range c.Responses {
		if status[0] == '2' && len(response.Content) > 0 {
			return d.sample(response.schema())
		}
	}
	return nil
}

// recording keeps the last request to the fake API.
type recording struct {
	url     string
	address *url.URL
	body    []byte
}

func newRecording(t *testing.T, api http.Handler) *recording {
	t.Helper()
	r := &recording{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		r.address, r.body = request.URL, body
		api.ServeHTTP(w, request)
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// wantSent wants the request to have had the fields and parameters, and no others.
func (r *recording) wantSent(t *testing.T, c call, body, query map[string]any) {
	t.Helper()
	if body != nil {
		var sent any
		if err := json.Unmarshal(r.body, &sent); err != nil || !reflect.DeepEqual(sent, asJSON(t, body)) {
			t.Errorf("%s: given %v, sent %s", c.OperationID, body, r.body)
		}
	}

	want := url.Values{}
	for name, value := range query {
		want.Set(name, fmt.Sprint(value))
	}
	if sent := r.address.Query(); !reflect.DeepEqual(sent, want) {
		t.Errorf("%s: given the query %v, sent %v", c.OperationID, want, sent)
	}
}
