package kess_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/simkit"
)

func order(payment checkout.Payment, paid bool) checkout.Order {
	return checkout.Order{
		Reference: payment.Reference, Amount: payment.Amount.Decimal(), Currency: string(payment.Amount.Currency),
		Paid: paid, CreatedAt: payment.CreatedAt,
	}
}

// reconcile compares ours with the simulator's orders.
func (h *harness) reconcile(from, to time.Time, ours []checkout.Order) (checkout.Reconciliation, error) {
	theirs, err := h.provider.Orders(context.Background(), h.account(), from, to)
	return checkout.Reconcile(from, to, ours, theirs), err
}

func TestReconciliationReportsMissingExtraAndDifferent(t *testing.T) {
	h := newHarness(t)
	same, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.pay(same, map[string]any{"method": "VISA_MASTER"})
	refunded := h.createPaid("VISA_MASTER")
	if _, err := h.provider.Refund(t.Context(), h.account(), refunded, checkout.RefundOrder{Reference: "RE1", Amount: usd(100)}); err != nil {
		t.Fatal(err)
	}
	waiting, _ := h.create(h.start("kess", "41000", checkout.KHR))
	otherAmount := h.createPaid("WING")
	otherAmount.Amount.Minor++
	notPaidHere := h.createPaid("WING")
	extra := h.createPaid("WING")

	from := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	result, err := h.reconcile(from, from.AddDate(0, 0, 1), []checkout.Order{
		order(same, true), order(refunded, true), order(waiting, false), order(otherAmount, true), order(notPaidHere, false),
		{Reference: "NEVER-SENT", Amount: "1.00", Currency: "USD", Paid: true, CreatedAt: from},
	})
	if err != nil {
		t.Fatal(err)
	}
	if result.Matched != 3 || len(result.Missing) != 1 || len(result.Extra) != 1 || len(result.Different) != 2 || result.Clean() {
		t.Fatalf("%+v", result)
	}
	if result.Missing[0].Reference != "NEVER-SENT" || result.Extra[0].Reference != extra.Reference || !result.Extra[0].Paid {
		t.Errorf("missing %+v, extra %+v", result.Missing, result.Extra)
	}
	for i, want := range []string{"[amount]", "[paid]"} {
		if got := fmt.Sprint(result.Different[i].Fields); got != want {
			t.Errorf("difference %d is %s, want %s", i, got, want)
		}
	}
}

func TestReconciliationReadsEveryPage(t *testing.T) {
	h := newHarness(t)
	const orders = 205
	var ours []checkout.Order
	for range orders {
		payment, _ := h.create(h.start("kess", "1.00", checkout.USD))
		ours = append(ours, order(payment, false))
	}
	from := h.clock.Now().Add(-time.Hour)
	result, err := h.reconcile(from, from.Add(2*time.Hour), ours)
	if err != nil || result.Matched != orders || !result.Clean() {
		t.Errorf("%+v (%v)", result, err)
	}
	if pages := h.ledger().Requests[service+"queryorderbydaterange"]; pages != 2 {
		t.Errorf("%d pages, want 2", pages)
	}
}

func TestOtherDaysOrdersAreNotExtra(t *testing.T) {
	h := newHarness(t)
	h.createPaid("WING")
	from := h.clock.Now().Add(time.Minute)
	result, err := h.reconcile(from, from.AddDate(0, 0, 1), nil)
	if err != nil || !result.Clean() {
		t.Errorf("%+v (%v)", result, err)
	}
}

func TestOrderMadeAcrossMidnightIsNotExtra(t *testing.T) {
	h := newHarness(t)
	payment := h.createPaid("WING") // by KESS's clock in the day, by ours before or after it
	day := h.clock.Now().Add(-time.Second)
	for _, at := range []time.Time{day.Add(-time.Second), day.AddDate(0, 0, 1)} {
		payment.CreatedAt = at
		result, err := h.reconcile(day, day.AddDate(0, 0, 1), []checkout.Order{order(payment, true)})
		if err != nil || !result.Clean() || result.Matched != 0 {
			t.Errorf("ours made at %s: %+v (%v)", at, result, err)
		}
	}
	payment.CreatedAt = day.Add(-time.Second) // and on the day before, KESS has it
	result, err := h.reconcile(day.AddDate(0, 0, -1), day, []checkout.Order{order(payment, true)})
	if err != nil || !result.Clean() || result.Matched != 1 {
		t.Errorf("the day before: %+v (%v)", result, err)
	}
}

func TestReconciliationThatCannotBeReadIsAnError(t *testing.T) {
	h := newHarness(t)
	h.fault(simkit.Fault{Kind: simkit.FaultMalformed, Match: service + "queryorderbydaterange", Count: 1})
	from := h.clock.Now()
	if result, err := h.reconcile(from, from.AddDate(0, 0, 1), nil); err == nil {
		t.Errorf("%+v, want an error", result)
	}
}
