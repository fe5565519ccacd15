package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

// late makes a payment whose money came after its session had run out.
func (h *harness) late() checkout.Payment {
	h.t.Helper()
	payment := h.pay(h.open(), "khqr")
	h.clock.Add(time.Hour)
	if w := h.call("klaing test", http.MethodPost, "/v1/checkout/sessions/"+payment.SessionID+"/expire", ""); w.Code != http.StatusOK {
		h.t.Fatalf("not expired: %d %s", w.Code, w.Body)
	}
	h.prove(payment, "late-"+payment.ID, 250)
	return *h.purchase(payment.SessionID).Payment(payment.ID)
}

// unknown makes a payment about which nothing has been known for more than a day.
func (h *harness) unknown() checkout.Payment {
	h.t.Helper()
	payment := h.pay(h.open(), "khqr")
	h.expire(payment.SessionID)
	h.clock.Add(25 * time.Hour)
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictUnknown})
	return *h.purchase(payment.SessionID).Payment(payment.ID)
}

// mismatched makes a payment of which another amount came.
func (h *harness) mismatched() checkout.Payment {
	h.t.Helper()
	payment := h.pay(h.open(), "khqr")
	h.prove(payment, "odd-"+payment.ID, 100)
	return *h.purchase(payment.SessionID).Payment(payment.ID)
}

// duplicate makes a second payment of a session that is paid.
func (h *harness) duplicate() checkout.Payment {
	h.t.Helper()
	session := h.open()
	first := h.pay(session, "khqr")
	second := h.pay(session, "baray")
	h.prove(first, "one-"+first.ID, 250)
	h.prove(second, "two-"+second.ID, 250)
	return *h.purchase(session).Payment(second.ID)
}

// claimed makes a payment of money that only its transaction's hash names.
func (h *harness) claimed(hash string) checkout.Payment {
	h.t.Helper()
	payment := h.pay(h.open(), "khqr")
	h.bakong.transfer(hash, h.clock.Now())
	if w := h.submit("/c/"+payment.SessionID+"/check", "hash", hash); w.Code != http.StatusSeeOther {
		h.t.Fatalf("hash not taken: %d %s", w.Code, w.Body)
	}
	payments := h.purchase(payment.SessionID).Payments
	return payments[len(payments)-1]
}

func (h *harness) decide(payment checkout.Payment, body string) (int, checkout.PublicPayment, problem) {
	h.t.Helper()
	w := h.call("klaing test", http.MethodPost, "/v1/payments/"+payment.ID+"/review", body)
	if w.Code != http.StatusOK {
		return w.Code, checkout.PublicPayment{}, read[problem](h.t, w)
	}
	return w.Code, read[checkout.PublicPayment](h.t, w), problem{}
}

func (h *harness) queue() []string {
	h.t.Helper()
	listed := read[struct{ Data []checkout.PublicPayment }](h.t, h.call("klaing test", http.MethodGet, "/v1/payments?review=open", ""))
	var ids []string
	for _, payment := range listed.Data {
		ids = append(ids, payment.ID)
		if payment.Proof == nil {
			h.t.Errorf("%s is listed without its proof", payment.ID)
		}
	}
	return ids
}

func TestReviewQueueListsWhatWaitsForADecision(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	late := h.late()
	h.clock.Add(time.Second)
	h.paid("khqr")
	duplicate := h.duplicate()
	if got := strings.Join(h.queue(), " "); got != duplicate.ID+" "+late.ID {
		t.Errorf("waiting: %s, want %s %s", got, duplicate.ID, late.ID)
	}

	if code, _, wrong := h.decide(duplicate, `{"decision":"accept"}`); code != http.StatusOK {
		t.Errorf("%d %+v", code, wrong)
	}

	if got := strings.Join(h.queue(), " "); got != late.ID {
		t.Errorf("waiting after a decision: %s", got)
	}

	if w := h.call("klaing test", http.MethodGet, "/v1/payments?review=closed", ""); read[problem](t, w).Code != "review_invalid" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAcceptedMoneyCompletesItsSession(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*harness) checkout.Payment{"late": (*harness).late, "mismatch": (*harness).mismatched} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			payment := make(h)
			if payment.Review != checkout.Review(name) {
				t.Fatalf("review %q", payment.Review)
			}

			code, after, wrong := h.decide(payment, `{"decision":"accept","note":"still on the shelf"}`)
			if code != http.StatusOK || after.Status != checkout.PaymentSucceeded || orEmpty(after.Review) != payment.Review || orEmpty(after.FailureCode) != "" {
				t.Fatalf("%d %+v %+v", code, after, wrong)
			}

			if d := after.ReviewDecision; d == nil || d.Decision != checkout.DecisionAccept || orEmpty(d.Note) != "still on the shelf" || !d.DecidedAt.Equal(h.clock.Now()) {
				t.Errorf("decision %+v", d)
			}

			session := h.purchase(payment.SessionID).Session
			if session.Status != checkout.SessionComplete || session.PaymentID != payment.ID {
				t.Errorf("session %+v", session)
			}

			if kept := h.purchase(payment.SessionID).Payment(payment.ID).Decision; kept == nil || !strings.HasPrefix(kept.By, "key_") {
				t.Errorf("who decided was not kept: %+v", kept)
			}

			if got := h.events(payment.SessionID); !strings.HasSuffix(got, "payment.succeeded checkout.session.completed") {
				t.Errorf("events %s", got)
			}

			wantState(t, h.get("/c/"+payment.SessionID), "paid")
		})
	}
}

func TestAcceptedDuplicateIsOnlyKept(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.duplicate()
	before := h.events(payment.SessionID)
	code, after, wrong := h.decide(payment, `{"decision":"accept"}`)
	if code != http.StatusOK || after.ReviewDecision == nil {
		t.Fatalf("%d %+v", code, wrong)
	}

	if session := h.purchase(payment.SessionID).Session; session.PaymentID == payment.ID {
		t.Error("the duplicate became the payment that completed the session")
	}

	if got := h.events(payment.SessionID); got != before {
		t.Errorf("events %s, before %s", got, before)
	}
}

func TestAcceptedMoneyLeavesACompleteSessionAlone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	odd := h.mismatched()
	right := h.pay(odd.SessionID, "baray")
	h.prove(right, "right", 250)
	before := h.events(odd.SessionID)
	if code, _, wrong := h.decide(odd, `{"decision":"accept"}`); code != http.StatusOK {
		t.Fatalf("%d %+v", code, wrong)
	}

	if session := h.purchase(odd.SessionID).Session; session.PaymentID != right.ID {
		t.Errorf("completed by %s, want %s", session.PaymentID, right.ID)
	}

	if got := h.events(odd.SessionID); got != before {
		t.Errorf("events %s, before %s", got, before)
	}
}

func TestMoneyGivenBackIsRecordedAsARefundByHand(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.late()
	code, after, wrong := h.decide(payment, `{"decision":"refunded","note":"ABA 42"}`)
	if code != http.StatusOK || after.AmountRefunded != "2.50" {
		t.Fatalf("%d %+v %+v", code, after, wrong)
	}

	refunds := h.purchase(payment.SessionID).Refunds
	if len(refunds) != 1 || refunds[0].Provider != "manual" || refunds[0].ByHand.Note != "ABA 42" || refunds[0].Status != checkout.RefundSucceeded {
		t.Errorf("refunds %+v", refunds)
	}

	if session := h.purchase(payment.SessionID).Session; session.Status != checkout.SessionExpired {
		t.Errorf("the session is %s", session.Status)
	}

	if got := h.events(payment.SessionID); !strings.HasSuffix(got, "refund.succeeded") {
		t.Errorf("events %s", got)
	}

	if _, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"x","by_hand":{"by":"a"}}`); wrong == nil || wrong.Code != "refund_too_large" {
		t.Errorf("a refund beyond: %+v", wrong)
	}
}

func TestMoneyThatWasGivenBackIsNotAccepted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.late()
	if _, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"x","by_hand":{"by":"Bopha"}}`); wrong != nil {
		t.Fatal(wrong)
	}

	if code, _, wrong := h.decide(payment, `{"decision":"accept"}`); code != http.StatusConflict || wrong.Code != "review_not_open" {
		t.Errorf("accepted: %d %+v", code, wrong)
	}

	if code, after, _ := h.decide(payment, `{"decision":"refunded"}`); code != http.StatusOK || after.AmountRefunded != "2.50" || len(h.purchase(payment.SessionID).Refunds) != 1 {
		t.Errorf("refunded: %d %+v", code, after)
	}
}

func TestReviewIsDecidedOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.late()
	if code, _, wrong := h.decide(payment, `{"decision":"refunded"}`); code != http.StatusOK {
		t.Fatalf("%d %+v", code, wrong)
	}

	for _, again := range []string{"accept", "refunded"} {
		if code, _, wrong := h.decide(payment, `{"decision":"`+again+`"}`); code != http.StatusConflict || wrong.Code != "review_not_open" {
			t.Errorf("%s: %d %+v", again, code, wrong)
		}
	}

	fine := h.paid("khqr")
	if code, _, wrong := h.decide(fine, `{"decision":"accept"}`); code != http.StatusConflict || wrong.Code != "review_not_open" {
		t.Errorf("without a review: %d %+v", code, wrong)
	}
}

func TestReviewRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.late()
	for body, want := range map[string]string{
		`{}`: "decision_missing", `{"decision":"keep"}`: "decision_invalid", `{"decision":"accept","x":1}`: "field_unknown",
		`{"decision":"accept","note":"` + strings.Repeat("n", 501) + `"}`: "text_too_long", `{`: "json_invalid",
	} {
		if code, _, wrong := h.decide(payment, body); code != http.StatusBadRequest || wrong.Code != want {
			t.Errorf("%s: %d %+v", body, code, wrong)
		}
	}

	if w := h.call("krama test", http.MethodPost, "/v1/payments/"+payment.ID+"/review", `{"decision":"accept"}`); w.Code != http.StatusNotFound {
		t.Errorf("another merchant: %d %s", w.Code, w.Body)
	}

	if len(h.queue()) != 1 {
		t.Error("a refused decision closed the review")
	}
}
