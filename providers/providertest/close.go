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
