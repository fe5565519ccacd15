package checkout_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

var dontKnow = checkout.Answer{Verdict: checkout.VerdictUnknown, Reason: "no answer"}

// told counts the events of a type.
func (h *harness) told(kind checkout.EventType) (n int) {
	h.t.Helper()
	events, _, err := h.store.ListEvents(h.t.Context(), "klaing", checkout.ModeTest, checkout.EventQuery{Limit: checkout.MaxListLimit})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, event := range events {
		if event.Type == kind {
			n++
		}
	}
	return n
}

// callback brings what the provider's server sends about a payment.
func (h *harness) callback(payment checkout.Payment) {
	h.t.Helper()
	message := checkout.Message{Method: "POST", Body: []byte(payment.Reference), ReceivedAt: h.clock()}
	if _, err := h.Callback(h.t.Context(), payment.Provider, payment.AccountID, message); err != nil {
		h.t.Fatal(err)
	}
	h.pass(time.Second)
}

// latest is a purchase's newest attempt as it is stored.
func (h *harness) latest(p checkout.Purchase) *checkout.Payment {
	h.t.Helper()
	now := h.reload(p)
	return now.Latest()
}

// askedAt are the times at which a payment was asked about.
func (h *harness) askedAt(p checkout.Purchase, d, step time.Duration) (times []time.Time) {
	h.t.Helper()
	count := h.latest(p).CheckCount
	for ; d > 0; d -= step {
		h.pass(step)
		if n := h.latest(p).CheckCount; n > count {
			count, times = n, append(times, h.clock())
		}
	}
	return times
}

func TestWatchingEndsOnlyOnAKnownAnswer(t *testing.T) {
	for _, silent := range []checkout.Answer{dontKnow, {Verdict: checkout.VerdictProcessing}} {
		h := newHarness(t)
		p := h.open()
		h.provider.say(*p.Latest(), silent)
		h.forAWhile(time.Hour, 10*time.Second) // the session ends in it
		h.forAWhile(22*time.Hour, 10*time.Minute)
		if got := h.latest(p); got.Review != checkout.ReviewNone {
			t.Fatalf("%q: under review %q within a day", silent.Verdict, got.Review)
		}
		times := h.askedAt(p, 14*24*time.Hour, 30*time.Minute)
		if len(times) < 12 || len(times) > 20 {
			t.Errorf("%q: asked %d times in two weeks", silent.Verdict, len(times))
		}
		for i := 2; i < len(times); i++ {
			if before, gap := times[i-1].Sub(times[i-2]), times[i].Sub(times[i-1]); gap < before-time.Hour {
				t.Errorf("%q: a gap of %s after one of %s", silent.Verdict, gap, before)
			}
		}
		if got := h.latest(p); got.Review != checkout.ReviewUnknown || h.told(checkout.EventPaymentUnknown) != 1 {
			t.Errorf("%q: review %q, %d events", silent.Verdict, got.Review, h.told(checkout.EventPaymentUnknown))
		}

		payment := *h.latest(p)
		h.provider.say(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(payment, "tx", payment.CreatedAt.Add(time.Minute))})
		h.forAWhile(25*time.Hour, time.Hour)
		h.wantComplete(p)
	}
}

func TestKnownNoEndsTheReviewOfAnUnknownPayment(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.provider.say(*p.Latest(), dontKnow)
	h.forAWhile(40*time.Hour, 10*time.Minute)
	under := h.reload(p)
	if under.Latest().Review != checkout.ReviewUnknown {
		t.Fatalf("review %q", under.Latest().Review)
	}
	accept := checkout.ReviewDecision{Decision: checkout.DecisionAccept}
	if _, err := h.DecideReview(t.Context(), *under.Latest(), accept); !errors.Is(err, checkout.ErrReviewNotOpen) {
		t.Errorf("accepting what nobody has proved: %v", err)
	}

	h.provider.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPending})
	h.forAWhile(25*time.Hour, 10*time.Minute)
	got := h.reload(p)
	if latest := got.Latest(); latest.Review != checkout.ReviewNone || !latest.NextCheckAt.IsZero() || latest.Doubtful {
		t.Errorf("review %q, next question %s", latest.Review, latest.NextCheckAt)
	}
	if got.Session.Version == under.Session.Version || h.told(checkout.EventPaymentCleared) != 1 {
		t.Errorf("the end of the review shows nowhere: %d events", h.told(checkout.EventPaymentCleared))
	}
}

func TestNoticesReopenTheWatchingHoweverLate(t *testing.T) {
	for _, late := range []time.Duration{40 * time.Hour, 21 * 24 * time.Hour} {
		h := newHarness(t)
		p := h.open()
		h.forAWhile(late, time.Hour)
		if !h.latest(p).NextCheckAt.IsZero() {
			t.Fatal("still watched")
		}

		h.callback(*p.Latest()) // the provider's own question lags behind its notice
		h.forAWhile(20*time.Minute, time.Minute)
		payment := *h.latest(p)
		h.provider.say(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(payment, "tx", h.clock())})
		h.forAWhile(time.Hour, time.Minute)
		if got := h.latest(p); got.Proof == nil || got.Review != checkout.ReviewLate {
			t.Errorf("after %s: proof %v, review %q", late, got.Proof, got.Review)
		}
	}
}

func TestReturnOfABuyerReopensNothing(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.forAWhile(40*time.Hour, time.Hour)
	message := checkout.Message{Method: "POST", Body: []byte(p.Latest().Reference), Return: true, ReceivedAt: h.clock()}
	if _, err := h.Callback(t.Context(), "bakong", p.Latest().AccountID, message); err != nil {
		t.Fatal(err)
	}
	if got := h.latest(p); !got.NextCheckAt.IsZero() {
		t.Error("what anybody can send has a payment asked about again")
	}
}

func TestPaymentThatCannotBeAskedAboutIsUnknown(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.forAWhile(time.Hour, time.Minute)
	err := h.store.UpdateQuota(t.Context(), p.Latest().AccountID, func(m *verifier.Quota) { m.PausedUntil = h.clock().Add(1000 * time.Hour) })
	if err != nil {
		t.Fatal(err)
	}
	asked := len(h.provider.asked)
	h.forAWhile(26*time.Hour, 30*time.Minute)
	if got := h.latest(p); got.Review != checkout.ReviewUnknown || len(h.provider.asked) != asked {
		t.Errorf("review %q after %d questions", got.Review, len(h.provider.asked)-asked)
	}
}

func TestProviderThatWasTakenOutStillAnswers(t *testing.T) {
	h := newHarness(t)
	asked, noticed := h.open(), h.open()
	h.provider.say(*asked.Latest(), dontKnow)
	h.apply(`{}`)
	if _, err := h.StartPayment(t.Context(), asked.Session.ID, checkout.StartParams{Method: "khqr"}); !errors.Is(err, checkout.ErrMethodUnavailable) {
		t.Errorf("a new payment: %v", err)
	}

	h.sayPaid(asked, "tx-1")
	h.pass(30 * time.Second)
	h.wantComplete(asked)
	h.forAWhile(40*time.Hour, time.Hour)
	h.sayPaid(noticed, "tx-2")
	h.callback(*noticed.Latest())
	h.wantKnown(noticed)

	h.apply(`{"bakong":{}}`)
	if again := h.open(); again.Latest().AccountID != asked.Latest().AccountID {
		t.Error("the account that was added again is another")
	}
}

// apply gives the merchant other providers.
func (h *harness) apply(providers string) {
	h.t.Helper()
	spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"test":{"providers":` + providers + `}}`))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.ApplyMerchant(h.t.Context(), h.store, spec); err != nil {
		h.t.Fatal(err)
	}
}

func TestNewSettingsHaveUnansweredPaymentsAskedAboutAtOnce(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.provider.say(*p.Latest(), dontKnow)
	h.forAWhile(40*time.Hour, 10*time.Minute)
	h.sayPaid(p, "tx")
	h.apply(`{"bakong":{"password":"new"}}`)
	h.pass(time.Second)
	h.wantKnown(p)
	if !slices.Contains(h.provider.asked, p.Latest().ID) {
		t.Error("not asked")
	}
}

// Keys that change do not change what is expected of a payment in flight, nor
// do old keys open later payments.
func TestMessagesVerifyByTheSettingsThatAPaymentWasMadeBy(t *testing.T) {
	h := newHarness(t)
	h.apply(`{"bakong":{"key":"first"}}`)
	old := *h.latest(h.open())
	h.apply(`{"bakong":{"key":"second"}}`)
	fresh := *h.latest(h.open())
	tell := func(payment checkout.Payment, key string) error {
		message := checkout.Message{Method: "POST", Body: []byte(key + " signed " + payment.Reference), ReceivedAt: h.clock()}
		_, err := h.Callback(t.Context(), "bakong", payment.AccountID, message)
		return err
	}
	for name, err := range map[string]error{
		"the old key about the old payment": tell(old, "first"), "the new key about the old payment": tell(old, "second"),
		"the new key about the new payment": tell(fresh, "second"),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"the old key about the new payment": tell(fresh, "first"), "no key of the account's": tell(old, "third"),
	} {
		if !errors.Is(err, checkout.ErrCallbackRefused) {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
}

func TestGenuineMessageThatMakesNoSenseIsReviewed(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	message := checkout.Message{Method: "POST", Body: []byte("odd " + p.Latest().Reference), ReceivedAt: h.clock()}
	for range 2 {
		if _, err := h.Callback(t.Context(), "bakong", p.Latest().AccountID, message); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.latest(p); got.Review != checkout.ReviewUnknown || got.FailureMessage == "" || h.told(checkout.EventPaymentUnknown) != 1 {
		t.Errorf("review %q (%s), %d events", got.Review, got.FailureMessage, h.told(checkout.EventPaymentUnknown))
	}
	h.sayPaid(p, "tx")
	h.pass(3 * time.Second)
	h.wantComplete(p)
}
