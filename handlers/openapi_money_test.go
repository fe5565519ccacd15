package handlers_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rieltime/checkout"
)

func TestRefundsReviewsAndLinksAreAsDocumented(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	record := recorded(t, h)
	call := func(method, target, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+h.keys["klaing test"])
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		record.ServeHTTP(w, r)
		return w
	}
	want := func(status int, method, target, body string) *httptest.ResponseRecorder {
		t.Helper()
		w := call(method, target, body)
		if w.Code != status {
			t.Fatalf("%s %s: %d %s", method, target, w.Code, w.Body)
		}
		return w
	}
	paid, byHand := h.paid("baray"), h.paid("khqr")
	h.refunds.tell(checkout.RefundAnswer{}, errors.New("no answer"))
	made := read[checkout.PublicRefund](t, want(201, http.MethodPost, "/v1/refunds", `{"payment":"`+paid.ID+`","amount":"1","reason":"x"}`))
	want(201, http.MethodPost, "/v1/refunds", `{"payment":"`+byHand.ID+`","reason":"x","by_hand":{"by":"Bopha"}}`)
	want(200, http.MethodGet, "/v1/refunds/"+made.ID, "")
	want(200, http.MethodGet, "/v1/refunds?payment="+paid.ID, "")
	want(409, http.MethodPost, "/v1/refunds", `{"payment":"`+byHand.ID+`","reason":"x"}`)
	want(400, http.MethodPost, "/v1/refunds", `{"payment":"pay_none","reason":"x"}`)
	want(404, http.MethodGet, "/v1/refunds/re_none", "")
	want(400, http.MethodGet, "/v1/refunds?payment=x", "")

	late := h.late()
	want(200, http.MethodGet, "/v1/payments?review=open", "")
	want(400, http.MethodPost, "/v1/payments/"+late.ID+"/review", `{}`)
	want(200, http.MethodPost, "/v1/payments/"+late.ID+"/review", `{"decision":"accept","note":"n"}`)
	want(409, http.MethodPost, "/v1/payments/"+late.ID+"/review", `{"decision":"accept"}`)
	want(200, http.MethodGet, "/v1/payments/"+late.ID, "")

	links := "/v1/payment_links"
	link := read[checkout.PublicLink](t, want(201, http.MethodPost, links, `{"currency":"KHR","description":"d","amount_min":"1000","amount_max":"40000",
		"success_url":"https://shop.example/ok","cancel_url":"https://shop.example/no","payment_methods":["khqr"],"locale":"km","max_uses":2,
		"expires_at":"2030-01-01T00:00:00Z","custom_fields":[{"key":"a","label":"A","required":true,"max_length":9}]}`))
	want(201, http.MethodPost, links, `{"currency":"USD","description":"d","amount":"1","max_uses":null,"expires_at":null}`)
	session := openedBy(t, h.submit("/l/"+link.ID, "amount", "5000", "field_a", "b"))
	want(200, http.MethodGet, "/v1/checkout/sessions/"+session, "")
	want(200, http.MethodGet, links+"/"+link.ID, "")
	want(200, http.MethodGet, links+"?active=true", "")
	want(200, http.MethodPost, links+"/"+link.ID+"/deactivate", "")
	want(400, http.MethodPost, links, `{}`)
	want(400, http.MethodGet, links+"?active=yes", "")
	want(404, http.MethodGet, links+"/pl_none", "")
	want(404, http.MethodPost, links+"/pl_none/deactivate", "")
	events := want(200, http.MethodGet, "/v1/events?limit=100", "").Body.String()
	for _, kind := range []string{"refund.succeeded", "payment.late", "checkout.session.completed"} {
		if !strings.Contains(events, `"type":"`+kind+`"`) {
			t.Errorf("no event %s in %s", kind, events)
		}
	}
	for _, unseen := range record.Unseen() {
		if strings.Contains(unseen, "/v1/refunds") || strings.Contains(unseen, links) || strings.Contains(unseen, "/review") {
			t.Errorf("%s was not called", unseen)
		}
	}
}
