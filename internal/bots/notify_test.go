package bots_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/reconcile"
	"rieltime/db"
	"rieltime/internal/cambodia"
)

func TestChatIsToldOfPaymentsAndTheDay(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if before := h.pay(); before.Session.Status != checkout.SessionComplete {
		t.Fatalf("%+v", before.Session)
	}
	chat := h.link(group, false)
	if got := h.last(group); !strings.Contains(got, "TEST MODE") || !strings.Contains(got, "gets notices of the payments of Coffee Klaing") {
		t.Errorf("linked: %q", got)
	}

	h.notify(h.bots, chat)
	if messages := h.sim.Messages(group); len(messages) != 2 {
		t.Errorf("the chat was told of what came before it: %+v", messages)
	}

	p := h.pay()
	h.notify(h.bots, chat)
	if got := h.last(group); !strings.HasPrefix(got, "TEST MODE, no real money\n✅ $10.00 received\n") || !strings.Contains(got, p.Session.Reference) {
		t.Errorf("told %q", got)
	}

	first, second := h.pay(), h.pay()
	h.notify(h.bots, chat)
	if got := h.last(group); !strings.Contains(got, "✅ 2 payments: $20.00\n") || !strings.Contains(got, first.Session.Reference) || !strings.Contains(got, second.Session.Reference) {
		t.Errorf("told %q", got)
	}

	told := len(h.sim.Messages(group))
	h.Move(24 * time.Hour)
	h.notify(h.bots, chat)
	h.notify(h.bots, chat)
	if got := h.last(group); !strings.Contains(got, "Totals of 2026-04-14\n$40.00 taken · payments: 4") || len(h.sim.Messages(group)) != told+1 {
		t.Errorf("told %q", got)
	}
}

func TestChatIsToldOfMoneyThatNeedsSomebody(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	chat := h.link(group, false)
	p := h.Open()
	h.Pass(2 * time.Hour)
	h.AnswerPaid(*p.Latest(), "tx-late")
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)

	h.notify(h.bots, chat)
	want := "⚠️ $10.00: came after the order had ended."
	if got := h.last(group); !strings.Contains(got, want) || !strings.Contains(got, "https://pay.example/dashboard/test/klaing/payments/"+p.Latest().ID) {
		t.Errorf("told %q", got)
	}
}

func TestChatIsToldWhoPaidOnlyByChoice(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	plain, detailed := h.link(group, false), h.link(person, true)
	params := checkouttest.SessionParams()
	params.Customer = checkout.Customer{Name: "Sokha Chan", Phone: "012345678"}
	session, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
	if err != nil {
		t.Fatal(err)
	}
	p := h.Start(session.ID)
	h.AnswerPaid(*p.Latest(), "tx-1")
	h.SendCallback(*p.Latest())

	h.notify(h.bots, plain)
	h.notify(h.bots, detailed)
	if got := h.last(group); !strings.Contains(got, "received") || strings.Contains(got, "Sokha") {
		t.Errorf("the group was told %q", got)
	}
	if got := h.last(person); !strings.Contains(got, "Sokha Chan 012345678") {
		t.Errorf("the person was told %q", got)
	}
}

// busyFeed is a store whose feed has many events.
type busyFeed struct {
	*db.Store
	now    func() time.Time
	events []checkout.Event
}

func (f busyFeed) NewEvents(_ context.Context, _ string, _ checkout.Mode, after int64, limit int) (found []checkout.Event, last int64, err error) {
	last = after
	for _, event := range f.events {
		if event.Sequence > after && !event.CreatedAt.After(f.now()) && len(found) < limit {
			found, last = append(found, event), event.Sequence
		}
	}
	return found, last, nil
}

func TestManyPaymentsAreFewCompleteMessages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	chat := h.link(group, false)
	const payments = 500
	feed := busyFeed{Store: h.Store, now: h.Clock}
	for i := range payments {
		body, err := json.Marshal(map[string]any{"data": map[string]any{"object": map[string]any{
			"amount": "1.25", "currency": "USD", "merchant_reference": fmt.Sprintf("order-%04d-of-the-shop", i),
		}}})
		if err != nil {
			t.Fatal(err)
		}
		feed.events = append(feed.events, checkout.Event{
			Sequence: chat.Sequence + int64(i) + 1, Type: checkout.EventPaymentSucceeded, CreatedAt: h.Clock().Add(time.Duration(i) * time.Minute / payments), Body: body,
		})
	}

	before, busy := len(h.sim.Messages(group)), h.newBots(feed)
	for range 60 {
		h.notify(busy, chat)
		h.Move(2 * time.Second)
	}

	messages := h.sim.Messages(group)[before:]
	if len(messages) > 12 {
		t.Errorf("%d messages", len(messages))
	}

	var all strings.Builder
	for _, message := range messages {
		all.WriteString(message.Text)
		if n := len(utf16.Encode([]rune(message.Text))); n > 4096 {
			t.Errorf("a message of %d", n)
		}
	}
	for i := range payments {
		if n := strings.Count(all.String(), fmt.Sprintf("order-%04d-", i)); n != 1 {
			t.Fatalf("order %d was told %d times", i, n)
		}
	}
}

func TestChatWaitsAsLongAsTelegramAsks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	chat := h.link(group, false)
	h.pay()
	for range 25 { // another program with the same token
		_ = sendAs(t, h, group)
	}

	again, err := h.bots.Notify(t.Context(), chat.ID)
	if err != nil || again < 30*time.Second || again > 61*time.Second {
		t.Fatalf("again after %v, %v", again, err)
	}
	if early, _ := h.bots.Notify(t.Context(), chat.ID); early < 30*time.Second {
		t.Errorf("asked again after %v", early)
	}
	h.Move(again)
	h.notify(h.bots, chat)
	if got := h.last(group); !strings.Contains(got, "$10.00 received") {
		t.Errorf("told %q", got)
	}
}

func TestNoticesEndWhereTheBotMayNotWrite(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	chat := h.link(group, false)
	h.pay()
	h.sim.Kick(group, true)
	h.notify(h.bots, chat)
	if stopped := h.chats()[0]; stopped.StoppedAt.IsZero() || !strings.Contains(stopped.Problem, "kicked") {
		t.Errorf("%+v", stopped)
	}

	h.sim.Kick(group, false)
	h.notify(h.bots, chat)
	if strings.Contains(h.last(group), "received") {
		t.Error("a chat that was stopped is told")
	}
	if again := h.link(group, false); again.ID != chat.ID || !again.StoppedAt.IsZero() {
		t.Errorf("linked anew: %+v", again)
	}
}

func TestRevokedTokenIsShownAndNothingIsLost(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	chat := h.link(group, false)
	h.pay()
	h.sim.RemoveBot(token)
	again, err := h.bots.Notify(t.Context(), chat.ID)
	if err != nil || again <= 0 || !strings.Contains(h.bot().Problem, "token") {
		t.Fatalf("again after %v, %v: %+v", again, err, h.bot())
	}

	h.sim.AddBot(token, "klaing_bot")
	h.Move(again)
	h.notify(h.bots, chat)
	if !strings.Contains(h.last(group), "$10.00 received") || h.bot().Problem != "" {
		t.Errorf("told %q, problem %q", h.last(group), h.bot().Problem)
	}
}

func TestChatIsToldOfFailingWebhooksOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	chat := h.link(group, false)
	failing := &failingWebhooks{Store: h.Store, failing: 1}
	b := h.newBots(failing)
	h.notify(b, chat)
	h.notify(b, chat)
	if got := h.last(group); !strings.Contains(got, "Your webhooks fail") || len(h.sim.Messages(group)) != 3 {
		t.Errorf("told %+v", h.sim.Messages(group))
	}
	failing.failing = 0
	h.notify(b, chat)
	if got := h.last(group); !strings.Contains(got, "work again") {
		t.Errorf("told %q", got)
	}
}

type failingWebhooks struct {
	*db.Store
	failing int
}

func (f *failingWebhooks) FailingEndpoints(context.Context, string, checkout.Mode) (int, error) {
	return f.failing, nil
}

func TestNoticesFollowAGroupThatIsUpgraded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	chat := h.link(group, false)
	h.sim.Upgrade(group, -200)
	h.pay()
	h.notify(h.bots, chat)
	if got := h.last(-200); !strings.Contains(got, "$10.00 received") || len(h.chats()) != 1 || h.chats()[0].ChatID != -200 {
		t.Errorf("told %q, chats %+v", got, h.chats())
	}

	h.sim.Upgrade(-200, -300)
	h.link(-300, false) // before the bot has noticed
	h.pay()
	h.notify(h.bots, chat)
	if chats := h.chats(); len(chats) != 1 || chats[0].ChatID != -300 {
		t.Errorf("a group is linked twice: %+v", chats)
	}
}

// TestChatIsToldOfRecordsThatDifferOnce reports a payment that only the provider knows.
func TestChatIsToldOfRecordsThatDifferOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	chat := h.link(group, false)
	day := cambodia.DayOf(h.Clock()) - 1
	accounts, err := h.Store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil || len(accounts) == 0 {
		t.Fatal(accounts, err)
	}
	report := func(orders ...checkout.Order) {
		t.Helper()
		report := reconcile.Report{Merchant: "klaing", Mode: checkout.ModeTest, Account: accounts[0].ID, Provider: "bank", Day: day, Means: reconcile.ByList, MadeAt: h.Clock()}
		report.Reconciliation = checkout.Reconcile(day.Begin(), (day + 1).Begin(), nil, orders)
		if err := h.Store.SaveReport(t.Context(), report); err != nil {
			t.Fatal(err)
		}
		h.notify(h.bots, chat)
	}

	before := len(h.sim.Messages(group))
	report()
	if n := len(h.sim.Messages(group)); n != before {
		t.Errorf("records that agree are told: %q", h.last(group))
	}
	unknown := checkout.Order{Reference: "r1", Amount: "10.00", Currency: "USD", Status: "SUCCESS", Paid: true, TransactionID: "tx1", CreatedAt: day.Begin()}
	report(unknown)
	h.Move(time.Minute)
	report(unknown) // the same differences, found again
	if n := len(h.sim.Messages(group)); n != before+1 {
		t.Errorf("told %d times", n-before)
	}
	if got := h.last(group); !strings.HasPrefix(got, "TEST MODE") || !strings.Contains(got, "https://pay.example/dashboard/test/klaing/records") || strings.Contains(got, "tx1") {
		t.Errorf("told %q", got)
	}

	h.Move(time.Minute)
	other := unknown
	other.TransactionID = "tx2"
	report(unknown, other)
	if n := len(h.sim.Messages(group)); n != before+2 {
		t.Errorf("another difference: told %d times", n-before)
	}
}

func TestChatIsToldOncePerTroubleOfARateThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	chat := h.link(group, false)
	setRate := func(value string, source checkout.RateSource) {
		t.Helper()
		h.Move(time.Second)
		if _, err := h.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: value, Source: source}); err != nil {
			t.Fatal(err)
		}
	}
	told := len(h.sim.Messages(group))
	expect := func(messages int, text string) {
		t.Helper()
		h.notify(h.bots, chat)
		h.notify(h.bots, chat)
		told += messages
		if got := h.sim.Messages(group); len(got) != told || !strings.Contains(h.last(group), text) {
			t.Fatalf("%d messages, want %d; the last is %q", len(got), told, h.last(group))
		}
	}

	expect(0, "") // a merchant without rates wants none
	setRate("4050", checkout.RateEntered)
	expect(0, "")
	h.Move(25 * time.Hour)
	expect(1, "The rate of exchange is too old")
	if got := h.last(group); !strings.HasPrefix(got, "TEST MODE") || !strings.HasSuffix(got, "https://pay.example/dashboard/test/klaing/settings/rates") {
		t.Errorf("told %q", got)
	}

	setRate("8100", checkout.RateFetched)
	expect(1, "differs too much from the one before")
	setRate("8200", checkout.RateFetched)
	expect(0, "differs too much from the one before")
	setRate("4060", checkout.RateEntered)
	expect(0, "differs too much from the one before")
	setRate("8100", checkout.RateFile)
	expect(1, "differs too much from the one before")
}
