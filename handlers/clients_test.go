package handlers_test

import (
	"encoding/json"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	rieltime "rieltime/clients/go"
)

// method is one of a client's, with the ids and the body that it is given.
type method struct {
	Name string          `json:"name"`
	IDs  []string        `json:"ids"`
	Body json.RawMessage `json:"body,omitempty"`
}

// methods are all that clients have, by the document.
func (r *replay) methods() (all []method) {
	r.furnish()
	bodies, calls := map[string]string{}, append([]string{}, reads...)
	for _, l := range lists {
		calls = append(calls, l.call)
	}

	for _, p := range posts {
		calls = append(calls, p.call)
		if p.mistyped != "" { // it has fields
			bodies[p.call] = p.body
		}
	}

	names := r.operationIDs()
	for _, call := range append(calls, deletion) {
		one := method{Name: names[call], IDs: []string{}}
		for _, id := range regexp.MustCompile(`\{\w+\}`).FindAllString(call, -1) {
			one.IDs = append(one.IDs, r.ids.Replace(id))
		}

		if body := bodies[call]; body != "" {
			one.Body = json.RawMessage(r.ids.Replace(body))
		}

		all = append(all, one)
	}

	return all
}

// operationIDs are by "GET /v1/payments" and the like.
func (r *replay) operationIDs() map[string]string {
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(r.get("/openapi.json").Body.Bytes(), &document); err != nil {
		r.t.Fatal(err)
	}

	names := map[string]string{}
	for path, operations := range document.Paths {
		for name, operation := range operations {
			var named struct{ OperationID string }
			if name != "parameters" && json.Unmarshal(operation, &named) == nil {
				names[strings.ToUpper(name)+" "+path] = named.OperationID
			}
		}
	}

	return names
}

// serve puts the harness on the network, and records from then on.
func (r *replay) serve() *httptest.Server {
	r.record = newRecorder(r.t)
	server := httptest.NewServer(r.record.Wrap(r.e))
	r.t.Cleanup(server.Close)
	return server
}

// called fails unless every operation has succeeded.
func (r *replay) called() {
	for _, uncalled := range r.record.Uncalled() {
		r.t.Errorf("%s was not called", uncalled)
	}
}

func TestGoClientWorksWithTheRealAPI(t *testing.T) {
	t.Parallel()
	r := (&replay{harness: &harness{t: t}, record: newRecorder(t)}).again()
	methods := r.methods()
	server := r.serve()
	client := reflect.ValueOf(rieltime.New(server.URL, r.keys["klaing test"]))
	for _, m := range methods {
		call := client.MethodByName(strings.ToUpper(m.Name[:1]) + m.Name[1:])
		in := []reflect.Value{reflect.ValueOf(t.Context())}
		for _, id := range m.IDs {
			in = append(in, reflect.ValueOf(id))
		}

		fixed := call.Type().NumIn()
		if call.Type().IsVariadic() {
			fixed--
		}

		if len(in) < fixed {
			params := reflect.New(call.Type().In(len(in)))
			if m.Body != nil {
				if err := json.Unmarshal(m.Body, params.Interface()); err != nil {
					t.Fatal(err)
				}
			}

			in = append(in, params.Elem())
		}

		out := call.Call(in)
		if err := out[len(out)-1]; !err.IsNil() {
			t.Errorf("%s: %v", m.Name, err)
		}
	}

	r.called()
}

const everyMethod = `
const { Rieltime } = await import(process.argv[1]);
const client = new Rieltime({ baseUrl: process.argv[2], key: process.argv[3] });
for (const { name, ids, body } of JSON.parse(process.argv[4])) {
  await client[name](...ids, ...(body ? [body] : []));
}
`

func TestTypeScriptClientWorksWithTheRealAPI(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Log("node is not on this machine")
		return
	}

	r := (&replay{harness: &harness{t: t}, record: newRecorder(t)}).again()
	methods, err := json.Marshal(r.methods())
	if err != nil {
		t.Fatal(err)
	}

	module, err := filepath.Abs("../clients/typescript/rieltime.js")
	if err != nil {
		t.Fatal(err)
	}

	server := r.serve()
	out, err := exec.CommandContext(t.Context(), node, "--input-type=module", "-e", everyMethod, module, server.URL, r.keys["klaing test"], string(methods)).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}

	r.called()
}
