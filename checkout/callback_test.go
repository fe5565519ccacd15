package checkout_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

func TestNoticesReopenTheWatchingHoweverLate(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{40 * time.Hour, 21 * 24 * time.Hour} {
		h := newHarness(t)
		p := h.Open()
		h.PassInSteps(late, time.Hour)
		if !h.Latest(p).NextCheckAt.IsZero() {
			t.Fatal("still watched")
		}

		h.SendCallback(*p.Latest()) // the provider's own question lags behind its notice
		h.PassInSteps(20*time.Minute, time.Minute)
		payment := *h.Latest(p)
		h.Provider.SetAnswer(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(payment, "tx", h.Clock())})
		h.PassInSteps(time.Hour, time.Minute)
		if got := h.Latest(p); got.Proof == nil || got.Review != checkout.ReviewLate {
			t.Errorf("after %s: proof %v, review %q", late, got.Proof, got.Review)
		}
	}
}

func TestReturnOfABuyerReopensNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.Open()
	h.PassInSteps(40*time.Hour, time.Hour)
	message := checkout.Message{Method: "POST", Body: []byte(p.Latest().Reference), Return: true, ReceivedAt: h.Clock()}
	if _, err := h.Callback(t.Context(), "bank", p.Latest().AccountID, message); err != nil {
		t.Fatal(err)
	}
	if got := h.Latest(p); !got.NextCheckAt.IsZero() {
		t.Error("what anybody can send has a payment asked about again")
	}
}

// Keys that change do not change what is expected of a payment in flight, nor
// do old keys open later payments.
func TestMessagesVerifyByTheSettingsThatAPaymentWasMadeBy(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.ApplyProviders(`{"bank":{"key":"first"}}`)
	old := *h.Latest(h.Open())
	h.ApplyProviders(`{"bank":{"key":"second"}}`)
	fresh := *h.Latest(h.Open())
	tell := func(payment checkout.Payment, key string) error {
		message := checkout.Message{Method: "POST", Body: []byte(key + " signed " + payment.Reference), ReceivedAt: h.Clock()}
		_, err := h.Callback(t.Context(), "bank", payment.AccountID, message)
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
	t.Parallel()
	h := newHarness(t)
	p := h.Open()
	message := checkout.Message{Method: "POST", Body: []byte("odd " + p.Latest().Reference), ReceivedAt: h.Clock()}
	for range 2 {
		if _, err := h.Callback(t.Context(), "bank", p.Latest().AccountID, message); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.Latest(p); got.Review != checkout.ReviewUnknown || got.FailureMessage == "" || h.CountEvents(checkout.EventPaymentUnknown) != 1 {
		t.Errorf("review %q (%s), %d events", got.Review, got.FailureMessage, h.CountEvents(checkout.EventPaymentUnknown))
	}
	h.AnswerPaid(*p.Latest(), "tx")
	h.Pass(3 * time.Second)
	h.WantComplete(p)
}

func TestCallbackOnlyWakesAQuestion(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.Open()
	h.Pass(3 * time.Second)
	queried := len(h.Provider.Queried)
	reply, err := h.Callback(t.Context(), "bank", p.Latest().ID, checkout.Message{Body: []byte(p.Latest().Reference)})
	if err != nil || reply != "OK" {
		t.Fatal(reply, err)
	}
	h.Pass(0)
	if len(h.Provider.Queried) != queried+1 {
		t.Error("the callback woke no question")
	}
	if got := h.Reload(p); got.Session.Status != checkout.SessionOpen {
		t.Errorf("a callback made the session %s", got.Session.Status)
	}
}

func TestBadCallbacksAreAllRefusedAlike(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.Open()
	for name, call := range map[string][3]string{
		"forged":            {"bank", p.Latest().ID, "forged"},
		"unknown reference": {"bank", p.Latest().ID, "RNOSUCH"},
		"unknown payment":   {"bank", "pay_no", p.Latest().Reference},
		"unknown account":   {"bank", "acct_no", p.Latest().Reference},
		"other provider":    {"kess", p.Latest().ID, p.Latest().Reference},
	} {
		_, err := h.Callback(t.Context(), call[0], call[1], checkout.Message{Body: []byte(call[2])})
		if !errors.Is(err, checkout.ErrCallbackRefused) || err.Error() != checkout.ErrCallbackRefused.Detail {
			t.Errorf("%s: %v", name, err)
		}
	}
}
