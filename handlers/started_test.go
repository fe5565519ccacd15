package handlers_test

import "testing"

// TestPageAfterAStartShowsWhatHappenedSince: what is kept of a start is not shown once
// its session has changed, on whichever replica.
func TestPageAfterAStartShowsWhatHappenedSince(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	wantState(t, h.get("/c/"+session), "choosing")
	h.pay(session, "khqr")
	wantState(t, h.get("/c/"+session), "qr_waiting")

	paid := h.open()
	payment := h.pay(paid, "khqr")
	h.prove(payment, "transaction-1", payment.Amount.Minor)
	wantState(t, h.get("/c/"+paid), "paid")

	elsewhere := h.open()
	payment = h.pay(elsewhere, "khqr")
	h.replica().prove(payment, "transaction-2", payment.Amount.Minor)
	wantState(t, h.get("/c/"+elsewhere), "paid")
}
