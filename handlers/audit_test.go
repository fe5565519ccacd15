package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
)

// TestEveryWriteOfAKeyIsAudited makes each call that changes something.
func TestEveryWriteOfAKeyIsAudited(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	own := h.belongings()
	late := h.late()
	endpoint := endpoints + "/:endpoint"
	calls := []struct{ method, route, body, action, object string }{
		{"POST", sessions, order + "}", "session.create", ""},
		{"POST", sessions + "/:session/expire", "", "session.expired", "session"},
		{"POST", "/v1/payments/:payment/review", `{"decision":"accept"}`, "review.decide", "payment"},
		{"POST", "/v1/refunds", `{"payment":"` + own["payment"] + `","amount":"0.50","reason":"cold","by_hand":{"by":"Dara"}}`, "refund.create", ""},
		{"POST", "/v1/payment_links", `{"amount":"5.00","currency":"USD","description":"Class"}`, "payment_link.create", ""},
		{"POST", "/v1/payment_links/:link/deactivate", "", "payment_link.deactivate", "link"},
		{"POST", endpoints, `{"url":"https://shop.example/more"}`, "webhook_endpoint.create", ""},
		{"POST", endpoint, `{"description":"Shop"}`, "webhook_endpoint.update", "endpoint"},
		{"POST", endpoint + "/rotate_secret", "", "webhook_endpoint.rotate_secret", "endpoint"},
		{"POST", endpoint + "/test", "", "webhook_endpoint.test", "endpoint"},
		{"POST", endpoint + "/redeliver", `{"from":"2020-01-01T00:00:00Z","to":"2100-01-01T00:00:00Z"}`, "webhook.redeliver", "endpoint"},
		{"POST", endpoint + "/deliveries/:delivery/redeliver", "", "webhook.redeliver", "delivery"},
		{"DELETE", endpoint, "", "webhook_endpoint.delete", "endpoint"},
	}

	own["payment"], own["session"] = late.ID, h.open()
	key, err := h.store.APIKey(t.Context(), checkout.HashAPIKey(h.keys["klaing test"]))
	if err != nil {
		t.Fatal(err)
	}

	made := map[string]bool{}
	for _, call := range calls {
		made[call.method+" "+call.route] = true
		target, before := call.route, h.lastAudit()
		for name, id := range own {
			target = strings.ReplaceAll(target, ":"+name, id)
		}

		w := h.call("klaing test", call.method, target, call.body)
		if w.Code/100 != 2 {
			t.Errorf("%s %s: %d %s", call.method, target, w.Code, w.Body)
			continue
		}

		object := own[call.object]
		if call.object == "" {
			object = read[struct{ ID string }](t, w).ID
		}

		trail, err := h.store.AuditTrail(t.Context(), db.AuditQuery{After: before, Limit: 9})
		if err != nil || !slices.ContainsFunc(trail, func(e checkout.AuditEntry) bool {
			return e.Actor == key.ID && e.Action == call.action && e.Object == object
		}) {
			t.Errorf("%s %s left %+v, %v; want %s of %s", call.method, call.route, trail, err, call.action, object)
		}
	}

	for _, route := range h.e.Routes() {
		if strings.HasPrefix(route.Path, "/v1/") && route.Method != http.MethodGet && route.Method != http.MethodHead && !made[route.Method+" "+route.Path] {
			t.Errorf("%s %s is not tried", route.Method, route.Path)
		}
	}
}

// lastAudit is the newest line's sequence.
func (h *harness) lastAudit() int64 {
	h.t.Helper()
	trail, err := h.store.AuditTrail(h.t.Context(), db.AuditQuery{Limit: 1})
	if err != nil || len(trail) == 0 {
		h.t.Fatalf("%d lines, %v", len(trail), err)
	}
	return trail[0].Sequence
}

func TestSendingNothingAgainIsNotAudited(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	endpoint := h.belongings()["endpoint"]
	before := h.lastAudit()
	for _, body := range []string{`{"failed":true}`, `{"from":"2020-01-01T00:00:00Z","to":"2020-01-02T00:00:00Z"}`} {
		if w := h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint+"/redeliver", body); w.Code/100 != 2 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}

		if h.lastAudit() != before {
			t.Errorf("%s is audited", body)
		}
	}
}

func TestBuyersAreNotAudited(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	before := h.lastAudit()
	h.pay(session, "khqr")
	h.submit("/c/" + session + "/cancel")
	if trail, err := h.store.AuditTrail(t.Context(), db.AuditQuery{After: before, Limit: 9}); err != nil || len(trail) != 0 {
		t.Errorf("%+v, %v", trail, err)
	}
}

func TestSessionMadeOnceIsAuditedOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	body := order + "}"
	first := read[struct{ ID string }](t, h.post("order-1", sessions, body))
	again := read[struct{ ID string }](t, h.call("klaing test", http.MethodPost, sessions, body))
	trail, err := h.store.AuditTrail(t.Context(), db.AuditQuery{Object: first.ID, Limit: 9})
	if err != nil || again != first || len(trail) != 1 || trail[0].Action != "session.create" {
		t.Errorf("%s and %s: %+v, %v", first.ID, again.ID, trail, err)
	}
}
