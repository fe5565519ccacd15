package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"rieltime/checkout"
)

// refusal is a problem as a merchant reads it.
type refusal struct {
	Code, Param, Detail string
	Errors              []struct{ Code, Param, Detail string }
}

const fullOrder = `{"amount":"7.00","currency":"USD","reference":"monthly-fee","description":"Fee","locale":"km",
	"customer":{"id":"buyer-a","name":"Sok Dara","email":"dara@example.com","phone":"012345678"},
	"line_items":[{"name":"Fee","quantity":1,"amount":"7.00"}],"metadata":{"cart":"buyer-a"},"payment_methods":["khqr","baray"],"expires_in":900,
	"success_url":"https://shop.example/thanks","cancel_url":"https://shop.example/canceled"}`

func TestSameRequestAgainGivesItsSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	create := func(body string, headers ...string) *httptest.ResponseRecorder {
		return h.call("klaing test", http.MethodPost, sessions, body, headers...)
	}
	first := create(fullOrder)
	if first.Code != http.StatusCreated {
		t.Fatalf("%d %s", first.Code, first.Body)
	}

	id := read[checkout.PublicSession](t, first).ID
	h.clock.Add(checkout.MinSessionLife)
	if _, err := h.service.ExtendSession(t.Context(), id); err != nil { // its end is not as it was asked for any more
		t.Fatal(err)
	}

	for range 2 { // with a key the answer of the first is replayed
		again := create(fullOrder, "Idempotency-Key", "k")
		if again.Code != http.StatusOK || read[checkout.PublicSession](t, again).ID != id || again.Header().Get("Location") != first.Header().Get("Location") {
			t.Errorf("the same request: %d %s, want 200 with %s", again.Code, again.Body, id)
		}
	}
}

func TestAnotherRequestUnderAReferenceGetsNoSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first := read[checkout.PublicSession](t, h.call("klaing test", http.MethodPost, sessions, fullOrder))
	for field, change := range map[string][]string{
		"amount":          {`"amount":"7.00","currency"`, `"amount":"7.01","currency"`},
		"success_url":     {"/thanks", "/thanks2"},
		"cancel_url":      {"/canceled", "/canceled2"},
		"description":     {`"description":"Fee"`, `"description":"Fees"`},
		"line_items":      {`"quantity":1`, `"quantity":2`},
		"customer.id":     {`"id":"buyer-a"`, `"id":"buyer-b"`},
		"customer.name":   {"Sok Dara", "Sok Bopha"},
		"customer.email":  {"dara@", "bopha@"},
		"customer.phone":  {"012345678", "012345679"},
		"payment_methods": {`["khqr","baray"]`, `["khqr"]`},
		"locale":          {`"km"`, `"en"`},
		"expires_in":      {"900", "901"},
		"metadata":        {`"cart":"buyer-a"`, `"cart":"buyer-b"`},
	} {
		w := h.call("klaing test", http.MethodPost, sessions, strings.Replace(fullOrder, change[0], change[1], 1))
		got := read[refusal](t, w)
		if w.Code != http.StatusConflict || got.Code != "reference_in_use" || got.Param != "reference" || !strings.Contains(got.Detail, "differs in "+field+".") || !strings.Contains(got.Detail, first.ID) {
			t.Errorf("%s: %d %s", field, w.Code, w.Body)
		}

		if !slices.ContainsFunc(got.Errors, func(e struct{ Code, Param, Detail string }) bool { return e.Param == field }) {
			t.Errorf("%s is not among the errors: %s", field, w.Body)
		}
	}

	other := strings.NewReplacer("buyer-a", "buyer-b", `"km"`, `"en"`).Replace(fullOrder)
	if got := read[refusal](t, h.call("klaing test", http.MethodPost, sessions, other)); !strings.Contains(got.Detail, "customer.id, locale, metadata") {
		t.Errorf("several: %+v", got)
	}
}

func TestManyBuyersUnderOneReferenceAtOnceGetOneSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const buyers = 20
	statuses := make([]int, buyers)
	var group sync.WaitGroup
	for i := range buyers {
		group.Go(func() {
			body := strings.ReplaceAll(fullOrder, "buyer-a", fmt.Sprintf("buyer-%d", i))
			statuses[i] = h.call("klaing test", http.MethodPost, sessions, body).Code
		})
	}

	group.Wait()
	slices.Sort(statuses)
	if statuses[0] != http.StatusCreated || statuses[1] != http.StatusConflict || statuses[buyers-1] != http.StatusConflict {
		t.Errorf("statuses %v, want one 201 and else 409", statuses)
	}
}

// unseen are texts that look as if nothing were there: NBSP, ZWSP, BOM, a Hangul
// filler, a Khmer inherent vowel, a variation selector, Braille without dots.
var unseen = []string{" ", "\u00a0\u2003", "\u200b", "\ufeff\u2060", "\u3164", "\u17b4", "\ufe0f", "\u2800", "\U000e0041"}

func TestTextsOfWhichNothingIsSeenAreRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.paid("khqr")
	late := h.late()
	for _, text := range unseen {
		for _, request := range [][]string{
			{sessions, strings.Replace(order, "A-1", text, 1) + "}", "reference"},
			{sessions, order + `,"description":"` + text + `"}`, "description"},
			{sessions, order + `,"metadata":{"` + text + `":"x"}}`, "metadata"},
			{"/v1/payment_links", `{"amount":"1.00","currency":"USD","description":"` + text + `"}`, "description"},
			{"/v1/payment_links", `{"amount":"1.00","currency":"USD","description":"x","reference_prefix":"` + text + `"}`, "reference_prefix"},
			{"/v1/refunds", `{"payment":"` + payment.ID + `","reason":"` + text + `"}`, "reason"},
			{"/v1/refunds", `{"payment":"` + payment.ID + `","reason":"cold","by_hand":{"by":"` + text + `"}}`, "by_hand.by"},
			{"/v1/payments/" + late.ID + "/review", `{"decision":"accept","note":"` + text + `"}`, "note"},
		} {
			w := h.call("klaing test", http.MethodPost, request[0], request[1])
			if w.Code != http.StatusBadRequest || read[refusal](t, w).Param != request[2] {
				t.Errorf("%q as %s: %d %s", text, request[2], w.Code, w.Body)
			}
		}
	}

	for _, key := range []string{" ", "", "   "} {
		if w := h.post(key, sessions, order+"}"); w.Code != http.StatusBadRequest || read[refusal](t, w).Code != "idempotency_key_invalid" {
			t.Errorf("Idempotency-Key %q: %d %s", key, w.Code, w.Body)
		}
	}
}

func TestHalvesOfSurrogatePairsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, half := range []string{`\ud800`, `\uDFFF`, `\ud800\ud800`, `\udc00\ud800`, `a\\\ud83d`, `\ud83d\\ude00`, `\ud83d \ude00`} {
		for param, body := range map[string]string{
			"reference":          strings.Replace(order, "A-1", half, 1) + "}",
			"metadata.x":         order + `,"metadata":{"x":"` + half + `"}}`,
			"metadata":           order + `,"metadata":{"` + half + `":"x"}}`,
			"line_items[0].name": order + `,"line_items":[{"name":"` + half + `","quantity":1,"amount":"1.00"}]}`,
		} {
			w := h.call("klaing test", http.MethodPost, sessions, body)
			if got := read[refusal](t, w); w.Code != http.StatusBadRequest || got.Code != "json_invalid" || got.Param != param || !strings.Contains(got.Detail, "surrogate") {
				t.Errorf("%s as %s: %d %s", half, param, w.Code, w.Body)
			}
		}
	}

	whole := h.call("klaing test", http.MethodPost, sessions, order+`,"metadata":{"x":"\ud83d\ude00 \\ud800 \u1780"}}`)
	if got := read[struct{ Metadata map[string]string }](t, whole); whole.Code != http.StatusCreated || got.Metadata["x"] != "😀 \\ud800 ក" {
		t.Errorf("whole characters: %d %s", whole.Code, whole.Body)
	}
}
