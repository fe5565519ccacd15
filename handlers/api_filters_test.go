package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"rieltime/checkout"
)

// listed are the ids that a list gives to a key, newest first.
func (h *harness) listed(key, target string) []string {
	h.t.Helper()
	w := h.call(key, http.MethodGet, target, "")
	if w.Code != http.StatusOK {
		h.t.Errorf("%s: %d %s", target, w.Code, w.Body)
	}
	ids := []string{}
	for _, object := range read[struct{ Data []struct{ ID string } }](h.t, w).Data {
		ids = append(ids, object.ID)
	}
	return ids
}

// day is a time in a query.
func day(at time.Time) string { return url.QueryEscape(at.Format(time.RFC3339)) }

func TestListsAreFilteredByDate(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var at []time.Time // of each, with what was made then
	var made [][]string
	for range 3 {
		h.clock.Add(time.Hour)
		payment := h.paid("khqr")
		refund, _ := h.refund(`{"payment":"` + payment.ID + `","reason":"cold","by_hand":{"by":"Bopha"}}`)
		at, made = append(at, h.clock.Now()), append(made, []string{payment.SessionID, payment.ID, refund.ID})
	}

	for i, list := range []string{"/v1/checkout/sessions", "/v1/payments", "/v1/refunds"} {
		for query, want := range map[string][]string{
			"created_from=" + day(at[1]):                                                       {made[2][i], made[1][i]},
			"created_to=" + day(at[1]):                                                         {made[0][i]},
			"created_from=" + day(at[1]) + "&created_to=" + day(at[2]):                         {made[1][i]},
			"created_from=" + day(at[1].In(time.FixedZone("Phnom Penh", 7*3600))) + "&limit=1": {made[2][i]},
			"created_from=" + day(at[1]) + "&starting_after=" + made[2][i]:                     {made[1][i]},
			"created_from=" + day(at[2].Add(time.Second)):                                      {},
			"created_from=0001-01-02T00:00:00Z&created_to=9999-12-31T23:59:59Z":                {made[2][i], made[1][i], made[0][i]},
		} {
			if got := h.listed("klaing test", list+"?"+query); !slices.Equal(got, want) {
				t.Errorf("%s?%s: %v, want %v", list, query, got, want)
			}

			for _, stranger := range []string{"krama test", "klaing live"} {
				if got := h.listed(stranger, list+"?"+"created_from="+day(at[0])); len(got) != 0 {
					t.Errorf("%s sees %v", stranger, got)
				}
			}
		}

		for query, want := range map[string]string{
			"created_from=2026-04-14":                                    "created_from_invalid created_from",
			"created_from=":                                              "created_from_invalid created_from",
			"created_to=1776142800":                                      "created_to_invalid created_to",
			"created_to=2026-04-14T08:00:00%2B25:00":                     "created_to_invalid created_to",
			"created_from=" + day(at[1]) + "&created_to=" + day(at[1]):   "created_to_invalid created_to",
			"created_from=" + day(at[1]) + "&created_from=" + day(at[1]): "parameter_repeated created_from",
		} {
			w := h.call("klaing test", http.MethodGet, list+"?"+query, "")
			if got := read[problem](t, w); w.Code != http.StatusBadRequest || got.Code+" "+got.Param != want {
				t.Errorf("%s?%s: %d %s, want %s", list, query, w.Code, w.Body, want)
			}
		}
	}
}

func TestPaymentsAndRefundsAreFilteredByWhatTheyBelongTo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	declined := h.pay(h.open(), "khqr")
	h.answer(declined, checkout.Answer{Verdict: checkout.VerdictFailed})
	h.clock.Add(time.Second)
	paid := h.paid("baray")
	refund, _ := h.refund(`{"payment":"` + paid.ID + `","reason":"cold","amount":"1.00","by_hand":{"by":"Bopha"}}`)
	h.clock.Add(time.Second)
	other := h.paid("baray")
	another, _ := h.refund(`{"payment":"` + other.ID + `","reason":"cold","amount":"1.00","by_hand":{"by":"Bopha"}}`)
	reference := func(p checkout.Payment) string { return h.purchase(p.SessionID).Session.Reference }
	for target, want := range map[string][]string{
		"/v1/payments?status=failed":                                                        {declined.ID},
		"/v1/payments?status=succeeded":                                                     {other.ID, paid.ID},
		"/v1/payments?status=created":                                                       {},
		"/v1/payments?merchant_reference=" + reference(paid):                                {paid.ID},
		"/v1/payments?merchant_reference=" + reference(paid) + "&status=failed":             {},
		"/v1/payments?merchant_reference=" + reference(declined) + "&status=failed":         {declined.ID},
		"/v1/payments?merchant_reference=" + paid.Reference:                                 {}, // which is the provider's
		"/v1/payments?merchant_reference=" + reference(paid) + "&session=" + paid.SessionID: {paid.ID},
		"/v1/refunds?session=" + paid.SessionID:                                             {refund.ID},
		"/v1/refunds?session=" + other.SessionID + "&payment=" + other.ID:                   {another.ID},
		"/v1/refunds?session=" + other.SessionID + "&payment=" + paid.ID:                    {},
		"/v1/refunds?session=" + declined.SessionID:                                         {},
	} {
		if got := h.listed("klaing test", target); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", target, got, want)
		}

		if got := h.listed("krama test", target); len(got) != 0 {
			t.Errorf("another merchant sees %v at %s", got, target)
		}
	}
}
