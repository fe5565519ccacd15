package verifier_test

import (
	"slices"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

func TestScarceQueriesAreNotSpentOnNewPayments(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, hundred)
	p := h.Open()
	h.PassSeconds(19, p)
	if n := h.Provider.Queries(); n != 0 {
		t.Errorf("%d queries in the first 19 s", n)
	}
	h.PassSeconds(1, p)
	if n := h.Provider.Queries(); n != 1 {
		t.Errorf("%d queries after 20 s", n)
	}
	h.PassSeconds(29, p)
	if n := h.Provider.Queries(); n != 1 {
		t.Errorf("%d queries within half a minute of the first", n)
	}
}

func TestReportedPaymentIsQueriedFirst(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, hundred)
	viewed, reported := h.Open(), h.Open()
	h.BuyerSaysPaid(reported, "")
	h.PassSeconds(1, viewed)
	if want := []string{reported.Latest().ID}; !slices.Equal(h.Provider.Queried, want) {
		t.Errorf("queried %v, want %v", h.Provider.Queried, want)
	}
}

func TestListFillsUpWithWhatIsDue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		due, viewed int
		sizes       []int
	}{
		{80, 0, []int{30, 50}},
		{60, 0, []int{50}}, // ten more would be a sparse list
		{60, 55, []int{10, 50}},
	} {
		h := newMemoryHarness(t, hundred)
		h.Provider.ListSize = 50
		var viewed []checkout.Purchase
		for i := range c.due {
			if p := h.Open(); i < c.viewed {
				viewed = append(viewed, p)
			}
		}
		h.Move(time.Minute)
		h.PassSeconds(1, viewed...)
		slices.Sort(h.Provider.Sizes)
		if !slices.Equal(h.Provider.Sizes, c.sizes) {
			t.Errorf("%d due, %d viewed: queries of %v, want %v", c.due, c.viewed, h.Provider.Sizes, c.sizes)
		}
	}
}

func TestBuyerReadsThatNoQueryCanBeSent(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, hundred)
	h.exhaust()
	p := h.Open()
	started := h.Reload(p).Session.Version
	h.PassSeconds(31, p)
	if got := h.Reload(p); got.Latest().Delayed {
		t.Error("told before half a minute of waiting")
	}
	h.PassSeconds(30, p)
	if got := h.Reload(p); !got.Latest().Delayed || got.Session.Version != started+1 || h.Provider.Queries() != 0 {
		t.Errorf("delayed %v, version %d after %d, %d queries", got.Latest().Delayed, got.Session.Version, started, h.Provider.Queries())
	}
	h.setQuota(func(quota *verifier.Quota) { quota.Queries, quota.InHand = 50, 2 })
	h.PassSeconds(1, p)
	if got := h.Reload(p); got.Latest().Delayed || got.Session.Version != started+2 || h.Provider.Queries() != 1 {
		t.Errorf("after the answer: delayed %v, version %d, %d queries", got.Latest().Delayed, got.Session.Version, h.Provider.Queries())
	}
}

func TestPaymentThatNobodyViewsIsNotMarkedAsDelayed(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, hundred)
	h.exhaust()
	p := h.Open()
	h.PassSeconds(60)
	if got := h.Reload(p); got.Latest().Delayed {
		t.Error("marked as delayed")
	}
}

func TestClosedPaymentStaysDueUntilItIsQueried(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, hundred)
	p := h.Open()
	h.exhaust()
	pause := h.Clock().Add(72 * time.Hour)
	h.setQuota(func(quota *verifier.Quota) { quota.PausedUntil = pause })
	h.Move(48 * time.Hour)
	h.PassSeconds(1)
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(*p.Latest(), "tx", p.Latest().CreatedAt.Add(time.Minute))})
	h.Move(24 * time.Hour)
	h.PassSeconds(60)
	if got := h.Reload(p); got.Session.Status != checkout.SessionComplete {
		t.Errorf("paid in time, queried three days later: session %s, payment %s", got.Session.Status, got.Latest().Status)
	}
}

func TestSessionEndsWithTheAnswerItWaitedFor(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, hundred)
	p := h.Open()
	h.exhaust()
	h.Move(30 * time.Minute)
	h.PassSeconds(60)
	if got := h.Reload(p); got.Session.Status != checkout.SessionOpen {
		t.Fatalf("session %s though no query could be sent about its last moment", got.Session.Status)
	}
	h.setQuota(func(quota *verifier.Quota) { quota.Queries, quota.InHand = 0, 7 })
	h.PassSeconds(1)
	if got := h.Reload(p); got.Session.Status != checkout.SessionExpired || h.Provider.Queries() != 1 {
		t.Errorf("session %s after %d queries", got.Session.Status, h.Provider.Queries())
	}
}

// A rate that does not reach for all open pages leaves none out.
func TestViewedPaymentsAreQueriedInTurn(t *testing.T) {
	t.Parallel()
	const pages, longest = 20, 25 * time.Second
	h := newMemoryHarness(t, checkout.Budget{PerSecond: 1})
	var all []checkout.Purchase
	for range pages {
		all = append(all, h.Open())
	}

	h.PassSeconds(pages+5, all...)
	for second := range 100 {
		h.PassSeconds(1, all...)
		for n, p := range all {
			if rest := h.Clock().Sub(h.Latest(p).CheckedAt); rest > longest {
				t.Fatalf("%d s later payment %d was not queried for %s", second, n+1, rest)
			}
		}
	}
}
