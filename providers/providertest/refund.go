package providertest

import (
	"testing"

	"rieltime/checkout"
)

var refundTests = tests{
	"all of it, once":          refundAll,
	"a part of it":             refundPart,
	"a time-out is don't know": refundTimesOut,
}

func refundOf(amount checkout.Money) checkout.RefundOrder {
	return checkout.RefundOrder{Reference: checkout.NewReference(), Amount: amount, Reason: "Returned"}
}

func wantRefunded(t *testing.T, answer checkout.RefundAnswer, err error) {
	t.Helper()
	if err != nil || (answer.Verdict != checkout.VerdictPaid && answer.Verdict != checkout.VerdictPending) {
		t.Errorf("refund = %+v, %v, want given back or under way", answer, err)
	}
}

func refundAll(t *testing.T, h *Harness) {
	refunder := h.Provider.(checkout.Refunder)
	payment := h.create(t)
	h.Pay(payment)
	order := refundOf(payment.Amount)
	first, err := refunder.Refund(t.Context(), h.Account, payment, order)
	wantRefunded(t, first, err)
	again, err := refunder.Refund(t.Context(), h.Account, payment, order)
	wantRefunded(t, again, err)
	if first.ProviderID != again.ProviderID {
		t.Errorf("one order gave two refunds: %s and %s", first.ProviderID, again.ProviderID)
	}

	answer, err := refunder.QueryRefund(t.Context(), h.Account, payment, order)
	wantRefunded(t, answer, err)
	more, err := refunder.Refund(t.Context(), h.Account, payment, refundOf(payment.Amount))
	if err == nil && more.Verdict != checkout.VerdictFailed {
		t.Errorf("more than was paid is given back: %+v", more)
	}
}

func refundPart(t *testing.T, h *Harness) {
	refunder := h.Provider.(checkout.Refunder)
	payment := h.create(t)
	h.Pay(payment)
	part := payment.Amount
	part.Minor /= 2
	for range 2 {
		answer, err := refunder.Refund(t.Context(), h.Account, payment, refundOf(part))
		wantRefunded(t, answer, err)
	}
}

func refundTimesOut(t *testing.T, h *Harness) {
	refunder := h.Provider.(checkout.Refunder)
	payment := h.create(t)
	h.Pay(payment)
	h.Hang()
	_, err := refunder.Refund(t.Context(), h.Account, payment, refundOf(payment.Amount))
	h.wantDontKnow(t, err)
	_, err = refunder.QueryRefund(t.Context(), h.Account, payment, refundOf(payment.Amount))
	h.wantDontKnow(t, err)
}
