package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/db"
	"rieltime/handlers"
)

// cardSaver is a fake that saves a card for each customer.
type cardSaver struct {
	*fake
	mu    sync.Mutex
	cards map[string]string // endings, by customer
}

func (s *cardSaver) SavedCard(_ context.Context, _ checkout.Account, customer string) (checkout.Method, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cards[customer] == "" {
		return checkout.Method{}, checkout.ErrNotFound
	}
	return checkout.Method{ID: "baray:saved", Provider: "baray", Name: "Visa", CardEnding: s.cards[customer], Kind: checkout.ActionRedirect}, nil
}

func (s *cardSaver) SaveCard(_ context.Context, _ checkout.Account, saving checkout.CardSaving) (string, error) {
	return "https://card.example/enter?back=" + saving.ReturnURL, nil
}

func (s *cardSaver) TakeCard(_ context.Context, _ checkout.Account, customer string, message checkout.Message) (string, error) {
	if string(message.Body) == "forged" {
		return "", errors.New("the signature is wrong")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cards[customer] = string(message.Body)
	return "taken", nil
}

func (s *cardSaver) RemoveCard(_ context.Context, _ checkout.Account, customer string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cards, customer)
	return nil
}

func newCardHarness(t *testing.T) *harness {
	t.Helper()
	saver := &cardSaver{cards: map[string]string{}}
	h := newHarness(t, func(c *handlers.Config) {
		store := c.Store.(*db.Store)
		saver.fake = &fake{name: "baray", method: checkout.Method{ID: "baray:cards", Name: "Cards", Kind: checkout.ActionRedirect, SavesCard: true},
			action: checkout.NextAction{Kind: checkout.ActionRedirect, URL: "https://card.example/pay"}}
		c.Service = checkout.NewService(checkout.Config{Store: store, Providers: []checkout.Provider{saver}, Addresses: handlers.Addresses(baseURL), Now: c.Now})
		c.Verifier = verifier.New(verifier.Config{Service: c.Service, Store: store})
	})

	h.baray = saver.fake
	return h
}

func TestCardIsSavedWithoutPaying(t *testing.T) {
	t.Parallel()
	h := newCardHarness(t)
	session := h.open(`"locale":"en"`, `"customer":{"id":"customer-7"}`)
	w := h.submit("/c/"+session+"/card", "save", "baray:cards")
	doc := wantState(t, w, "redirecting")
	page := "https://card.example/enter?back=" + baseURL + "/return/baray/cards/" + session
	if w.Header().Get("Refresh") != "0;url="+page || doc.Find("a.primary").AttrOr("href", "") != page {
		t.Errorf("leads to %q", w.Header().Get("Refresh"))
	}

	if w := h.get("/return/baray/cards/" + session + "?success=1"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/c/"+session+"?choose=1" {
		t.Errorf("the buyer comes back to %d %s", w.Code, w.Header().Get("Location"))
	}

	if w := h.send(http.MethodPost, "/callbacks/baray/cards/"+session, "forged"); w.Code != http.StatusBadRequest {
		t.Errorf("a forged notice is answered %d", w.Code)
	}

	doc = wantState(t, h.get("/c/"+session), "choosing")
	if doc.Find("[value='baray:saved']").Length() != 0 {
		t.Error("a card is offered that nobody told of")
	}

	if w := h.send(http.MethodPost, "/callbacks/baray/cards/"+session, "4242"); w.Code != http.StatusOK || w.Body.String() != "taken" {
		t.Fatalf("the notice is answered %d %s", w.Code, w.Body)
	}

	ask := doc.Find("#status").AttrOr("hx-get", "")
	_, offers, _ := strings.Cut(ask, "offers=")
	offers, _, _ = strings.Cut(offers, "&")
	news := h.get(ask)
	if text := html(t, news).Find("main [name=method][value='baray:saved'] strong").Text(); text != "Visa ending in 4242" {
		t.Errorf("the open page hears of %q", text)
	}

	more := h.send(http.MethodPost, "/c/"+session+"/extend?offers="+offers, "", "HX-Request", "true")
	if html(t, more).Find("main [name=method][value='baray:saved']").Length() != 1 {
		t.Errorf("more time hides the card: %s", more.Body)
	}

	other := h.open(`"customer":{"id":"customer-8"}`)
	if wantState(t, h.get("/c/"+other), "choosing").Find("[value='baray:saved']").Length() != 0 {
		t.Error("another customer may pay with it")
	}
}

func TestSavedCardIsRemoved(t *testing.T) {
	t.Parallel()
	h := newCardHarness(t)
	session := h.open(`"customer":{"id":"customer-7"}`)
	h.send(http.MethodPost, "/callbacks/baray/cards/"+session, "4242")
	if w := h.submit("/c/"+session+"/card", "remove", "baray:saved"); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if wantState(t, h.get("/c/"+session), "choosing").Find("[value='baray:saved']").Length() != 0 {
		t.Error("the card is still offered")
	}
}

func TestCardIsSavedWithPayingIfTheBuyerAsks(t *testing.T) {
	t.Parallel()
	h := newCardHarness(t)
	for _, requested := range []string{"", "1"} {
		session := h.open(`"customer":{"id":"customer-7"}`)
		h.pay(session, "baray:cards", "save_card", requested)
		if start := h.baray.start; start.SaveCard != (requested == "1") || start.Customer.ID != "customer-7" {
			t.Errorf("asked %q: %+v", requested, start)
		}
	}
}

func TestCardOfNobodyIsNotSaved(t *testing.T) {
	t.Parallel()
	h := newCardHarness(t)
	session := h.open()
	if doc := wantState(t, h.get("/c/"+session), "choosing"); doc.Find("[name=save], [name=save_card]").Length() != 0 {
		t.Error("a card could be saved for nobody")
	}

	for _, field := range []string{"save", "remove"} {
		if w := h.submit("/c/"+session+"/card", field, "baray:cards"); w.Code != http.StatusConflict {
			t.Errorf("%s is answered %d", field, w.Code)
		}
	}

	if w := h.send(http.MethodPost, "/callbacks/baray/cards/"+session, "4242"); w.Code != http.StatusBadRequest {
		t.Errorf("a notice is answered %d", w.Code)
	}

	h.pay(session, "baray:cards", "save_card", "1")
	if h.baray.start.SaveCard {
		t.Error("the provider is asked to save a card for nobody")
	}
}
