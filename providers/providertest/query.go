package providertest

import (
	"context"
	"encoding/json"
	"testing"

	"rieltime/checkout"
)

var queryTests = tests{
	"not paid is not yet":           notPaidIsNotYet,
	"paid is proved":                paidIsProved,
	"a failure is never proof":      failureIsNoProof,
	"asking again gives the same":   repeatedQueryGivesTheSame,
	"payments are kept apart":       paymentsAreToldApart,
	"another amount is visible":     otherAmountIsQueried,
	"a time-out is don't know":      queryTimesOut,
	"a canceled question likewise":  queryIsCanceled,
	"broken settings are no answer": queryWithoutSettings,
	"late money is found":           lateMoneyIsFound,
	"a batch answers in order":      batchAnswersInOrder,
}

func notPaidIsNotYet(t *testing.T, h *Harness) {
	if answer := h.query(t, h.create(t)); answer.Verdict != checkout.VerdictPending || answer.Proof != nil {
		t.Errorf("answer %+v, want pending", answer)
	}
}

func paidIsProved(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	h.wantProof(t, h.query(t, payment), payment, payment.Amount)
}

func failureIsNoProof(t *testing.T, h *Harness) {
	if h.Fail == nil {
		return
	}

	payment := h.create(t)
	h.Fail(payment)
	answer := h.query(t, payment)
	if answer.Verdict == checkout.VerdictPaid || answer.Proof != nil || answer.Verdict == checkout.VerdictUnknown {
		t.Errorf("answer %+v, want failed or not yet", answer)
	}

	if answer.Verdict == checkout.VerdictFailed && answer.Code == "" {
		t.Errorf("answer %+v, want a reason key", answer)
	}
}

func repeatedQueryGivesTheSame(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	first, second := h.query(t, payment), h.query(t, payment)
	h.wantProof(t, first, payment, payment.Amount)
	h.wantProof(t, second, payment, payment.Amount)
	if first.Proof.TransactionID != second.Proof.TransactionID {
		t.Errorf("transactions %s and %s, want one", first.Proof.TransactionID, second.Proof.TransactionID)
	}
}

func paymentsAreToldApart(t *testing.T, h *Harness) {
	paid, open, other := h.create(t), h.create(t), h.create(t)
	h.Pay(paid)
	h.Pay(other)
	if answer := h.query(t, open); answer.Verdict != checkout.VerdictPending {
		t.Errorf("answer %+v for a payment that was not paid", answer)
	}

	first, second := h.query(t, paid), h.query(t, other)
	h.wantProof(t, first, paid, paid.Amount)
	h.wantProof(t, second, other, other.Amount)
	if first.Proof.TransactionID == second.Proof.TransactionID {
		t.Errorf("two payments share transaction %s", first.Proof.TransactionID)
	}
}

func otherAmountIsQueried(t *testing.T, h *Harness) {
	if h.PayOther == nil {
		return
	}
	for _, amount := range h.OtherAmounts {
		payment := h.create(t)
		h.PayOther(payment, amount)
		h.wantProof(t, h.query(t, payment), payment, amount)
	}
}

func queryTimesOut(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Pay(payment)
	h.Hang()
	h.wantUnknown(t, h.query(t, payment))
	h.Resume()
	h.wantProof(t, h.query(t, payment), payment, payment.Amount)
}

func queryIsCanceled(t *testing.T, h *Harness) {
	payment := h.create(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.wantUnknown(t, h.Provider.(checkout.Querier).QueryPayment(ctx, h.Account, payment))
}

func queryWithoutSettings(t *testing.T, h *Harness) {
	payment := h.create(t)
	h.Account.Settings = json.RawMessage(`{`)
	h.wantUnknown(t, h.query(t, payment))
}

// lateMoneyIsFound: closing a payment here ends nothing at the provider.
func lateMoneyIsFound(t *testing.T, h *Harness) {
	payment := h.create(t)
	payment.Status = checkout.PaymentExpired
	h.Pay(payment)
	h.wantProof(t, h.query(t, payment), payment, payment.Amount)
}

func batchAnswersInOrder(t *testing.T, h *Harness) {
	batcher, can := h.Provider.(checkout.BatchQuerier)
	if !can || batcher.BatchSize(h.Account) < 3 {
		return
	}

	payments := []checkout.Payment{h.create(t), h.create(t), h.create(t)}
	h.Pay(payments[1])
	answers := batcher.QueryPayments(t.Context(), h.Account, payments)
	if len(answers) != len(payments) {
		t.Fatalf("%d answers to %d questions", len(answers), len(payments))
	}

	h.wantProof(t, answers[1], payments[1], payments[1].Amount)
	for _, i := range []int{0, 2} {
		if answers[i].Verdict != checkout.VerdictPending {
			t.Errorf("answer %d is %+v, want pending", i, answers[i])
		}
	}

	h.Hang()
	for _, answer := range batcher.QueryPayments(t.Context(), h.Account, payments) {
		h.wantUnknown(t, answer)
	}
}
