package bots_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
	"rieltime/internal/telegram/telegramsim"
)

// refunder is the provider of the tests, which gives money back.
type refunder struct {
	*checkouttest.Provider
	times atomic.Int64
}

func (r *refunder) CanRefund(checkout.Payment) bool { return true }

func (r *refunder) Refund(context.Context, checkout.Account, checkout.Payment, checkout.RefundOrder) (checkout.RefundAnswer, error) {
	r.times.Add(1)
	return checkout.RefundAnswer{Verdict: checkout.VerdictPaid, ProviderID: "r1"}, nil
}

func (r *refunder) QueryRefund(context.Context, checkout.Account, checkout.Payment, checkout.RefundOrder) (checkout.RefundAnswer, error) {
	return checkout.RefundAnswer{Verdict: checkout.VerdictUnknown}, nil
}

// withRefunds has the provider give money back.
func (h *harness) withRefunds() *refunder {
	h.T.Helper()
	r := &refunder{Provider: h.Provider}
	h.Process = checkouttest.NewProcess(checkout.Config{Store: h.Store, Links: h.Store, Endpoints: h.Store, Providers: []checkout.Provider{r}, Now: h.Clock})
	h.bots = h.newBots(h.Store)
	return r
}

// ask has Dara ask to give a purchase back, and returns the question.
func (h *harness) ask(p checkout.Purchase) telegramsim.Message {
	h.T.Helper()
	h.say(person, "/refund "+p.Session.Reference)
	messages := h.sim.Messages(person)
	return messages[len(messages)-1]
}

// press has Dara press a button of a message, and returns what it says then.
func (h *harness) press(message telegramsim.Message, button int) string {
	h.T.Helper()
	h.sim.Press(person, person, message.ID, message.Buttons[0][button].Data)
	h.takeUpdates()
	for _, m := range h.sim.Messages(person) {
		if m.ID == message.ID {
			return m.Text
		}
	}
	return ""
}

func (h *harness) refunded(p checkout.Purchase) int64 {
	h.T.Helper()
	return h.Latest(p).Refunded
}

func TestRefundIsMadeOnceByTheButtonOfAnOwner(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.withRefunds()
	user := h.linkSeller(users.RoleOwner)
	p := h.pay()
	question := h.ask(p)
	if len(question.Buttons) != 1 || len(question.Buttons[0]) != 2 || !strings.Contains(question.Text, "Give back $10.00 of "+p.Session.Reference) {
		t.Fatalf("asked %q with %v", question.Text, question.Buttons)
	}
	if h.refunded(p) != 0 {
		t.Fatal("given back before it was confirmed")
	}

	// Both presses were made before the first was answered.
	for range 2 {
		h.sim.Press(person, person, question.ID, question.Buttons[0][0].Data)
	}
	h.takeUpdates()
	if got := h.last(person); !strings.Contains(got, "$10.00 was given back") || r.times.Load() != 1 || h.refunded(p) != 1000 {
		t.Errorf("%q, %d refunds of %d", got, r.times.Load(), h.refunded(p))
	}
	refund := h.Reload(p).Refunds[0]
	if refund.RequestedBy != users.Actor(user.ID) {
		t.Errorf("asked for by %q", refund.RequestedBy)
	}
	if again := h.ask(p); len(again.Buttons) > 0 || !strings.Contains(again.Text, "Nothing of "+p.Session.Reference+" is left to give back:\n✅ $10.00 was given back.") {
		t.Errorf("nothing is left, and it answers %q", again.Text)
	}
}

func TestRefundNeedsAnOwnerWhenItIsAskedAndWhenItIsPressed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.withRefunds()
	p := h.pay()
	if got := h.say(person, "/refund "+p.Session.Reference); !strings.HasPrefix(got, "/refund") {
		t.Errorf("a stranger was answered %q", got)
	}

	user := h.linkSeller(users.RoleManager)
	if got := h.ask(p); len(got.Buttons) > 0 || !strings.Contains(got.Text, "Only an owner") {
		t.Errorf("a manager was asked %q", got.Text)
	}
	if _, err := h.users.CreateUser(t.Context(), users.User{Email: "other@klaing.example"}, map[string]users.Role{"klaing": users.RoleOwner}); err != nil {
		t.Fatal(err)
	}
	set := func(role users.Role) {
		if err := h.users.SetRole(t.Context(), "klaing", user.ID, role); err != nil {
			t.Fatal(err)
		}
	}
	set(users.RoleOwner)
	question := h.ask(p)
	set(users.RoleManager)
	if h.press(question, 0); r.times.Load() != 0 {
		t.Error("who is no owner any more gave money back")
	}

	set(users.RoleOwner)
	h.Move(11 * time.Minute)
	if got := h.press(question, 0); r.times.Load() != 0 || !strings.Contains(got, "ask anew") {
		t.Errorf("an old question: %q", got)
	}
	if got := h.press(h.ask(p), 1); r.times.Load() != 0 || !strings.Contains(got, "Nothing was given back") {
		t.Errorf("kept: %q", got)
	}
}

func TestOnlyPaidSalesOfTheMerchantAreGivenBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.linkSeller(users.RoleOwner)
	unpaid := h.Open()
	for _, reference := range []string{"", "nothing", unpaid.Session.Reference} {
		if got := h.say(person, "/refund "+reference); !strings.Contains(got, "Write the reference") {
			t.Errorf("%q: %q", reference, got)
		}
	}

	// A provider that cannot give back leads to the page for that.
	paid := h.pay()
	if got := h.ask(paid); len(got.Buttons) > 0 || !strings.Contains(got.Text, "/dashboard/test/klaing/payments/"+paid.Latest().ID) {
		t.Errorf("by hand: %q", got.Text)
	}
}

// A client of Telegram can send whatever it likes as the data of a button.
func TestForgedButtonGivesNothingBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.withRefunds()
	h.linkSeller(users.RoleOwner)
	h.ApplyFile(`{"id":"krama","name":"Krama","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}}}`)
	own, others := h.pay(), h.payAt("krama")
	question := h.ask(own)

	for _, data := range []string{
		"refund " + others.Latest().ID + " 10.00", // another merchant's
		"refund " + own.Latest().ID + " 10.01",    // more than was paid
		"refund " + own.Latest().ID + " -1",
		"refund pay_00000000000000000000000000 1.00",
		"refund " + own.Latest().ID,
	} {
		h.sim.Press(person, person, question.ID, data)
		h.takeUpdates()
	}
	if h.refunded(own) != 0 || h.refunded(others) != 0 || r.times.Load() != 0 {
		t.Errorf("%d of the own payment and %d of another merchant's were given back", h.refunded(own), h.refunded(others))
	}
}

func TestLinksAreToldWithTheirUses(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if got := h.say(person, "/links"); got != "/links" {
		t.Errorf("a stranger was answered %q", got)
	}
	h.linkSeller(users.RoleOwner)
	if got := h.say(person, "/links"); !strings.Contains(got, "no active payment link") {
		t.Errorf("without links: %q", got)
	}

	uses := 3
	link, err := h.Process.Service.CreateLink(t.Context(), "klaing", checkout.ModeTest, checkout.LinkParams{Amount: "2.50", Currency: "USD", Description: "iced coffee", MaxUses: &uses})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.say(person, "/links"); !strings.Contains(got, "$2.50 iced coffee\n0 of 3 paid\nhttps://pay.example/l/"+link.ID) || !strings.HasPrefix(got, "TEST MODE") {
		t.Errorf("told %q", got)
	}
	if _, err := h.Process.Service.DeactivateLink(t.Context(), link.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.say(person, "/links"); strings.Contains(got, "iced coffee") {
		t.Errorf("a link that is no more: %q", got)
	}
}
