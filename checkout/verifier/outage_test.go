package verifier_test

import (
	"context"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

func TestMoneyTakenWhileTheProviderWasDownForAnHourIsFound(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	var bought []checkout.Purchase
	for range 12 { // one every 5 minutes, each paid at once
		p := h.Open()
		h.Provider.SetAnswer(*p.Latest(), unknown)
		bought = append(bought, p)
		h.PassInSteps(5*time.Minute, 20*time.Second)
	}
	if n := len(h.Provider.Queried); n == 0 || n > 12*100 {
		t.Errorf("queried %d times while nobody answered", n)
	}
	for i, p := range bought {
		now := h.Reload(p)
		payment := *now.Latest()
		if payment.Status == checkout.PaymentFailed || payment.Proof != nil {
			t.Errorf("payment %d is %s while nobody knows", i, payment.Status)
		}
		h.Provider.SetAnswer(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(payment, payment.Reference, payment.CreatedAt.Add(time.Minute))})
	}
	h.PassInSteps(40*time.Minute, 20*time.Second) // the oldest rest the longest between two queries
	h.WantComplete(bought...)
}

func TestSteppingClockLosesNothing(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{-time.Hour, -time.Minute, time.Minute, time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			h := checkouttest.New(t)
			before := h.Open()
			h.PassInSteps(30*time.Second, 5*time.Second)
			h.Move(by)
			h.PassInSteps(10*time.Second, 5*time.Second)
			h.AnswerPaid(*before.Latest(), "before")
			during := h.Open()
			h.AnswerPaid(*during.Latest(), "during")
			h.Move(-by)
			h.PassInSteps(2*time.Hour, 20*time.Second)
			h.WantKnown(before, during)
		})
	}
}

func TestClockSetBackDelaysNoQuery(t *testing.T) {
	t.Parallel()
	for name, afresh := range map[string]bool{"while serving": false, "before a restart": true} {
		t.Run(name, func(t *testing.T) {
			h := checkouttest.New(t)
			queried := h.Open()
			h.PassInSteps(30*time.Second, 5*time.Second)
			h.Provider.SetAnswer(*queried.Latest(), checkout.Answer{PauseUntil: h.Clock().Add(time.Minute)})
			h.PassInSteps(30*time.Second, 5*time.Second)
			fresh := h.Open()
			h.Move(-time.Hour)
			if afresh {
				h.Restart()
			}
			h.AnswerPaid(*queried.Latest(), "queried")
			h.AnswerPaid(*fresh.Latest(), "fresh")
			before := len(h.Provider.Queried)
			h.PassInSteps(2*time.Minute, 5*time.Second)
			h.WantKnown(queried, fresh)
			after := h.Open()
			h.PassInSteps(time.Minute, time.Second)
			if n := len(h.Provider.Queried) - before; n > 40 {
				t.Errorf("%d queries in three minutes", n)
			}
			h.Move(time.Hour)
			h.AnswerPaid(*after.Latest(), "after")
			h.PassInSteps(2*time.Minute, 5*time.Second)
			h.WantKnown(after)
		})
	}
}

func TestEndlessQueriesDelayNothingElse(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	const payments = 80
	for range payments {
		h.Open()
	}
	h.Move(10 * time.Minute)
	service := h.NewProcess(func() time.Time { // each reading of the clock moves it on
		h.Move(10 * time.Millisecond)
		return h.Clock()
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := service.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	service.Wait()
	queried := len(h.Provider.Queried)
	if queried == 0 || queried == payments {
		t.Errorf("%d of %d were queried in one tick", queried, payments)
	}
	for range payments {
		if err := service.Tick(ctx); err != nil {
			t.Fatal(err)
		}
		service.Wait()
	}
	if queried := len(h.Provider.Queried); queried < payments {
		t.Errorf("%d of %d were queried in the end", queried, payments)
	}
}

// An attempt that was closed, or of which a notice came, by a clock that was
// ahead is not put off until that time when nobody was queried before the clock
// was put right.
func TestClockSetBackDelaysNoClosedPayment(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"closed", "noticed"} {
		h := checkouttest.New(t)
		p := h.Open()
		h.Pass(3 * time.Second)
		if when == "noticed" {
			if _, err := h.CancelSession(t.Context(), p.Session.ID); err != nil {
				t.Fatal(err)
			}
			h.Pass(time.Second)
		}
		h.AnswerPaid(*p.Latest(), "tx")
		h.Move(time.Hour)
		if when == "closed" {
			if _, err := h.CancelSession(t.Context(), p.Session.ID); err != nil {
				t.Fatal(err)
			}
		} else {
			message := checkout.Message{Method: "POST", Body: []byte(p.Latest().Reference), ReceivedAt: h.Clock()}
			if _, err := h.Callback(t.Context(), p.Latest().Provider, p.Latest().AccountID, message); err != nil {
				t.Fatal(err)
			}
		}
		h.Move(-time.Hour)
		h.Restart()
		h.Pass(time.Second)
		if h.Latest(p).Proof == nil {
			t.Errorf("%s: next query %s, now %s", when, h.Latest(p).NextCheckAt, h.Clock())
		}
	}
}
