package pages

import (
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestStartedPurchasesAreKeptOnceBrieflyAndBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	cache := newStartedCache()
	start := func(id string) { cache.put(checkout.Purchase{Session: checkout.Session{ID: id}}, now) }
	start("cs_1")
	if purchase, ok := cache.take("cs_1", now.Add(maxStartedAge-1)); !ok || purchase.Session.ID != "cs_1" {
		t.Errorf("%t, %+v", ok, purchase)
	}
	if _, ok := cache.take("cs_1", now); ok {
		t.Error("taken twice")
	}

	start("cs_2")
	if _, ok := cache.take("cs_2", now.Add(maxStartedAge)); ok {
		t.Error("kept too long")
	}

	for n := range maxStarted + 10 {
		start(fmt.Sprint(n))
	}
	if len(cache.purchases) != maxStarted {
		t.Errorf("%d purchases", len(cache.purchases))
	}
}
