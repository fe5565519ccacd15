package kess_test

import (
	"strings"
	"testing"

	"rieltime/checkout"
)

// startFor starts a card payment for a customer of the merchant's.
func (r *rig) startFor(customer string) checkout.Start {
	r.t.Helper()
	start := r.start("kess:VISA_MASTER", "10.00", checkout.USD)
	start.Customer.ID = customer
	return start
}

// payCard pays on KESS's page for cards, and has the card saved when save is
// "1".
func (r *rig) payCard(created checkout.Created, save string) {
	r.t.Helper()
	form := map[string][]string{"do": {"pay"}, "method": {"VISA_MASTER"}, "save": {save}}
	if _, _, location := r.browse(created.NextAction.URL, form); !strings.Contains(location, "success=1") {
		r.t.Fatalf("leads to %s", location)
	}
}

func TestSavedCardPaysTheCustomersNextOrder(t *testing.T) {
	r := newRig(t)
	first, created := r.create(r.startFor("customer-7"))
	r.payCard(created, "1")
	answer := r.query(first)
	if answer.Verdict != checkout.Paid {
		t.Fatalf("%+v", answer)
	}
	if raw := string(answer.Proof.Raw); !strings.Contains(raw, `"card_token":"[redacted]"`) {
		t.Errorf("the proof tells the card's token: %s", raw)
	}
	second, created := r.create(r.startFor("customer-7"))
	if !strings.HasPrefix(created.NextAction.URL, r.server.URL+"/ccpay/"+second.ProviderID+"?card_token=") {
		t.Fatalf("leads to %s", created.NextAction.URL)
	}
	if status, _, _ := r.browse(created.NextAction.URL+"x", nil); status != 404 {
		t.Errorf("another card's token answered %d", status)
	}
	if _, _, location := r.browse(created.NextAction.URL, map[string][]string{"do": {"pay"}}); !strings.Contains(location, "success=1") {
		t.Errorf("leads to %s", location)
	}
	if answer := r.query(second); answer.Verdict != checkout.Paid {
		t.Errorf("%+v", answer)
	}
}

func TestCardIsEnteredAnewByWhomItIsNot(t *testing.T) {
	r := newRig(t)
	for _, who := range []struct{ customer, save string }{{"customer-7", "1"}, {"customer-8", ""}, {"", "1"}} {
		payment, created := r.create(r.startFor(who.customer))
		if !strings.HasPrefix(created.NextAction.URL, r.server.URL+"/pay/") {
			t.Fatalf("%q is led to %s", who.customer, created.NextAction.URL)
		}
		r.payCard(created, who.save)
		if answer := r.query(payment); answer.Verdict != checkout.Paid {
			t.Fatalf("%+v", answer)
		}
	}
	for _, customer := range []string{"customer-8", ""} {
		if _, created := r.create(r.startFor(customer)); !strings.HasPrefix(created.NextAction.URL, r.server.URL+"/pay/") {
			t.Errorf("%q is led to %s", customer, created.NextAction.URL)
		}
	}
}
