package checkout_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

// orders lists every order of steps.
func orders(steps []string) (all [][]string) {
	if len(steps) == 0 {
		return [][]string{nil}
	}
	for i, first := range steps {
		rest := append(append([]string{}, steps[:i]...), steps[i+1:]...)
		for _, order := range orders(rest) {
			all = append(all, append([]string{first}, order...))
		}
	}
	return all
}

// rivals are two purchases that both say of one transaction that it is theirs.
type rivals struct {
	*harness
	transaction string
	a, b        checkout.Purchase
	decision    checkout.Decision
}

func (r *rivals) reloaded() []checkout.Purchase {
	r.a, r.b = r.Reload(r.a), r.Reload(r.b)
	return []checkout.Purchase{r.a, r.b}
}

// rows are the payments of both that were recorded with the transaction.
func (r *rivals) rows() (rows []checkout.Payment) {
	for _, p := range r.reloaded() {
		for _, payment := range p.Payments {
			if payment.Proof != nil && payment.Proof.TransactionID == r.transaction {
				rows = append(rows, payment)
			}
		}
	}
	return rows
}

func (r *rivals) prove(payment checkout.Payment) {
	r.T.Helper()
	proof := checkouttest.Proof(payment, r.transaction, r.Clock())
	if err := r.Apply(r.T.Context(), payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof}); err != nil {
		r.T.Fatal(err)
	}
}

// do plays a step. What the merchant may not do is refused, which is as good.
func (r *rivals) do(step string) {
	r.T.Helper()
	switch step {
	case "proof for A":
		r.prove(*r.a.Latest())
	case "proof for B":
		r.prove(*r.b.Latest())
	case "hash for B":
		_, err := r.ReportPaid(r.T.Context(), r.b.Session.ID, verifier.PaidParams{Hash: r.transaction, Address: r.b.Session.ID})
		if err != nil && !errors.Is(err, verifier.ErrHashTooOften) {
			r.T.Fatal(err)
		}
	case "decision":
		for _, payment := range r.rows() {
			if payment.Review != checkout.ReviewNone && payment.Decision == nil {
				_ = r.decide(payment, r.decision)
			}
		}
	case "refund":
		for _, payment := range r.rows() {
			_, _ = r.Refund(r.T.Context(), payment.MerchantID, checkout.ModeTest, checkout.RefundParams{
				Payment: payment.ID, Reason: "cold", ByHand: &checkout.ByHand{By: "Bopha"},
			})
		}
	}
}

// want holds both purchases to what one transaction can do.
func (r *rivals) want() {
	r.T.Helper()
	has := 0
	for _, payment := range r.rows() {
		if !payment.TransactionLost {
			has++
		} else if payment.Refundable().Minor != 0 {
			r.T.Errorf("%s has no transaction, and %v can be given back", payment.ID, payment.Refundable())
		}
		if payment.Review == checkout.ReviewNone && payment.Proof.Source == checkout.SourceHash {
			r.T.Errorf("%s is settled by a hash", payment.ID)
		}
	}
	if has > 1 {
		r.T.Errorf("%d payments have one transaction", has)
	}
	byMoney := 0
	for _, p := range r.reloaded() {
		if by := p.Payment(p.Session.PaymentID); by != nil && !by.TransactionLost {
			byMoney++
		} else if by != nil && by.Review != checkout.ReviewContested {
			r.T.Errorf("session complete by %s, whose transaction is another's, with review %q", by.ID, by.Review)
		}
	}
	if byMoney > 1 {
		r.T.Error("one transaction completed two sessions")
	}
}

// One transaction pays once, in whatever order it is proved, named, proved
// elsewhere, decided about and given back, in time or late, at one merchant or
// two. wantSound checks the database with all of them in it.
func TestOneTransactionPaysOnceInAnyOrder(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"krama","name":"Krama","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ApplyMerchant(t.Context(), h.Store, spec); err != nil {
		t.Fatal(err)
	}
	decisions := []checkout.Decision{checkout.DecisionAccept, checkout.DecisionRefuse, checkout.DecisionRefunded}
	for i, order := range orders([]string{"proof for A", "proof for B", "hash for B", "decision", "refund"}) {
		for j, other := range []string{"klaing", "krama"} {
			r := &rivals{harness: h, transaction: fmt.Sprintf("tx-%d-%d", i, j), decision: decisions[(i+j)%3]}
			r.a, r.b = h.OpenAt("klaing"), h.OpenAt(other)
			late := (i+j)%2 == 1
			if late {
				h.Move(40 * time.Minute)
				for _, p := range []checkout.Purchase{r.a, r.b} {
					if _, err := h.ExpireSession(t.Context(), p.Session.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
			h.Provider.HashPaidAt = h.Clock()
			for _, step := range order {
				r.reloaded()
				r.do(step)
				r.want()
			}
			if t.Failed() {
				t.Fatalf("%s, decision %s, late %t, B of %s", strings.Join(order, ", "), r.decision, late, other)
			}
			h.Move(time.Minute) // past the bound on look-ups
		}
	}
}

// A proof whose transaction another session has is under review, with its
// event, wherever that session is.
func TestProofOfAnothersTransactionIsReviewed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first, second := h.Open(), h.Open()
	h.AnswerPaid(*first.Latest(), "tx")
	h.Pass(10 * time.Second)
	h.AnswerPaid(*second.Latest(), "tx")
	h.Pass(10 * time.Second)
	second = h.Reload(second)
	contested := second.Payments[len(second.Payments)-1]
	if second.Session.Status != checkout.SessionOpen || contested.Review != checkout.ReviewContested || contested.Refundable().Minor != 0 {
		t.Fatalf("session %s, review %q", second.Session.Status, contested.Review)
	}
	if got := h.events(contested.ID); len(got) != 1 || got[0] != checkout.EventPaymentContested {
		t.Errorf("events %v", got)
	}
	if err := h.decide(contested, checkout.DecisionAccept); !errors.Is(err, checkout.ErrTransactionReused) {
		t.Errorf("accepted: %v", err)
	}
	before := len(second.Payments)
	h.Pass(time.Minute) // the same answer comes again and again
	if second = h.Reload(second); len(second.Payments) != before || second.Latest().NextCheckAt.IsZero() {
		t.Errorf("%d payments; asked next at %v", len(second.Payments), second.Latest().NextCheckAt)
	}
}

// Two gateways may give one number to two transactions: money to another payee
// is its own, and the merchant can accept it.
func TestSameNumberAtAnotherGatewayCanBeAccepted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"krama","name":"Krama","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ApplyMerchant(t.Context(), h.Store, spec); err != nil {
		t.Fatal(err)
	}
	first := h.Open()
	h.AnswerPaid(*first.Latest(), "1001")
	h.Pass(10 * time.Second)

	h.Provider.Payee = "krama@devb"
	second := h.OpenAt("krama")
	proof := checkouttest.Proof(*second.Latest(), "1001", h.Clock())
	proof.Payee = "krama@devb"
	if err := h.Apply(t.Context(), *second.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof}); err != nil {
		t.Fatal(err)
	}
	second = h.Reload(second)
	contested := second.Payments[len(second.Payments)-1]
	if contested.Review != checkout.ReviewContested || contested.Refundable() != contested.Amount {
		t.Fatalf("review %q, refundable %v", contested.Review, contested.Refundable())
	}
	if err := h.decide(contested, checkout.DecisionAccept); err != nil {
		t.Fatal(err)
	}
	if second = h.Reload(second); second.Session.Status != checkout.SessionComplete {
		t.Errorf("session %s", second.Session.Status)
	}
}

// A third payment with the number is found to be of the same money as the
// second, whose payee it has, not as the first.
func TestThreePaymentsWithOneNumberAreAllRecorded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, id := range []string{"krama", "sarong"} {
		spec, err := checkout.ParseMerchantSpec(fmt.Appendf(nil, `{"id":%q,"name":"Krama","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}}}`, id))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.ApplyMerchant(t.Context(), h.Store, spec); err != nil {
			t.Fatal(err)
		}
	}
	first := h.Open()
	h.AnswerPaid(*first.Latest(), "1001")
	h.Pass(10 * time.Second)
	h.Provider.Payee = "krama@devb"

	for _, merchant := range []string{"krama", "sarong"} {
		p := h.OpenAt(merchant)
		proof := checkouttest.Proof(*p.Latest(), "1001", h.Clock())
		proof.Payee = "krama@devb"
		if err := h.Apply(t.Context(), *p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof}); err != nil {
			t.Fatalf("%s: %v", merchant, err)
		}
		p = h.Reload(p)
		contested := p.Payments[len(p.Payments)-1]
		if contested.Review != checkout.ReviewContested || contested.TransactionLost != (merchant == "sarong") {
			t.Errorf("%s: review %q, the transaction is another's: %v", merchant, contested.Review, contested.TransactionLost)
		}
	}
}
