package verifier_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

// A hash wakes the queries about the session's own codes, also the earlier
// ones; what they confirm settles as ever.
func TestHashQueriesTheSessionsOwnCodes(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	first := *p.Latest()
	h.Pass(6 * time.Minute)
	p, err := h.StartPayment(t.Context(), p.Session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		t.Fatal(err)
	}
	h.Provider.HashPaidAt = h.Clock()
	h.AnswerPaid(first, "tx-1")
	p = h.BuyerSaysPaid(p, "tx-1")
	claimed := slices.ContainsFunc(p.Payments, func(payment checkout.Payment) bool { return payment.Review == checkout.ReviewClaimed })
	if p.Session.Status != checkout.SessionComplete || p.Session.PaymentID != first.ID || claimed {
		t.Errorf("%s by %q, claimed %v", p.Session.Status, p.Session.PaymentID, claimed)
	}
}

func TestInvalidHashIsRefusedButThePaymentIsReported(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	p := h.Open()
	_, err := h.ReportPaid(t.Context(), p.Session.ID, verifier.PaidParams{Hash: "not a hash"})
	if !errors.Is(err, verifier.ErrHashInvalid) {
		t.Error(err)
	}
	if got := h.Reload(p); got.Latest().ReportedPaidAt.IsZero() {
		t.Error("the payment is not queried")
	}
}

func TestHashLookupsAreBounded(t *testing.T) {
	t.Parallel()
	said := func(h *checkouttest.Harness, session, address string, times int) (allowed int) {
		for i := range times {
			_, err := h.ReportPaid(t.Context(), session, verifier.PaidParams{Hash: fmt.Sprint("made-up-", i), Address: address})
			if err == nil {
				allowed++
			} else if !errors.Is(err, verifier.ErrHashTooOften) {
				t.Fatal(err)
			}
		}
		return allowed
	}
	h := checkouttest.New(t)
	h.Provider.HashPaidAt = h.Clock().Add(-time.Hour) // nothing fits
	if n := said(h, h.Open().Session.ID, "192.0.2.1", 20); n != 3 {
		t.Errorf("%d look-ups for one session", n)
	}
	n := 0
	for range 10 {
		n += said(h, h.Open().Session.ID, "192.0.2.2", 1)
	}
	if n != 6 {
		t.Errorf("%d look-ups from one address", n)
	}
	before := h.Provider.HashChecks
	for i := range 10 {
		said(h, h.Open().Session.ID, fmt.Sprint("198.51.100.", i), 1)
	}
	if n := h.Provider.HashChecks - before; n != 3 { // twelve a minute, nine of which were queried already
		t.Errorf("then %d look-ups from many addresses in the same minute", n)
	}
	h.Pass(time.Hour)
	if n := said(h, h.Open().Session.ID, "192.0.2.2", 1); n != 1 {
		t.Error("an hour later none is allowed")
	}
}
