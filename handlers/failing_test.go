package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

func TestMethodThatKeepsFailingMovesDownWithItsReason(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.baray.fails = http.ErrHandlerTimeout
	for range 3 {
		h.submit("/c/"+h.open()+"/payments", "method", "baray")
	}

	last := func() (id, text string) {
		t.Helper()
		methods := wantState(t, h.get("/c/"+h.open(`"locale":"en"`)), "choosing").Find(".methods > li")
		if methods.Length() < 2 {
			t.Fatal("there is nothing to choose from")
		}
		row := methods.Last()
		return row.Find("button[name=method]").AttrOr("value", ""), row.Text()
	}
	if id, text := last(); id != "baray" || !strings.Contains(text, "Has had problems") {
		t.Errorf("the last method is %s: %s", id, text)
	}

	h.baray.fails = nil
	h.clock.Add(time.Second)
	h.pay(h.open(), "baray") // it can still be chosen
	if _, text := last(); strings.Contains(text, "Has had problems") {
		t.Errorf("after one that worked: %s", text)
	}
}

func TestMerchantReadsTheProvidersReasonForAFailure(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const why = "The amount that the bank reported differs."
	answered := h.open()
	h.answer(h.pay(answered, "baray"), checkout.Answer{Verdict: checkout.VerdictFailed, Code: "declined", Reason: why})
	h.baray.fails = &checkout.Refused{Code: "422", Reason: why, Buyer: "try_other_method"}
	refused := h.open()
	h.submit("/c/"+refused+"/payments", "method", "baray")
	for _, session := range []string{answered, refused} {
		payment := h.readPayment(h.purchase(session).Latest().ID)
		if payment.Status != checkout.PaymentFailed || orEmpty(payment.FailureMessage) != why {
			t.Errorf("%s: the merchant reads %q", payment.Status, orEmpty(payment.FailureMessage))
		}

		if page := wantState(t, h.get("/c/"+session), "failed").Text(); strings.Contains(page, why) {
			t.Error("the buyer reads it too")
		}
	}

	events := h.call("klaing test", http.MethodGet, "/v1/events", "").Body.String()
	if strings.Count(events, why) != 2 {
		t.Errorf("the events do not tell: %s", events)
	}
}

func TestMethodThatIsConfirmedLateMovesDownWithANote(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for lang, want := range map[string]string{"en": "may take an hour", "km": "មួយម៉ោង", "zh": "一小时"} {
		session := h.open(`"locale":"` + lang + `"`)
		before := wantState(t, h.get("/c/"+session), "choosing").Find(".methods > li").First()
		if id := before.Find("button[name=method]").AttrOr("value", ""); id != "khqr" || strings.Contains(before.Text(), want) {
			t.Fatalf("before: the first is %q: %s", id, before.Text())
		}

		h.meter(func(m *verifier.Quota) {
			m.Day, m.LimitAnswers, m.PausedUntil = h.clock.Now(), 1, h.clock.Now().Add(5*time.Minute)
		})
		after := wantState(t, h.get("/c/"+session), "choosing").Find(".methods > li").Last()
		if id := after.Find("button[name=method]").AttrOr("value", ""); id != "khqr" || !strings.Contains(after.Text(), want) {
			t.Errorf("%s: the last is %q: %s", lang, id, after.Text())
		}

		h.meter(func(m *verifier.Quota) { m.LimitAnswers, m.PausedUntil = 0, time.Time{} })
	}
}

// meter changes what klaing's account at Bakong may be asked.
func (h *harness) meter(change func(*verifier.Quota)) {
	h.t.Helper()
	if err := h.store.UpdateQuota(h.t.Context(), h.accounts["bakong"], change); err != nil {
		h.t.Fatal(err)
	}
}
