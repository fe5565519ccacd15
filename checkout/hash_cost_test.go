package checkout_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

// confirmedAfter is how long a buyer waits for a payment to be known, with
// somebody else typing made-up hashes beside it.
func confirmedAfter(t *testing.T, budget checkout.Budget, hashes int) (waited time.Duration, lookups int) {
	d := newDesk(t, budget)
	d.teller.moved = dawn // what the hashes name is old
	other := d.open()
	d.pass(1) // who came first is asked about first
	payer := d.open()
	d.pass(20)
	for i := range hashes {
		_, err := d.ReportPaid(t.Context(), other.Session.ID, verifier.PaidParams{Hash: fmt.Sprint("made-up-", i), Address: "192.0.2.1"})
		if err != nil && !errors.Is(err, verifier.ErrHashTooOften) {
			t.Fatal(err)
		}
	}
	if hashes == 0 {
		d.claim(other, "")
	}
	d.pass(30, payer)
	d.teller.say(*payer.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(*payer.Latest(), "tx", d.clock())})
	d.claim(payer, "")
	for ; waited < 20*time.Minute; waited += time.Second {
		if d.reload(payer).Session.Status == checkout.SessionComplete {
			return waited, d.teller.hashes
		}
		d.pass(1, payer)
	}
	return waited, d.teller.hashes
}

// Twenty made-up hashes cost a buyer who pays no more than one press of "I have
// paid" without a hash does.
func TestMadeUpHashesCostAPayerNothing(t *testing.T) {
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
func TestHashesLeaveTheReserveAndTheRestAlone(t *testing.T) {
	d := newDesk(t, hundred)
	d.teller.moved = dawn
	before := d.store.meter
	for i := range 60 {
		p := d.open()
		d.move(10 * time.Second)
		_, err := d.ReportPaid(t.Context(), p.Session.ID, verifier.PaidParams{Hash: fmt.Sprint("made-up-", i), Address: fmt.Sprint(i)})
		if err != nil && !errors.Is(err, verifier.ErrHashTooOften) {
			t.Fatal(err)
		}
	}
	if after := d.store.meter; after.Queries != before.Queries || after.ReserveQueries != before.ReserveQueries || d.teller.hashes != 5 {
		t.Errorf("%d hashes looked up; %d and %d questions taken", d.teller.hashes, after.Queries-before.Queries, after.ReserveQueries-before.ReserveQueries)
	}
}
