package kess_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rieltime/checkout"
)

func TestSavedCardIsPaidByItsToken(t *testing.T) {
	r := newRig(t)
	link, err := r.provider.SaveCard(t.Context(), r.account(), r.notify.URL, "https://shop.example/cards")
	if err != nil || !strings.HasPrefix(link, r.server.URL+"/spa/inti-card?token=") {
		t.Fatalf("%s (%v)", link, err)
	}
	status, page, _ := r.browse(link, nil)
	if status != 200 || !strings.Contains(page, ">Save card<") {
		t.Fatalf("the page answered %d %s", status, page)
	}
	if _, _, location := r.browse(link, map[string][]string{"do": {"save"}}); !strings.HasPrefix(location, "https://shop.example/cards?") {
		t.Errorf("leads to %s", location)
	}
	var notice struct {
		CardToken checkout.Secret `json:"card_token"`
	}
	if err := json.Unmarshal(r.notice().Body, &notice); err != nil || notice.CardToken == "" {
		t.Fatalf("no card token (%v)", err)
	}
	payment, created := r.create(r.start("kess", "10.00", checkout.USD))
	action, err := r.provider.PayWithSavedCard(r.account(), created, notice.CardToken)
	if err != nil || action.Kind != checkout.ActionRedirect {
		t.Fatalf("%+v (%v)", action, err)
	}
	if status, _, _ := r.browse(action.URL+"x", nil); status != 404 {
		t.Errorf("another card's token answered %d", status)
	}
	if _, _, location := r.browse(action.URL, map[string][]string{"do": {"pay"}}); !strings.Contains(location, "success=1") {
		t.Errorf("leads to %s", location)
	}
	if answer := r.query(payment); answer.Verdict != checkout.Paid {
		t.Errorf("%+v", answer)
	}
}
