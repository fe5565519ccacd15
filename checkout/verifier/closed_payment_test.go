package verifier_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

func TestClosedPaymentIsQueriedUntilAKnownAnswer(t *testing.T) {
	t.Parallel()
	for _, silent := range []checkout.Answer{unknown, {Verdict: checkout.VerdictProcessing}} {
		h := checkouttest.New(t)
		p := h.Open()
		h.Provider.SetAnswer(*p.Latest(), silent)
		h.PassInSteps(time.Hour, 20*time.Second) // the session ends in it
		h.PassInSteps(22*time.Hour, 10*time.Minute)
		if got := h.Latest(p); got.Review != checkout.ReviewNone {
			t.Fatalf("%q: under review %q within a day", silent.Verdict, got.Review)
		}
		times := queriedAt(h, p, 14*24*time.Hour, 30*time.Minute)
		if len(times) < 12 || len(times) > 20 {
			t.Errorf("%q: queried %d times in two weeks", silent.Verdict, len(times))
		}
		for i := 2; i < len(times); i++ {
			if before, gap := times[i-1].Sub(times[i-2]), times[i].Sub(times[i-1]); gap < before-time.Hour {
				t.Errorf("%q: a gap of %s after one of %s", silent.Verdict, gap, before)
			}
		}
		if got := h.Latest(p); got.Review != checkout.ReviewUnknown || h.CountEvents(checkout.EventPaymentUnknown) != 1 {
			t.Errorf("%q: review %q, %d events", silent.Verdict, got.Review, h.CountEvents(checkout.EventPaymentUnknown))
		}

		payment := *h.Latest(p)
		h.Provider.SetAnswer(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(payment, "tx", payment.CreatedAt.Add(time.Minute))})
		h.PassInSteps(25*time.Hour, time.Hour)
		h.WantComplete(p)
	}
}

func TestPaymentThatCannotBeQueriedIsUnknown(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	h.PassInSteps(time.Hour, time.Minute)
	err := h.Store.UpdateQuota(t.Context(), p.Latest().AccountID, func(m *verifier.Quota) { m.PausedUntil = h.Clock().Add(1000 * time.Hour) })
	if err != nil {
		t.Fatal(err)
	}
	before := len(h.Provider.Queried)
	h.PassInSteps(26*time.Hour, 30*time.Minute)
	if got := h.Latest(p); got.Review != checkout.ReviewUnknown || len(h.Provider.Queried) != before {
		t.Errorf("review %q after %d queries", got.Review, len(h.Provider.Queried)-before)
	}
}

func TestRemovedProviderIsStillQueried(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	queried, noticed := h.Open(), h.Open()
	h.Provider.SetAnswer(*queried.Latest(), unknown)
	h.ApplyProviders(`{}`)
	if _, err := h.StartPayment(t.Context(), queried.Session.ID, checkout.StartParams{Method: "khqr"}); !errors.Is(err, checkout.ErrMethodUnavailable) {
		t.Errorf("a new payment: %v", err)
	}

	h.AnswerPaid(*queried.Latest(), "tx-1")
	h.Pass(30 * time.Second)
	h.WantComplete(queried)
	h.PassInSteps(40*time.Hour, time.Hour)
	h.AnswerPaid(*noticed.Latest(), "tx-2")
	h.SendCallback(*noticed.Latest())
	h.WantKnown(noticed)

	h.ApplyProviders(`{"bank":{}}`)
	if again := h.Open(); again.Latest().AccountID != queried.Latest().AccountID {
		t.Error("the account that was added again is another")
	}
}

func TestNewSettingsMakeUnansweredPaymentsDue(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	h.Provider.SetAnswer(*p.Latest(), unknown)
	h.PassInSteps(40*time.Hour, 10*time.Minute)
	h.AnswerPaid(*p.Latest(), "tx")
	h.ApplyProviders(`{"bank":{"password":"new"}}`)
	h.Pass(time.Second)
	h.WantKnown(p)
	if !slices.Contains(h.Provider.Queried, p.Latest().ID) {
		t.Error("not queried")
	}
}

func TestKnownNoEndsTheReviewOfAnUnknownPayment(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	h.Provider.SetAnswer(*p.Latest(), unknown)
	h.PassInSteps(40*time.Hour, 10*time.Minute)
	under := h.Reload(p)
	if under.Latest().Review != checkout.ReviewUnknown {
		t.Fatalf("review %q", under.Latest().Review)
	}
	accept := checkout.ReviewDecision{Decision: checkout.DecisionAccept}
	if _, err := h.DecideReview(t.Context(), *under.Latest(), accept); !errors.Is(err, checkout.ErrReviewNotOpen) {
		t.Errorf("accepting what nobody has proved: %v", err)
	}

	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPending})
	h.PassInSteps(25*time.Hour, 10*time.Minute)
	got := h.Reload(p)
	if latest := got.Latest(); latest.Review != checkout.ReviewNone || !latest.NextCheckAt.IsZero() || latest.Doubtful {
		t.Errorf("review %q, next query %s", latest.Review, latest.NextCheckAt)
	}
	if got.Session.Version == under.Session.Version || h.CountEvents(checkout.EventPaymentCleared) != 1 {
		t.Errorf("the end of the review shows nowhere: %d events", h.CountEvents(checkout.EventPaymentCleared))
	}
}
