package handlers_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"rieltime/checkout"
)

// changed is an order with another value of a member.
func changed(name string, value any) string {
	members := map[string]any{}
	_ = json.Unmarshal([]byte(order+"}"), &members) // order is an object
	members[name] = value
	body, _ := json.Marshal(members) // so is this
	return string(body)
}

// badRequests are bodies that are refused as they are.
func (r *replay) badRequests() {
	r.furnish()
	for _, p := range posts {
		r.refused(p.call, "{", "json_invalid")
		r.refused(p.call, `{"zzz":1}`, "field_unknown")
		r.refused(p.call, `{"a":1,"a":1}`, "field_repeated")
		if p.mistyped != "" {
			r.refused(p.call, p.mistyped, "type_invalid")
		}
	}

	long := strings.Repeat("x", 600)
	item := func(members string) string { return order + `,"line_items":[{` + members + `}]}` }
	for body, code := range map[string]string{
		changed("amount", nil): "amount_missing", changed("amount", "x"): "amount_invalid",
		changed("currency", nil): "currency_missing", changed("currency", "EUR"): "currency_invalid",
		changed("reference", nil): "reference_missing", changed("reference", long): "text_too_long", changed("reference", "\a"): "text_invalid",
		changed("success_url", nil): "url_missing", changed("success_url", "x"): "url_invalid", changed("cancel_url", "https://evil.example"): "url_host_not_allowed",
		item(`"quantity":1,"amount":"1"`): "name_missing", item(`"name":"a","amount":"1"`): "quantity_missing",
		item(`"name":"a","quantity":0,"amount":"1"`): "quantity_invalid",
		order + `,"line_items":[` + strings.Repeat(`{"name":"a","quantity":1,"amount":"1"},`, 100) + `{"name":"a","quantity":1,"amount":"1"}]}`: "line_items_invalid",
		order + `,"customer":{"name":" "}}`: "name_invalid", order + `,"customer":{"email":"x"}}`: "email_invalid",
		order + `,"customer":{"phone":"x"}}`: "phone_invalid", order + `,"customer":{"id":" "}}`: "customer_id_invalid",
		order + `,"payment_methods":["cash"]}`: "payment_method_unknown", order + `,"payment_methods":[]}`: "payment_methods_empty", order + `,"locale":"fr"}`: "locale_invalid",
		order + `,"expires_in":1}`: "expires_in_invalid", order + `,"expires_at":"x"}`: "expires_at_invalid",
		order + `,"expires_in":600,"expires_at":"2030-01-01T00:00:00Z"}`: "expires_conflict", order + `,"metadata":{"":"x"}}`: "metadata_invalid",
		strings.Repeat("a", 70_000): "body_too_large",
	} {
		r.refused("POST /v1/checkout/sessions", body, code)
	}

	if w := r.send(http.MethodPost, sessions, order+"}", "Authorization", "Bearer "+r.keys["klaing test"]); read[problem](r.t, w).Code != "content_type_invalid" {
		r.t.Errorf("without a content type: %d %s", w.Code, w.Body)
	}

	r.unpayable()
	r.badDecisions(long)
	r.badLinks(long)
	r.badEndpoints(long)
}

// unpayable are requests for what no method can take.
func (r *replay) unpayable() {
	const link = `{"currency":"USD","description":"d","amount":"1","payment_methods":`
	r.refused("POST /v1/payment_links", link+`[]}`, "payment_methods_empty")
	r.bayopay.takes = func(checkout.Money) bool { return false }
	r.refused("POST /v1/payment_links", link+`["bayopay"]}`, "payment_method_unavailable")
	r.refused("POST /v1/checkout/sessions", order+`,"payment_methods":["bayopay"]}`, "payment_method_unavailable")
	r.bayopay.takes = nil
}

func (r *replay) badDecisions(long string) {
	for body, code := range map[string]string{
		`{}`: "decision_missing", `{"decision":"x"}`: "decision_invalid",
		`{"decision":"accept","note":"` + long + `"}`: "text_too_long", `{"decision":"accept","note":"\u0007"}`: "text_invalid",
	} {
		r.refused("POST /v1/payments/{payment}/review", body, code)
	}

	for body, code := range map[string]string{
		`{"reason":"x"}`: "payment_missing", `{"payment":"{paid}"}`: "reason_missing", `{"payment":"x","reason":"x"}`: "payment_invalid",
		`{"payment":"{paid}","reason":"x","amount":"x"}`: "amount_invalid", `{"payment":"{paid}","reason":"x","by_hand":{}}`: "by_missing",
		`{"payment":"{paid}","reason":"` + long + `"}`: "text_too_long", `{"payment":"{paid}","reason":"\u0007"}`: "text_invalid",
	} {
		r.refused("POST /v1/refunds", body, code)
	}
}

func (r *replay) badLinks(long string) {
	const five = `{"currency":"USD","description":"d","amount":"5"`
	for body, code := range map[string]string{
		`{"description":"d","amount":"5"}`: "currency_missing", `{"description":"d","amount":"5","currency":"EUR"}`: "currency_invalid",
		`{"currency":"USD","amount":"5"}`: "description_missing", `{"currency":"USD","description":"d"}`: "amount_missing",
		five + `,"amount_min":"1"}`: "amount_conflict", `{"currency":"USD","description":"d","amount_min":"1"}`: "amount_range_invalid",
		`{"currency":"USD","description":"d","amount":"x"}`: "amount_invalid",
		five + `,"success_url":"x"}`:                        "url_invalid", five + `,"success_url":"https://evil.example/"}`: "url_host_not_allowed",
		five + `,"reference_prefix":"` + long + `"}`: "text_too_long", five + `,"reference_prefix":"\u0007"}`: "text_invalid",
		five + `,"payment_methods":["cash"]}`: "payment_method_unknown", five + `,"locale":"fr"}`: "locale_invalid",
		five + `,"max_uses":0}`: "max_uses_invalid", five + `,"expires_at":"x"}`: "expires_at_invalid",
		five + `,"custom_fields":[{"label":"a"}]}`: "field_key_missing", five + `,"custom_fields":[{"key":"a"}]}`: "field_label_missing",
		five + `,"custom_fields":[{"key":"A","label":"a"}]}`: "custom_fields_invalid",
	} {
		r.refused("POST /v1/payment_links", body, code)
	}
}

func (r *replay) badEndpoints(long string) {
	for _, call := range []string{"POST /v1/webhook_endpoints", "POST /v1/webhook_endpoints/{endpoint}"} {
		for body, code := range map[string]string{
			`{"url":"x"}`: "url_invalid", `{"url":"https://shop.example","events":[]}`: "events_invalid",
			`{"url":"https://shop.example","description":"` + long + `"}`: "text_too_long", `{"url":"https://shop.example","description":"\u0007"}`: "text_invalid",
		} {
			r.refused(call, body, code)
		}
	}

	r.refused("POST /v1/webhook_endpoints", `{}`, "url_missing")
	r.refused("POST /v1/webhook_endpoints/{endpoint}/rotate_secret", `{"overlap_seconds":-1}`, "overlap_seconds_invalid")
	r.refused("POST /v1/webhook_endpoints/{endpoint}/redeliver", `{}`, "range_invalid")
}

// badStates are requests that come at the wrong time.
func (r *replay) badStates() {
	r.furnish()
	r.want(201, "POST /v1/checkout/sessions", changed("reference", "A-open"))
	r.refused("POST /v1/checkout/sessions", strings.Replace(changed("reference", "A-open"), "2.50", "2.51", 1), "reference_in_use")
	r.refused("POST /v1/checkout/sessions/{paid_session}/expire", "", "session_complete")
	r.refused("POST /v1/checkout/sessions/{canceled}/expire", "", "session_closed")
	r.refused("POST /v1/payments/{paid}/review", `{"decision":"accept"}`, "review_not_open")
	r.refused("POST /v1/payments/{payment}/review", `{"decision":"refuse"}`, "decision_not_possible")
	r.claimed("c1a1bed0")
	r.refused("POST /v1/payments/"+r.claimed("c1a1bed0").ID+"/review", `{"decision":"accept"}`, "transaction_reused")
	r.refused("POST /v1/refunds", `{"payment":"{unpaid}","reason":"x"}`, "payment_not_succeeded")
	r.refused("POST /v1/refunds", `{"payment":"{paid}","reason":"x","amount":"99"}`, "refund_too_large")
	r.refused("POST /v1/refunds", `{"payment":"{by_hand}","reason":"x"}`, "refund_by_hand_only")
	r.want(200, "POST /v1/webhook_endpoints/{endpoint}", `{"disabled":true}`)
	r.refused("POST /v1/webhook_endpoints/{endpoint}/test", "", "endpoint_disabled")
	r.refused("POST /v1/webhook_endpoints/{endpoint}/redeliver", `{"failed":true}`, "endpoint_disabled")
	r.refused("POST /v1/webhook_endpoints/{endpoint}/deliveries/{delivery}/redeliver", "", "endpoint_disabled")
	for i := range checkout.MaxEndpoints - 1 {
		r.addEndpoint(fmt.Sprintf("https://shop.example/%d", i))
	}

	r.refused("POST /v1/webhook_endpoints", `{"url":"https://shop.example/more"}`, "endpoints_too_many")
}

// webhooks has every event happen, and hears of it.
func (r *replay) webhooks() {
	r.deliver()
	server := receive(r.t, nil)
	endpoint := r.addEndpoint(server.URL)
	r.paid("khqr")
	r.late()
	r.mismatched()
	r.duplicate()
	r.answer(r.unknown(), checkout.Answer{Verdict: checkout.VerdictPending})
	r.claimed("c1a1bed0")
	r.claimed("c1a1bed0") // the same again: contested
	r.submit("/c/" + r.harness.open() + "/cancel")
	r.answer(r.pay(r.harness.open(), "khqr"), checkout.Answer{Verdict: checkout.VerdictFailed})
	given := r.paid("baray")
	r.want(201, "POST /v1/refunds", `{"payment":"`+given.ID+`","amount":"1","reason":"x","by_hand":{"by":"Bopha"}}`)
	r.refunds.respond(checkout.RefundAnswer{}, &checkout.Refused{Code: "no"})
	r.want(201, "POST /v1/refunds", `{"payment":"`+given.ID+`","amount":"1","reason":"x"}`)
	r.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPending}, nil)
	denied := read[checkout.PublicRefund](r.t, r.want(201, "POST /v1/refunds", `{"payment":"`+given.ID+`","amount":"1","reason":"x"}`))
	r.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictClosed}, nil)
	r.refundLater(denied, time.Second)
	r.refundLater(denied, 10*time.Minute)
	r.refunds.respond(checkout.RefundAnswer{}, errors.New("no answer"))
	r.want(202, "POST /v1/webhook_endpoints/"+endpoint.ID+"/test", "")
	if err := r.store.DigestEvents(r.t.Context(), r.clock.Now()); err != nil {
		r.t.Fatal(err)
	}
	eventually(r.t, "all delivered", func() bool { return len(r.deliveries(endpoint.ID, "?status=pending")) == 0 })
	for _, hook := range server.hooks() {
		r.record.Webhook(hook.header, hook.body)
	}
}
