package checkout_test

import (
	"context"
	"testing"
	"time"

	"rieltime/checkout"
)

// forAWhile lets a time go by in steps.
func (h *harness) forAWhile(d, step time.Duration) {
	h.t.Helper()
	for ; d > 0; d -= step {
		h.pass(step)
	}
}

// step sets the clock, forwards or back, as a correction of it does.
func (h *harness) step(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *harness) sayPaid(p checkout.Purchase, transaction string) {
	payment := *p.Latest()
	h.provider.say(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(payment, transaction, h.clock())})
}

func (h *harness) wantComplete(purchases ...checkout.Purchase) {
	h.t.Helper()
	for _, p := range purchases {
		got := h.reload(p)
		if got.Session.Status != checkout.SessionComplete || got.Latest().Proof == nil || got.Latest().Review != checkout.ReviewNone {
			h.t.Errorf("session %s is %s, payment %s %s", got.Session.ID, got.Session.Status, got.Latest().Status, got.Latest().Review)
		}
	}
}

// wantKnown wants money to be known, be it under review.
func (h *harness) wantKnown(purchases ...checkout.Purchase) {
	h.t.Helper()
	for _, p := range purchases {
		got := h.reload(p)
		if latest := got.Latest(); latest.Status != checkout.PaymentSucceeded || latest.Proof == nil {
			h.t.Errorf("session %s is %s, payment %s", got.Session.ID, got.Session.Status, latest.Status)
		}
	}
}

func TestMoneyTakenWhileTheProviderWasDownForAnHourIsFound(t *testing.T) {
	h := newHarness(t)
	silent := checkout.Answer{Verdict: checkout.VerdictUnknown, Reason: "no answer"}
	var bought []checkout.Purchase
	for range 12 { // one every 5 minutes, each paid at once
		p := h.open()
		h.provider.say(*p.Latest(), silent)
		bought = append(bought, p)
		h.forAWhile(5*time.Minute, 10*time.Second)
	}
	if n := len(h.provider.asked); n == 0 || n > 12*100 {
		t.Errorf("asked %d times while nobody answered", n)
	}
	for i, p := range bought {
		now := h.reload(p)
		payment := *now.Latest()
		if payment.Status == checkout.PaymentFailed || payment.Proof != nil {
			t.Errorf("payment %d is %s while nobody knows", i, payment.Status)
		}
		h.provider.say(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(payment, payment.Reference, payment.CreatedAt.Add(time.Minute))})
	}
	h.forAWhile(40*time.Minute, 10*time.Second) // the oldest rest the longest between two questions
	h.wantComplete(bought...)
}

func TestSteppingClockLosesNothing(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, -time.Minute, time.Minute, time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			h := newHarness(t)
			before := h.open()
			h.forAWhile(30*time.Second, 5*time.Second)
			h.step(by)
			h.forAWhile(10*time.Second, 5*time.Second)
			h.sayPaid(before, "before")
			after, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params(), checkout.IdempotentRequest{})
			if err != nil {
				t.Fatal(err)
			}
			during, err := h.StartPayment(t.Context(), after.ID, checkout.StartParams{Method: "khqr"})
			if err != nil {
				t.Fatal(err)
			}
			h.sayPaid(during, "during")
			h.step(-by)
			h.forAWhile(2*time.Hour, 20*time.Second)
			h.wantKnown(before, during)
		})
	}
}

// restart is another process over the same database.
func (h *harness) restart() {
	h.process = newProcess(checkout.Config{
		Store: h.store, Endpoints: h.store, Providers: []checkout.Provider{h.provider}, BaseURL: "https://pay.example", Now: h.clock,
	})
}

func TestClockSetBackHoldsUpNoQuestion(t *testing.T) {
	for name, afresh := range map[string]bool{"while serving": false, "before a restart": true} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			asked := h.open()
			h.forAWhile(30*time.Second, 5*time.Second)
			h.provider.say(*asked.Latest(), checkout.Answer{PauseUntil: h.clock().Add(time.Minute)})
			h.forAWhile(30*time.Second, 5*time.Second)
			fresh := h.open()
			h.step(-time.Hour)
			if afresh {
				h.restart()
			}
			h.sayPaid(asked, "asked")
			h.sayPaid(fresh, "fresh")
			questions := len(h.provider.asked)
			h.forAWhile(2*time.Minute, 5*time.Second)
			h.wantKnown(asked, fresh)
			after := h.open()
			h.forAWhile(time.Minute, time.Second)
			if n := len(h.provider.asked) - questions; n > 40 {
				t.Errorf("%d questions in three minutes", n)
			}
			h.step(time.Hour)
			h.sayPaid(after, "after")
			h.forAWhile(2*time.Minute, 5*time.Second)
			h.wantKnown(after)
		})
	}
}

// tired is a clock that goes on each time it is looked at.
func (h *harness) tired(by time.Duration) func() time.Time {
	return func() time.Time {
		h.step(by)
		return h.clock()
	}
}

func TestQuestionsWithoutEndHoldUpNothingElse(t *testing.T) {
	h := newHarness(t)
	const payments = 200
	for range payments {
		h.open()
	}
	h.step(10 * time.Minute)
	service := newProcess(checkout.Config{
		Store: h.store, Providers: []checkout.Provider{h.provider}, BaseURL: "https://pay.example", Now: h.tired(10 * time.Millisecond),
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := service.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	service.Wait()
	asked := len(h.provider.asked)
	if asked == 0 || asked == payments {
		t.Errorf("%d of %d were asked about in one tick", asked, payments)
	}
	for range payments {
		if err := service.Tick(ctx); err != nil {
			t.Fatal(err)
		}
		service.Wait()
	}
	if asked := len(h.provider.asked); asked < payments {
		t.Errorf("%d of %d were asked about in the end", asked, payments)
	}
}

// An attempt that was closed, or of which a notice came, by a clock that was
// ahead is not put off until that time when nobody was asked before the clock
// was put right.
func TestClockSetBackHoldsUpNoClosedPayment(t *testing.T) {
	for _, when := range []string{"closed", "noticed"} {
		h := newHarness(t)
		p := h.open()
		h.pass(3 * time.Second)
		if when == "noticed" {
			if _, err := h.CancelSession(t.Context(), p.Session.ID); err != nil {
				t.Fatal(err)
			}
			h.pass(time.Second)
		}
		h.sayPaid(p, "tx")
		h.move(time.Hour)
		if when == "closed" {
			if _, err := h.CancelSession(t.Context(), p.Session.ID); err != nil {
				t.Fatal(err)
			}
		} else {
			message := checkout.Message{Method: "POST", Body: []byte(p.Latest().Reference), ReceivedAt: h.clock()}
			if _, err := h.Callback(t.Context(), p.Latest().Provider, p.Latest().AccountID, message); err != nil {
				t.Fatal(err)
			}
		}
		h.move(-time.Hour)
		h.restart()
		h.pass(time.Second)
		if h.latest(p).Proof == nil {
			t.Errorf("%s: next question %s, now %s", when, h.latest(p).NextCheckAt, h.clock())
		}
	}
}
