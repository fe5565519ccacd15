package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rieltime/checkout"
)

type problem struct {
	Type, Title, Detail, Code, Param string
	Status                           int
	RequestID                        string `json:"request_id"`
	Errors                           []struct{ Code, Param, Detail string }
}

func TestSessionIsCreatedAndReadBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	w := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions",
		order+`,"line_items":[{"name":"Iced coffee","quantity":1,"amount":"2.50"}],"customer":{"name":"Sok Dara"},"metadata":{"table":"4"},"expires_in":600}`)
	if w.Code != http.StatusCreated {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}

	made := read[checkout.PublicSession](t, w)
	if made.URL != baseURL+"/c/"+made.ID || made.Status != checkout.SessionOpen || made.Amount != "2.50" || made.Mode != checkout.ModeTest {
		t.Errorf("created %+v", made)
	}

	if location := w.Header().Get("Location"); location != "/v1/checkout/sessions/"+made.ID {
		t.Errorf("Location %q", location)
	}

	again := h.call("klaing test", http.MethodGet, "/v1/checkout/sessions/"+made.ID, "")
	if again.Code != http.StatusOK || again.Body.String() != w.Body.String() {
		t.Errorf("read back %d %s, want %s", again.Code, again.Body, w.Body)
	}
}

func TestEveryBadFieldIsNamed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var listed string
	for i := range 20 {
		listed += fmt.Sprintf(" line_items[%d]", i)
	}

	for _, test := range []struct{ name, path, body, params string }{
		{"values", sessions, `{"currency":"USD","success_url":"x","customer":{"email":"x"},"line_items":[{"quantity":0},{"name":"a","quantity":1,"amount":"-1"}],"expires_in":1,"payment_methods":["cash"]}`,
			"amount line_items[0].name line_items[0].quantity line_items[0].amount line_items[1].amount expires_in reference success_url cancel_url customer.email payment_methods[0]"},
		{"names and types", sessions, `{"amount":1,"amout":"1","customer":{"email":1,"age":9},"line_items":["x"]}`, "amout amount line_items[0] customer.age customer.email"},
		{"a link's", "/v1/payment_links", `{"currency":"USD","success_url":"x","max_uses":0,"locale":"fr"}`, "amount description locale success_url max_uses"},
		{"one", sessions, order + `,"locale":"fr"}`, ""},
		{"more than are listed", sessions, order + `,"line_items":[` + strings.Repeat("1,", 30) + "1]}", listed[1:]},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := h.call("klaing test", http.MethodPost, test.path, test.body)
			var named []string
			for _, each := range read[problem](t, w).Errors {
				named = append(named, each.Param)
			}
			if got := strings.Join(named, " "); w.Code != http.StatusBadRequest || got != test.params {
				t.Errorf("%d names %s, want %s", w.Code, got, test.params)
			}
		})
	}
}

func TestBadFieldsAreNamed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, test := range []struct{ name, body, code, param string }{
		{"amount as a number", `{"amount":10.00,"currency":"USD"}`, "amount_invalid", "amount"},
		{"no amount", `{"currency":"USD"}`, "amount_missing", "amount"},
		{"amount with an exponent", strings.Replace(order, "2.50", "1e3", 1) + "}", "amount_invalid", "amount"},
		{"three decimals", strings.Replace(order, "2.50", "10.999", 1) + "}", "amount_invalid", "amount"},
		{"negative amount", strings.Replace(order, "2.50", "-1", 1) + "}", "amount_invalid", "amount"},
		{"nothing to pay", strings.Replace(order, "2.50", "0", 1) + "}", "amount_invalid", "amount"},
		{"riel with decimals", strings.NewReplacer("2.50", "10.50", "USD", "KHR").Replace(order) + "}", "amount_invalid", "amount"},
		{"unknown currency", strings.Replace(order, "USD", "EUR", 1) + "}", "currency_invalid", "currency"},
		{"currency of another type", `{"amount":"1","currency":840}`, "type_invalid", "currency"},
		{"unknown field", order + `,"amout":"1"}`, "field_unknown", "amout"},
		{"field in another case", order + `,"Description":"x"}`, "field_unknown", "Description"},
		{"unknown inner field", order + `,"customer":{"age":"9"}}`, "field_unknown", "customer.age"},
		{"field twice", order + `,"amount":"1"}`, "field_repeated", "amount"},
		{"inner field twice", order + `,"customer":{"name":"a","name":"b"}}`, "field_repeated", "customer.name"},
		{"trailing data", order + `} {}`, "json_invalid", ""},
		{"broken off", order, "json_invalid", ""},
		{"empty body", "", "json_invalid", ""},
		{"not an object", `["a"]`, "json_invalid", ""},
		{"broken UTF-8", order + ",\"description\":\"\xff\"}", "json_invalid", ""},
		{"too deep", order + `,"metadata":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + "}", "json_invalid", "metadata[0][0][0][0][0][0][0][0]"},
		{"address of a script", strings.Replace(order, "https://shop.example/ok", "javascript:alert(1)", 1) + "}", "url_invalid", "success_url"},
		{"another's host", strings.Replace(order, "https://shop.example/ok", "https://evil.example/ok", 1) + "}", "url_host_not_allowed", "success_url"},
		{"item of a wrong type", order + `,"line_items":[1]}`, "type_invalid", "line_items[0]"},
		{"items of a wrong type", order + `,"line_items":{}}`, "type_invalid", "line_items"},
		{"item's amount as a number", order + `,"line_items":[{"name":"a","quantity":1,"amount":1}]}`, "amount_invalid", "line_items[0].amount"},
		{"item's quantity as text", order + `,"line_items":[{"name":"a","quantity":"1","amount":"1"}]}`, "type_invalid", "line_items[0].quantity"},
		{"unknown field of an item", order + `,"line_items":[{"name":"a","quantity":1,"amount":"1","x":1}]}`, "field_unknown", "line_items[0].x"},
		{"method of a wrong type", order + `,"payment_methods":["khqr",1]}`, "type_invalid", "payment_methods[1]"},
		{"unknown method", order + `,"payment_methods":["cash"]}`, "payment_method_unknown", "payment_methods[0]"},
		{"lifetime with a fraction", order + `,"expires_in":300.5}`, "type_invalid", "expires_in"},
		{"lifetime as text", order + `,"expires_in":"300"}`, "type_invalid", "expires_in"},
		{"lifetime too short", order + `,"expires_in":1}`, "expires_in_invalid", "expires_in"},
		{"lifetime too long for an integer", order + `,"expires_in":99999999999999999999}`, "expires_in_invalid", "expires_in"},
		{"metadata of a wrong type", order + `,"metadata":{"a":1}}`, "type_invalid", "metadata.a"},
		{"metadata that is null", order + `,"metadata":{"a":null}}`, "type_invalid", "metadata.a"},
		{"customer of a wrong type", order + `,"customer":"Dara"}`, "type_invalid", "customer"},
		{"bad e-mail", order + `,"customer":{"email":"x"}}`, "email_invalid", "customer.email"},
		{"bad customer id", order + `,"customer":{"id":"a b"}}`, "customer_id_invalid", "customer.id"},
		{"unknown language", order + `,"locale":"fr"}`, "locale_invalid", "locale"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions", test.body)
			got := read[problem](t, w)
			if w.Code != http.StatusBadRequest || got.Status != w.Code || got.Code != test.code || got.Param != test.param {
				t.Errorf("%d %s, want code %s and param %q", w.Code, w.Body, test.code, test.param)
			}

			if got.Detail == "" || got.Type == "" || got.Title == "" || got.RequestID != w.Header().Get("X-Request-Id") {
				t.Errorf("incomplete problem %s", w.Body)
			}

			if kind := w.Header().Get("Content-Type"); kind != "application/problem+json" {
				t.Errorf("Content-Type %q", kind)
			}
		})
	}
}

func TestNullIsAbsent(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.open(`"description":null`, `"customer":null`, `"line_items":null`, `"metadata":null`, `"expires_in":null`)
}

func TestBodyTooLarge(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	body := order + `,"description":"` + strings.Repeat("a", 65<<10) + `"}`
	w := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions", body)
	if got := read[problem](t, w); w.Code != http.StatusRequestEntityTooLarge || got.Code != "body_too_large" {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	for _, target := range []string{"/v1/checkout/sessions", "/v1/checkout/sessions/" + h.open() + "/expire", "/c/" + h.open() + "/check"} {
		r := httptest.NewRequest(http.MethodPost, target, io.MultiReader(strings.NewReader(body))) // of unknown length
		r.Header.Set("Authorization", "Bearer "+h.keys["klaing test"])
		r.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(target, "/c/") {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}

		w := httptest.NewRecorder()
		h.e.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestBodyMustBeJSON(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "nonsense;;"} {
		w := h.send(http.MethodPost, "/v1/checkout/sessions", order+"}", "Authorization", "Bearer "+h.keys["klaing test"], "Content-Type", kind)
		if got := read[problem](t, w); w.Code != http.StatusUnsupportedMediaType || got.Param != "Content-Type" {
			t.Errorf("%q: %d %s", kind, w.Code, w.Body)
		}
	}

	w := h.send(http.MethodPost, "/v1/checkout/sessions", order+"}", "Authorization", "Bearer "+h.keys["klaing test"], "Content-Type", "application/json; charset=utf-8")
	if w.Code != http.StatusCreated {
		t.Errorf("with a charset: %d %s", w.Code, w.Body)
	}
}

func TestKeyIsNeeded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	stranger, _ := checkout.NewAPIKey("klaing", checkout.ModeTest, h.clock.Now())
	valid := h.keys["klaing test"]
	for name, header := range map[string]string{
		"none": "", "empty": "Bearer ", "basic": "Basic " + valid, "bare": valid, "unknown": "Bearer " + stranger.Reveal(),
		"changed": "Bearer " + valid[:len(valid)-1] + "!", "two": "Bearer " + valid + " " + valid,
	} {
		w := h.get("/v1/checkout/sessions", "Authorization", header)
		if got := read[problem](t, w); w.Code != http.StatusUnauthorized || !strings.HasPrefix(got.Code, "key_") || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}

	if w := h.get("/v1/checkout/sessions", "Authorization", "bearer "+valid); w.Code != http.StatusOK {
		t.Errorf("the scheme's case matters: %d", w.Code)
	}

	if strings.Contains(h.log.String(), valid) || strings.Contains(h.log.String(), stranger.Reveal()) {
		t.Error("a key is in the log")
	}
}

func TestOthersObjectsAreNotFound(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	payment := h.pay(session, "khqr")
	for _, key := range []string{"krama test", "klaing live"} {
		for _, request := range [][2]string{
			{http.MethodGet, "/v1/checkout/sessions/" + session},
			{http.MethodPost, "/v1/checkout/sessions/" + session + "/expire"},
			{http.MethodGet, "/v1/payments/" + payment.ID},
		} {
			if w := h.call(key, request[0], request[1], ""); w.Code != http.StatusNotFound {
				t.Errorf("%s: %v: %d", key, request, w.Code)
			}
		}

		for _, address := range []string{"/v1/checkout/sessions", "/v1/payments", "/v1/payments?session=" + session} {
			if w := h.call(key, http.MethodGet, address, ""); !strings.Contains(w.Body.String(), `"data":[]`) {
				t.Errorf("%s sees %s", key, w.Body)
			}
		}
	}

	if h.purchase(session).Session.Status != checkout.SessionOpen {
		t.Error("another's key closed the session")
	}
}

func TestIdempotencyKeyGivesTheSameSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	post := func(key, body string) (int, string) {
		w := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions", body, "Idempotency-Key", key)
		return w.Code, read[struct{ ID, Code string }](t, w).ID + read[struct{ Code string }](t, w).Code
	}

	_, first := post("k1", order+"}")
	if status, again := post("k1", order+"}"); status != http.StatusCreated || again != first {
		t.Errorf("again: %d %s, want %s", status, again, first)
	}

	if status, other := post("k2", strings.Replace(order, "A-1", "A-9", 1)+"}"); status != http.StatusCreated || other == first {
		t.Errorf("another key: %d %s", status, other)
	}

	if status, code := post("k1", strings.Replace(order, "A-1", "A-2", 1)+"}"); status != http.StatusUnprocessableEntity || code != "idempotency_key_reused" {
		t.Errorf("another body: %d %s", status, code)
	}

	for _, bad := range []string{"", strings.Repeat("a", 256), "ក", "a\tb"} {
		if status, code := post(bad, order+"}"); status != http.StatusBadRequest || code != "idempotency_key_invalid" {
			t.Errorf("%q: %d %s", bad, status, code)
		}
	}
}

func TestSessionIsExpiredByItsMerchant(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	address := "/v1/checkout/sessions/" + session + "/expire"
	for range 2 {
		w := h.call("klaing test", http.MethodPost, address, "{}")
		if got := read[checkout.PublicSession](t, w); w.Code != http.StatusOK || got.Status != checkout.SessionExpired {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}

	if w := h.call("klaing test", http.MethodPost, address, `{"reason":"x"}`); read[problem](t, w).Code != "field_unknown" {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	paid := h.open()
	h.prove(h.pay(paid, "khqr"), "t1", 250)
	w := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions/"+paid+"/expire", "")
	if got := read[problem](t, w); w.Code != http.StatusConflict || got.Code != "session_complete" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSessionsAreListed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var ids []string // newest first
	for i := range 5 {
		h.clock.Add(1e9)
		ids = append([]string{h.open()}, ids...)
		if i == 0 {
			h.call("klaing test", http.MethodPost, "/v1/checkout/sessions/"+ids[0]+"/expire", "")
		}
	}

	for query, want := range map[string]string{
		"":                                  fmt.Sprint(ids, false),
		"?limit=2":                          fmt.Sprint(ids[:2], true),
		"?limit=2&starting_after=" + ids[1]: fmt.Sprint(ids[2:4], true),
		"?limit=2&ending_before=" + ids[3]:  fmt.Sprint(ids[1:3], true),
		"?starting_after=" + ids[4]:         fmt.Sprint(ids[:0], false),
		"?status=expired":                   fmt.Sprint(ids[4:], false),
		"?reference=A-2&status=open":        fmt.Sprint(ids[3:4], false),
		"?reference=A-1&status=open":        fmt.Sprint(ids[:0], false),
		"?reference=none":                   fmt.Sprint(ids[:0], false),
	} {
		w := h.call("klaing test", http.MethodGet, "/v1/checkout/sessions"+query, "")
		got := read[struct {
			Object  string
			Data    []checkout.PublicSession
			HasMore bool `json:"has_more"`
		}](t, w)

		found := []string{}
		for _, session := range got.Data {
			found = append(found, session.ID)
		}

		if fmt.Sprint(found, got.HasMore) != want || got.Object != "list" {
			t.Errorf("%s: %v, want %s", query, fmt.Sprint(found, got.HasMore), want)
		}
	}
}

func TestBadListParametersAreNamed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for query, want := range map[string]string{
		"?limit=0":                "limit_invalid limit",
		"?limit=101":              "limit_invalid limit",
		"?limit=x":                "limit_invalid limit",
		"?limit=":                 "limit_invalid limit",
		"?limit=1&limit=2":        "parameter_repeated limit",
		"?status=paid":            "status_invalid status",
		"?page=2":                 "parameter_unknown page",
		"?starting_after=pay_1":   "cursor_invalid starting_after",
		"?starting_after=cs_none": "cursor_invalid starting_after",
		"?ending_before=cs_none":  "cursor_invalid ending_before",
		"?starting_after=cs_a&ending_before=cs_b": "cursors_conflict ending_before",
		"?reference=" + strings.Repeat("a", 300):  "text_too_long reference",
		"?a;b":                                    "query_invalid ",
	} {
		w := h.call("klaing test", http.MethodGet, "/v1/checkout/sessions"+query, "")
		if got := read[problem](t, w); w.Code != http.StatusBadRequest || got.Code+" "+got.Param != want {
			t.Errorf("%s: %d %s, want %s", query, w.Code, w.Body, want)
		}
	}

	w := h.call("klaing test", http.MethodGet, "/v1/payments?session=x", "")
	if got := read[problem](t, w); w.Code != http.StatusBadRequest || got.Param != "session" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestPaymentsAreListedAndRead(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.pay(h.open(), "khqr")
	payment := h.pay(session, "khqr")
	h.prove(payment, "t1", 250)
	w := h.call("klaing test", http.MethodGet, "/v1/payments?session="+session, "")
	got := read[struct{ Data []checkout.PublicPayment }](t, w).Data
	if len(got) != 1 || got[0].ID != payment.ID || got[0].Status != checkout.PaymentSucceeded || got[0].Proof == nil || orEmpty(got[0].Proof.TransactionID) != "t1" {
		t.Errorf("%s", w.Body)
	}

	one := h.call("klaing test", http.MethodGet, "/v1/payments/"+payment.ID, "")
	if read[checkout.PublicPayment](t, one).Proof.Amount != "2.50" {
		t.Errorf("%s", one.Body)
	}
}

func TestUnknownIDsAreNotFound(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, address := range []string{
		"/v1/checkout/sessions/cs_none", "/v1/checkout/sessions/%00", "/v1/checkout/sessions/" + strings.Repeat("a", 500),
		"/v1/payments/pay_none", "/v1/payments/cs_1", "/v1/nothing", "/v1", "/v1/checkout/sessions/a/b/c",
	} {
		w := h.call("klaing test", http.MethodGet, address, "")
		if got := read[problem](t, w); w.Code != http.StatusNotFound || got.Code == "" {
			t.Errorf("%s: %d %s", address, w.Code, w.Body)
		}
	}
}

func TestWrongMethodListsTheAllowedOnes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	w := h.call("klaing test", http.MethodDelete, "/v1/checkout/sessions", "")
	allow := w.Header().Get("Allow")
	if got := read[problem](t, w); w.Code != http.StatusMethodNotAllowed || got.Code != "method_not_allowed" ||
		!strings.Contains(allow, "GET") || !strings.Contains(allow, "POST") {
		t.Errorf("%d %s Allow %q", w.Code, w.Body, allow)
	}
}
