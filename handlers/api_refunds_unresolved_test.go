package handlers_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// refundLater asks about a refund after some time has passed, and reads it.
func (h *harness) refundLater(refund checkout.PublicRefund, passes time.Duration) checkout.PublicRefund {
	h.t.Helper()
	h.clock.Add(passes)
	if _, err := h.service.CheckRefund(h.t.Context(), refund.Session, refund.ID); err != nil {
		h.t.Fatal(err)
	}
	return h.readRefund(refund.ID)
}

func TestAcknowledgedRefundIsNeverGivenTwice(t *testing.T) {
	t.Parallel()
	for name, acknowledge := range map[string]func(*harness, checkout.PublicRefund){
		"in its answer": func(*harness, checkout.PublicRefund) {},
		"when asked": func(h *harness, made checkout.PublicRefund) {
			h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPending}, nil)
			h.refundLater(made, time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			payment := h.paid("baray")
			h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPending, ProviderID: "r-1"}, nil)
			if name == "when asked" {
				h.refunds.respond(checkout.RefundAnswer{}, errors.New("connection reset"))
			}

			made, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"x"}`)
			if wrong != nil {
				t.Fatal(wrong)
			}

			if acknowledge(h, made); h.readRefund(made.ID).AcknowledgedAt == nil {
				t.Fatal("the refund does not say that it was acknowledged")
			}

			h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictClosed}, nil) // it knows of no such refund
			for _, passes := range []time.Duration{time.Hour, time.Minute, 24 * time.Hour} {
				if after := h.refundLater(made, passes); after.Status != checkout.RefundPending {
					t.Fatalf("after %v of an unknown refund it is %s", passes, after.Status)
				}

				if _, wrong := h.refund(`{"payment":"` + payment.ID + `","amount":"0.01","reason":"again"}`); wrong == nil || wrong.Code != "refund_too_large" {
					t.Fatalf("a second refund: %v", wrong)
				}
			}

			if len(h.refunds.orders) != 1 {
				t.Errorf("the provider was asked to refund %d times", len(h.refunds.orders))
			}

			if got := h.events(payment.SessionID); strings.Count(got, "refund.unresolved") != 1 || strings.Contains(got, "refund.failed") {
				t.Errorf("events %s", got)
			}

			if h.readRefund(made.ID).UnresolvedAt == nil {
				t.Error("the refund does not say that it is unresolved")
			}

			h.refunds.respond(checkout.RefundAnswer{}, &checkout.Refused{Code: "x", Reason: "may not be asked"})
			if after := h.refundLater(made, time.Hour); after.Status != checkout.RefundPending {
				t.Errorf("a question that was refused made it %s", after.Status)
			}

			h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictFailed}, nil) // its final word
			if after := h.refundLater(made, time.Hour); after.Status != checkout.RefundFailed || after.UnresolvedAt != nil {
				t.Errorf("rejected, it is %+v", after)
			}
		})
	}
}

// One who asks for a refund may hear a refusal of a request that was repeated
// on its way, after the refund has been acknowledged in a notice's wake.
func TestRefusalAfterTheAcknowledgementIsOfTheRequest(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.paid("baray")
	h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPending}, &checkout.Refused{Code: "duplicate", Reason: "known"})
	h.refunds.during = func() {
		h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPending}, nil)
		refund := h.purchase(payment.SessionID).Refunds[0]
		if _, err := h.service.CheckRefund(t.Context(), refund.SessionID, refund.ID); err != nil {
			t.Error(err)
		}
	}

	made, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"x"}`)
	if wrong != nil || made.Status != checkout.RefundPending || h.readPayment(payment.ID).AmountRefunded != "2.50" {
		t.Errorf("%+v, %v", made, wrong)
	}
}

func TestRefundThatTheProviderNeverGotFailsAfterAWhile(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.paid("baray")
	h.refunds.respond(checkout.RefundAnswer{}, errors.New("connection reset"))
	made, _ := h.refund(`{"payment":"` + payment.ID + `","reason":"x"}`)
	h.refundLater(made, time.Hour) // it does not answer either
	h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictClosed}, nil)
	for _, step := range []struct {
		passes time.Duration
		want   checkout.RefundStatus
	}{{time.Minute, checkout.RefundPending}, {5 * time.Minute, checkout.RefundPending}, {5 * time.Minute, checkout.RefundFailed}} {
		if after := h.refundLater(made, step.passes); after.Status != step.want {
			t.Errorf("after %v it is %+v", step.passes, after)
		}
	}

	if got := h.events(payment.SessionID); !strings.HasSuffix(got, "refund.failed") || orEmpty(h.readRefund(made.ID).FailureCode) != "not_received" {
		t.Errorf("events %s", got)
	}
}

func TestRefundWithoutAnyAnswerIsReportedToTheMerchant(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer checkout.RefundAnswer
		fails  error
		after  time.Duration // it is reported
	}{
		"no answer":        {checkout.RefundAnswer{}, errors.New("connection reset"), 24 * time.Hour},
		"not how it ended": {checkout.RefundAnswer{Verdict: checkout.VerdictPending}, nil, 16 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			payment := h.paid("baray")
			h.refunds.respond(test.answer, test.fails)
			made, _ := h.refund(`{"payment":"` + payment.ID + `","reason":"x"}`)
			if before := h.refundLater(made, test.after-time.Hour); before.UnresolvedAt != nil {
				t.Errorf("unresolved before its time: %+v", before)
			}

			for range 3 {
				if after := h.refundLater(made, time.Hour); after.UnresolvedAt == nil || after.Status != checkout.RefundPending {
					t.Errorf("it is %+v", after)
				}
			}

			if got := h.events(payment.SessionID); strings.Count(got, "refund.unresolved") != 1 {
				t.Errorf("events %s", got)
			}

			h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPaid}, nil)
			if after := h.refundLater(made, time.Hour); after.Status != checkout.RefundSucceeded || after.UnresolvedAt != nil {
				t.Errorf("given back, it is %+v", after)
			}
		})
	}
}

// What counted as never received can have been received: its notice is heard,
// and no money that went is left out of the books.
func TestNoticeReopensARefundThatCountedAsNeverReceived(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		meanwhile string // given back by hand
		status    checkout.RefundStatus
		refunded  string
		event     string
	}{
		"the amount is free":           {"", checkout.RefundSucceeded, "2.50", "refund.succeeded"},
		"the amount was given already": {`,"by_hand":{"by":"Bopha"}`, checkout.RefundFailed, "2.50", "refund.unresolved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			payment := h.paid("baray")
			h.refunds.respond(checkout.RefundAnswer{}, errors.New("connection reset"))
			made, _ := h.refund(`{"payment":"` + payment.ID + `","reason":"x"}`)
			h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictClosed}, nil)
			h.refundLater(made, time.Minute)
			if after := h.refundLater(made, 10*time.Minute); after.Status != checkout.RefundFailed {
				t.Fatalf("it is %+v", after)
			}

			if test.meanwhile != "" {
				if _, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"x"` + test.meanwhile + `}`); wrong != nil {
					t.Fatal(wrong)
				}
			}

			h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPaid, ProviderID: "r-1"}, nil)
			if w := h.send(http.MethodPost, "/callbacks/baray/"+payment.ID, "refund="+h.refunds.orders[0].Reference); w.Code != http.StatusOK {
				t.Fatalf("the notice is answered %d %s", w.Code, w.Body)
			}

			h.run(db.Jobs{CheckRefund: h.service.CheckRefund})
			eventually(t, "the notice is heard", func() bool { return orEmpty(h.readRefund(made.ID).TransactionID) == "r-1" })
			if after := h.readRefund(made.ID); after.Status != test.status || h.readPayment(payment.ID).AmountRefunded != test.refunded {
				t.Errorf("it is %+v, refunded %s", after, h.readPayment(payment.ID).AmountRefunded)
			}

			// The log has the event after it is stored.
			eventually(t, "the log ends with "+test.event, func() bool { return strings.HasSuffix(h.events(payment.SessionID), test.event) })
		})
	}
}
