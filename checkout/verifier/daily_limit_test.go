package verifier_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

var limitReached = checkout.Answer{LimitReached: true, DailyLimit: 100, Cause: errors.New("errorCode 17")}

func TestReachedDailyLimitIsProbedAndShownToNewBuyers(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	if offers := h.offers(); offers[0].Slow {
		t.Error("slow before anything was queried")
	}
	h.Provider.Default = limitReached
	var all []checkout.Purchase
	for range 10 {
		all = append(all, h.Open())
	}
	h.PassSeconds(299, all...)
	if n := h.Provider.Queries(); n < 1 || n > 10 {
		t.Errorf("%d queries in five minutes after the first answer", n)
	}
	if offers := h.offers(); !offers[0].Slow {
		t.Error("new buyers are not told")
	}
	before := h.Provider.Queries()
	h.PassSeconds(2*60*60, all...)
	if n := h.Provider.Queries() - before; n < 4 || n > 5 {
		t.Errorf("%d probes in two hours, want them after 5, 10, 20, 40 and 60 minutes", n)
	}
	account := checkout.Account{ID: "acct_1", MerchantID: "klaing", Mode: checkout.ModeTest, Provider: "bank"}
	if delay, delayed := h.ConfirmationDelay(account, h.Store.Quota.QueryUsage); !delayed || !delay.LimitReached || delay.Allowance != 100 {
		t.Errorf("delayed %v: %+v", delayed, delay)
	}
}

func TestLiftedDailyLimitIsFoundByTheNextProbe(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	h.Provider.Default = limitReached
	p := h.Open()
	h.PassSeconds(60, p)
	h.Provider.Default = checkout.Answer{Verdict: checkout.VerdictPending}
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*p.Latest(), "tx", h.Clock())})
	h.PassSeconds(300, p)
	if got := h.Reload(p); got.Session.Status != checkout.SessionComplete {
		t.Errorf("session %s six minutes after the limit was reached", got.Session.Status)
	}
	if offers := h.offers(); offers[0].Slow {
		t.Error("still slow")
	}
	buyer := h.Open()
	h.PassSeconds(60, buyer)
	if h.Provider.QueriesAbout(buyer.Latest().ID) == 0 {
		t.Error("a new buyer's payment is not queried")
	}
}

func TestProbesNeverSpendMoreThanTheMerchantSet(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, hundred)
	p := h.Open()
	h.setQuota(func(quota *verifier.Quota) {
		quota.Day, quota.CountedAt, quota.Queries, quota.LimitAnswers = checkouttest.Midnight, h.Clock(), 100, 1
	})
	h.PassSeconds(120, p)
	if n := h.Provider.Queries(); n != 0 {
		t.Errorf("%d queries beyond the merchant's own allowance", n)
	}
	if offers := h.offers(); !offers[0].Slow {
		t.Error("new buyers are not told that the allowance is spent")
	}
}

func TestOneProbeAtATime(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	h.Provider.Default = limitReached
	for range 10 {
		h.Open()
	}
	h.PassSeconds(10)
	h.Provider.Hold, h.Provider.Held = make(chan struct{}), make(chan struct{}, 100)
	before := h.Provider.Queries()
	h.Move(6 * time.Minute)
	for range 5 {
		if err := h.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.Move(time.Second)
	}
	close(h.Provider.Hold)
	h.Wait()
	if n := h.Provider.Queries() - before; n != 1 {
		t.Errorf("%d queries probed at once", n)
	}
}

func TestDailyLimitIsLearnedForTheNextDay(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	p := h.Open()
	midnight := checkouttest.Midnight.Add(24 * time.Hour)
	h.Provider.Default = checkout.Answer{LimitReached: true, DailyLimit: 40, Cause: errors.New("errorCode 17")}
	h.PassSeconds(60, p)
	if n := h.Provider.Queries(); n != 1 {
		t.Errorf("%d queries after the limit was told", n)
	}
	if got := h.Reload(p); got.Latest().Status != checkout.PaymentRequiresAction || !got.Latest().Doubtful {
		t.Errorf("payment %s, doubtful %v", got.Latest().Status, got.Latest().Doubtful)
	}
	h.Provider.Default = checkout.Answer{Verdict: checkout.VerdictPending}
	h.Move(midnight.Sub(h.Clock()))
	for range 60 {
		h.Open()
	}
	h.PassSeconds(2 * 3600)
	if n := h.Provider.Queries() - 1; n < 2 || n > 40/12+36*2/24+1 {
		t.Errorf("%d queries in the first two hours of a day of 40", n)
	}
}
