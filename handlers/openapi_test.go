package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/handlers/contract"
)

// recorded puts the OpenAPI document between the house and its callers: every
// exchange with the merchant API must be as documented.
func recorded(t *testing.T, h *house) *contract.Recorder {
	t.Helper()
	document, err := contract.Open("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return &contract.Recorder{Contract: document, Next: h.e, Prefix: "/v1/", Report: func(err error) { t.Error(err) }}
}

func TestSessionsAndPaymentsAreAsDocumented(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	record := recorded(t, h)
	call := func(method, target, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+h.keys["klaing test"])
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		record.ServeHTTP(w, r)
		return w
	}
	const sessions = "/v1/checkout/sessions"
	made := read[checkout.PublicSession](t, call(http.MethodPost, sessions, order+`,"description":"Coffee","line_items":[{"name":"Iced coffee","quantity":1,"amount":"2.50"}],
		"customer":{"name":"Sok Dara","phone":"012 345 678"},"payment_methods":["khqr"],"locale":"km","metadata":{"table":"4"},"expires_in":600}`, "Idempotency-Key", "one"))
	paid := h.pay(made.ID, "khqr")
	h.prove(paid, "t1", 250)
	closed := h.open(`"description":"second"`)
	other := h.pay(closed, "khqr")
	h.prove(other, "t2", 100)
	for _, target := range []string{
		sessions, sessions + "?limit=1&reference=A-1&status=complete", sessions + "/" + made.ID,
		"/v1/payments", "/v1/payments?session=" + made.ID, "/v1/payments/" + paid.ID, "/v1/payments/" + other.ID,
	} {
		if w := call(http.MethodGet, target, ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	call(http.MethodPost, sessions+"/"+closed+"/expire", "")
	for _, refused := range []struct {
		method, target, body string
		headers              []string
	}{
		{method: http.MethodPost, target: sessions, body: `{"amount":1}`},
		{method: http.MethodPost, target: sessions, body: order + `,"description":"other"}`, headers: []string{"Idempotency-Key", "one"}},
		{method: http.MethodPost, target: sessions, body: "{"},
		{method: http.MethodPost, target: sessions, body: strings.Repeat("a", 70_000)},
		{method: http.MethodPost, target: sessions, body: order + "}", headers: []string{"Content-Type", "text/plain"}},
		{method: http.MethodPost, target: sessions + "/" + made.ID + "/expire", body: "{}"},
		{method: http.MethodGet, target: sessions + "/cs_none"},
		{method: http.MethodGet, target: "/v1/payments?limit=0"},
		{method: http.MethodGet, target: "/v1/nothing"},
		{method: http.MethodDelete, target: sessions},
		{method: http.MethodGet, target: sessions, headers: []string{"Authorization", ""}},
	} {
		if w := call(refused.method, refused.target, refused.body, refused.headers...); w.Code < 400 {
			t.Errorf("%s %s: %d", refused.method, refused.target, w.Code)
		}
	}
	for _, unseen := range record.Unseen() {
		if strings.Contains(unseen, " "+sessions) || strings.HasPrefix(unseen, "GET /v1/payments") {
			t.Errorf("%s was not called", unseen)
		}
	}
}
