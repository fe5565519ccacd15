package checkout_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

// Money of the right amount, to the right account, that nothing but a typed
// hash connects with the session, completes nothing.
func TestHashCompletesNothingByItself(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"review", "accept"} {
		h := newHarness(t)
		spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"late_payments":"` + policy + `","test":{"providers":{"bank":{}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.ApplyMerchant(t.Context(), h.Store, spec); err != nil {
			t.Fatal(err)
		}
		p := h.BuyerSaysPaid(h.Open(), "coffee")
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
		h.Pass(40 * time.Minute)
		h.Pass(10 * time.Minute)
		if p = h.Reload(p); p.Session.Status != checkout.SessionExpired {
			t.Errorf("%s: the session ended as %s", policy, p.Session.Status)
		}
		p = h.BuyerSaysPaid(p, "coffee")
		if p.Session.Status != checkout.SessionExpired || len(claims(p)) != 1 {
			t.Errorf("%s: said again: %s, %d claims", policy, p.Session.Status, len(claims(p)))
		}
	}
}

// A claim that a question about an own code confirms later is settled.
func TestConfirmedClaimSettles(t *testing.T) {
	t.Parallel()
	for _, decision := range []checkout.Decision{"", checkout.DecisionRefuse, checkout.DecisionAccept, checkout.DecisionRefunded} {
		h := newHarness(t)
		p := h.Open()
		attempt := *p.Latest()
		p = h.BuyerSaysPaid(p, "tx-1")
		claim := claims(p)[0]
		if decision != "" {
			if err := h.decide(claim, decision); err != nil {
				t.Fatal(err)
			}
		}
		h.AnswerPaid(attempt, "tx-1")
		h.Pass(10 * time.Second)
		p = h.Reload(p)
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
	t.Parallel()
	for _, decision := range []checkout.Decision{"", checkout.DecisionAccept} {
		h := newHarness(t)
		payer, claimer := h.Open(), h.Open()
		claimer = h.BuyerSaysPaid(claimer, "seen")
		claim := claims(claimer)[0]
		if decision != "" {
			if err := h.decide(claim, decision); err != nil {
				t.Fatal(err)
			}
		}
		h.AnswerPaid(*payer.Latest(), "seen")
		h.Pass(10 * time.Second)
		if got := h.Reload(payer); got.Session.Status != checkout.SessionComplete || got.Latest().Review != checkout.ReviewNone {
			t.Errorf("%q: the payer's session is %s", decision, got.Session.Status)
		}
		claimer = h.Reload(claimer)
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
	t.Parallel()
	h := newHarness(t)
	first, second := h.BuyerSaysPaid(h.Open(), "one"), h.BuyerSaysPaid(h.Open(), "one")
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
	if a, b := h.Reload(first), h.Reload(second); a.Session.Status != checkout.SessionOpen || b.Session.Status != checkout.SessionComplete {
		t.Errorf("the sessions are %s and %s", a.Session.Status, b.Session.Status)
	}
}

// Who names a transaction that paid another session gets nothing by it.
func TestHashOfAnothersPaymentIsUnknown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payer := h.Open()
	h.AnswerPaid(*payer.Latest(), "receipt")
	h.Pass(5 * time.Second)
	thief := h.BuyerSaysPaid(h.Open(), "receipt")
	if thief.Session.Status != checkout.SessionOpen || len(thief.Payments) != 1 {
		t.Errorf("session %s, %d payments", thief.Session.Status, len(thief.Payments))
	}
}

// A buyer who paid twice says so on the paid page; that is for the merchant to
// decide about.
func TestSecondPaymentIsReportedByItsHash(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.Open()
	h.AnswerPaid(*p.Latest(), "tx-1")
	h.Pass(5 * time.Second)
	if p = h.BuyerSaysPaid(h.Reload(p), "tx-1"); p.Session.Status != checkout.SessionComplete || len(p.Payments) != 1 {
		t.Fatalf("%s, %d payments", p.Session.Status, len(p.Payments))
	}
	p = h.BuyerSaysPaid(p, "tx-2")
	found := claims(p)
	if len(found) != 1 || p.Session.PaymentID == found[0].ID {
		t.Fatalf("claims %v", found)
	}
	if err := h.decide(found[0], checkout.DecisionRefunded); err != nil {
		t.Fatal(err)
	}
	p = h.Reload(p)
	if len(p.Refunds) != 1 || p.Refunds[0].PaymentID != found[0].ID || p.Payment(found[0].ID).Refundable().Minor != 0 {
		t.Errorf("refunds %+v", p.Refunds)
	}
}

// Only a claimed or contested payment can be refused: other money came for the
// session.
func TestMoneyForTheSessionCannotBeRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.Open()
	h.Pass(40 * time.Minute)
	h.AnswerPaid(*p.Latest(), "tx-1")
	h.Pass(time.Hour)
	p = h.Reload(p)
	late := *p.Latest()
	if late.Review != checkout.ReviewLate {
		t.Fatalf("review %q", late.Review)
	}
	if err := h.decide(late, checkout.DecisionRefuse); err == nil || !strings.Contains(err.Error(), "accept or refunded") {
		t.Errorf("refused: %v", err)
	}
}

// What was given back before the provider confirmed it buys nothing.
func TestClaimGivenBackCompletesNothingOnceConfirmed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.BuyerSaysPaid(h.Open(), "tx")
	claim := claims(p)[0]
	if _, err := h.Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{
		Payment: claim.ID, Reason: "not ours", ByHand: &checkout.ByHand{By: "Bopha"},
	}); err != nil {
		t.Fatal(err)
	}
	h.AnswerPaid(*p.Latest(), "tx")
	h.Pass(10 * time.Second)
	if got := h.Reload(p); got.Session.Status == checkout.SessionComplete {
		t.Errorf("the session is %s by money that was given back: %v left", got.Session.Status, got.Payment(claim.ID).Refundable())
	}
}
