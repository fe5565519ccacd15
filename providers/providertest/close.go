package providertest

import (
	"testing"

	"rieltime/checkout"
)

var closeTests = tests{
	"an unpaid payment ends":   unpaidPaymentEnds,
	"a paid one is still paid": paidPaymentIsStillPaid,
	"a time-out is don't know": closeTimesOut,
}

func (h *Harness) close(t *testing.T, payment checkout.Payment) checkout.Answer {
	t.Helper()
	return h.Provider.(checkout.Closer).ClosePayment(t.Context(), h.Account, payment)
}

func unpaidPaymentEnds(t *testing.T, h *Harness) {
	payment := h.create(t)
	for range 2 { // closing again changes nothing
		answer := h.close(t, payment)
		if answer.Verdict != checkout.VerdictClosed && answer.Verdict != checkout.VerdictFailed {
			t.Errorf("answer %+v, want closed", answer)
		}
	}
}

func paidPaymentIsStillPaid(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	h.wantProof(t, h.close(t, payment), payment, payment.Amount)
}

func closeTimesOut(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Hang()
	h.wantUnknown(t, h.close(t, payment))
}

var refundTests = tests{
	"all of it, once":          refundAll,
	"a part of it":             refundPart,
	"a time-out is don't know": refundTimesOut,
}

func refundOf(amount checkout.Money) checkout.RefundOrder {
	return checkout.RefundOrder{Reference: checkout.NewReference(), Amount: amount, Reason: "Returned"}
}

func wantGivenBack(t *testing.T, answer checkout.RefundAnswer, err error) {
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
	wantGivenBack(t, first, err)
	again, err := refunder.Refund(t.Context(), h.Account, payment, order)
	wantGivenBack(t, again, err)
	if first.ProviderID != again.ProviderID {
		t.Errorf("one order gave two refunds: %s and %s", first.ProviderID, again.ProviderID)
	}

	asked, err := refunder.QueryRefund(t.Context(), h.Account, payment, order)
	wantGivenBack(t, asked, err)
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
		wantGivenBack(t, answer, err)
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
