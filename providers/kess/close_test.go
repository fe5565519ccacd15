package kess_test

import (
	"testing"
	"time"

	"rieltime/checkout"
)

func TestClosingTakesNoMoreMoney(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	if answer := h.provider.ClosePayment(t.Context(), h.account(), payment); answer.Verdict != checkout.VerdictFailed || answer.Code != "expired" {
		t.Errorf("%+v", answer)
	}
	if status := h.control("POST", "pay", map[string]any{"reference": payment.Reference}); status != 409 {
		t.Errorf("paying a closed order answered %d, want 409", status)
	}
	h.provider.ClosePayment(t.Context(), h.account(), payment)
	if closes := h.ledger().Requests[service+"closeorder"]; closes != 1 {
		t.Errorf("%d closeorder calls, want one", closes)
	}
}

func TestClosingTooLateFindsTheMoney(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.pay(payment, nil)
	if answer := h.provider.ClosePayment(t.Context(), h.account(), payment); answer.Verdict != checkout.VerdictPaid {
		t.Errorf("%+v, want paid", answer)
	}
}

func TestMoneyAfterClosingIsFound(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.provider.ClosePayment(t.Context(), h.account(), payment)
	h.pay(payment, map[string]any{"late": true})
	if answer := h.provider.ClosePayment(t.Context(), h.account(), payment); answer.Verdict != checkout.VerdictPaid {
		t.Errorf("%+v, want paid", answer)
	}
}

func TestFailedClosingLeavesTheAnswerToTheQuery(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.answerOnce("closeorder", 500, `{}`)
	if answer := h.provider.ClosePayment(t.Context(), h.account(), payment); answer.Verdict != checkout.VerdictPending {
		t.Errorf("%+v, want not yet", answer)
	}
}

func TestExpiredOrderIsClosedByKESS(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.clock.Add(20 * time.Minute)
	if answer := h.query(payment); answer.Verdict != checkout.VerdictFailed || answer.Code != "expired" {
		t.Errorf("%+v", answer)
	}
}
