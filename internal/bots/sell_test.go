package bots_test

import (
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/internal/telegram"
	"rieltime/internal/telegram/telegramsim"
	"rieltime/web/templates"
)

// linkSeller makes Dara a user with a role and links her person in Telegram.
func (h *harness) linkSeller(role users.Role) users.User {
	h.T.Helper()
	user, err := h.users.CreateUser(h.T.Context(), users.User{Email: string(role) + "@klaing.example"}, map[string]users.Role{"klaing": role})
	if err != nil {
		h.T.Fatal(err)
	}
	code := notices.Code{MerchantID: "klaing", Mode: checkout.ModeTest, Locale: "en", UserID: user.ID}
	text, _, err := h.notices.NewCode(checkout.WithActor(h.T.Context(), users.Actor(user.ID)), code)
	if err != nil {
		h.T.Fatal(err)
	}
	if got := h.say(person, "/start "+text.Reveal()); !strings.Contains(got, "You sell by this bot") {
		h.T.Fatalf("linked: %q", got)
	}
	return user
}

// sale has the last sale sent to its chat, and returns its message, which must be a
// picture, and its purchase.
func (h *harness) sale(chatID int64, user users.User) (telegramsim.Message, checkout.Purchase) {
	h.T.Helper()
	sales := h.sales(user)
	if len(sales) == 0 {
		h.T.Fatalf("no sale was made; the last message is %q", h.last(chatID))
	}
	purchase, err := h.Process.Service.Purchase(h.T.Context(), sales[0].Session.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	h.showSale(purchase)
	messages := h.sim.Messages(chatID)
	last := messages[len(messages)-1]
	if last.Picture == nil {
		h.T.Fatalf("the last message is %q", last.Text)
	}
	return last, purchase
}

func (h *harness) sales(user users.User) []checkout.Sale {
	h.T.Helper()
	made := checkout.TimeRange{From: h.Clock().Add(-24 * time.Hour), To: h.Clock().Add(time.Hour)}
	sales, err := h.Store.Sales(h.T.Context(), "klaing", checkout.ModeTest, user.ID, made, 10)
	if err != nil {
		h.T.Fatal(err)
	}
	return sales
}

func (h *harness) showSale(p checkout.Purchase) time.Duration {
	h.T.Helper()
	again, err := h.bots.ShowSale(h.T.Context(), p.Session.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	return again
}

func TestSaleInAChatIsShownPaidOnlyByAProof(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	user := h.linkSeller(users.RoleCashier)
	h.say(person, "/pay 5.50 iced coffee")
	message, p := h.sale(person, user)
	if p.Session.Amount != (checkout.Money{Minor: 550, Currency: checkout.USD}) || p.Session.Description != "iced coffee" || p.Session.CashierID != user.ID {
		t.Fatalf("%+v", p.Session)
	}
	if !strings.Contains(message.Text, "$5.50 to pay") || !strings.Contains(message.Text, "iced coffee") || !strings.Contains(message.Text, p.Session.ID) || !strings.HasPrefix(message.Text, "TEST MODE") {
		t.Errorf("caption %q", message.Text)
	}

	if again := h.showSale(p); again <= 0 || h.last(person) != message.Text {
		t.Errorf("unpaid: %q, again after %v", h.last(person), again)
	}
	if p.Latest() == nil {
		p = h.Start(p.Session.ID)
	}
	h.AnswerPaid(*p.Latest(), "tx-1")
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)
	if again := h.showSale(p); again != 0 || !strings.Contains(h.last(person), "PAID $5.50") || strings.Contains(h.last(person), p.Session.ID) {
		t.Errorf("paid: %q, again after %v", h.last(person), again)
	}
}

func TestSaleInAChatIsShownExpiredAndLate(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	user := h.linkSeller(users.RoleOwner)
	h.say(person, "/pay ៛២០,០០០")
	_, p := h.sale(person, user)
	if p.Session.Amount != (checkout.Money{Minor: 20000, Currency: checkout.KHR}) {
		t.Fatalf("%+v", p.Session)
	}
	if p.Latest() == nil {
		p = h.Start(p.Session.ID)
	}
	for h.Clock().Before(p.Session.ExpiresAt) {
		h.Move(h.showSale(p))
	}
	if h.showSale(p); !strings.Contains(h.last(person), "EXPIRED") {
		t.Errorf("expired: %q", h.last(person))
	}

	h.Pass(time.Hour)
	h.AnswerPaid(*p.Latest(), "tx-late")
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)
	if h.showSale(p); !strings.Contains(h.last(person), "LATE") || !strings.Contains(h.last(person), "/dashboard/test/klaing/sessions/"+p.Session.ID) {
		t.Errorf("late: %q", h.last(person))
	}
}

// TestMessageOfASaleSaysWhenItsCodeIsOver has a code end five minutes after noon, and its
// session later.
func TestMessageOfASaleSaysWhenItsCodeIsOver(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	user := h.linkSeller(users.RoleCashier)
	h.say(person, "/pay 5.50 iced coffee")
	message, p := h.sale(person, user)
	code := p.Latest()
	end := templates.FormatClock(p.Session.ExpiresAt)
	if !strings.Contains(message.Text, "code until 12:05, link until "+end) {
		t.Fatalf("caption %q", message.Text)
	}

	if again := h.showSale(p); again != 5*time.Minute {
		t.Fatalf("looked at after %v", again)
	}
	h.Pass(5 * time.Minute)
	h.sim.LoseAnswers("editMessageCaption", 1)
	again := h.showSale(p)
	h.Move(again)
	again = h.showSale(p)
	over := h.last(person)
	if !strings.Contains(over, "The code is over. Use the link, until "+end) || strings.Contains(over, "12:05") || !strings.Contains(over, p.Session.ID) || !strings.Contains(over, "$5.50 to pay") {
		t.Errorf("the code is over: %q", over)
	}
	if want := p.Session.ExpiresAt.Sub(h.Clock()); again != want {
		t.Errorf("looked at after %v, want %v", again, want)
	}
	if h.showSale(p); h.last(person) != over {
		t.Errorf("shown again: %q", h.last(person))
	}

	// Money of the code that is over, which the bank took all the same, pays the session.
	h.AnswerPaid(*code, "tx-1")
	h.SendCallback(*code)
	h.Pass(time.Minute)
	if h.showSale(p); !strings.Contains(h.last(person), "PAID $5.50") {
		t.Errorf("paid: %q", h.last(person))
	}
}

// TestPictureThatComesAfterItsCodeIsOfThePage has Telegram take the picture when the code
// is over.
func TestPictureThatComesAfterItsCodeIsOfThePage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	user := h.linkSeller(users.RoleCashier)
	h.say(person, "/pay 5.50")
	h.Move(5 * time.Minute)
	message, p := h.sale(person, user)
	if want := "\nuntil " + templates.FormatClock(p.Session.ExpiresAt); !strings.Contains(message.Text, want) {
		t.Errorf("caption %q", message.Text)
	}
	if again, want := h.showSale(p), p.Session.ExpiresAt.Sub(h.Clock()); again != want {
		t.Errorf("looked at after %v, want %v", again, want)
	}
}

func TestUpdateThatComesTwiceMakesOneSale(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	user := h.linkSeller(users.RoleCashier)
	update := telegram.Update{ID: 1 << 40, Message: &telegram.Message{MessageID: 9, From: &telegram.User{ID: person}, Chat: telegram.Chat{ID: person, Type: "private"}, Text: "/pay 1.00 tea"}}
	bot := h.bot()
	for range 3 {
		if err := h.bots.Handle(t.Context(), bot, update); err != nil {
			t.Fatal(err)
		}
	}
	if sales := h.sales(user); len(sales) != 1 {
		t.Errorf("%d sales", len(sales))
	}
}

func TestOnlyLinkedPeopleWithTheRightSell(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if got := h.say(person, "/pay 5 coffee"); got != "/pay 5 coffee" {
		t.Errorf("a stranger was answered %q", got)
	}

	user := h.linkSeller(users.RoleAccountant)
	if got := h.say(person, "/pay 5 coffee"); !strings.Contains(got, "does not take payments") {
		t.Errorf("an accountant was answered %q", got)
	}
	if got := h.say(group, "/pay 5 coffee"); got != "/pay 5 coffee" {
		t.Errorf("a group that is not linked was answered %q", got)
	}
	if err := h.users.SetRole(t.Context(), "klaing", user.ID, users.RoleCashier); err != nil {
		t.Fatal(err)
	}
	h.say(person, "/pay\n5 coffee") // on a line of its own
	if len(h.sales(user)) != 1 {
		t.Errorf("a cashier made %d sales", len(h.sales(user)))
	}

	if err := h.users.Disable(t.Context(), user.ID, true); err != nil {
		t.Fatal(err)
	}
	if got := h.say(person, "/pay 6 coffee"); got != "/pay 6 coffee" || len(h.sales(user)) != 1 {
		t.Errorf("a disabled user was answered %q", got)
	}
}

// fill has the group take as many messages as Telegram allows in a minute, by another
// program with the bot's token.
func (h *harness) fill() {
	for range telegramsim.PerGroupMinute {
		_, _ = h.api.Bot(token).Send(h.T.Context(), telegram.Text{ChatID: group, Text: "of another program"}) // the last are refused
	}
}

func TestMessageOfASaleWaitsUntilTelegramTakesIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	user := h.linkSeller(users.RoleCashier)
	h.link(group, false)
	h.fill()
	h.say(group, "/pay 5.50")
	p := checkout.Purchase{Session: h.sales(user)[0].Session}
	again := h.showSale(p)
	if again < 30*time.Second || again > 61*time.Second {
		t.Fatalf("sent again after %v", again)
	}
	h.Move(again)
	if message, _ := h.sale(group, user); !strings.Contains(message.Text, "$5.50 to pay") {
		t.Errorf("sent %q", message.Text)
	}

	h.Move(p.Session.ExpiresAt.Sub(h.Clock()))
	h.fill()
	if again = h.showSale(p); again < 30*time.Second || again > 61*time.Second {
		t.Fatalf("changed again after %v", again)
	}
	h.Move(again)
	if again := h.showSale(p); again != 0 {
		t.Errorf("again after %v", again)
	}
}

func TestMessageOfASaleThatIsGoneIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	user := h.linkSeller(users.RoleCashier)
	h.say(person, "/pay 5.50")
	message, p := h.sale(person, user)
	h.sim.Delete(person, message.ID)
	h.Move(p.Session.ExpiresAt.Sub(h.Clock()))
	if again := h.showSale(p); again != 0 {
		t.Errorf("a message that is gone is tried again after %v", again)
	}

	h.say(person, "/pay 7")
	_, p = h.sale(person, user)
	if err := h.notices.UnlinkBot(checkout.WithActor(t.Context(), "user:usr_owner"), "klaing", checkout.ModeTest); err != nil {
		t.Fatal(err)
	}
	if again := h.showSale(p); again != 0 {
		t.Errorf("the message of a bot that was unlinked is tried again after %v", again)
	}
}

// pictures are those in Dara's chat.
func (h *harness) pictures() (captions []string) {
	for _, message := range h.sim.Messages(person) {
		if message.Picture != nil {
			captions = append(captions, message.Text)
		}
	}
	return captions
}

// TestPictureWhoseAnswerIsLostIsSentAgainAndSaysSo has a second picture of the same code
// come, which alone becomes PAID.
func TestPictureWhoseAnswerIsLostIsSentAgainAndSaysSo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	user := h.linkSeller(users.RoleCashier)
	h.say(person, "/pay 5.50")
	p, err := h.Process.Service.Purchase(t.Context(), h.sales(user)[0].Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.sim.LoseAnswers("sendPhoto", 1)
	h.Move(h.showSale(p))
	h.showSale(p)
	if got := h.pictures(); len(got) != 2 || strings.Contains(got[0], "Sent again") || !strings.Contains(got[1], "Sent again") {
		t.Fatalf("sent %q", got)
	}

	if p.Latest() == nil {
		p = h.Start(p.Session.ID)
	}
	h.AnswerPaid(*p.Latest(), "tx-1")
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)
	h.showSale(p)
	if got := h.pictures(); len(got) != 2 || strings.Contains(got[0], "PAID") || !strings.Contains(got[1], "PAID $5.50") || strings.Contains(got[1], "Sent again") {
		t.Errorf("paid: %q", got)
	}
}

// TestPicturesWithoutAnAnswerAreBounded has all answers lost: the sale is shown three times,
// and so is what became of it.
func TestPicturesWithoutAnAnswerAreBounded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	user := h.linkSeller(users.RoleCashier)
	h.say(person, "/pay 5.50")
	p := checkout.Purchase{Session: h.sales(user)[0].Session}
	h.sim.LoseAnswers("sendPhoto", 100)
	for h.Clock().Before(p.Session.ExpiresAt) {
		if again := h.showSale(p); again > 0 {
			h.Move(again)
		}
	}
	if got := len(h.pictures()); got != 3 {
		t.Errorf("%d pictures of an open sale", got)
	}
	for range 10 {
		h.Move(h.showSale(p))
	}
	if got := h.pictures(); len(got) != 6 || !strings.Contains(got[5], "EXPIRED") {
		t.Errorf("after the end: %q", got)
	}
}
