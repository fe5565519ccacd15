package verifier_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

// queriesInAQuietMinute returns how often a payment that its buyer views is queried
// in a minute when nothing fails.
func queriesInAQuietMinute(t *testing.T) int {
	h := newMemoryHarness(t, checkout.Budget{})
	p := h.Open()
	h.PassSeconds(60, p)
	return h.Provider.QueriesAbout(p.Latest().ID)
}

func TestUnusableAnswersSlowNoOtherPayment(t *testing.T) {
	t.Parallel()
	want := queriesInAQuietMinute(t)
	h := newMemoryHarness(t, checkout.Budget{})
	var odd []checkout.Purchase
	for range 5 {
		p := h.Open()
		h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Odd: true, Cause: errors.New("status FROZEN")})
		odd = append(odd, p)
	}
	h.PassSeconds(30, odd...)
	buyer := h.Open()
	h.PassSeconds(60, append(odd, buyer)...)
	if n := h.Provider.QueriesAbout(buyer.Latest().ID); n < want {
		t.Errorf("%d queries in a minute, %d without odd orders beside", n, want)
	}
	if n := h.Provider.QueriesAbout(odd[0].Latest().ID); n < 3 || n > 8 {
		t.Errorf("%d queries in 90 s about an order whose answers cannot be used", n)
	}
}

func TestFailedQueryPausesNoOtherPayment(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	first, second := h.Open(), h.Open()
	h.Provider.SetAnswer(*first.Latest(), checkout.Answer{Cause: errors.New("503")})
	h.PassSeconds(60, first, second)
	if n := h.Provider.QueriesAbout(second.Latest().ID); n < queriesInAQuietMinute(t) {
		t.Errorf("%d queries in a minute beside a payment whose queries fail", n)
	}
	if quota := h.Store.Quota; quota.PausedUntil.After(h.Clock()) {
		t.Errorf("the account is paused until %v", quota.PausedUntil)
	}
}

func TestBuyerWaitsSecondsOnceASilentProviderAnswers(t *testing.T) {
	t.Parallel()
	for silence := 60; silence < 75; silence++ { // a pause may be at its beginning or end
		h := newMemoryHarness(t, checkout.Budget{})
		h.Provider.Default = checkout.Answer{Cause: errors.New("no answer")}
		var all []checkout.Purchase
		for range 6 {
			all = append(all, h.Open())
		}
		h.PassSeconds(silence, all...)
		h.Provider.Default = checkout.Answer{Verdict: checkout.VerdictPending}
		buyer := h.Open()
		h.PassSeconds(7, append(all, buyer)...)
		if h.Provider.QueriesAbout(buyer.Latest().ID) == 0 {
			t.Errorf("after %d s of silence: not queried 7 s after the provider recovered", silence)
		}
	}
}

func TestPaymentThatSpoilsListsIsFoundAndLeftOut(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	h.Provider.ListSize = 50
	var all []checkout.Purchase
	for range 50 {
		all = append(all, h.Open())
	}
	spoiler := all[17]
	h.Provider.Spoiler = spoiler.Latest().Reference
	h.PassSeconds(90)
	for i, p := range all {
		p = h.Reload(p)
		if doubtful := p.Latest().Doubtful; doubtful != (p.Session.ID == spoiler.Session.ID) {
			t.Errorf("payment %d: doubtful %v", i, doubtful)
		}
	}
	if n := len(h.Provider.Sizes); n > 60 {
		t.Errorf("%d queries in 90 s", n)
	}
	h.Provider.Mu.Lock()
	h.Provider.Sizes, h.Provider.Spoiler = nil, ""
	h.Provider.Mu.Unlock()
	h.PassSeconds(120)
	p := h.Reload(spoiler)
	if p.Latest().Doubtful || p.Latest().FailedChecks != 0 {
		t.Errorf("after it recovered: doubtful %v after %d failed queries", p.Latest().Doubtful, p.Latest().FailedChecks)
	}
}

func TestPauseAfterUnusableAnswersGrowsToAMinute(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	h.Provider.PanicAbout(*p.Latest())
	h.PassInSteps(10*time.Minute, time.Second)
	if n := len(h.Provider.Queried); n > 16 {
		t.Errorf("%d queries in ten minutes, each of which panicked", n)
	}
	h.Restart()
	before := len(h.Provider.Queried)
	h.Pass(time.Second)
	if n := len(h.Provider.Queried) - before; n > 1 {
		t.Errorf("%d queries at once after a restart", n)
	}
}

func TestPauseThatAProviderAsksForIsKept(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	p := h.Open()
	h.Provider.Default = checkout.Answer{PauseUntil: h.Clock().Add(42 * time.Second)}
	h.PassSeconds(41, p)
	if n := h.Provider.Queries(); n != 1 {
		t.Errorf("%d queries in the pause", n)
	}
	h.PassSeconds(1, p)
	if n := h.Provider.Queries(); n != 2 {
		t.Errorf("%d queries after it", n)
	}
}

func TestSilentProviderIsProbedByOneQueryAtATime(t *testing.T) {
	t.Parallel()
	h := newMemoryHarness(t, checkout.Budget{})
	h.Provider.Default = checkout.Answer{}
	var all []checkout.Purchase
	for range 10 {
		all = append(all, h.Open())
	}
	h.PassSeconds(60, all...)
	first := h.Provider.Queries()
	if first > 10+17 {
		t.Errorf("%d queries in a minute without an answer", first)
	}
	h.PassSeconds(60, all...)
	if n := h.Provider.Queries() - first; n < 12 || n > 16 {
		t.Errorf("%d probes in the next minute, want one each 4 s", n)
	}
	h.Provider.Default = checkout.Answer{Verdict: checkout.VerdictPending}
	h.PassSeconds(20, all...)
	recovered := h.Provider.Queries()
	h.PassSeconds(10, all...)
	if n := h.Provider.Queries() - recovered; n < 20 {
		t.Errorf("%d queries in ten seconds after it recovered", n)
	}
}
