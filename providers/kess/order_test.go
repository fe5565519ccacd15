package kess_test

import (
	"encoding/json"
	"testing"

	"rieltime/checkout"
	"rieltime/providers/kess/kesssim"
	"rieltime/providers/simkit"
)

func TestReplyOfAnotherKindGivesNoAction(t *testing.T) {
	for name, change := range map[string]map[string]any{
		"reference":   {"out_trade_no": "OTHER"},
		"amount":      {"total_amount": json.Number("1.00")},
		"currency":    {"currency": "KHR"},
		"seller":      {"seller": map[string]any{"code": "CU-OTHER"}},
		"status":      {"status": "SUCCESS"},
		"no token":    {"token": ""},
		"no link":     {"payment_link": nil},
		"script link": {"payment_link": "javascript:alert(1)"},
	} {
		h := newHarness(t)
		start := h.start("kess", "10.00", checkout.USD)
		h.answerOnce("createorder", 200, createdOrder(start.Payment.Reference, change))
		created, err := h.provider.CreatePayment(t.Context(), h.account(), start)
		if err == nil || created.NextAction.Kind != checkout.ActionNone {
			t.Errorf("%s: %+v (%v), want an error", name, created, err)
		}
		if _, refused := checkout.AsRefused(err); refused {
			t.Errorf("%s: a refusal, want don't know", name)
		}
	}
	h := newHarness(t)
	start := h.start("kess", "10.00", checkout.USD)
	h.answerOnce("createorder", 200, createdOrder(start.Payment.Reference, nil))
	if _, err := h.provider.CreatePayment(t.Context(), h.account(), start); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

func createdOrder(reference string, change map[string]any) string {
	order := map[string]any{
		"token": "t1", "out_trade_no": reference, "total_amount": json.Number("10.00"), "currency": "USD",
		"status": "WAITING ", "expired_at": "2026-11-20T09:20:00.000000Z",
		"seller": map[string]any{"code": kesssim.DemoSellerCode}, "payment_link": "https://kess.example/pay/t1",
	}
	for name, value := range change {
		order[name] = value
	}
	text, _ := json.Marshal(map[string]any{"success": true, "data": order})
	return string(text)
}

// answerOnce has the next call of a KESS service answered with a text.
func (h *harness) answerOnce(name string, status int, body string) {
	h.t.Helper()
	h.fault(simkit.Fault{Kind: simkit.FaultStatus, Status: status, Match: service + name, Body: body, Count: 1})
}

func TestLostAnswerIsRecoveredByTheQueryAndNeverRepeated(t *testing.T) {
	for name, fault := range map[string]simkit.Fault{
		"time-out":  {Kind: simkit.FaultTimeout, After: true},
		"reset":     {Kind: simkit.FaultReset, After: true},
		"500":       {Kind: simkit.FaultStatus, Status: 500, After: true},
		"504":       {Kind: simkit.FaultStatus, Status: 504, After: true},
		"malformed": {Kind: simkit.FaultMalformed, After: true},
		"409":       {Kind: simkit.FaultStatus, Status: 409, After: true},
	} {
		h := newHarness(t)
		fault.Match, fault.Count = service+"createorder", 1
		h.fault(fault)
		start := h.start("kess", "10.00", checkout.USD)
		_, created := h.create(start)
		ledger := h.ledger()
		if created.NextAction.URL != h.server.URL+"/pay/"+created.ProviderID || len(ledger.Orders) != 1 || ledger.Requests[service+"createorder"] != 1 {
			t.Errorf("%s: %+v, %d orders, %d calls", name, created, len(ledger.Orders), ledger.Requests[service+"createorder"])
		}
	}
}

func TestLostQuestionIsNotAnAnswer(t *testing.T) {
	for name, fault := range map[string]simkit.Fault{
		"time-out": {Kind: simkit.FaultTimeout}, "reset": {Kind: simkit.FaultReset},
		"403": {Kind: simkit.FaultStatus, Status: 403}, "419": {Kind: simkit.FaultStatus, Status: 419}, "429": {Kind: simkit.FaultStatus, Status: 429},
		"500": {Kind: simkit.FaultStatus, Status: 500}, "503": {Kind: simkit.FaultStatus, Status: 503}, "nonsense": {Kind: simkit.FaultMalformed},
	} {
		for _, method := range []string{"kess", "kess:ABAAKHPP"} {
			h := newHarness(t)
			h.query(checkout.Payment{Reference: "LOGIN"}) // so that the fault hits the call, not the login
			fault.Match, fault.Count = service+map[string]string{"kess": "createorder"}[method], 1
			if method != "kess" {
				fault.Match = service + "nativePay"
			}
			h.fault(fault)
			_, err := h.provider.CreatePayment(t.Context(), h.account(), h.start(method, "10.00", checkout.USD))
			if _, refused := checkout.AsRefused(err); err == nil || refused {
				t.Errorf("%s, %s: %v, want don't know", name, method, err)
			}
		}
	}
}

func TestDefiniteNoIsARefusal(t *testing.T) {
	for _, status := range []int{400, 404, 422} {
		for _, method := range []string{"kess", "kess:WING"} {
			h := newHarness(t)
			name := map[string]string{"kess": "createorder", "kess:WING": "nativePay"}[method]
			h.answerOnce(name, status, `{"success":false,"message":"The body is too short."}`)
			_, err := h.provider.CreatePayment(t.Context(), h.account(), h.start(method, "10.00", checkout.USD))
			refused, definite := checkout.AsRefused(err)
			if !definite || refused.Buyer != "try_other_method" || refused.Reason != "The body is too short." {
				t.Errorf("%d %s: %v, want a refusal", status, method, err)
			}
		}
	}
}

func TestDuplicateOfAnotherOrderIsIgnored(t *testing.T) {
	h := newHarness(t)
	start := h.start("kess", "10.00", checkout.USD)
	h.create(start)
	start.Payment.Amount.Minor = 2000
	if created, err := h.provider.CreatePayment(t.Context(), h.account(), start); err == nil {
		t.Errorf("%+v, want an error", created)
	}
}
