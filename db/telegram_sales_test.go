package db_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/notices"
	"rieltime/db"
)

// linkPerson links somebody in Telegram to usr_1, by a code.
func linkPerson(t testing.TB, store *db.Store) {
	t.Helper()
	code := notices.Code{MerchantID: "klaing", Mode: checkout.ModeTest, Locale: "km", UserID: "usr_1", CreatedBy: "user:usr_1", ExpiresAt: store.Now().Add(time.Hour)}
	if err := store.InsertCode(t.Context(), code, "ef56"); err != nil {
		t.Fatal(err)
	}
	person := notices.Person{MerchantID: "klaing", Mode: checkout.ModeTest, PersonID: 7, CreatedAt: store.Now()}
	if _, err := store.LinkPerson(t.Context(), "ef56", person, store.Now()); err != nil {
		t.Fatal(err)
	}
}

func chatSale(sessionID string) notices.ChatSale {
	return notices.ChatSale{SessionID: sessionID, MerchantID: "klaing", Mode: checkout.ModeTest, BotID: 4200, ChatID: -7, Locale: "km", State: notices.SaleOpen, DueAt: start}
}

func TestCodeOfAPersonLinksOnePersonOnceAndNoChat(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	insertUser(t, h.Store)
	person, err := h.Store.Person(t.Context(), "klaing", checkout.ModeTest, 7)
	if err != nil || person.UserID != "usr_1" {
		t.Fatalf("%+v, %v", person, err)
	}
	for name, other := range map[string]notices.Person{
		"again":               {MerchantID: "klaing", Mode: checkout.ModeTest, PersonID: 8},
		"of another merchant": {MerchantID: "other", Mode: checkout.ModeTest, PersonID: 8},
		"in the other mode":   {MerchantID: "klaing", Mode: checkout.ModeLive, PersonID: 8},
	} {
		if _, err := h.Store.LinkPerson(t.Context(), "ef56", other, h.Clock()); !errors.Is(err, notices.ErrNoCode) {
			t.Errorf("%s: %v", name, err)
		}
	}

	code := notices.Code{MerchantID: "klaing", Mode: checkout.ModeTest, UserID: "usr_1", CreatedBy: "user:usr_1", ExpiresAt: h.Clock().Add(time.Hour)}
	if err := h.Store.InsertCode(t.Context(), code, "78ab"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Store.LinkChat(t.Context(), "78ab", notices.Chat{ID: "chat_2", MerchantID: "klaing", Mode: checkout.ModeTest, ChatID: 9, Kind: notices.Private}, h.Clock()); !errors.Is(err, notices.ErrNoCode) {
		t.Errorf("a person's code linked a chat: %v", err)
	}
	if _, err := h.Store.LinkPerson(t.Context(), "78ab", notices.Person{MerchantID: "klaing", Mode: checkout.ModeTest, PersonID: 8}, h.Clock().Add(2*time.Hour)); !errors.Is(err, notices.ErrNoCode) {
		t.Errorf("an old code: %v", err)
	}

	if err := h.Store.UnlinkPeople(checkout.WithActor(t.Context(), "user:usr_1"), "klaing", checkout.ModeTest, "usr_1"); err != nil {
		t.Fatal(err)
	}
	if count, err := h.Store.PeopleOf(t.Context(), "klaing", checkout.ModeTest, "usr_1"); err != nil || count != 0 {
		t.Errorf("%d are linked after unlinking, %v", count, err)
	}
}

// TestMessageOfASaleIsShownAfterItsPayment has the queue ask for the message when it is
// new, when money of it comes, and when the sale is over.
func TestMessageOfASaleIsShownAfterItsPayment(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	insertUser(t, h.Store)
	var shown atomic.Int64
	stop, err := h.Store.StartQueue(context.WithoutCancel(t.Context()), db.Jobs{
		Notify: func(context.Context, string) (time.Duration, error) { return 0, nil },
		ShowSale: func(_ context.Context, sessionID string) (time.Duration, error) {
			sale, bot, err := h.Store.ChatSale(t.Context(), sessionID)
			if err != nil || bot.ID != sale.BotID {
				t.Errorf("%+v, bot %d, %v", sale, bot.ID, err)
			}
			sale.MessageID, sale.DueAt = 5, time.Time{}
			defer shown.Add(1)
			return 0, h.Store.SaveChatSale(t.Context(), sale)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop(context.WithoutCancel(t.Context())) }()

	p := h.Open()
	if err := h.Store.InsertChatSale(t.Context(), chatSale(p.Session.ID)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the message", func() bool { return shown.Load() == 1 })

	h.AnswerPaid(*p.Latest(), "tx-1")
	h.SendCallback(*p.Latest())
	eventually(t, "the change of the message", func() bool { return shown.Load() == 2 })
	if sale, _, err := h.Store.ChatSale(t.Context(), p.Session.ID); err != nil || sale.MessageID != 5 || !sale.DueAt.IsZero() {
		t.Errorf("%+v, %v", sale, err)
	}
}
