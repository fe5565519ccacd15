//go:build integrations

package clients_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	rieltime "rieltime/clients/go"
)

// attemptTimeout is how long each attempt of a client may take here.
const attemptTimeout = 5 * time.Second

// request is a call that a client is to make, by its operationId; verifyWebhook,
// checkSignature and digestMatches are what clients do without the server.
type request struct {
	Call   string         `json:"call,omitempty"`
	IDs    []string       `json:"ids"`    // of the path
	Params map[string]any `json:"params"` // the body, or the query
	Key    string         `json:"key"`    // of idempotency; empty: the client makes one
	All    bool           `json:"all"`    // go through the list page by page
}

// response is what came of it, in the API's own form.
type response struct {
	Result any `json:"result"`
	Error  any `json:"error"` // kind: api, no_answer, unexpected, webhook or other
}

// driver makes calls of one client.
type driver func(request) response

// drivers start the client of each language against a server.
var drivers = map[string]func(t *testing.T, server, key string) driver{
	"Go":         startGo,
	"TypeScript": startProcess("node", "conformance/driver.mjs"),
	"PHP":        startProcess("php", "conformance/driver.php"),
	"Python":     startProcess("python3", "conformance/driver.py"),
}

// startProcess starts a driver that reads requests and prints responses, a line each.
func startProcess(name string, args ...string) func(*testing.T, string, string) driver {
	return func(t *testing.T, server, key string) driver {
		t.Helper()
		command := exec.Command(name, args...)
		for _, variable := range os.Environ() {
			if !strings.Contains(strings.ToLower(variable), "_proxy=") {
				command.Env = append(command.Env, variable)
			}
		}
		command.Env = append(command.Env, "RIELTIME_URL="+server, "RIELTIME_KEY="+key, "RIELTIME_TIMEOUT="+strconv.Itoa(int(attemptTimeout.Seconds())))
		command.Stderr = os.Stderr
		input, err := command.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		output, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = input.Close() // ends it
			if err := command.Wait(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})

		lines := bufio.NewReader(output)
		return func(asked request) (said response) {
			text, err := json.Marshal(asked)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := input.Write(append(text, '\n')); err != nil {
				t.Fatal(err)
			}
			line, err := lines.ReadBytes('\n')
			if err != nil {
				t.Fatalf("%s ended over %s: %v", name, text, err)
			}
			if err := json.Unmarshal(line, &said); err != nil {
				t.Fatalf("%s printed %s: %v", name, line, err)
			}
			return said
		}
	}
}

func startGo(t *testing.T, server, key string) driver {
	t.Helper()
	client := rieltime.New(server, key)
	client.HTTP.Timeout = attemptTimeout
	client.HTTP.Transport = &http.Transport{DisableKeepAlives: true} // on a used connection it repeats by itself
	return func(asked request) response {
		result, err := callGo(t, client, asked)
		if err != nil {
			return response{Error: asJSON(t, goError(err))}
		}
		return response{Result: asJSON(t, result)}
	}
}

func asJSON(t *testing.T, value any) (plain any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &plain)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func goError(err error) map[string]any {
	var refused *rieltime.Error
	switch {
	case errors.As(err, &refused):
		return map[string]any{
			"kind": "api", "status": refused.Status, "code": refused.Code, "param": refused.Param, "detail": refused.Detail,
			"request_id": refused.RequestID, "retry_after": refused.RetryAfter.Seconds(), "errors": refused.Fields,
		}
	case errors.Is(err, rieltime.ErrWebhook):
		return map[string]any{"kind": "webhook", "detail": err.Error()}
	case strings.Contains(err.Error(), "no answer"):
		return map[string]any{"kind": "no_answer", "detail": err.Error()}
	case strings.Contains(err.Error(), "another form"):
		return map[string]any{"kind": "unexpected", "detail": err.Error()}
	}
	return map[string]any{"kind": "other", "detail": err.Error()}
}

func callGo(t *testing.T, client *rieltime.Client, asked request) (any, error) {
	t.Helper()
	switch asked.Call {
	case "verifyWebhook", "checkSignature":
		header := http.Header{}
		for name, value := range asked.Params["headers"].(map[string]any) {
			header.Set(name, value.(string))
		}
		now := time.Unix(int64(asked.Params["now"].(float64)), 0)
		webhook := rieltime.Webhook{Secret: asked.Params["secret"].(string), Now: func() time.Time { return now }}
		return webhook.Verify(header, []byte(asked.Params["body"].(string)))

	case "digestMatches":
		var digest rieltime.EventDigest
		var ids []string
		decode(t, asked.Params["digest"], &digest)
		decode(t, asked.Params["ids"], &ids)
		return digest.Matches(ids), nil
	}

	name := strings.ToUpper(asked.Call[:1]) + asked.Call[1:]
	if asked.All {
		name = strings.Replace(name, "List", "All", 1)
	}
	method := reflect.ValueOf(client).MethodByName(name)
	if !method.IsValid() {
		return nil, fmt.Errorf("there is no method %s", name)
	}
	out := method.Call(goArguments(t, method.Type(), asked))
	if asked.All {
		return collected(out[0])
	}
	if err := out[len(out)-1]; !err.IsNil() {
		return nil, err.Interface().(error)
	}
	if len(out) == 1 {
		return nil, nil
	}
	return out[0].Interface(), nil
}

func goArguments(t *testing.T, method reflect.Type, asked request) []reflect.Value {
	t.Helper()
	in := []reflect.Value{reflect.ValueOf(context.Background())}
	for _, id := range asked.IDs {
		in = append(in, reflect.ValueOf(id))
	}
	fixed := method.NumIn()
	if method.IsVariadic() {
		fixed--
	}
	if len(in) < fixed {
		params := reflect.New(method.In(len(in)))
		if _, tagged := params.Elem().Type().Field(0).Tag.Lookup("json"); tagged {
			decode(t, asked.Params, params.Interface())
		} else {
			fillQuery(t, params.Elem(), asked.Params)
		}
		in = append(in, params.Elem())
	}
	if asked.Key != "" {
		in = append(in, reflect.ValueOf(rieltime.IdempotencyKey(asked.Key)))
	}
	return in
}

// decode sets a value from parsed JSON, all of whose members it must know.
func decode(t *testing.T, from, into any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%T: %v", into, err)
	}
}

// fillQuery sets the fields of a query by the names of the API's parameters.
func fillQuery(t *testing.T, query reflect.Value, params map[string]any) {
	t.Helper()
	for name, value := range params {
		if name == "review" {
			name, value = "open_reviews", value == "open"
		}
		var camel strings.Builder
		for word := range strings.SplitSeq(name, "_") {
			camel.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
		field := query.FieldByName(camel.String())
		if !field.IsValid() {
			t.Fatalf("%v has no %s", query.Type(), camel.String())
		}
		decode(t, value, field.Addr().Interface())
	}
}

// collected goes through an iter.Seq2 of elements and errors.
func collected(list reflect.Value) (any, error) {
	found := []any{}
	for element, err := range list.Seq2() {
		if !err.IsNil() {
			return nil, err.Interface().(error)
		}
		found = append(found, element.Interface())
	}
	return found, nil
}
