package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"rieltime/checkout"
)

// purchaseOf is what tells an object's purchase to a merchant.
type purchaseOf struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	Session           string            `json:"session"`
	Reference         *string           `json:"reference"`
	MerchantReference string            `json:"merchant_reference"`
	ProviderReference string            `json:"provider_reference"`
	Metadata          map[string]string `json:"metadata"`
	Proof             *struct {
		Reference         *string `json:"reference"`
		ProviderReference string  `json:"provider_reference"`
	} `json:"proof"`
}

// wantNamed wants an object of a purchase to name it by the shop's reference,
// and by ours only where there is one.
func (p purchaseOf) wantNamed(t testing.TB, where string, session checkout.Session, provider string) {
	t.Helper()
	if p.Session != session.ID || p.MerchantReference != session.Reference || p.Metadata["table"] != "4" {
		t.Errorf("%s: %+v, want the purchase %s", where, p, session.Reference)
	}
	if p.ProviderReference != provider || p.Reference != nil {
		t.Errorf("%s: %+v, want %q at the provider", where, p, provider)
	}
	if p.Proof != nil && (p.Proof.Reference != nil || !strings.HasPrefix(provider, p.Proof.ProviderReference)) { // of one paid twice it is the first's
		t.Errorf("%s: proof %+v, want %q at the provider", where, p.Proof, provider)
	}
}

func TestPaymentsAndRefundsNameTheirPurchase(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.open(`"metadata":{"table":"9"}`) // another's
	session := h.purchase(h.open(`"metadata":{"table":"4"}`)).Session
	first := h.pay(session.ID, "baray")
	h.answer(first, checkout.Answer{Verdict: checkout.VerdictFailed})
	second := h.pay(session.ID, "baray")
	h.prove(second, "t1", 250)
	h.prove(second, "t2", 250) // a duplicate, a payment of its own
	refund, _ := h.refund(`{"payment":"` + second.ID + `","reason":"cold","amount":"1.00","by_hand":{"by":"Bopha"}}`)
	all := h.purchase(session.ID).Payments
	third := all[len(all)-1]
	references := map[string]string{first.ID: first.Reference, second.ID: second.Reference, third.ID: third.Reference, refund.ID: ""}

	for _, target := range []string{"/v1/payments/" + first.ID, "/v1/payments/" + second.ID, "/v1/payments/" + third.ID, "/v1/refunds/" + refund.ID} {
		got := read[purchaseOf](t, h.call("klaing test", http.MethodGet, target, ""))
		got.wantNamed(t, target, session, references[got.ID])
	}

	for _, target := range []string{"/v1/payments", "/v1/refunds"} {
		listed := read[struct{ Data []purchaseOf }](t, h.call("klaing test", http.MethodGet, target, "")).Data
		if len(listed) == 0 {
			t.Errorf("%s is empty", target)
		}

		for _, got := range listed {
			got.wantNamed(t, target, session, references[got.ID])
		}
	}

	decided := h.call("klaing test", http.MethodPost, "/v1/payments/"+third.ID+"/review", `{"decision":"refunded"}`)
	read[purchaseOf](t, decided).wantNamed(t, "the decision", session, third.Reference)
	h.wantEventsNamed(session, references)
}

// wantEventsNamed wants every event of a purchase, but for those of the session
// itself, to name it.
func (h *harness) wantEventsNamed(session checkout.Session, references map[string]string) {
	h.t.Helper()
	seen := map[string]bool{}
	feed := read[struct {
		Data []struct {
			Type string
			Data struct{ Object purchaseOf }
		}
	}](h.t, h.call("klaing test", http.MethodGet, "/v1/events?limit=100", ""))

	for _, event := range feed.Data {
		kind, _, _ := strings.Cut(event.Type, ".")
		if seen[event.Type] = true; kind == "payment" || kind == "refund" {
			event.Data.Object.wantNamed(h.t, event.Type, session, references[event.Data.Object.ID])
		} else if own := event.Data.Object; own.Reference == nil || *own.Reference != session.Reference {
			h.t.Errorf("%s: %+v, want the reference %s", event.Type, own, session.Reference)
		}
	}

	for _, kind := range []string{"payment.failed", "payment.succeeded", "payment.duplicate", "refund.succeeded", "checkout.session.completed"} {
		if !seen[kind] {
			h.t.Errorf("there was no %s", kind)
		}
	}
}

func TestWebhooksCarryTheirPlaceInTheFeed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	shop := receive(t, nil)
	endpoint := h.addEndpoint(shop.URL)
	h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint.ID+"/test", "")
	h.paid("khqr")
	h.deliver()
	eventually(t, "three webhooks", func() bool { return len(shop.hooks()) == 3 })
	feed := read[struct {
		Data []struct {
			ID       string
			Sequence int64
			Data     json.RawMessage
		}
	}](t, h.call("klaing test", http.MethodGet, "/v1/events", "")).Data
	if len(feed) != 3 {
		t.Fatalf("%d events", len(feed))
	}

	for _, event := range feed {
		found := false
		for _, hook := range shop.hooks() {
			var body struct {
				ID       string
				Sequence int64
				Data     json.RawMessage
			}
			if err := json.Unmarshal(hook.body, &body); err != nil {
				t.Fatal(err)
			}

			if body.ID == event.ID {
				found = true
				if body.Sequence != event.Sequence || body.Sequence == 0 || string(body.Data) != string(event.Data) {
					t.Errorf("the webhook %s, the feed %+v", hook.body, event)
				}
			}
		}

		if !found {
			t.Errorf("event %d was not sent", event.Sequence)
		}
	}
}
