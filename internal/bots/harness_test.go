package bots_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/internal/bots"
	"rieltime/internal/telegram"
	"rieltime/internal/telegram/telegramsim"
)

const (
	token  = "4200:AAtokenAAtokenAAtokenAAtokenAAtok"
	group  = -100
	person = 7
)

// harness is klaing with a bot, which Telegram's simulator knows.
type harness struct {
	*checkouttest.Harness
	sim     *telegramsim.Sim
	api     *telegram.API
	notices *notices.Service
	users   *users.Service
	bots    *bots.Bots
	webhook string // bots.Config.WebhookURL
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{Harness: checkouttest.New(t)}
	h.sim = telegramsim.New(h.Clock)
	h.sim.AddBot(token, "klaing_bot")
	h.sim.AddChat(group, "Klaing's till", "Dara")
	h.sim.AddChat(person, "Dara", "Dara")
	server := httptest.NewServer(h.sim)
	t.Cleanup(server.Close)

	h.api = telegram.NewAPI(server.URL)
	h.notices = notices.NewService(h.Store, bots.Checker{API: h.api}, h.Clock)
	h.users = users.NewService(h.Store, h.Clock)
	h.bots = h.newBots(h.Store)
	if _, err := h.notices.LinkBot(t.Context(), "klaing", checkout.ModeTest, token); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := h.sim.Refused(); n > 0 {
			t.Errorf("the simulator refused the form of %d requests", n)
		}
	})
	return h
}

func (h *harness) newBots(store bots.Store) *bots.Bots {
	return bots.New(bots.Config{
		Store: store, Checkout: h.Process.Service, Notices: h.notices, Users: h.users, API: h.api,
		DashboardURL: "https://pay.example", WebhookURL: h.webhook, Now: h.Clock, Log: slog.New(slog.DiscardHandler),
	})
}

func (h *harness) bot() notices.Bot {
	h.T.Helper()
	bot, err := h.Store.Bot(h.T.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		h.T.Fatal(err)
	}
	return bot
}

// code makes a code for a chat of klaing's.
func (h *harness) code(details bool) string {
	h.T.Helper()
	code := notices.Code{MerchantID: "klaing", Mode: checkout.ModeTest, Locale: "en", Details: details}
	text, _, err := h.notices.NewCode(checkout.WithActor(h.T.Context(), "user:usr_owner"), code)
	if err != nil {
		h.T.Fatal(err)
	}
	return text.Reveal()
}

// takeUpdates has the bots handle what the simulator has for klaing's bot.
func (h *harness) takeUpdates() {
	h.T.Helper()
	bot := h.bot()
	updates, err := h.api.Bot(token).Updates(h.T.Context(), bot.NextUpdate(h.Clock()), 0)
	if err != nil {
		h.T.Fatal(err)
	}
	for _, update := range updates {
		if err := h.bots.Handle(h.T.Context(), bot, update); err != nil {
			h.T.Fatal(err)
		}
	}
}

// say has Dara write in a chat, and the bot answer.
func (h *harness) say(chatID int64, text string) string {
	h.T.Helper()
	h.sim.Say(chatID, person, text)
	h.takeUpdates()
	return h.last(chatID)
}

// last is the last message in a chat.
func (h *harness) last(chatID int64) string {
	messages := h.sim.Messages(chatID)
	if len(messages) == 0 {
		return ""
	}
	return messages[len(messages)-1].Text
}

// link links a chat.
func (h *harness) link(chatID int64, details bool) notices.Chat {
	h.T.Helper()
	h.say(chatID, "/start "+h.code(details))
	for _, chat := range h.chats() {
		if chat.ChatID == chatID {
			return chat
		}
	}
	h.T.Fatalf("chat %d is not linked: %s", chatID, h.last(chatID))
	return notices.Chat{}
}

func (h *harness) chats() []notices.Chat {
	h.T.Helper()
	chats, err := h.Store.Chats(h.T.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		h.T.Fatal(err)
	}
	return chats
}

// notify runs a chat's job, moving the clock, until there is nothing to tell.
func (h *harness) notify(b *bots.Bots, chat notices.Chat) {
	h.T.Helper()
	for range 100 {
		again, err := b.Notify(context.WithoutCancel(h.T.Context()), chat.ID)
		if errors.Is(err, checkout.ErrNotFound) { // unlinked meanwhile
			return
		}
		if err != nil {
			h.T.Fatal(err)
		}
		if again == 0 {
			return
		}
		h.Move(again)
	}
	h.T.Fatal("a chat is told without end")
}

// pay pays a session of klaing's.
func (h *harness) pay() checkout.Purchase {
	h.T.Helper()
	return h.payAt("klaing")
}

// payAt pays a session of a merchant's.
func (h *harness) payAt(merchant string) checkout.Purchase {
	h.T.Helper()
	p := h.OpenAt(merchant)
	h.AnswerPaid(*p.Latest(), "tx-"+p.Session.ID)
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)
	return h.Reload(p)
}

// startPolling runs the bots until the test ends, or stop is called.
func (h *harness) startPolling() (stop func()) {
	h.T.Helper()
	ctx, cancel := context.WithCancel(h.T.Context())
	done := make(chan struct{})
	go func() { h.bots.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	h.T.Cleanup(stop)
	return stop
}
