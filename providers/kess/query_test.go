package kess_test

import (
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/simkit"
)

func TestPaidOrderIsProved(t *testing.T) {
	for amount, currency := range map[string]checkout.Currency{"10.50": checkout.USD, "41000": checkout.KHR} {
		h := newHarness(t)
		payment, _ := h.create(h.start("kess", amount, currency))
		if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
			t.Fatalf("before: %+v", answer)
		}
		h.clock.Add(time.Minute)
		h.pay(payment, nil)
		answer := h.query(payment)
		if answer.Verdict != checkout.VerdictPaid {
			t.Fatalf("after: %+v", answer)
		}
		order, proof := h.ledger().Orders[0], answer.Proof
		if proof.Amount != payment.Amount || proof.Payee != kesssim.DemoSellerCode || proof.Reference != payment.Reference ||
			proof.TransactionID != order.TransactionID || proof.TransactionID == "" || !proof.PaidAt.Equal(h.clock.Now()) ||
			proof.Provider != "kess" || proof.Source != "query" || !strings.Contains(string(proof.Raw), payment.Reference) {
			t.Errorf("proof %+v", proof)
		}
	}
}

func TestProofHasThePaidAmountNotTheRequestedOne(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.pay(payment, nil)
	h.mustControl("orders", map[string]any{"reference": payment.Reference, "total_amount": 1, "currency": "KHR"})
	answer := h.query(payment)
	if answer.Verdict != checkout.VerdictPaid || answer.Proof.Amount != (checkout.Money{Minor: 1, Currency: checkout.KHR}) {
		t.Errorf("%+v %+v", answer, answer.Proof)
	}
}

func TestStatusesAreJudged(t *testing.T) {
	for status, want := range map[string]checkout.Verdict{
		"WAITING": checkout.VerdictPending, "waiting ": checkout.VerdictPending,
		"SUCCESS": checkout.VerdictPaid, " success ": checkout.VerdictPaid,
		"CLOSED": checkout.VerdictFailed, "EXPIRED": checkout.VerdictFailed, "FAILED": checkout.VerdictFailed, "VOID": checkout.VerdictFailed, "REVERSAL": checkout.VerdictFailed,
		"PENDING": checkout.VerdictUnknown, "SUCCEED": checkout.VerdictUnknown, "PAID": checkout.VerdictUnknown, "PARTIAL_REFUNDED": checkout.VerdictUnknown,
	} {
		h := newHarness(t)
		payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
		h.mustControl("orders", map[string]any{"reference": payment.Reference, "status": status})
		answer := h.query(payment)
		if answer.Verdict != want || (answer.Proof != nil) != (want == checkout.VerdictPaid) {
			t.Errorf("%q: %+v, want %q", status, answer, want)
		}
	}
}

// An order whose card was declined may go on waiting for another.
func TestDeclinedCardOfAWaitingOrderIsReported(t *testing.T) {
	for code, want := range map[string]string{
		"DECLINED": "declined", "INSUFFICIENT_FUNDS": "insufficient_funds", "NO_MATCH": "card_details_wrong", "NO_OTP": "authentication_failed", "OTHER": "",
	} {
		h := newHarness(t)
		payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
		h.mustControl("pay", map[string]any{"reference": payment.Reference, "method": "VISA_MASTER", "outcome": "failed", "code": code})
		h.mustControl("orders", map[string]any{"reference": payment.Reference, "status": "WAITING"})
		if answer := h.query(payment); answer.Verdict != checkout.VerdictPending || answer.Code != want {
			t.Errorf("%s: %+v, want pending, %q", code, answer, want)
		}
	}
}

func TestRefundedOrderProvesOnlyWhatIsLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		refund string
		left   int64
	}{"part": {"4.00", 600}, "all": {"10.00", 0}} {
		h := newHarness(t)
		payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
		h.pay(payment, map[string]any{"method": "VISA_MASTER"})
		money, err := checkout.ParseMoney(tc.refund, checkout.USD)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.provider.Refund(t.Context(), h.account(), payment, checkout.RefundOrder{Reference: "RE1", Amount: money}); err != nil {
			t.Fatal(err)
		}
		answer := h.query(payment)
		if answer.Verdict != checkout.VerdictPaid || answer.Proof.Amount.Minor != tc.left || !strings.Contains(answer.Reason, "REFUNDED") {
			t.Errorf("%s: %+v %+v", name, answer, answer.Proof)
		}
	}
}

func TestDeclinedCardHasItsReason(t *testing.T) {
	for code, want := range map[string]string{
		"INSUFFICIENT_FUNDS": "insufficient_funds", "DECLINED": "declined", "BLOCKED": "declined", "UNSPECIFIED_FAILURE": "declined",
		"NO_MATCH": "card_details_wrong", "NO_OTP": "authentication_failed", "CARD_NOT_SUPPORT_3DS": "try_other_method",
		"NEED_CONTACT": "contact_merchant",
	} {
		h := newHarness(t)
		payment, _ := h.create(h.start("kess:VISA_MASTER", "10.00", checkout.USD))
		h.pay(payment, map[string]any{"outcome": "failed", "code": code, "method": "VISA_MASTER"})
		if answer := h.query(payment); answer.Verdict != checkout.VerdictFailed || answer.Code != want || !strings.Contains(answer.Reason, code) {
			t.Errorf("%s: %+v, want %s", code, answer, want)
		}
	}
}

func TestCardWithoutAFinalStatusIsUnderWay(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess:VISA_MASTER", "10.00", checkout.USD))
	h.pay(payment, map[string]any{"outcome": "failed", "code": "WAITING_FINAL_STATUS", "method": "VISA_MASTER"})
	for _, status := range []string{"WAITING", "CLOSED", "FAILED"} {
		h.mustControl("orders", map[string]any{"reference": payment.Reference, "status": status})
		if answer := h.query(payment); answer.Verdict != checkout.VerdictProcessing || answer.Reason == "" {
			t.Errorf("%s: %+v, want under way", status, answer)
		}
	}
	h.mustControl("orders", map[string]any{"reference": payment.Reference, "status": "WAITING"})
	if answer := h.provider.ClosePayment(t.Context(), h.account(), payment); answer.Verdict != checkout.VerdictProcessing {
		t.Errorf("%+v, want it left open", answer)
	}
	if h.ledger().Requests[service+"closeorder"] != 0 {
		t.Error("the order was closed at KESS while the bank decides")
	}
	h.pay(payment, nil)
	if answer := h.query(payment); answer.Verdict != checkout.VerdictPaid {
		t.Errorf("%+v", answer)
	}
}

func TestOrderOfSomeoneElseIsNoAnswer(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.pay(payment, nil)
	h.mustControl("orders", map[string]any{"reference": payment.Reference, "seller_code": "CU-OTHER"})
	if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("another seller: %+v", answer)
	}
	h.answerOnce("queryOrder", 200, createdOrder("OTHER", map[string]any{"status": "SUCCESS"}))
	if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("another order: %+v", answer)
	}
}

func TestSuccessWithoutATransactionIDIsProvedByItsToken(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.answerOnce("queryOrder", 200, createdOrder(payment.Reference, map[string]any{"status": "SUCCESS"}))
	if answer := h.query(payment); answer.Verdict != checkout.VerdictPaid || answer.Proof.TransactionID != "t1" {
		t.Errorf("%+v", answer)
	}
}

func TestAmountsThatMakeNoSenseAreNoAnswer(t *testing.T) {
	for name, change := range map[string]map[string]any{
		"negative": {"total_amount": -10}, "fraction of a cent": {"total_amount": 10.001}, "text": {"total_amount": "ten"},
		"absent": {"total_amount": nil}, "currency": {"currency": "EUR"},
	} {
		h := newHarness(t)
		payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
		change["status"] = "SUCCESS"
		h.answerOnce("queryOrder", 200, createdOrder(payment.Reference, change))
		if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown || answer.Proof != nil {
			t.Errorf("%s: %+v", name, answer)
		}
	}
}

func TestNoUsableAnswerIsDontKnow(t *testing.T) {
	for name, fault := range map[string]simkit.Fault{
		"time-out": {Kind: simkit.FaultTimeout}, "reset": {Kind: simkit.FaultReset}, "malformed": {Kind: simkit.FaultMalformed},
		"400": {Kind: simkit.FaultStatus, Status: 400}, "401": {Kind: simkit.FaultStatus, Status: 401, Count: 2}, "403": {Kind: simkit.FaultStatus, Status: 403},
		"404": {Kind: simkit.FaultStatus, Status: 404}, "419": {Kind: simkit.FaultStatus, Status: 419}, "422": {Kind: simkit.FaultStatus, Status: 422},
		"429": {Kind: simkit.FaultStatus, Status: 429}, "500": {Kind: simkit.FaultStatus, Status: 500}, "503": {Kind: simkit.FaultStatus, Status: 503},
		"504": {Kind: simkit.FaultStatus, Status: 504}, "200 no": {Kind: simkit.FaultMalformed, Body: `{"success":false}`},
	} {
		h := newHarness(t)
		payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
		h.pay(payment, nil)
		fault.Match = service + "queryOrder"
		fault.Count = max(1, fault.Count)
		h.fault(fault)
		if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
			t.Errorf("%s: %+v, want don't know", name, answer)
		}
		if answer := h.query(payment); answer.Verdict != checkout.VerdictPaid {
			t.Errorf("%s, afterwards: %+v, want paid", name, answer)
		}
	}
}

func TestTooManyQuestionsPauseTheAccount(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.fault(simkit.Fault{Kind: simkit.FaultStatus, Status: 429, Header: map[string]string{"Retry-After": "90"}, Match: service + "queryOrder", Count: 1})
	if answer := h.query(payment); !answer.PauseUntil.Equal(h.clock.Now().Add(90 * time.Second)) {
		t.Errorf("%+v, want a pause of 90 seconds", answer)
	}
}

func TestOrderThatWasNeverMadeIsNotYet(t *testing.T) {
	h := newHarness(t)
	start := h.start("kess", "10.00", checkout.USD)
	if answer := h.query(start.Payment); answer.Verdict != checkout.VerdictPending {
		t.Errorf("%+v, want not yet", answer)
	}
}

func TestRejectedLoginIsRenewedUnseen(t *testing.T) {
	h := newHarness(t)
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	if status := h.control("DELETE", "tokens", nil); status != 204 {
		t.Fatal(status)
	}
	if answer := h.query(payment); answer.Verdict != checkout.VerdictPending {
		t.Errorf("%+v", answer)
	}
	requests := h.ledger().Requests
	if requests["oauth:password"] != 1 || requests["oauth:refresh_token"] != 1 {
		t.Errorf("logins %v", requests)
	}
}

func TestUnusableAnswerRevealsNothingAboutTheAccount(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   func(reference string) string
		odd    bool
	}{
		"a status that is not known": {200, func(ref string) string { return createdOrder(ref, map[string]any{"status": "FROZEN"}) }, true},
		"another seller's order":     {200, func(ref string) string { return createdOrder("OTHER", map[string]any{"status": "SUCCESS"}) }, true},
		"a refused question":         {422, func(string) string { return `{"success":false,"message":"no"}` }, true},
		"too many questions":         {429, func(string) string { return `{}` }, false},
		"maintenance":                {503, func(string) string { return `{}` }, false},
	} {
		h := newHarness(t)
		payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
		h.answerOnce("queryOrder", c.status, c.body(payment.Reference))
		if answer := h.query(payment); answer.Verdict != checkout.VerdictUnknown || answer.Odd != c.odd || !answer.PauseUntil.IsZero() {
			t.Errorf("%s: %+v", name, answer)
		}
	}
}
