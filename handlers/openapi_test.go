package handlers_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"rieltime/checkout"
	"rieltime/handlers"
	"rieltime/internal/openapitest"
)

var document = sync.OnceValues(func() (*openapitest.Document, error) { return openapitest.Open("openapi.json") })

// newRecorder checks what servers answer against openapi.json.
func newRecorder(t testing.TB) *openapitest.Recorder {
	t.Helper()
	c, err := document()
	if err != nil {
		t.Fatal(err)
	}
	return &openapitest.Recorder{Document: c, Prefix: "/v1/", Report: func(err error) { t.Error(err) }}
}

// replay is a harness whose exchanges are recorded together with those of others.
type replay struct {
	*harness
	record *openapitest.Recorder
	ids    *strings.Replacer // "{session}" and the like, in targets and bodies
}

// again makes a replay in a new harness.
func (r *replay) again(options ...func(*handlers.Config)) *replay {
	h := newHarness(r.t, options...)
	h.api = r.record.Wrap(h.e)
	return &replay{harness: h, record: r.record, ids: strings.NewReplacer()}
}

// want calls "POST /v1/refunds" and the like, and wants a status.
func (r *replay) want(status int, call, body string, headers ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	method, target, _ := strings.Cut(r.ids.Replace(call), " ")
	w := r.call("klaing test", method, target, r.ids.Replace(body), headers...)
	if w.Code != status {
		r.t.Errorf("%s %s: %d %s, want %d", call, body, w.Code, w.Body, status)
	}
	return w
}

// refused wants an error.
func (r *replay) refused(call, body, code string, headers ...string) {
	r.t.Helper()
	method, target, _ := strings.Cut(r.ids.Replace(call), " ")
	w := r.call("klaing test", method, target, r.ids.Replace(body), headers...)
	if got := read[struct{ Code string }](r.t, w); w.Code < 400 || got.Code != code {
		r.t.Errorf("%s %s: %d %s, want %s", call, body, w.Code, w.Body, code)
	}
}

// Every operation with its statuses, headers, query parameters and errors, and
// every webhook, is seen to be as it is documented. What cannot happen may not
// be documented.
func TestAllThatIsDocumentedHappens(t *testing.T) {
	t.Parallel()
	first := &replay{harness: &harness{t: t}, record: newRecorder(t)}
	for _, part := range []func(*replay){
		(*replay).successes, (*replay).badRequests, (*replay).badQueries, (*replay).badStates, (*replay).unknownObjects,
		(*replay).idempotency, (*replay).keysRefused, (*replay).limits, (*replay).outages, (*replay).webhooks,
	} {
		part(first.again())
	}

	for _, unseen := range first.record.Uncovered() {
		t.Errorf("documented, but not seen: %s", unseen)
	}
}

// furnish makes an object of each kind.
func (r *replay) furnish() {
	paid, shop := r.paid("baray"), r.addEndpoint("https://shop.example/hook")
	late := r.late()
	refund, _ := r.refund(`{"payment":"` + paid.ID + `","reason":"cold","amount":"0.50","by_hand":{"by":"Bopha","note":"cash"}}`)
	tested := read[checkout.PublicDelivery](r.t, r.call("klaing test", http.MethodPost, endpoints+"/"+shop.ID+"/test", ""))
	canceled := r.harness.open()
	r.submit("/c/" + canceled + "/cancel")
	r.ids = strings.NewReplacer("{session}", r.harness.open(), "{paid_session}", paid.SessionID, "{canceled}", canceled,
		"{payment}", late.ID, "{paid}", paid.ID, "{by_hand}", r.harness.paid("khqr").ID, "{unpaid}", r.pay(r.harness.open(), "khqr").ID,
		"{refund}", refund.ID, "{link}", r.link(`"amount":"5"`).ID, "{endpoint}", shop.ID, "{delivery}", tested.ID, "{event}", tested.Event)
}

// posts are calls that succeed when an object of each kind is there, and a body
// in which a type is wrong.
var posts = []struct {
	call, body, mistyped string
	status               int
}{
	{"POST /v1/checkout/sessions", order + `,"description":"Coffee","line_items":[{"name":"Iced coffee","quantity":1,"amount":"2.50"}],
		"customer":{"id":"7","name":"Sok Dara","email":"sok@shop.example","phone":"012 345 678"},"payment_methods":["khqr"],"locale":"km",
		"metadata":{"table":"4"},"expires_in":600}`, `{"amount":"1","description":1}`, 201},
	{"POST /v1/payments/{payment}/review", `{"decision":"accept","note":"still on the shelf"}`, `{"note":1}`, 200},
	{"POST /v1/refunds", `{"payment":"{paid}","amount":"1","reason":"cold"}`, `{"reason":1}`, 201},
	{"POST /v1/payment_links", `{"currency":"KHR","description":"d","amount_min":"1000","amount_max":"40000","reference_prefix":"till",
		"success_url":"https://shop.example/ok","cancel_url":"https://shop.example/no","payment_methods":["khqr"],"locale":"km","max_uses":2,
		"expires_at":"2030-01-01T00:00:00Z","custom_fields":[{"key":"a","label":"A","required":true,"max_length":9}]}`, `{"description":1}`, 201},
	{"POST /v1/webhook_endpoints", `{"url":"https://shop.example/more","events":["payment.late"],"description":"d"}`, `{"url":1}`, 201},
	{"POST /v1/webhook_endpoints/{endpoint}", `{"url":"https://shop.example/new","events":["*"],"description":"d","disabled":false}`, `{"url":1}`, 200},
	{"POST /v1/webhook_endpoints/{endpoint}/rotate_secret", `{"overlap_seconds":60}`, `{"overlap_seconds":"x"}`, 200},
	{"POST /v1/webhook_endpoints/{endpoint}/redeliver", `{"failed":true}`, `{"failed":1}`, 202},
	{"POST /v1/webhook_endpoints/{endpoint}/test", ``, ``, 202},
	{"POST /v1/webhook_endpoints/{endpoint}/deliveries/{delivery}/redeliver", `{}`, ``, 202},
	{"POST /v1/checkout/sessions/{session}/expire", `{}`, ``, 200},
	{"POST /v1/payment_links/{link}/deactivate", ``, ``, 200},
}

// lists are called with each of their parameters; object is one they list.
var lists = []struct {
	call, object string
	filters      []string
}{
	{"GET /v1/checkout/sessions", "{session}", []string{"reference=A-1", "status=complete", "created_from=2026-01-01T00:00:00Z", "created_to=2036-01-01T00:00:00Z"}},
	{"GET /v1/payments", "{payment}", []string{"session={paid_session}", "review=open", "merchant_reference=A-1", "status=succeeded",
		"created_from=2026-01-01T00:00:00Z", "created_to=2036-01-01T00:00:00Z"}},
	{"GET /v1/refunds", "{refund}", []string{"payment={paid}", "session={paid_session}", "created_from=2026-01-01T00:00:00Z", "created_to=2036-01-01T00:00:00Z"}},
	{"GET /v1/payment_links", "{link}", []string{"active=true"}},
	{"GET /v1/webhook_endpoints", "{endpoint}", nil},
	{"GET /v1/webhook_endpoints/{endpoint}/deliveries", "{delivery}", []string{"status=pending"}},
	{"GET /v1/events", "", []string{"after_sequence=1", "type=payment.late"}},
}

var reads = []string{
	"GET /v1/checkout/sessions/{session}", "GET /v1/payments/{payment}", "GET /v1/refunds/{refund}", "GET /v1/payment_links/{link}",
	"GET /v1/webhook_endpoints/{endpoint}", "GET /v1/events/{event}",
}

const deletion = "DELETE /v1/webhook_endpoints/{endpoint}"

func (r *replay) successes() {
	r.furnish()
	for _, p := range posts {
		for range 2 {
			r.want(p.status, p.call, p.body, "Idempotency-Key", p.call)
		}
	}

	for range 2 { // the same session again, and that answer again
		r.want(200, posts[0].call, posts[0].body, "Idempotency-Key", "same again")
	}

	r.want(201, "POST /v1/payment_links", `{"currency":"USD","description":"d","amount":"1","max_uses":null,"expires_at":null}`)
	r.want(202, "POST /v1/webhook_endpoints/{endpoint}/redeliver", `{"from":"2020-01-01T00:00:00Z","to":"2030-01-01T00:00:00Z"}`)
	for _, read := range reads {
		r.want(200, read, "")
		r.want(200, strings.Replace(read, "GET", "HEAD", 1), "")
	}

	for _, l := range lists {
		queries := append([]string{"limit=1", ""}, l.filters...)
		if l.object != "" {
			queries = append(queries, "starting_after="+l.object, "ending_before="+l.object)
		}

		for _, query := range queries {
			r.want(200, l.call+"?"+query, "")
		}
	}

	r.want(204, deletion, "")
}

func (r *replay) unknownObjects() {
	id := regexp.MustCompile(`\{\w+\}$|\{\w+\}(/\w+)$`)
	calls := append([]string{deletion, "GET /v1/webhook_endpoints/{endpoint}/deliveries"}, reads...)
	for _, p := range posts {
		if strings.Contains(p.call, "{") {
			calls = append(calls, p.call)
		}
	}

	r.furnish()
	for _, call := range calls {
		r.refused(id.ReplaceAllString(call, "none$1"), "{}", "not_found")
	}

	r.refused("GET /v1/nothing", "", "route_unknown")
	r.refused("DELETE /v1/payments", "", "method_not_allowed")
}

func (r *replay) badQueries() {
	r.furnish()
	for _, l := range lists {
		for query, code := range map[string]string{
			"limit=0": "limit_invalid", "zzz=1": "parameter_unknown", "limit=1&limit=1": "parameter_repeated", "a;b": "query_invalid",
		} {
			r.refused(l.call+"?"+query, "", code)
		}

		if l.object != "" {
			r.refused(l.call+"?starting_after=none", "", "cursor_invalid")
			r.refused(l.call+"?starting_after="+l.object+"&ending_before="+l.object, "", "cursors_conflict")
		}
	}

	for _, list := range []string{"GET /v1/checkout/sessions", "GET /v1/payments", "GET /v1/refunds"} {
		r.refused(list+"?created_from=yesterday", "", "created_from_invalid")
		r.refused(list+"?created_to=2026-04-31T00:00:00Z", "", "created_to_invalid")
	}

	long := strings.Repeat("x", 300)
	for call, code := range map[string]string{
		"GET /v1/checkout/sessions?status=paid":                       "status_invalid",
		"GET /v1/checkout/sessions?reference=" + long:                 "text_too_long",
		"GET /v1/payments?session=x":                                  "session_invalid",
		"GET /v1/payments?merchant_reference=" + long:                 "text_too_long",
		"GET /v1/payments?merchant_reference=":                        "text_invalid",
		"GET /v1/checkout/sessions?reference=":                        "text_invalid",
		"GET /v1/payments?status=paid":                                "status_invalid",
		"GET /v1/payments?review=closed":                              "review_invalid",
		"GET /v1/refunds?payment=x":                                   "payment_invalid",
		"GET /v1/refunds?session=x":                                   "session_invalid",
		"GET /v1/payment_links?active=yes":                            "active_invalid",
		"GET /v1/webhook_endpoints/{endpoint}/deliveries?status=lost": "status_invalid",
		"GET /v1/events?after_sequence=-1":                            "after_sequence_invalid",
		"GET /v1/events?type=payment.eaten":                           "type_invalid",
	} {
		r.refused(call, "", code)
	}
}

func (r *replay) idempotency() {
	r.furnish()
	r.want(201, "POST /v1/webhook_endpoints", `{"url":"https://shop.example/x"}`, "Idempotency-Key", "used")
	for i, p := range posts {
		r.refused(p.call, p.body, "idempotency_key_invalid", "Idempotency-Key", "")
		r.refused(p.call, p.body+" ", "idempotency_key_reused", "Idempotency-Key", "used")
		if i > 0 { // a session is made and its answer kept at once
			_, target, _ := strings.Cut(r.ids.Replace(p.call), " ")
			r.claim(p.call, target, r.ids.Replace(p.body))
			r.refused(p.call, p.body, "idempotency_in_flight", "Idempotency-Key", p.call)
		}
	}
}

func (r *replay) keysRefused() {
	r.refused("GET /v1/events", "", "header_repeated", "Authorization", "Bearer another")
	short := r.addKey("short", checkout.KeyParams{ExpiresAt: r.clock.Now().Add(time.Hour)})
	r.addKey("elsewhere", checkout.KeyParams{Addresses: []string{"10.0.0.1"}})
	r.addKey("writing", checkout.KeyParams{Scopes: []string{"write"}})
	r.keys["none"], r.keys["wrong"] = "", "sk_test_x"
	r.clock.Add(short.ExpiresAt.Sub(short.CreatedAt))
	for key, code := range map[string]string{
		"none": "key_missing", "wrong": "key_invalid", "short": "key_expired", "elsewhere": "address_not_allowed", "writing": "scope_missing",
	} {
		if got := read[problem](r.t, r.call(key, http.MethodGet, sessions, "")); got.Code != code {
			r.t.Errorf("%s: %+v, want %s", key, got, code)
		}
	}
}

func (r *replay) limits() {
	r = r.again(func(c *handlers.Config) { c.APILimit = handlers.Limit{PerSecond: 1, Burst: 1} })
	r.want(200, "GET /v1/events", "")
	calls := append([]string{deletion}, reads...)
	for _, p := range posts {
		calls = append(calls, p.call)
	}

	for _, l := range lists {
		calls = append(calls, l.call)
	}

	for _, call := range calls {
		r.refused(regexp.MustCompile(`\{\w+\}`).ReplaceAllString(call, "x"), "", "rate_limited")
	}
}

// failingStore fails under an Idempotency-Key.
type failingStore struct {
	handlers.Store
	fails error
}

func (s failingStore) LeaseIdempotency(_ context.Context, r checkout.IdempotentRequest, _ time.Time) (checkout.IdempotentRequest, error) {
	return r, s.fails
}

func (r *replay) outages() {
	for code, fails := range map[string]error{
		"internal": errors.New("broken"), "database_busy": checkout.ErrBusy, "storage_full": checkout.ErrStorageFull,
	} {
		broken := r.again(func(c *handlers.Config) { c.Store = failingStore{Store: c.Store, fails: fails} })
		broken.refused("POST /v1/refunds", "{}", code, "Idempotency-Key", "k")
	}

	r.again(func(c *handlers.Config) { c.Guard.MaxMemory = 1 }).refused("GET /v1/payments", "", "overloaded")
	broken := httptest.NewRequest(http.MethodPost, sessions, io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	broken.Header.Set("Authorization", "Bearer "+r.keys["klaing test"])
	broken.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	r.api.ServeHTTP(w, broken)
	wantProblem(r.t, w, http.StatusBadRequest, "body_invalid")
}
