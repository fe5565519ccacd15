package checkout_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

// Every proof is reported with its outcome and the time since its payment was
// made, once it is stored.
func TestProofsAreObserved(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var mu sync.Mutex
	var seen []checkout.Observation
	h.Process = checkouttest.NewProcess(checkout.Config{
		Store: h.Store, Endpoints: h.Store, Providers: []checkout.Provider{h.Provider}, Now: h.Clock,
		Observe: func(o checkout.Observation) {
			mu.Lock()
			defer mu.Unlock()
			if o.What == checkout.ObservedProof {
				seen = append(seen, o)
			}
		},
	})
	first, second, third := h.Open(), h.Open(), h.Open()
	h.Move(4 * time.Second)

	prove := func(payment checkout.Payment, transaction string) {
		t.Helper()
		answer := checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(payment, transaction, h.Clock())}
		if err := h.Apply(t.Context(), payment, answer); err != nil {
			t.Fatal(err)
		}
	}
	prove(*first.Latest(), "one")
	prove(*first.Latest(), "one")
	prove(*first.Latest(), "two")
	prove(*second.Latest(), "one") // the other session has this transaction

	wrong := checkouttest.Proof(*third.Latest(), "three", h.Clock())
	wrong.Amount.Minor++
	if err := h.Apply(t.Context(), *third.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: wrong}); err != nil {
		t.Fatal(err)
	}
	h.BuyerSaysPaid(second, "four")

	mu.Lock()
	defer mu.Unlock()
	var outcomes []string
	for _, o := range seen {
		outcomes = append(outcomes, o.Outcome)
		if o.Provider != h.Provider.Name() || (o.Outcome != "claimed" && o.Took != 4*time.Second) {
			t.Errorf("observed %+v", o)
		}
	}
	if want := []string{"completed", "repeated", "duplicate", "contested", "mismatch", "claimed"}; !slices.Equal(outcomes, want) {
		t.Errorf("outcomes %q, want %q", outcomes, want)
	}
}
