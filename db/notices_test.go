package db_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/notices"
	"rieltime/db"
)

// insertChat links a bot and a chat.
func insertChat(t testing.TB, store *db.Store, merchant string) notices.Chat {
	t.Helper()
	bot := notices.Bot{MerchantID: merchant, Mode: checkout.ModeTest, ID: 4200, Username: "klaing_bot", Token: "4200:token", CreatedAt: start}
	if err := store.SetBot(t.Context(), bot); err != nil {
		t.Fatal(err)
	}
	code := notices.Code{MerchantID: merchant, Mode: checkout.ModeTest, Locale: "km", CreatedBy: "user:usr_1", ExpiresAt: store.Now().Add(time.Hour)}
	if err := store.InsertCode(t.Context(), code, "ab12"); err != nil {
		t.Fatal(err)
	}
	chat, err := store.LinkChat(t.Context(), "ab12", notices.Chat{
		ID: "chat_1", MerchantID: merchant, Mode: checkout.ModeTest, ChatID: -7, Kind: notices.Group, Title: "តូប", CreatedAt: store.Now(),
	}, store.Now())
	if err != nil {
		t.Fatal(err)
	}
	return chat
}

// notified notes what the queue asked to be told.
type notified struct {
	mu    sync.Mutex
	chats []string
	hold  chan struct{} // is received from while a chat is told
}

func (n *notified) notify(_ context.Context, chatID string) (time.Duration, error) {
	n.mu.Lock()
	n.chats = append(n.chats, chatID)
	n.mu.Unlock()
	<-n.hold
	return 0, nil
}

func (n *notified) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.chats)
}

// TestNoPaymentIsMissedWhileAChatIsTold has a payment come while the job that tells of an
// earlier one is running, which has read the feed already.
func TestNoPaymentIsMissedWhileAChatIsTold(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	insertChat(t, h.Store, "klaing")
	pay := func() {
		p := h.Open()
		h.AnswerPaid(*p.Latest(), "tx-"+p.Session.ID)
		h.SendCallback(*p.Latest())
	}

	n := &notified{hold: make(chan struct{})}
	stop, err := h.Store.StartQueue(context.Background(), db.Jobs{Notify: n.notify})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		close(n.hold)
		if err := stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()

	pay()
	pay()
	eventually(t, "told", func() bool { return n.count() == 1 })
	pay()
	n.hold <- struct{}{}
	eventually(t, "told of the payment that came meanwhile", func() bool { return n.count() == 2 })
	n.hold <- struct{}{}
}

func TestChatIsLeasedByOneAndSaved(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	linked := insertChat(t, h.Store, "klaing")
	chat, bot, wait, err := h.Store.LeaseChat(t.Context(), linked.ID, time.Minute)
	if err != nil || wait != 0 || !bot.Token.Equal("4200:token") || chat.Locale != "km" || chat.Sequence != linked.Sequence {
		t.Fatalf("%+v, %+v, %v, %v", chat, bot, wait, err)
	}
	if _, _, wait, err := h.Store.LeaseChat(t.Context(), linked.ID, time.Minute); wait == 0 || err != nil {
		t.Errorf("leased twice: %v, %v", wait, err)
	}

	chat.Sequence, chat.Failures, chat.NextAt = 7, 2, h.Clock().Add(time.Second).Truncate(time.Millisecond)
	if err := h.Store.SaveChat(t.Context(), chat); err != nil {
		t.Fatal(err)
	}
	again, _, wait, err := h.Store.LeaseChat(t.Context(), linked.ID, time.Minute)
	if err != nil || wait != 0 || again.Progress != chat.Progress {
		t.Errorf("%+v, %v, %v, want %+v", again.Progress, wait, err, chat.Progress)
	}

	h.Move(-time.Hour) // a clock set back
	if _, _, wait, err := h.Store.LeaseChat(t.Context(), linked.ID, time.Minute); wait != 0 || err != nil {
		t.Errorf("a lease of the future holds: %v, %v", wait, err)
	}
}

func TestNewBotHasNoChatsOfTheLast(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	insertChat(t, h.Store, "klaing")
	bot, err := h.Store.Bot(t.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		t.Fatal(err)
	}

	taken, err := h.Store.TakeUpdate(t.Context(), bot, 100)
	earlier, err2 := h.Store.TakeUpdate(t.Context(), bot, 100)
	if !taken || earlier || err != nil || err2 != nil {
		t.Errorf("taken %v, %v, again %v, %v", taken, err, earlier, err2)
	}
	bot.Token = "4200:new"
	if err := h.Store.SetBot(t.Context(), bot); err != nil {
		t.Fatal(err)
	}
	chats, err := h.Store.Chats(t.Context(), "klaing", checkout.ModeTest)
	same, err2 := h.Store.Bot(t.Context(), "klaing", checkout.ModeTest)
	if err != nil || err2 != nil || len(chats) != 1 || same.Offset != 101 {
		t.Errorf("after a new token: %+v, %+v, %v, %v", chats, same, err, err2)
	}

	bot.ID = 4300
	if err := h.Store.SetBot(t.Context(), bot); err != nil {
		t.Fatal(err)
	}
	if chats, err := h.Store.Chats(t.Context(), "klaing", checkout.ModeTest); err != nil || len(chats) > 0 {
		t.Errorf("after another bot: %+v, %v", chats, err)
	}
	if err := h.Store.DeleteBot(t.Context(), "klaing", checkout.ModeTest); err != nil {
		t.Fatal(err)
	}
}

// TestProblemOfATokenEndsWithIt: what a process found with a token that was replaced
// meanwhile says nothing about the new one.
func TestProblemOfATokenEndsWithIt(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	insertChat(t, h.Store, "klaing")
	old, err := h.Store.Bot(t.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		t.Fatal(err)
	}
	renewed := old
	renewed.Token = "4200:new"
	if err := h.Store.SetBot(t.Context(), renewed); err != nil {
		t.Fatal(err)
	}

	for _, found := range []struct {
		by   notices.Bot
		want string
	}{{old, ""}, {renewed, "revoked"}} {
		if err := h.Store.SetBotProblem(t.Context(), found.by, "revoked"); err != nil {
			t.Fatal(err)
		}
		if bot, err := h.Store.Bot(t.Context(), "klaing", checkout.ModeTest); err != nil || bot.Problem != found.want {
			t.Errorf("%q, want %q, %v", bot.Problem, found.want, err)
		}
	}
}

func TestBotsAreLeasedByOneProcess(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	leased := func(holder string) (names []string) {
		t.Helper()
		bots, err := h.Store.LeaseBots(t.Context(), holder, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, bot := range bots {
			names = append(names, bot.Username)
		}
		return names
	}

	insertChat(t, h.Store, "klaing")
	want := []string{"klaing_bot"}
	if first, second, again := leased("a"), leased("b"), leased("a"); !slices.Equal(first, want) || second != nil || !slices.Equal(again, want) {
		t.Errorf("leased by %v, %v and again %v", first, second, again)
	}
	h.Move(time.Minute)
	if got := leased("b"); !slices.Equal(got, want) {
		t.Errorf("after the end leased %v", got)
	}
	if err := h.Store.ReleaseBots(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if got := leased("a"); !slices.Equal(got, want) {
		t.Errorf("after the release leased %v", got)
	}
}
