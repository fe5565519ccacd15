package db_test

import (
	"testing"
	"time"

	"rieltime/checkout"
)

func TestAttentionCountsWhatIsOpen(t *testing.T) {
	t.Parallel()
	store := open(t)
	severalPaid(t, store)
	reviews, err := store.OpenReviews(t.Context(), "klaing", checkout.ModeTest, 10)
	if err != nil || len(reviews) != 1 || reviews[checkout.ReviewLate] != 1 {
		t.Errorf("open reviews: %v, %v", reviews, err)
	}

	_, err = store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
		for _, id := range []string{"re_2", "re_3"} {
			if err := p.RequestRefund(id, checkout.RefundParams{Payment: "pay_1", Amount: "0.10", Reason: "x"}, start); err != nil {
				return err
			}
		}
		p.RecordRefundRefused("re_2", start)
		p.Refund("re_3").UnresolvedAt = start
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for since, want := range map[time.Time][2]int{start.Add(-time.Hour): {1, 1}, start.Add(time.Hour): {}} {
		failed, unresolved, err := store.TroubledRefunds(t.Context(), "klaing", checkout.ModeTest, since, 10)
		if err != nil || failed != want[0] || unresolved != want[1] {
			t.Errorf("since %s: %d failed, %d unresolved, %v, want %v", since, failed, unresolved, err, want)
		}
		listed, err := store.ListTroubledRefunds(t.Context(), "klaing", checkout.ModeTest, since, 10)
		if err != nil || len(listed) != failed+unresolved {
			t.Errorf("since %s: listed %+v, %v", since, listed, err)
		}
	}
}

func TestFailingEndpointsAreCounted(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "https://shop.example/hook")
	count := func() int {
		n, err := store.FailingEndpoints(t.Context(), "klaing", checkout.ModeTest)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 0 {
		t.Errorf("%d fail at first", n)
	}

	paid(t, store, "1")
	deliveries, _, err := store.ListDeliveries(t.Context(), checkout.DeliveryQuery{ListPart: checkout.ListPart{Limit: 1}, EndpointID: "we_1"})
	if err != nil || len(deliveries) == 0 {
		t.Fatal(deliveries, err)
	}
	if _, err := store.RecordAttempt(t.Context(), checkout.DeliveryAttempt{DeliveryID: deliveries[0].ID, At: start, Status: 500, NextAt: start.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 1 {
		t.Errorf("%d fail, want 1", n)
	}
}
