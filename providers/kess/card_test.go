package kess_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rieltime/checkout"
)

const savedMethod = "kess:SAVED_CARD"

// startForCustomer starts a payment for a customer of the merchant's.
func (h *harness) startForCustomer(customer, method string, save bool) checkout.Start {
	h.t.Helper()
	start := h.start(method, "10.00", checkout.USD)
	start.Customer.ID, start.SaveCard = customer, save
	return start
}

// payCard pays on one of KESS's pages for cards.
func (h *harness) payCard(page string) {
	h.t.Helper()
	if _, _, location := h.browse(page, url.Values{"do": {"pay"}, "method": {"VISA_MASTER"}}); !strings.Contains(location, "success=1") {
		h.t.Fatalf("leads to %s", location)
	}
}

// savedCard returns the method that pays with a customer's card.
func (h *harness) savedCard(customer string) (checkout.Method, bool) {
	h.t.Helper()
	method, err := h.provider.SavedCard(h.t.Context(), h.account(), customer)
	if err != nil && !errors.Is(err, checkout.ErrNotFound) {
		h.t.Fatal(err)
	}
	return method, err == nil
}

// cardPage begins to save a card without paying.
func (h *harness) cardPage(customer string) string {
	h.t.Helper()
	page, err := h.provider.SaveCard(h.t.Context(), h.account(), checkout.CardSaving{
		CustomerID: customer, ReturnURL: "https://pay.example/return/kess/cards/cs_1", CallbackURL: h.notify.URL,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return page
}

// enterCard saves a card on KESS's page and gives the notice about it.
func (h *harness) enterCard(page string) checkout.Message {
	h.t.Helper()
	_, _, location := h.browse(page, url.Values{"do": {"save"}})
	if !strings.HasPrefix(location, "https://pay.example/return/kess/cards/cs_1?") || !strings.Contains(location, "success=1") {
		h.t.Fatalf("leads to %s", location)
	}
	return h.notice()
}

func (h *harness) takeCard(customer string, notice checkout.Message) error {
	h.t.Helper()
	_, err := h.provider.TakeCard(h.t.Context(), h.account(), customer, notice)
	return err
}

func TestSavedCardPaysTheCustomersNextOrder(t *testing.T) {
	h := newHarness(t)
	first, created := h.create(h.startForCustomer("customer-7", "kess:VISA_MASTER", true))
	h.payCard(created.NextAction.URL)
	answer := h.query(first)
	if answer.Verdict != checkout.VerdictPaid {
		t.Fatalf("%+v", answer)
	}
	if raw := string(answer.Proof.Raw); !strings.Contains(raw, `"card_token":"[redacted]"`) {
		t.Errorf("the proof tells the card's token: %s", raw)
	}
	method, _ := h.savedCard("customer-7")
	if method.ID != savedMethod || method.Name != "Visa" || method.CardEnding != "1111" {
		t.Fatalf("the saved card is %+v", method)
	}
	second, created := h.create(h.startForCustomer("customer-7", savedMethod, false))
	if stored := created.NextAction.URL + string(created.State); strings.Contains(stored, "card_token") || strings.Contains(stored, "card-") {
		t.Errorf("the card's token is to be stored in clear: %s", stored)
	}
	second.NextAction = created.NextAction
	action, err := h.provider.FillAction(t.Context(), h.account(), second)
	if err != nil || !strings.HasPrefix(action.URL, h.server.URL+"/ccpay/"+second.ProviderID+"?card_token=card-") {
		t.Fatalf("leads to %s, %v", action.URL, err)
	}
	if status, _, _ := h.browse(action.URL+"x", nil); status != 404 {
		t.Errorf("another card's token answered %d", status)
	}
	h.payCard(action.URL)
	if answer := h.query(second); answer.Verdict != checkout.VerdictPaid {
		t.Errorf("%+v", answer)
	}
}

func TestCardIsSavedOnlyForItsBuyer(t *testing.T) {
	h := newHarness(t)
	for _, customer := range []string{"customer-7", ""} {
		payment, created := h.create(h.startForCustomer(customer, "kess:VISA_MASTER", false))
		h.payCard(created.NextAction.URL)
		if answer := h.query(payment); answer.Verdict != checkout.VerdictPaid {
			t.Fatalf("%+v", answer)
		}
		if method, saved := h.savedCard(customer); saved {
			t.Errorf("%q has %+v", customer, method)
		}
	}
}

func TestCardIsSavedWithoutPaying(t *testing.T) {
	h := newHarness(t)
	notice := h.enterCard(h.cardPage("customer-7"))
	if _, saved := h.savedCard("customer-7"); saved {
		t.Fatal("the card is saved before KESS told of it")
	}
	if err := h.takeCard("customer-7", notice); err != nil {
		t.Fatal(err)
	}
	if method, _ := h.savedCard("customer-7"); method.CardEnding != "1111" {
		t.Errorf("the saved card is %+v", method)
	}
	if method, saved := h.savedCard("customer-8"); saved {
		t.Errorf("another customer has %+v", method)
	}
}

func TestForgedAndRepeatedCardNoticesAreRefused(t *testing.T) {
	h := newHarness(t)
	page := h.cardPage("customer-7")
	notice := h.enterCard(page)
	other := h.enterCard(h.cardPage("customer-8"))
	changed := notice
	changed.Body = []byte(strings.Replace(string(notice.Body), `"card_token":"card-`, `"card_token":"card-0`, 1))
	refused := map[string]checkout.Message{"a changed card": changed, "another customer's": other, "nothing": {Method: "POST"}}
	for name, message := range refused {
		if h.takeCard("customer-7", message) == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, saved := h.savedCard("customer-7"); saved {
		t.Error("a refused card is saved")
	}
	if err := h.takeCard("customer-7", notice); err != nil {
		t.Fatal(err)
	}
	if err := h.provider.RemoveCard(t.Context(), h.account(), "customer-7"); err != nil {
		t.Fatal(err)
	}
	if h.takeCard("customer-7", notice) == nil {
		t.Error("a removed card comes back by the same notice")
	}
}

func TestRemovedCardPaysNothing(t *testing.T) {
	h := newHarness(t)
	if err := h.takeCard("customer-7", h.enterCard(h.cardPage("customer-7"))); err != nil {
		t.Fatal(err)
	}
	payment, created := h.create(h.startForCustomer("customer-7", savedMethod, false))
	payment.NextAction = created.NextAction
	if err := h.provider.RemoveCard(t.Context(), h.account(), "customer-7"); err != nil {
		t.Fatal(err)
	}
	action, err := h.provider.FillAction(t.Context(), h.account(), payment)
	if err != nil || action.URL != h.server.URL+"/pay/"+payment.ProviderID {
		t.Errorf("leads to %s, %v", action.URL, err)
	}
}

func TestLinkToSaveACardIsChecked(t *testing.T) {
	h := newHarness(t)
	h.settings["api_secret_key"] = "another key"
	_, err := h.provider.SaveCard(t.Context(), h.account(), checkout.CardSaving{CustomerID: "customer-7", CallbackURL: h.notify.URL})
	if err == nil {
		t.Error("a refused saveCard gives a link")
	}
}

// answering puts a server before the simulator that changes what it answers.
func (h *harness) answering(change func(body string) string) {
	h.t.Helper()
	changing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		answer := httptest.NewRecorder()
		h.sim.Handler().ServeHTTP(answer, request)
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_, _ = io.WriteString(w, change(answer.Body.String()))
	}))
	h.t.Cleanup(changing.Close)
	h.settings["base_url"] = changing.URL
}

func TestNoShapeOfACardStandsInAProof(t *testing.T) {
	member := regexp.MustCompile(`"card_token":("card-[0-9a-f]+")`)
	for _, shape := range []string{
		`"scheme_id":1,"card_token":$1`, `"card_token":[$1]`, `"card_token":{"value":$1}`, `"card_token":9,"Card_Token":$1`,
		`"more":[{"card_token":$1}]`, `"card\u005ftoken":$1`,
	} {
		h := newHarness(t)
		payment, created := h.create(h.startForCustomer("customer-7", "kess:VISA_MASTER", false))
		h.payCard(created.NextAction.URL)
		h.answering(func(body string) string { return member.ReplaceAllString(body, shape) })
		answer := h.query(payment)
		if answer.Verdict != checkout.VerdictPaid {
			t.Fatalf("%s: %+v", shape, answer)
		}
		if raw := string(answer.Proof.Raw); strings.Contains(raw, "card-") || !strings.Contains(raw, "[redacted]") {
			t.Errorf("%s: the proof is %s", shape, raw)
		}
	}
}

func TestLinkWithACardDoesNotStandInAProof(t *testing.T) {
	h := newHarness(t)
	payment, created := h.create(h.startForCustomer("customer-7", "kess:VISA_MASTER", false))
	h.payCard(created.NextAction.URL)
	h.answering(func(body string) string {
		return strings.Replace(body, `"queue_number":"0001"`, `"payment_link":"https://kess.example/ccpay/1?card_token=card-1"`, 1)
	})
	answer := h.query(payment)
	if answer.Proof == nil || strings.Contains(string(answer.Proof.Raw), "card-1") || !strings.Contains(string(answer.Proof.Raw), `"payment_link":"[redacted]"`) {
		t.Errorf("%+v", answer)
	}
}

func TestCardWithAnOddMemberIsSaved(t *testing.T) {
	h := newHarness(t)
	payment, created := h.create(h.startForCustomer("customer-7", "kess:VISA_MASTER", true))
	h.payCard(created.NextAction.URL)
	h.answering(func(body string) string { return strings.Replace(body, `"scheme":"VISA"`, `"scheme":1`, 1) })
	if answer := h.query(payment); answer.Verdict != checkout.VerdictPaid {
		t.Fatalf("%+v", answer)
	}
	if method, saved := h.savedCard("customer-7"); !saved || method.CardEnding != "1111" {
		t.Errorf("the saved card is %+v", method)
	}
}

func TestSavedCardIsOfItsSeller(t *testing.T) {
	h := newHarness(t)
	if err := h.takeCard("customer-7", h.enterCard(h.cardPage("customer-7"))); err != nil {
		t.Fatal(err)
	}
	h.settings["expires_in"] = 600
	if _, saved := h.savedCard("customer-7"); !saved {
		t.Error("the card is gone with a setting that has nothing to do with it")
	}
	seller := h.settings["seller_code"]
	h.settings["seller_code"] = "CU99-00000000"
	if method, saved := h.savedCard("customer-7"); saved {
		t.Errorf("another seller is offered %+v", method)
	}
	h.settings["seller_code"] = seller
	if _, saved := h.savedCard("customer-7"); !saved {
		t.Error("the card is gone once its seller is back")
	}
}
