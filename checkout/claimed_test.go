package checkout_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

// say has a buyer say "I have paid" with a hash.
func (h *harness) say(p checkout.Purchase, hash string) checkout.Purchase {
	h.t.Helper()
	p, err := h.ReportPaid(h.t.Context(), p.Session.ID, verifier.PaidParams{Hash: hash, Address: p.Session.ID})
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// paidBy has the provider say that an attempt's own code was paid.
func (h *harness) paidBy(payment checkout.Payment, transaction string) {
	h.provider.say(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(payment, transaction, h.clock())})
}

// claims are a purchase's payments under the review claimed.
func claims(p checkout.Purchase) (found []checkout.Payment) {
	for _, payment := range p.Payments {
		if payment.Review == checkout.ReviewClaimed {
			found = append(found, payment)
		}
	}
	return found
}

// events lists the types of a payment's events.
func (h *harness) events(paymentID string) (types []checkout.EventType) {
	h.t.Helper()
	events, _, err := h.store.ListEvents(h.t.Context(), "klaing", checkout.ModeTest, checkout.EventQuery{Limit: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, event := range events {
		if event.PaymentID == paymentID {
			types = append(types, event.Type)
		}
	}
	return types
}

func (h *harness) decide(payment checkout.Payment, decision checkout.Decision) error {
	_, err := h.DecideReview(h.t.Context(), payment, checkout.ReviewDecision{Decision: decision, By: "key_1"})
	return err
}

// Money of the right amount, to the right account, that nothing but a typed
// hash connects with the session, completes nothing.
func TestHashCompletesNothingByItself(t *testing.T) {
	for _, policy := range []string{"review", "accept"} {
		h := newHarness(t)
		spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"late_payments":"` + policy + `","test":{"providers":{"bakong":{}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.ApplyMerchant(t.Context(), h.store, spec); err != nil {
			t.Fatal(err)
		}
		p := h.say(h.open(), "coffee")
		found := claims(p)
		if p.Session.Status != checkout.SessionOpen || len(found) != 1 {
			t.Fatalf("%s: session %s, claims %v", policy, p.Session.Status, found)
		}
		claim := found[0]
		if claim.Proof == nil || claim.Proof.Source != checkout.SourceHash || claim.Proof.TransactionID != "coffee" || claim.Status == checkout.PaymentSucceeded {
			t.Errorf("%s: the claim is %s with %+v", policy, claim.Status, claim.Proof)
		}
		if got := h.events(claim.ID); !slices.Equal(got, []checkout.EventType{checkout.EventPaymentClaimed}) {
			t.Errorf("%s: events %v", policy, got)
		}
		h.pass(40 * time.Minute)
		h.pass(10 * time.Minute)
		if p = h.reload(p); p.Session.Status != checkout.SessionExpired {
			t.Errorf("%s: the session ended as %s", policy, p.Session.Status)
		}
		p = h.say(p, "coffee")
		if p.Session.Status != checkout.SessionExpired || len(claims(p)) != 1 {
			t.Errorf("%s: said again: %s, %d claims", policy, p.Session.Status, len(claims(p)))
		}
	}
}

// A hash wakes the questions about the session's own codes, also the earlier
// ones; what they confirm settles as ever.
func TestHashWakesTheQuestionsAboutOwnCodes(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	first := *p.Latest()
	h.pass(6 * time.Minute)
	p, err := h.StartPayment(t.Context(), p.Session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		t.Fatal(err)
	}
	h.provider.moved = h.clock()
	h.paidBy(first, "tx-1")
	p = h.say(p, "tx-1")
	if p.Session.Status != checkout.SessionComplete || p.Session.PaymentID != first.ID || len(claims(p)) != 0 {
		t.Errorf("%s by %q, %d claims", p.Session.Status, p.Session.PaymentID, len(claims(p)))
	}
}

// A claim that a question about an own code confirms later is settled.
func TestConfirmedClaimSettles(t *testing.T) {
	for _, decision := range []checkout.Decision{"", checkout.DecisionRefuse, checkout.DecisionAccept, checkout.DecisionRefunded} {
		h := newHarness(t)
		p := h.open()
		attempt := *p.Latest()
		p = h.say(p, "tx-1")
		claim := claims(p)[0]
		if decision != "" {
			if err := h.decide(claim, decision); err != nil {
				t.Fatal(err)
			}
		}
		h.paidBy(attempt, "tx-1")
		h.pass(10 * time.Second)
		p = h.reload(p)
		want := checkout.SessionComplete
		if decision == checkout.DecisionRefunded {
			want = checkout.SessionOpen // the money has gone back
		}
		confirmed := p.Payment(claim.ID)
		if p.Session.Status != want || confirmed.Proof.Source != checkout.SourceQuery || confirmed.TransactionLost {
			t.Errorf("%q: session %s, proof by %s", decision, p.Session.Status, confirmed.Proof.Source)
		}
		if n := len(p.Payments); n != 2 {
			t.Errorf("%q: %d payments", decision, n)
		}
	}
}

// A transaction that somebody's code was paid by is taken from whoever named
// its hash, whatever was found or decided there.
func TestClaimIsLostToThePaymentWhoseCodeWasPaid(t *testing.T) {
	for _, decision := range []checkout.Decision{"", checkout.DecisionAccept} {
		h := newHarness(t)
		payer, claimer := h.open(), h.open()
		claimer = h.say(claimer, "seen")
		claim := claims(claimer)[0]
		if decision != "" {
			if err := h.decide(claim, decision); err != nil {
				t.Fatal(err)
			}
		}
		h.paidBy(*payer.Latest(), "seen")
		h.pass(10 * time.Second)
		if got := h.reload(payer); got.Session.Status != checkout.SessionComplete || got.Latest().Review != checkout.ReviewNone {
			t.Errorf("%q: the payer's session is %s", decision, got.Session.Status)
		}
		claimer = h.reload(claimer)
		lost := *claimer.Payment(claim.ID)
		if lost.Review != checkout.ReviewContested || lost.Decision != nil || lost.Refundable().Minor != 0 {
			t.Errorf("%q: the claim is %q, decision %+v, refundable %v", decision, lost.Review, lost.Decision, lost.Refundable())
		}
		if got := h.events(claim.ID); got[len(got)-1] != checkout.EventPaymentContested {
			t.Errorf("%q: events %v", decision, got)
		}
		if err := h.decide(lost, checkout.DecisionAccept); !errors.Is(err, checkout.ErrTransactionReused) {
			t.Errorf("%q: accepted: %v", decision, err)
		}
		if err := h.decide(lost, checkout.DecisionRefunded); err == nil {
			t.Errorf("%q: given back", decision)
		}
		if _, err := h.Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{Payment: lost.ID, Reason: "x", ByHand: &checkout.ByHand{By: "x"}}); !errors.Is(err, checkout.ErrPaymentNotSucceeded) {
			t.Errorf("%q: refunded: %v", decision, err)
		}
		if err := h.decide(lost, checkout.DecisionRefuse); err != nil {
			t.Errorf("%q: refused: %v", decision, err)
		}
	}
}

// Two sessions that name one transaction cannot both have it; once the first is
// refused the second can be accepted.
func TestTwoSessionsNamingOneHash(t *testing.T) {
	h := newHarness(t)
	first, second := h.say(h.open(), "one"), h.say(h.open(), "one")
	claim := claims(first)[0]
	contested := second.Payments[len(second.Payments)-1]
	if contested.Review != checkout.ReviewContested || contested.Refundable().Minor != 0 || !slices.Equal(h.events(contested.ID), []checkout.EventType{checkout.EventPaymentContested}) {
		t.Fatalf("the second is %q, events %v", contested.Review, h.events(contested.ID))
	}
	if err := h.decide(contested, checkout.DecisionAccept); !errors.Is(err, checkout.ErrTransactionReused) {
		t.Errorf("both are accepted: %v", err)
	}
	if err := h.decide(claim, checkout.DecisionRefuse); err != nil {
		t.Fatal(err)
	}
	if err := h.decide(contested, checkout.DecisionAccept); err != nil {
		t.Fatal(err)
	}
	if a, b := h.reload(first), h.reload(second); a.Session.Status != checkout.SessionOpen || b.Session.Status != checkout.SessionComplete {
		t.Errorf("the sessions are %s and %s", a.Session.Status, b.Session.Status)
	}
}

// Who names a transaction that paid another session gets nothing by it.
func TestHashOfAnothersPaymentSaysNothing(t *testing.T) {
	h := newHarness(t)
	payer := h.open()
	h.paidBy(*payer.Latest(), "receipt")
	h.pass(5 * time.Second)
	thief := h.say(h.open(), "receipt")
	if thief.Session.Status != checkout.SessionOpen || len(thief.Payments) != 1 {
		t.Errorf("session %s, %d payments", thief.Session.Status, len(thief.Payments))
	}
}

// A buyer who paid twice says so on the paid page; that is for the merchant to
// decide about.
func TestSecondPaymentIsReportedByItsHash(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.paidBy(*p.Latest(), "tx-1")
	h.pass(5 * time.Second)
	if p = h.say(h.reload(p), "tx-1"); p.Session.Status != checkout.SessionComplete || len(p.Payments) != 1 {
		t.Fatalf("%s, %d payments", p.Session.Status, len(p.Payments))
	}
	p = h.say(p, "tx-2")
	found := claims(p)
	if len(found) != 1 || p.Session.PaymentID == found[0].ID {
		t.Fatalf("claims %v", found)
	}
	if err := h.decide(found[0], checkout.DecisionRefunded); err != nil {
		t.Fatal(err)
	}
	p = h.reload(p)
	if len(p.Refunds) != 1 || p.Refunds[0].PaymentID != found[0].ID || p.Payment(found[0].ID).Refundable().Minor != 0 {
		t.Errorf("refunds %+v", p.Refunds)
	}
}

// Only a claimed or contested payment can be refused: other money came for the
// session.
func TestMoneyForTheSessionCannotBeRefused(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	h.pass(40 * time.Minute)
	h.paidBy(*p.Latest(), "tx-1")
	h.pass(time.Hour)
	p = h.reload(p)
	late := *p.Latest()
	if late.Review != checkout.ReviewLate {
		t.Fatalf("review %q", late.Review)
	}
	if err := h.decide(late, checkout.DecisionRefuse); err == nil || !strings.Contains(err.Error(), "accept or refunded") {
		t.Errorf("refused: %v", err)
	}
}

func TestTextThatIsNoHashIsSaidAndAsksNobody(t *testing.T) {
	h := newHarness(t)
	p := h.open()
	_, err := h.ReportPaid(t.Context(), p.Session.ID, verifier.PaidParams{Hash: "not a hash"})
	if !errors.Is(err, verifier.ErrHashInvalid) {
		t.Error(err)
	}
	if got := h.reload(p); got.Latest().ReportedPaidAt.IsZero() {
		t.Error("the payment is not asked about")
	}
}

func TestHashLookupsAreBounded(t *testing.T) {
	said := func(h *harness, session, address string, times int) (allowed int) {
		for i := range times {
			_, err := h.ReportPaid(t.Context(), session, verifier.PaidParams{Hash: fmt.Sprint("made-up-", i), Address: address})
			if err == nil {
				allowed++
			} else if !errors.Is(err, verifier.ErrHashTooOften) {
				t.Fatal(err)
			}
		}
		return allowed
	}
	h := newHarness(t)
	h.provider.moved = h.clock().Add(-time.Hour) // nothing fits
	if n := said(h, h.open().Session.ID, "192.0.2.1", 20); n != 3 {
		t.Errorf("%d look-ups for one session", n)
	}
	n := 0
	for range 10 {
		n += said(h, h.open().Session.ID, "192.0.2.2", 1)
	}
	if n != 6 {
		t.Errorf("%d look-ups from one address", n)
	}
	n = 0
	for i := range 10 {
		n += said(h, h.open().Session.ID, fmt.Sprint("198.51.100.", i), 1)
	}
	if n != 3 { // twelve a minute, nine of which were asked already
		t.Errorf("then %d look-ups from many addresses in the same minute", n)
	}
	h.pass(time.Hour)
	if n := said(h, h.open().Session.ID, "192.0.2.2", 1); n != 1 {
		t.Error("an hour later none is allowed")
	}
}

// What was given back before the provider confirmed it buys nothing.
func TestClaimGivenBackCompletesNothingOnceConfirmed(t *testing.T) {
	h := newHarness(t)
	p := h.say(h.open(), "tx")
	claim := claims(p)[0]
	if _, err := h.Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{
		Payment: claim.ID, Reason: "not ours", ByHand: &checkout.ByHand{By: "Bopha"},
	}); err != nil {
		t.Fatal(err)
	}
	h.paidBy(*p.Latest(), "tx")
	h.pass(10 * time.Second)
	if got := h.reload(p); got.Session.Status == checkout.SessionComplete {
		t.Errorf("the session is %s by money that was given back: %v left", got.Session.Status, got.Payment(claim.ID).Refundable())
	}
}
