// Package clients_test holds the clients to the OpenAPI document: every call
// exists, sends what the document says, and knows every field of the answer.
package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	rieltime "rieltime/clients/go"
	"rieltime/internal/openapitest"
)

const documentPath = "../handlers/openapi.json"

type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Const      any               `json:"const"`
	Enum       []any             `json:"enum"`
	OneOf      []schema          `json:"oneOf"`
	AnyOf      []schema          `json:"anyOf"`
	Pattern    string            `json:"pattern"`
	Format     string            `json:"format"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	Examples   []any             `json:"examples"`
}

type content struct {
	Content map[string]struct {
		Schema schema `json:"schema"`
	} `json:"content"`
}

func (c content) schema() schema { return c.Content["application/json"].Schema }

type parameter struct {
	Ref    string `json:"$ref"`
	Name   string `json:"name"`
	In     string `json:"in"`
	Schema schema `json:"schema"`
}

type operation struct {
	OperationID string             `json:"operationId"`
	Parameters  []parameter        `json:"parameters"`
	RequestBody *content           `json:"requestBody"`
	Responses   map[string]content `json:"responses"`
}

type document struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas    map[string]schema    `json:"schemas"`
		Parameters map[string]parameter `json:"parameters"`
	} `json:"components"`
}

// call is an operation with its place.
type call struct {
	operation
	method, path string
}

func load(t *testing.T) (document, []call) {
	t.Helper()
	text, err := os.ReadFile(documentPath)
	if err != nil {
		t.Fatal(err)
	}

	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}

	var calls []call
	for path, item := range d.Paths {
		for method, raw := range item {
			if method == "parameters" {
				continue
			}

			c := call{method: strings.ToUpper(method), path: path}
			if err := json.Unmarshal(raw, &c.operation); err != nil {
				t.Fatal(err)
			}

			calls = append(calls, c)
		}
	}

	if len(calls) < 25 {
		t.Fatalf("found %d calls", len(calls))
	}

	return d, calls
}

func (d document) resolve(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.resolve(d.Components.Schemas[name])
	}
	return s
}

// sample is a value that fits a schema, with every property there is.
func (d document) sample(s schema) any {
	s = d.resolve(s)
	switch {
	case s.Const != nil:
		return s.Const
	case len(s.Enum) > 0:
		return s.Enum[len(s.Enum)-1]
	case s.Properties != nil:
		members := map[string]any{}
		for name, property := range s.Properties {
			members[name] = d.sample(property)
		}
		return members

	case len(s.OneOf) > 0:
		return d.sample(s.OneOf[0])
	case len(s.AnyOf) > 0:
		return d.sample(s.AnyOf[0])
	case s.Items != nil:
		return []any{d.sample(*s.Items)}
	}

	kind := s.Type
	if kinds, ok := kind.([]any); ok {
		kind = kinds[0]
	}

	switch kind {
	case "integer":
		return 7
	case "boolean":
		return true
	case "object":
		return map[string]any{"table": "4"}
	}

	return sampleText(s)
}

func sampleText(s schema) string {
	prefix := strings.TrimPrefix(s.Pattern, "^")
	switch {
	case s.Format == "date-time":
		return "2026-11-21T08:00:00Z"
	case s.Format == "uri":
		return "https://pay.example/c/cs_1"
	case strings.HasSuffix(prefix, "_"):
		return prefix + "1"
	case strings.HasPrefix(prefix, "[0-9]"):
		return "10.00"
	}

	return "text"
}

// serve is an API that answers as documented and reports every request that is
// not. At its end every call must have been made.
func (d document) serve(t *testing.T, calls []call) *httptest.Server {
	t.Helper()
	checked, err := openapitest.Open(documentPath)
	if err != nil {
		t.Fatal(err)
	}

	record := &openapitest.Recorder{Document: checked, Prefix: "/v1/", Report: func(err error) { t.Error(err) }}
	server := httptest.NewServer(record.Wrap(d.answers(t, calls)))
	t.Cleanup(func() {
		server.Close()
		for _, unseen := range record.Uncalled() {
			t.Errorf("%s was not called", unseen)
		}
	})
	return server
}

// answers answers each call with a sample of what is documented.
func (d document) answers(t *testing.T, calls []call) http.Handler {
	answers := http.NewServeMux()
	for _, c := range calls {
		answers.HandleFunc(c.method+" "+c.path, func(w http.ResponseWriter, _ *http.Request) { d.answer(t, c, w) })
	}
	return answers
}

func (d document) answer(t *testing.T, c call, w http.ResponseWriter) {
	for status, response := range c.Responses {
		if status[0] != '2' {
			continue
		}

		for _, name := range []string{"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} {
			w.Header().Set(name, "1")
		}

		w.Header().Set("X-Request-Id", "req_1")
		w.Header().Set("Location", "/v1/x/1")
		var body []byte
		if len(response.Content) > 0 {
			var err error
			if body, err = json.Marshal(d.sample(response.schema())); err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "application/json")
		}

		var code int
		if _, err := fmt.Sscan(status, &code); err != nil {
			t.Error(err)
		}

		w.WriteHeader(code)
		_, _ = w.Write(body)
		return
	}
}

// arguments are what a call takes: the ids of its path, then its parameters.
func (c call) arguments(d document) (ids []string, params any) {
	prefixes := map[string]string{"session": "cs_", "payment": "pay_", "refund": "re_", "link": "pl_", "endpoint": "we_", "delivery": "del_", "event": "evt_"}
	for _, match := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(c.path, -1) {
		ids = append(ids, prefixes[match[1]]+"1")
	}
	if c.RequestBody != nil {
		if body := d.resolve(c.RequestBody.schema()); len(body.Properties) > 0 {
			params = body.Examples[0]
		}
	}
	return ids, params
}

func TestGoClientMakesEveryCall(t *testing.T) {
	d, calls := load(t)
	client := rieltime.New(d.serve(t, calls).URL, "sk_test_1")
	client.Attempts = 1
	for _, c := range calls {
		method := reflect.ValueOf(client).MethodByName(strings.ToUpper(c.OperationID[:1]) + c.OperationID[1:])
		if !method.IsValid() {
			t.Errorf("there is no method for %s", c.OperationID)
			continue
		}

		ids, params := c.arguments(d)
		in := []reflect.Value{reflect.ValueOf(context.Background())}
		for _, id := range ids {
			in = append(in, reflect.ValueOf(id))
		}

		if fixed := method.Type().NumIn() - map[bool]int{true: 1}[method.Type().IsVariadic()]; len(in) < fixed {
			in = append(in, filled(t, method.Type().In(len(in)), params))
		}

		out := method.Call(in)
		if err := out[len(out)-1]; !err.IsNil() {
			t.Errorf("%s: %v", c.OperationID, err)
		}

		if len(out) == 2 {
			d.wantWhole(t, c, out[0].Interface())
		}
	}
}

// filled is a value of a type with the members of an example, all of which it
// must know.
func filled(t *testing.T, kind reflect.Type, example any) reflect.Value {
	t.Helper()
	value := reflect.New(kind)
	if example == nil {
		return value.Elem()
	}

	text, err := json.Marshal(example)
	if err != nil {
		t.Fatal(err)
	}

	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value.Interface()); err != nil {
		t.Errorf("%v: %v", kind, err)
	}

	return value.Elem()
}

// wantWhole wants what a call returned to hold every field that was answered.
func (d document) wantWhole(t *testing.T, c call, got any) {
	t.Helper()
	for status, response := range c.Responses {
		if status[0] != '2' {
			continue
		}

		want, err := json.Marshal(d.sample(response.schema()))
		if err != nil {
			t.Fatal(err)
		}

		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}

		var wanted, given any
		if json.Unmarshal(want, &wanted) != nil || json.Unmarshal(text, &given) != nil || !reflect.DeepEqual(wanted, given) {
			t.Errorf("%s: answered %s, read %s", c.OperationID, want, text)
		}
	}
}

func TestGoClientKnowsEveryFieldOfARequest(t *testing.T) {
	d, _ := load(t)
	for name, value := range map[string]any{
		"SessionCreate": rieltime.SessionCreate{}, "ReviewDecide": rieltime.ReviewDecide{}, "RefundCreate": rieltime.RefundCreate{},
		"PaymentLinkCreate": rieltime.PaymentLinkCreate{}, "CustomFieldCreate": rieltime.CustomFieldCreate{}, "WebhookEndpointCreate": rieltime.WebhookEndpointCreate{},
		"WebhookEndpointUpdate": rieltime.WebhookEndpointUpdate{}, "RotateSecret": rieltime.RotateSecret{}, "RedeliverMany": rieltime.RedeliverMany{},
	} {
		var tags []string
		for _, field := range reflect.VisibleFields(reflect.TypeOf(value)) {
			tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			tags = append(tags, tag)
		}

		slices.Sort(tags)
		if want := slices.Sorted(maps.Keys(d.Components.Schemas[name].Properties)); !slices.Equal(tags, want) {
			t.Errorf("%s has the fields %v, want %v", name, tags, want)
		}
	}
}

func TestTypesOfTypeScriptAreThoseOfTheDocument(t *testing.T) {
	d, calls := load(t)
	text, err := os.ReadFile("typescript/rieltime.d.ts")
	if err != nil {
		t.Fatal(err)
	}

	interfaces := map[string]map[string]string{}
	for _, match := range regexp.MustCompile(`(?s)export interface (\w+) \{\n(.*?)\n\}`).FindAllStringSubmatch(string(text), -1) {
		fields := map[string]string{}
		for _, field := range regexp.MustCompile(`(?m)^  (\w+)(\??): `).FindAllStringSubmatch(match[2], -1) {
			fields[field[1]] = field[2]
		}
		interfaces[match[1]] = fields
	}

	for name, s := range d.Components.Schemas {
		if len(s.Properties) == 0 || name == "Problem" || strings.HasSuffix(name, "List") {
			continue
		}

		want := map[string]string{}
		for property := range s.Properties {
			if want[property] = "?"; slices.Contains(s.Required, property) {
				want[property] = ""
			}
		}

		if !maps.Equal(interfaces[name], want) {
			t.Errorf("%s has the fields %v, want %v", name, interfaces[name], want)
		}
	}

	for _, code := range slices.Concat(d.Components.Schemas["ErrorCode"].OneOf, d.Components.Schemas["EventType"].OneOf) {
		if !strings.Contains(string(text), fmt.Sprintf("%q", code.Const)) {
			t.Errorf("%v is missing", code.Const)
		}
	}

	for _, c := range calls {
		if !strings.Contains(string(text), "\n  "+c.OperationID+"(") {
			t.Errorf("there is no method for %s", c.OperationID)
		}
	}
}

// every calls each method with its arguments and compares what it gives.
const every = `
import { deepStrictEqual } from "node:assert";
const { Rieltime } = await import(process.argv[1]);
const client = new Rieltime({ baseUrl: process.argv[2], key: "sk_test_1", attempts: 1 });
for (const { id, args, want } of JSON.parse(process.argv[3])) {
  deepStrictEqual(await client[id](...args), want ?? undefined, id);
}
`

func TestTypeScriptClientMakesEveryCall(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Log("node is not on this machine")
		return
	}

	d, calls := load(t)
	type made struct {
		ID   string `json:"id"`
		Args []any  `json:"args"`
		Want any    `json:"want"`
	}

	var all []made
	for _, c := range calls {
		ids, params := c.arguments(d)
		one := made{ID: c.OperationID}
		for _, id := range ids {
			one.Args = append(one.Args, id)
		}

		if params != nil {
			one.Args = append(one.Args, params)
		}

		if one.Args == nil {
			one.Args = []any{}
		}

		for status, response := range c.Responses {
			if status[0] == '2' && len(response.Content) > 0 {
				one.Want = d.sample(response.schema())
			}
		}

		all = append(all, one)
	}

	list, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}

	module, err := filepath.Abs("typescript/rieltime.js")
	if err != nil {
		t.Fatal(err)
	}

	server := d.serve(t, calls)
	if out, err := exec.CommandContext(t.Context(), node, "--input-type=module", "-e", every, module, server.URL, string(list)).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTypeScriptClientPassesItsTests(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Log("node is not on this machine")
		return
	}

	run := func(name string, args ...string) {
		command := exec.CommandContext(t.Context(), name, args...)
		command.Dir = "typescript"
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}

	run(node, "--test")
	if _, err := os.Stat("typescript/node_modules/typescript/bin/tsc"); err == nil {
		run(node, "node_modules/typescript/bin/tsc")
	}
}
