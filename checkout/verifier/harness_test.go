package verifier_test

import (
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

var (
	hundred = checkout.Budget{PerDay: 100}
	unknown = checkout.Answer{Verdict: checkout.VerdictUnknown, Reason: "no answer"}
)

// memoryHarness is a shop over a store in memory, with what these tests do to it.
type memoryHarness struct{ *checkouttest.MemoryHarness }

func newMemoryHarness(t *testing.T, budget checkout.Budget) *memoryHarness {
	t.Helper()
	return &memoryHarness{checkouttest.NewInMemory(t, budget)}
}

// exhaust leaves nothing of the day's allowance but the reserve.
func (h *memoryHarness) exhaust() {
	h.setQuota(func(quota *verifier.Quota) {
		quota.Day, quota.CountedAt, quota.Queries, quota.InHand = checkouttest.Midnight, h.Clock(), 90, 0
	})
}

// setQuota changes the account's quota.
func (h *memoryHarness) setQuota(change func(*verifier.Quota)) {
	h.T.Helper()
	if err := h.Store.UpdateQuota(h.T.Context(), "acct_1", change); err != nil {
		h.T.Fatal(err)
	}
}

// offers lists what a new session's page offers.
func (h *memoryHarness) offers() []checkout.Offer {
	h.T.Helper()
	offers, err := h.Offers(h.T.Context(), checkout.Purchase{Session: h.NewSession("klaing")})
	if err != nil {
		h.T.Fatal(err)
	}
	return offers
}

// queriedAt passes a time in steps, and returns when a payment was queried.
func queriedAt(h *checkouttest.Harness, p checkout.Purchase, d, step time.Duration) (times []time.Time) {
	h.T.Helper()
	count := h.Latest(p).CheckCount
	for ; d > 0; d -= step {
		h.Pass(step)
		if n := h.Latest(p).CheckCount; n > count {
			count, times = n, append(times, h.Clock())
		}
	}
	return times
}
