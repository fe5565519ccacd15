package kess_test

import (
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/kess"
	"rieltime/providers/simkit"
)

func (h *harness) createPaid(method string) checkout.Payment {
	h.t.Helper()
	payment, _ := h.create(h.start("kess", "10.00", checkout.USD))
	h.pay(payment, map[string]any{"method": method})
	payment.Proof = h.query(payment).Proof
	return payment
}

func usd(minor int64) checkout.Money { return checkout.Money{Minor: minor, Currency: checkout.USD} }

func TestRefundsInPartsUpToTheWhole(t *testing.T) {
	h := newHarness(t)
	payment := h.createPaid("VISA_MASTER")
	for i, part := range []int64{400, 600} {
		refund := checkout.RefundOrder{Reference: []string{"RE1", "RE2"}[i], Amount: usd(part), Reason: "broken & returned"}
		answer, err := h.provider.Refund(t.Context(), h.account(), payment, refund)
		if err != nil || answer.Verdict != checkout.VerdictPaid || answer.ProviderID == "" {
			t.Fatalf("part %d: %+v (%v)", i, answer, err)
		}
		again, err := h.provider.QueryRefund(t.Context(), h.account(), payment, refund)
		if err != nil || again.Verdict != checkout.VerdictPaid || again.ProviderID != answer.ProviderID {
			t.Errorf("query %d: %+v (%v)", i, again, err)
		}
	}
	order := h.ledger().Orders[0]
	if order.Status != "REFUNDED" || len(order.Refunds) != 2 || order.Refunds[0].Reason != "broken  returned" {
		t.Errorf("order %+v", order)
	}
	if _, err := h.provider.Refund(t.Context(), h.account(), payment, checkout.RefundOrder{Reference: "RE3", Amount: usd(1)}); err == nil {
		t.Error("a refund beyond the whole was taken")
	}
}

func TestRefundsNoticeNamesItsRefund(t *testing.T) {
	for _, format := range []string{"json", "form"} {
		h := newHarness(t)
		h.mustControl("callbacks", map[string]any{"format": format})
		payment := h.createPaid("WING")
		h.notice() // of the order
		refund := checkout.RefundOrder{Reference: "RE1", Amount: usd(400), CallbackURL: h.notify.URL}
		if _, err := h.provider.Refund(t.Context(), h.account(), payment, refund); err != nil {
			t.Fatal(err)
		}
		h.mustControl("refunds", map[string]any{"merchant_reference": "RE1"})
		for _, when := range []string{"asked for", "made"} {
			message := h.notice()
			callback, err := h.readCallback(message)
			if err != nil || callback.Refund != "RE1" || callback.Reference != "" || callback.Answer != nil {
				t.Errorf("%s, %s: %+v (%v)", format, when, callback, err)
			}
			message.Body = []byte(strings.Replace(string(message.Body), "RE1", "RE2", 1))
			if callback, err := h.readCallback(message); err == nil {
				t.Errorf("%s: a changed notice gave %+v", format, callback)
			}
		}
	}
}

func TestWholeRefundNamesNoPart(t *testing.T) {
	h := newHarness(t)
	answer, err := h.provider.Refund(t.Context(), h.account(), h.createPaid("WECHAT"), checkout.RefundOrder{Reference: "RE1", Amount: usd(1000)})
	if err != nil || answer.Verdict != checkout.VerdictPaid {
		t.Fatalf("%+v (%v)", answer, err)
	}
	if refund := h.ledger().Orders[0].Refunds[0]; refund.Status != "REFUNDED" || refund.Reason != "Requested by the merchant" {
		t.Errorf("refund %+v", refund)
	}
}

// A buyer may have paid more or less than was asked: what is given back is
// compared with what came.
func TestRefundIsOfThePaidAmountNotTheRequestedOne(t *testing.T) {
	for name, tc := range map[string]struct{ requested, back int64 }{
		"more came than was asked, and as much as was asked goes back": {400, 400},
		"more came than was asked, and all of it goes back":            {400, 1000},
	} {
		h := newHarness(t)
		payment := h.createPaid("WECHAT")
		payment.Amount = usd(tc.requested)
		answer, err := h.provider.Refund(t.Context(), h.account(), payment, checkout.RefundOrder{Reference: "RE1", Amount: usd(tc.back)})
		if err != nil || answer.Verdict != checkout.VerdictPaid {
			t.Fatalf("%s: %+v (%v)", name, answer, err)
		}
		if refunds := h.ledger().Orders[0].Refunds; len(refunds) != 1 || refunds[0].Amount.String() != usd(tc.back).Decimal() {
			t.Errorf("%s: KESS gave back %+v", name, refunds)
		}
	}
}

// KESS's document, "Refund": cards, Wing, ACLEDA, WeChat and Alipay only.
func TestOnlyWhatKESSRefundsCanBeRefunded(t *testing.T) {
	provider := kess.New(providers.Options{})
	for bic, want := range map[string]bool{
		"VISA_MASTER": true, "WING": true, "ACLBKHPP": true, "WECHAT": true, "ALIPAY": true,
		"ABAAKHPP": false, "KHQR": false, "KESSKH": false, "KESSKHQR": false, "GOOGLEPAY": false, "UNIONPAY": false, "TRUEMONEY": false,
	} {
		proof := &checkout.Proof{Raw: []byte(`{"payment_detail":{"payment_method_bic":"` + bic + `"}}`)}
		for name, payment := range map[string]checkout.Payment{
			"chosen here":        {Method: "kess:" + bic, Proof: &checkout.Proof{Raw: []byte(`{"payment_detail":null}`)}},
			"chosen at KESS":     {Method: "kess", Proof: proof},
			"another chosen":     {Method: "kess:VISA_MASTER", Proof: proof},
			"chosen here, alone": {Method: "kess:" + bic},
		} {
			if got := provider.CanRefund(payment); got != want {
				t.Errorf("%s, %s: %v, want %v", bic, name, got, want)
			}
		}
	}
	for name, payment := range map[string]checkout.Payment{
		"a saved card":           {Method: "kess:SAVED_CARD"},
		"whatever KESS was paid": {Method: "kess", Proof: &checkout.Proof{Raw: []byte(`{"payment_detail":null}`)}},
	} {
		if !provider.CanRefund(payment) {
			t.Errorf("%s cannot be refunded", name)
		}
	}
	h := newHarness(t)
	if payment := h.createPaid("ABAAKHPP"); h.provider.CanRefund(payment) {
		t.Errorf("an order that KESS says ABA paid can be refunded: %s", payment.Proof.Raw)
	}
}

func TestSlowBanksRefundIsPendingUntilMadeOrRejected(t *testing.T) {
	for rejected, want := range map[string]checkout.Verdict{"": checkout.VerdictPaid, "account closed": checkout.VerdictFailed} {
		h := newHarness(t)
		payment := h.createPaid("WING")
		refund := checkout.RefundOrder{Reference: "RE1", Amount: usd(400)}
		answer, err := h.provider.Refund(t.Context(), h.account(), payment, refund)
		if err != nil || answer.Verdict != checkout.VerdictPending {
			t.Fatalf("%+v (%v)", answer, err)
		}
		h.mustControl("refunds", map[string]any{"merchant_reference": "RE1", "rejected": rejected})
		answer, err = h.provider.QueryRefund(t.Context(), h.account(), payment, refund)
		if err != nil || answer.Verdict != want || answer.Reason != rejected {
			t.Errorf("%q: %+v (%v)", rejected, answer, err)
		}
	}
}

func TestRefundThatKESSCannotMakeIsRefused(t *testing.T) {
	h := newHarness(t)
	_, err := h.provider.Refund(t.Context(), h.account(), h.createPaid("ABAAKHPP"), checkout.RefundOrder{Reference: "RE1", Amount: usd(400)})
	if _, refused := checkout.AsRefused(err); !refused {
		t.Errorf("%v, want a refusal", err)
	}
}

func TestLostRefundAnswerIsFoundByReferenceAndNeverRepeated(t *testing.T) {
	for name, fault := range map[string]simkit.Fault{
		"time-out": {Kind: simkit.FaultTimeout, After: true}, "500": {Kind: simkit.FaultStatus, Status: 500, After: true},
		"409": {Kind: simkit.FaultStatus, Status: 409, After: true}, "422": {Kind: simkit.FaultStatus, Status: 422, After: true},
	} {
		h := newHarness(t)
		payment := h.createPaid("VISA_MASTER")
		fault.Match, fault.Count = service+"v2Refund", 1
		h.fault(fault)
		answer, err := h.provider.Refund(t.Context(), h.account(), payment, checkout.RefundOrder{Reference: "RE1", Amount: usd(400)})
		if err != nil || answer.Verdict != checkout.VerdictPaid || len(h.ledger().Orders[0].Refunds) != 1 {
			t.Errorf("%s: %+v (%v)", name, answer, err)
		}
	}
}

func TestRefundUnknownToTheProviderIsUnknown(t *testing.T) {
	h := newHarness(t)
	payment := h.createPaid("VISA_MASTER")
	h.fault(simkit.Fault{Kind: simkit.FaultTimeout, Match: service + "v2Refund", Count: 1})
	answer, err := h.provider.Refund(t.Context(), h.account(), payment, checkout.RefundOrder{Reference: "RE1", Amount: usd(400)})
	if _, refused := checkout.AsRefused(err); err == nil || refused || answer.Verdict != checkout.VerdictUnknown {
		t.Errorf("%+v (%v), want don't know", answer, err)
	}
}

func TestAnotherRefundsAnswerIsIgnored(t *testing.T) {
	for name, body := range map[string]string{
		"amount":    `{"success":true,"data":{"amount":9,"currency":"USD","status":"REFUNDED","merchant_reference":"RE1"}}`,
		"currency":  `{"success":true,"data":{"amount":4,"currency":"KHR","status":"REFUNDED","merchant_reference":"RE1"}}`,
		"reference": `{"success":true,"data":{"amount":4,"currency":"USD","status":"REFUNDED","merchant_reference":"RE9"}}`,
		"status":    `{"success":true,"data":{"amount":4,"currency":"USD","status":"DONE","merchant_reference":"RE1"}}`,
	} {
		h := newHarness(t)
		h.query(checkout.Payment{Reference: "LOGIN"})
		h.answerOnce("v2Refund", 200, body)
		answer, err := h.provider.Refund(t.Context(), h.account(), checkout.Payment{Reference: "R1", Amount: usd(1000)}, checkout.RefundOrder{Reference: "RE1", Amount: usd(400)})
		if err == nil && answer.Verdict != checkout.VerdictUnknown {
			t.Errorf("%s: %+v, want don't know", name, answer)
		}
	}
}

func TestRefundThatKESSNeverGotIsUnknownToIt(t *testing.T) {
	h := newHarness(t)
	payment := h.createPaid("VISA_MASTER")
	answer, err := h.provider.QueryRefund(t.Context(), h.account(), payment, checkout.RefundOrder{Reference: "RE1", Amount: usd(400)})
	if err != nil || answer.Verdict != checkout.VerdictClosed {
		t.Errorf("%+v (%v)", answer, err)
	}
}

// What a proxy or the login says is not KESS's word on a refund: taken for one,
// the money would be given back twice.
func TestOnlyKESSItselfCanDenyARefund(t *testing.T) {
	for name, fault := range map[string]simkit.Fault{
		"a proxy":   {Kind: simkit.FaultStatus, Status: 404, Body: "<html>not here</html>", Match: service + "queryRefund"},
		"the login": {Kind: simkit.FaultStatus, Status: 404, Body: `{"message":"not here"}`, Path: "/oauth/token"},
	} {
		h := newHarness(t)
		payment := h.createPaid("VISA_MASTER")
		refund := checkout.RefundOrder{Reference: "RE1", Amount: usd(400)}
		if _, err := h.provider.Refund(t.Context(), h.account(), payment, refund); err != nil {
			t.Fatal(err)
		}
		h.clock.Add(time.Hour) // past its login
		h.fault(fault)
		if answer, err := h.provider.QueryRefund(t.Context(), h.account(), payment, refund); err == nil || answer.Verdict != checkout.VerdictUnknown {
			t.Errorf("%s: %+v (%v), want don't know", name, answer, err)
		}
	}
}
