package verifier_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

// confirmedAfter is how long a buyer waits for a payment to be known, with
// somebody else typing made-up hashes beside it.
func confirmedAfter(t *testing.T, budget checkout.Budget, hashes int) (waited time.Duration, lookups int) {
	h := newMemoryHarness(t, budget)
	h.Provider.HashPaidAt = checkouttest.Midnight // what the hashes name is old
	other := h.Open()
	h.PassSeconds(1) // who came first is queried first
	payer := h.Open()
	h.PassSeconds(20)
	for i := range hashes {
		_, err := h.ReportPaid(t.Context(), other.Session.ID, verifier.PaidParams{Hash: fmt.Sprint("made-up-", i), Address: "192.0.2.1"})
		if err != nil && !errors.Is(err, verifier.ErrHashTooOften) {
			t.Fatal(err)
		}
	}
	if hashes == 0 {
		h.BuyerSaysPaid(other, "")
	}
	h.PassSeconds(30, payer)
	h.Provider.SetAnswer(*payer.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*payer.Latest(), "tx", h.Clock())})
	h.BuyerSaysPaid(payer, "")
	for ; waited < 20*time.Minute; waited += time.Second {
		if h.Reload(payer).Session.Status == checkout.SessionComplete {
			return waited, h.Provider.HashChecks
		}
		h.PassSeconds(1, payer)
	}
	return waited, h.Provider.HashChecks
}

// Twenty made-up hashes cost a buyer who pays no more than one press of "I have
// paid" without a hash does.
func TestMadeUpHashesDelayNoPayer(t *testing.T) {
	t.Parallel()
	for _, budget := range []checkout.Budget{{}, {PerSecond: 1}, {PerDay: 20}, {PerDay: 100}, {PerDay: 100, PerSecond: 0.2}} {
		without, _ := confirmedAfter(t, budget, 0)
		with, lookups := confirmedAfter(t, budget, 20)
		if with > without || without > time.Minute {
			t.Errorf("%+v: a payment is known after %v with made-up hashes, after %v without", budget, with, without)
		}
		if lookups > 3 || lookups == 0 {
			t.Errorf("%+v: %d look-ups", budget, lookups)
		}
	}
}

// The reserve for buyers who say "I have paid" is not spent by hashes, of
// however many sessions and addresses.
func TestHashesSpendNothingOfTheReserveOrTheRest(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, hundred)
	h.Provider.HashPaidAt = checkouttest.Midnight
	before := h.Store.Quota
	for i := range 60 {
		p := h.Open()
		h.Move(10 * time.Second)
		_, err := h.ReportPaid(t.Context(), p.Session.ID, verifier.PaidParams{Hash: fmt.Sprint("made-up-", i), Address: fmt.Sprint(i)})
		if err != nil && !errors.Is(err, verifier.ErrHashTooOften) {
			t.Fatal(err)
		}
	}
	if after := h.Store.Quota; after.Queries != before.Queries || after.ReserveQueries != before.ReserveQueries || h.Provider.HashChecks != 5 {
		t.Errorf("%d hashes looked up; %d and %d queries spent", h.Provider.HashChecks, after.Queries-before.Queries, after.ReserveQueries-before.ReserveQueries)
	}
}
