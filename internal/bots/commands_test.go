package bots_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/db"
	"rieltime/internal/telegram"
)

// sendAs sends a message with klaing's token.
func sendAs(t *testing.T, h *harness, chatID int64) error {
	t.Helper()
	_, err := h.api.Bot(token).Send(t.Context(), telegram.Text{ChatID: chatID, Text: "x"})
	return err
}

func TestCodeLinksOneChatOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	code := h.code(false)
	if got := h.say(group, "/start@other_bot "+code); got != "/start@other_bot "+code {
		t.Errorf("a command of another bot is answered: %q", got)
	}
	if got := h.say(group, "/start@klaing_bot "+code); !strings.Contains(got, "Coffee Klaing") {
		t.Errorf("answered %q", got)
	}
	for _, wrong := range []string{code, "nothing", strings.ToUpper(h.code(false))} {
		if got := h.say(person, "/start "+wrong); !strings.Contains(got, "has been used or has expired") {
			t.Errorf("answered %q", got)
		}
	}

	late := h.code(false)
	h.Move(notices.CodeLife)
	if got := h.say(person, "/start "+late); !strings.Contains(got, "expired") || len(h.chats()) != 1 {
		t.Errorf("answered %q, chats %+v", got, h.chats())
	}

	trail, err := h.Store.AuditTrail(t.Context(), db.AuditQuery{Object: h.chats()[0].ID, Limit: 10})
	if err != nil || len(trail) != 1 || trail[0].Actor != "user:usr_owner" || trail[0].Action != "telegram_chat.link" {
		t.Errorf("%+v, %v", trail, err)
	}
}

func TestCodeOfAnotherShopLinksNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.ApplyFile(`{"id":"krama","name":"Krama House","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}}}`)
	const theirs = "4300:BBtokenBBtokenBBtokenBBtokenBBtok"
	h.sim.AddBot(theirs, "krama_bot")
	if _, err := h.notices.LinkBot(t.Context(), "krama", checkout.ModeTest, theirs); err != nil {
		t.Fatal(err)
	}
	text, _, err := h.notices.NewCode(t.Context(), notices.Code{MerchantID: "krama", Mode: checkout.ModeTest, Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.say(group, "/start "+text.Reveal()); !strings.Contains(got, "has been used or has expired") || len(h.chats()) != 0 {
		t.Errorf("answered %q", got)
	}
}

func TestWrongTokensAreNotLinked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for text, want := range map[string]*checkout.Error{
		"nonsense": checkout.Invalidf("token", "bot_token_invalid", ""), "9:" + strings.Repeat("z", 35): notices.ErrBotWrong,
	} {
		_, err := h.notices.LinkBot(t.Context(), "klaing", checkout.ModeTest, checkout.Secret(text))
		if !want.Is(err) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := h.notices.LinkBot(t.Context(), "klaing", checkout.ModeLive, token); !notices.ErrBotTaken.Is(err) {
		t.Errorf("one bot in both modes: %v", err)
	}
	if !h.bot().Token.Equal(token) {
		t.Error("the bot has changed")
	}
}

func TestUpdateIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.sim.Say(group, person, "/start "+h.code(false))
	updates, err := h.api.Bot(token).Updates(t.Context(), 0, 0)
	if err != nil || len(updates) != 1 {
		t.Fatalf("%+v, %v", updates, err)
	}
	for range 2 {
		if err := h.bots.Handle(t.Context(), h.bot(), updates[0]); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(h.sim.Messages(group)); n != 2 {
		t.Errorf("%d messages, want one command and one answer", n)
	}
}

func TestOneProcessPollsABot(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	for range 2 {
		go func() { h.newBots(h.Store).Run(ctx); done <- struct{}{} }()
	}
	h.sim.Say(group, person, "/start "+h.code(false))
	for deadline := time.Now().Add(20 * time.Second); len(h.sim.Messages(group)) < 2 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	<-done
	<-done
	if messages := h.sim.Messages(group); len(messages) != 2 || len(h.chats()) != 1 {
		t.Errorf("%+v", messages)
	}

	bots, err := h.Store.LeaseBots(t.Context(), "another", time.Minute)
	if err != nil || len(bots) != 1 {
		t.Errorf("after the end another process has %d bots, %v", len(bots), err)
	}
}

func TestOnlyLinkedChatsAreToldTotals(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.link(group, false)
	if got := h.say(group, "/today"); !strings.Contains(got, "Totals of 2026-04-14\nNothing was taken.") {
		t.Errorf("answered %q", got)
	}

	h.pay()
	if got := h.say(group, "/today@klaing_bot"); !strings.Contains(got, "$10.00 taken · payments: 1") {
		t.Errorf("answered %q", got)
	}
	h.Move(24 * time.Hour)
	h.pay()
	if got := h.say(group, "/week"); !strings.HasPrefix(got, "TEST MODE") || !strings.Contains(got, "Totals of 2026-04-09 to 2026-04-15\n$20.00 taken · payments: 2") {
		t.Errorf("answered %q", got)
	}

	for _, command := range []string{"/today", "/week"} {
		if got := h.say(person, command); got != command {
			t.Errorf("a chat that is not linked is told %q", got)
		}
	}
}

func TestLinkedPeopleAreToldTheTotalsTheirRoleMaySee(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.pay()
	user := h.linkSeller(users.RoleOwner)
	if _, err := h.users.CreateUser(t.Context(), users.User{Email: "other@klaing.example"}, map[string]users.Role{"klaing": users.RoleOwner}); err != nil {
		t.Fatal(err)
	}
	told := func(role users.Role, command, want string) {
		t.Helper()
		if err := h.users.SetRole(t.Context(), "klaing", user.ID, role); err != nil {
			t.Fatal(err)
		}
		if got := h.say(person, command); !strings.Contains(got, want) {
			t.Errorf("%s, %s: %q", role, command, got)
		}
	}
	const day, week = "Totals of 2026-04-14\n$10.00 taken · payments: 1", "Totals of 2026-04-08 to 2026-04-14\n$10.00 taken"
	for _, role := range []users.Role{users.RoleOwner, users.RoleManager, users.RoleAccountant} {
		told(role, "/today", "TEST MODE, no real money\n"+day)
		told(role, "/week", week)
	}
	told(users.RoleDeveloper, "/today", "does not see what was taken")
	told(users.RoleDeveloper, "/week", "does not see what was taken")

	// A cashier sees the own sales: of today, or of the open shift.
	told(users.RoleCashier, "/week", "its own sales only")
	told(users.RoleCashier, "/today", "Your sales of 2026-04-14\nNothing was taken.")
	h.say(person, "/pay 5.50")
	_, p := h.sale(person, user)
	h.AnswerPaid(*p.Latest(), "tx-1")
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)
	told(users.RoleCashier, "/today", "Your sales of 2026-04-14\n$5.50 taken · payments: 1")
	shift, err := checkout.OpenShift("klaing", checkout.ModeTest, user.ID, nil, h.Clock())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Store.InsertShift(t.Context(), shift); err != nil {
		t.Fatal(err)
	}
	told(users.RoleCashier, "/today", "Your sales since your shift began, 14 April 2026, 12:02\nNothing was taken.")

	if got := h.say(group, "/today"); got != "/today" {
		t.Errorf("a group that is not linked is told %q", got)
	}
	if err := h.users.Disable(t.Context(), user.ID, true); err != nil {
		t.Fatal(err)
	}
	if got := h.say(person, "/today"); got != "/today" {
		t.Errorf("a disabled user is told %q", got)
	}
}

// TestUpdatesAreTakenAfterAQuietWeek has Telegram go on with lower numbers.
func TestUpdatesAreTakenAfterAQuietWeek(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.link(group, false)
	bot := h.bot()
	again := telegram.Update{ID: 5, Message: &telegram.Message{Chat: telegram.Chat{ID: group, Type: "group"}, Text: "/today"}}
	if next := bot.NextUpdate(h.Clock()); next <= again.ID {
		t.Fatalf("updates are asked for from %d on", next)
	}

	h.Move(7 * 24 * time.Hour)
	if next := bot.NextUpdate(h.Clock()); next != 0 {
		t.Errorf("after a week updates are asked for from %d on", next)
	}
	if err := h.bots.Handle(t.Context(), bot, again); err != nil || !strings.Contains(h.last(group), "Totals") || h.bot().NextUpdate(h.Clock()) != 6 {
		t.Errorf("answered %q, %v", h.last(group), err)
	}
}
