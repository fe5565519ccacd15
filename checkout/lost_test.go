package checkout_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

func TestAttemptWhoseStartWasNotAnsweredIsQueried(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.lose()
	if latest := p.Latest(); latest.Status != checkout.PaymentCreated || !latest.Doubtful || !latest.Lost() || len(latest.Payees) == 0 {
		t.Fatalf("%s, doubtful %v, payees %q", latest.Status, latest.Doubtful, latest.Payees)
	}
	h.AnswerPaid(*p.Latest(), "tx")
	h.Pass(3 * time.Second)
	h.WantComplete(p)
}

func TestAttemptWhoseStartWasNotAnsweredStopsNobody(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.lose()
	lost := *p.Latest()
	h.Pass(3 * time.Second)
	p, err := h.StartPayment(t.Context(), p.Session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil || p.Latest().Status != checkout.PaymentRequiresAction {
		t.Fatalf("another way: %v", err)
	}
	h.AnswerPaid(*p.Latest(), "tx-1")
	h.Pass(10 * time.Second)
	h.Provider.SetAnswer(lost, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(lost, "tx-2", h.Clock())})
	h.SendCallback(lost)
	if got := h.Reload(p); got.Session.PaymentID != p.Latest().ID || got.Payment(lost.ID).Review != checkout.ReviewDuplicate {
		t.Errorf("complete by %s, the lost attempt under %q", got.Session.PaymentID, got.Payment(lost.ID).Review)
	}
}

func TestAttemptWithoutAnyAnswerIsReviewed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.lose()
	h.Provider.SetAnswer(*p.Latest(), unknown)
	h.PassInSteps(26*time.Hour, 10*time.Minute)
	if got := h.Latest(p); got.Review != checkout.ReviewUnknown || got.NextCheckAt.IsZero() {
		t.Errorf("review %q, next question %s", got.Review, got.NextCheckAt)
	}
}

// A process that dies while a provider starts an attempt leaves its row alone.
func TestAttemptOfADeadProcessIsQueried(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.lose()
	_, err := h.Store.Update(t.Context(), p.Session.ID, func(p *checkout.Purchase) error {
		dead := *p.Latest()
		dead.ID, dead.Reference, dead.Doubtful = dead.ID+"d", dead.Reference+"D", false
		dead.NextCheckAt, dead.UnansweredSince = h.Clock().Add(35*time.Second), time.Time{}
		p.Payments = append(p.Payments, dead)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p = h.Reload(p)
	h.AnswerPaid(*p.Latest(), "tx")
	h.Pass(36 * time.Second)
	h.WantComplete(p)
}

func TestStartIsNotQueriedWhileItMayBeAnswered(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.Open()
	var begun checkout.Payment
	h.Provider.Starting = func(payment checkout.Payment) { begun = payment }
	if _, err := h.StartPayment(t.Context(), p.Session.ID, checkout.StartParams{Method: "khqr"}); err != nil {
		t.Fatal(err)
	}
	stored, err := h.Store.Payment(t.Context(), begun.ID)
	if err != nil {
		t.Fatal(err)
	}
	if wait := begun.NextCheckAt.Sub(begun.CreatedAt); wait <= 30*time.Second || wait > time.Minute || len(begun.Payees) == 0 {
		t.Errorf("it is asked about after %s, payees %q", wait, begun.Payees)
	}
	if !stored.NextCheckAt.Before(begun.NextCheckAt) {
		t.Error("its answer brings no question forward")
	}
}

// A provider may tell of the money before it answers that the attempt was
// started, if it ever does.
func TestAnswerToAStartAfterItsProofChangesNothing(t *testing.T) {
	t.Parallel()
	for _, lost := range []error{nil, errors.New("the connection was cut")} {
		h := newHarness(t)
		p := h.Open()
		h.Provider.Starting = func(payment checkout.Payment) {
			if err := h.Apply(t.Context(), payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(payment, "tx", h.Clock())}); err != nil {
				t.Error(err)
			}
		}
		h.Provider.Refuse = lost
		if _, err := h.StartPayment(t.Context(), p.Session.ID, checkout.StartParams{Method: "khqr"}); err != nil {
			t.Fatal(err)
		}
		h.WantComplete(p)
		h.PassInSteps(26*time.Hour, 10*time.Minute)
		if got := h.Latest(p); got.CheckCount != 0 || got.Doubtful || !got.NextCheckAt.IsZero() || !got.UnansweredSince.IsZero() || got.Review != checkout.ReviewNone {
			t.Errorf("start %v: asked %d times, doubtful %v, next question %s, unanswered since %s", lost, got.CheckCount, got.Doubtful, got.NextCheckAt, got.UnansweredSince)
		}
	}
}

// Answers and notices overtake each other.
func TestAnswerAfterTheProofLeavesNothingOwed(t *testing.T) {
	t.Parallel()
	for _, verdict := range []checkout.Verdict{checkout.VerdictUnknown, checkout.VerdictProcessing, checkout.VerdictPending, checkout.VerdictClosed} {
		h := newHarness(t)
		p := h.Open()
		h.AnswerPaid(*p.Latest(), "tx")
		h.Pass(3 * time.Second)
		h.WantComplete(p)
		if err := h.Apply(t.Context(), *p.Latest(), checkout.Answer{Verdict: verdict}); err != nil {
			t.Fatal(err)
		}
		if got := h.Latest(p); got.Doubtful || !got.NextCheckAt.IsZero() || !got.UnansweredSince.IsZero() {
			t.Errorf("%q: doubtful %v, next question %s, unanswered since %s", verdict, got.Doubtful, got.NextCheckAt, got.UnansweredSince)
		}
	}
}
