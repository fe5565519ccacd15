package openapitest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func open(t *testing.T) *Document {
	t.Helper()
	d, err := Open("../../handlers/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// walk visits every value of the document with its pointer.
func walk(value any, pointer string, visit func(value any, pointer string)) {
	visit(value, pointer)
	for name, member := range object(value) {
		walk(member, pointer+"/"+escape(name), visit)
	}
	for i, element := range array(value) {
		walk(element, fmt.Sprintf("%s/%d", pointer, i), visit)
	}
}

func TestReferencesLeadSomewhereAndNothingIsLeftOver(t *testing.T) {
	d := open(t)
	used := map[string]bool{}
	walk(d.root, "", func(value any, pointer string) {
		target, ok := object(value)["$ref"].(string)
		if !ok {
			return
		}
		used[strings.TrimPrefix(target, "#")] = true
		if found, _ := d.node(strings.TrimPrefix(target, "#")); found == nil {
			t.Errorf("%s refers to %s, which is not there", pointer, target)
		}
	})

	components, _ := d.node("/components")
	for kind, parts := range object(components) {
		for name := range object(parts) {
			if pointer := "/components/" + kind + "/" + name; kind != "securitySchemes" && !used[pointer] {
				t.Errorf("nothing refers to %s", pointer)
			}
		}
	}
}

func TestSchemasCompileAndTheirExamplesFit(t *testing.T) {
	d := open(t)
	schemas, _ := d.node("/components/schemas")
	for _, name := range slices.Sorted(maps.Keys(object(schemas))) {
		pointer := "/components/schemas/" + name
		if _, err := d.compiler.Compile(documentURL + "#" + pointer); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}

		for _, example := range array(object(object(schemas)[name])["examples"]) {
			if err := d.validate(pointer, example); err != nil {
				t.Errorf("the example of %s: %v", name, err)
			}
		}
	}
}

// answered visits every schema that answers and webhooks are made of.
func answered(d *Document, visit func(schema map[string]any, pointer string)) {
	seen := map[string]bool{}
	var follow func(value any, pointer string)
	follow = func(value any, pointer string) {
		if seen[pointer] {
			return
		}

		seen[pointer] = true
		walk(value, pointer, func(value any, pointer string) {
			if target, ok := object(value)["$ref"].(string); ok {
				node, at := d.node(strings.TrimPrefix(target, "#"))
				follow(node, at)
				return
			}
			if object(value)["type"] != nil {
				visit(object(value), pointer)
			}
		})
	}

	for _, o := range d.operations {
		responses, at := d.node(o.self + "/responses")
		follow(responses, at)
	}

	hooks, _ := d.node("/webhooks")
	for kind := range object(hooks) {
		body, at := d.node("/webhooks/" + escape(kind) + "/post/requestBody")
		follow(body, at)
	}
}

func TestWhatIsAbsentInAnAnswerIsNull(t *testing.T) {
	d := open(t)
	objects := 0
	answered(d, func(schema map[string]any, pointer string) {
		if slices.Contains(array(schema["enum"]), any("")) {
			t.Errorf("%s may be an empty text", pointer)
		}

		properties := object(schema["properties"])
		if len(properties) == 0 {
			return
		}

		objects++
		var required []string
		for _, name := range array(schema["required"]) {
			required = append(required, text(name))
		}

		slices.Sort(required)
		if all := slices.Sorted(maps.Keys(properties)); !slices.Equal(all, required) {
			t.Errorf("%s has the members %v, and always only %v", pointer, all, required)
		}
	})
	if objects < 20 {
		t.Errorf("looked at %d objects", objects)
	}
}

// A payment, refund or proof has the shop's reference and the provider's, so
// that the word alone would say neither.
func TestReferencesSayWhoseTheyAre(t *testing.T) {
	d := open(t)
	schemas, _ := d.node("/components/schemas")
	for name, schema := range object(schemas) {
		properties := object(object(schema)["properties"])
		if has, may := properties["reference"] != nil, strings.HasPrefix(name, "Session"); has && !may {
			t.Errorf("%s has a reference, which says not whose", name)
		}

		if name == "Payment" || name == "Refund" {
			if properties["merchant_reference"] == nil || properties["provider_reference"] == nil || properties["metadata"] == nil || properties["session"] == nil {
				t.Errorf("%s does not name its purchase", name)
			}
		}
	}
}

func TestEmptyTextsInAnswersAreFound(t *testing.T) {
	for text, found := range map[string]bool{
		`{"a":null,"b":"x","c":[],"metadata":{"a":""},"proof":{"raw":{"a":""}}}`: false,
		`{"a":{"b":[{"c":""}]}}`: true, `{"data":["x",""]}`: true, `""`: true,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}

		if err := checkNoEmptyText(value, ""); (err != nil) != found {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestOperationsAreWhole(t *testing.T) {
	d := open(t)
	ids := map[string]string{}
	if len(d.operations) < 25 {
		t.Errorf("found %d operations", len(d.operations))
	}

	for _, o := range d.operations {
		value, _ := d.node(o.self)
		operation := object(value)
		id := text(operation["operationId"])
		if id == "" || ids[id] != "" {
			t.Errorf("%s has the id %q, as has %s", o, id, ids[id])
		}

		ids[id] = o.String()
		if text(operation["summary"]) == "" || len(array(operation["tags"])) != 1 || text(operation["x-scope"]) == "" {
			t.Errorf("%s lacks its summary, tag or scope", o)
		}

		if parameters := fmt.Sprint(d.parameters(o)); (o.method == http.MethodPost) != strings.Contains(parameters, "IdempotencyKey") {
			t.Errorf("%s: Idempotency-Key is for every POST and nothing else", o)
		}

		for _, segment := range o.segments {
			if strings.HasPrefix(segment, "{") && !slices.ContainsFunc(d.parameters(o), func(pointer string) bool {
				parameter, _ := d.node(pointer)
				return "{"+text(object(parameter)["name"])+"}" == segment && object(parameter)["in"] == "path"
			}) {
				t.Errorf("%s does not describe %s", o, segment)
			}
		}

		for _, code := range array(operation["x-errors"]) {
			if err := d.validate("/components/schemas/ErrorCode", code); err != nil {
				t.Errorf("%s names the error %v, which is not in the list", o, code)
			}
		}
	}
}

func TestWebhooksAreTheEventTypes(t *testing.T) {
	d := open(t)
	hooks, _ := d.node("/webhooks")
	types, _ := d.node("/components/schemas/EventType/oneOf")
	for _, kind := range array(types) {
		if object(hooks)[text(object(kind)["const"])] == nil {
			t.Errorf("%v has no webhook", object(kind)["const"])
		}
	}

	if len(object(hooks)) != len(array(types)) {
		t.Errorf("%d webhooks for %d types", len(object(hooks)), len(array(types)))
	}
}

const list = `{"object":"list","data":[],"has_more":false}`

func exchange(method, target, body string, status int, answer string) Exchange {
	address, err := url.Parse(target)
	if err != nil {
		panic(err)
	}

	kind := "application/json"
	if status >= 400 {
		kind = "application/problem+json"
	}

	answered := http.Header{"Content-Type": {kind}, "X-Request-Id": {"req_1"}}
	for name, value := range map[string]string{"RateLimit-Limit": "9", "RateLimit-Remaining": "8", "RateLimit-Reset": "1"} {
		answered.Set(name, value)
	}

	return Exchange{
		Method: method, URL: address, Header: http.Header{}, RequestBody: []byte(body), Status: status, ResponseHeader: answered, ResponseBody: []byte(answer),
	}
}

func problem(status int, code string) string {
	return fmt.Sprintf(`{"type":"urn:rieltime:problem:%[2]s","title":"x","status":%[1]d,"detail":"x","code":%[2]q,"param":null,"request_id":"req_1","errors":null}`, status, code)
}

func TestExchangesAsDocumentedPass(t *testing.T) {
	d := open(t)
	for _, e := range []Exchange{
		exchange("GET", "/v1/payments?limit=5&session=cs_1&review=open", "", 200, list),
		exchange("HEAD", "/v1/payments", "", 200, ""),
		exchange("GET", "/v1/payments?limit=0", "", 400, problem(400, "limit_invalid")),
		exchange("GET", "/v1/payments/nothing", "", 404, problem(404, "not_found")),
		exchange("GET", "/v1/nothing", "", 404, problem(404, "route_unknown")),
		exchange("DELETE", "/v1/payments", "", 405, problem(405, "method_not_allowed")),
		exchange("DELETE", "/v1/webhook_endpoints/we_1", "", 204, ""),
		exchange("POST", "/v1/webhook_endpoints/we_1/redeliver", `{"failed":true,"from":null}`, 202, `{"object":"redelivery","queued":3}`),
	} {
		if err := d.Check(e); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryDifferenceIsFound(t *testing.T) {
	d := open(t)
	without := exchange("GET", "/v1/payments", "", 200, list)
	without.ResponseHeader.Del("X-Request-Id")
	plain := exchange("GET", "/v1/payments", "", 200, list)
	plain.ResponseHeader.Set("Content-Type", "text/plain")
	limits := exchange("GET", "/v1/payments", "", 200, list)
	limits.ResponseHeader.Set("RateLimit-Remaining", "-1")
	unlimited := exchange("GET", "/v1/payments", "", 200, list)
	unlimited.ResponseHeader.Del("RateLimit-Remaining")
	unwaited := exchange("GET", "/v1/payments", "", 429, problem(429, "rate_limited"))
	for name, e := range map[string]Exchange{
		"unknown path":                    exchange("GET", "/v1/nothing", "", 200, list),
		"unknown method":                  exchange("DELETE", "/v1/payments", "", 200, list),
		"undocumented query parameter":    exchange("GET", "/v1/payments?page=1", "", 200, list),
		"query parameter out of bounds":   exchange("GET", "/v1/payments?limit=101", "", 200, list),
		"query parameter of another type": exchange("GET", "/v1/payments?limit=x", "", 200, list),
		"path of another object":          exchange("GET", "/v1/payments/cs_1", "", 200, list),
		"body that is missing":            exchange("POST", "/v1/refunds", "", 201, "{}"),
		"unknown field in the request":    exchange("POST", "/v1/webhook_endpoints/we_1/redeliver", `{"failed":true,"all":true}`, 202, `{"object":"redelivery","queued":3}`),
		"both forms in the request":       exchange("POST", "/v1/webhook_endpoints/we_1/redeliver", `{"failed":true,"from":"2026-11-21T00:00:00Z"}`, 202, `{"object":"redelivery","queued":3}`),
		"unknown field in the answer":     exchange("GET", "/v1/payments", "", 200, `{"object":"list","data":[],"has_more":false,"total":0}`),
		"missing field in the answer":     exchange("GET", "/v1/payments", "", 200, `{"object":"list","data":[]}`),
		"other status":                    exchange("GET", "/v1/payments", "", 202, list),
		"body where none is documented":   exchange("DELETE", "/v1/webhook_endpoints/we_1", "", 204, "{}"),
		"undocumented error":              exchange("GET", "/v1/payments", "", 400, problem(400, "oops")),
		"error of another status":         exchange("GET", "/v1/payments", "", 404, problem(404, "limit_invalid")),
		"status that is not the answer's": exchange("GET", "/v1/payments", "", 404, problem(400, "not_found")),
		"error that is not listed there":  exchange("GET", "/v1/payments", "", 400, problem(400, "active_invalid")),
		"no request id":                   without,
		"no allowance":                    unlimited,
		"another content type":            plain,
		"a header out of bounds":          limits,
		"429 without Retry-After":         unwaited,
	} {
		if d.Check(e) == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// webhook is one as documented.
func webhook() (header http.Header, body []byte) {
	header = http.Header{}
	header.Set("webhook-id", "evt_1")
	header.Set("webhook-timestamp", "1795000000")
	header.Set("webhook-signature", "v1,abc")
	return header, []byte(`{"id":"evt_1","sequence":7,"type":"refund.failed","timestamp":"2026-11-21T00:00:00Z","mode":"test","data":{"object":{"id":"re_1","object":"refund",
		"mode":"test","status":"failed","payment":"pay_1","session":"cs_1","provider":"kess","amount":"1.00","currency":"USD","reason":"cold",
		"merchant_reference":"A-1","provider_reference":"R1","metadata":{},
		"by_hand":null,"transaction_id":null,"failure_code":"refused","created_at":"2026-11-21T00:00:00Z","closed_at":"2026-11-21T00:00:00Z",
		"acknowledged_at":null,"unresolved_at":null}}}`)
}

func TestWebhooksAreChecked(t *testing.T) {
	d := open(t)
	header, sent := webhook()
	body := string(sent)
	if err := d.CheckWebhook(header, sent); err != nil {
		t.Error(err)
	}

	for name, changed := range map[string]string{
		"another object":   strings.Replace(body, "refund.failed", "payment.failed", 1),
		"unknown type":     strings.Replace(body, "refund.failed", "refund.lost", 1),
		"unknown field":    strings.Replace(body, `"mode"`, `"place":1,"mode"`, 1),
		"amount as number": strings.Replace(body, `"1.00"`, `1.00`, 1),
	} {
		if d.CheckWebhook(header, []byte(changed)) == nil {
			t.Errorf("%s passes", name)
		}
	}

	header.Del("webhook-signature")
	if d.CheckWebhook(header, []byte(body)) == nil {
		t.Error("a webhook without its signature passes")
	}
}

func TestRecorderReportsAndKeepsCount(t *testing.T) {
	d := open(t)
	var reports []error
	r := &Recorder{Document: d, Prefix: "/v1/", Report: func(err error) { reports = append(reports, err) }}
	server := r.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), exchange("GET", "/v1/payments", "", 200, list).ResponseHeader)
		_, _ = w.Write([]byte(list))
	}))

	call := func(target string) {
		w := &discard{header: http.Header{}}
		request, _ := http.NewRequest(http.MethodGet, target, http.NoBody)
		server.ServeHTTP(w, request)
		if w.status != http.StatusOK && strings.HasPrefix(target, "/v1/") {
			t.Errorf("%s answered %d", target, w.status)
		}
	}

	before, uncalled := r.Uncovered(), len(r.Uncalled())
	call("/v1/payments?limit=5")
	call("/elsewhere")
	r.Webhook(webhook())
	shown := slices.DeleteFunc(before, func(one string) bool { return slices.Contains(r.Uncovered(), one) })
	want := []string{
		"GET /v1/payments 200", "GET /v1/payments 200 with RateLimit-Limit", "GET /v1/payments 200 with RateLimit-Remaining",
		"GET /v1/payments 200 with RateLimit-Reset", "GET /v1/payments 200 with X-Request-Id", "GET /v1/payments by limit", "webhook refund.failed",
	}
	if len(reports) != 0 || !slices.Equal(shown, want) || len(r.Uncalled()) != uncalled-1 {
		t.Errorf("reports %v, shown %q, %d uncalled of %d", reports, shown, len(r.Uncalled()), uncalled)
	}

	call("/v1/payments?page=1")
	if len(reports) != 1 {
		t.Errorf("reports %v", reports)
	}
}

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
