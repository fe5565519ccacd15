package handlers_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// refunder is a fake that can give money back. It answers as it is told.
type refunder struct {
	*fake
	mu     sync.Mutex
	answer checkout.RefundAnswer
	fails  error
	orders []checkout.RefundOrder
	during func() // what happens while it is asked

	queries atomic.Int64
	cannot  atomic.Bool
}

func (r *refunder) CanRefund(checkout.Payment) bool { return !r.cannot.Load() }

func (r *refunder) Refund(_ context.Context, _ checkout.Account, _ checkout.Payment, refund checkout.RefundOrder) (checkout.RefundAnswer, error) {
	r.mu.Lock()
	r.orders = append(r.orders, refund)
	answer, err, during := r.answer, r.fails, r.during
	r.mu.Unlock()
	if during != nil {
		during()
	}
	return answer, err
}

func (r *refunder) QueryRefund(context.Context, checkout.Account, checkout.Payment, checkout.RefundOrder) (checkout.RefundAnswer, error) {
	r.queries.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answer, r.fails
}

func (r *refunder) respond(answer checkout.RefundAnswer, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer, r.fails = answer, err
}

// paid makes a session that was paid by a method with 2.50 dollars.
func (h *harness) paid(method string) checkout.Payment {
	h.t.Helper()
	payment := h.pay(h.open(`"metadata":{"for":"`+h.t.Name()+`"}`), method)
	h.prove(payment, "tx-"+payment.ID, 250)
	return *h.purchase(payment.SessionID).Payment(payment.ID)
}

func (h *harness) refund(body string) (checkout.PublicRefund, *problem) {
	h.t.Helper()
	w := h.call("klaing test", http.MethodPost, "/v1/refunds", body)
	if w.Code != http.StatusCreated {
		wrong := read[problem](h.t, w)
		return checkout.PublicRefund{}, &wrong
	}

	made := read[checkout.PublicRefund](h.t, w)
	if location := w.Header().Get("Location"); location != "/v1/refunds/"+made.ID {
		h.t.Errorf("Location %q", location)
	}

	return made, nil
}

func (h *harness) readPayment(id string) checkout.PublicPayment {
	h.t.Helper()
	return read[checkout.PublicPayment](h.t, h.call("klaing test", http.MethodGet, "/v1/payments/"+id, ""))
}

// events are the types raised so far, oldest first.
func (h *harness) events(sessionID string) string {
	h.t.Helper()
	var types []string
	for line := range strings.Lines(h.log.String()) {
		if strings.Contains(line, "msg=event") && strings.Contains(line, checkout.ShortSession(sessionID)) {
			_, after, _ := strings.Cut(line, "type=")
			name, _, _ := strings.Cut(after, " ")
			types = append(types, name)
		}
	}
	return strings.Join(types, " ")
}

func TestNoticeOfARefundQueriesItAfterItsAnswer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment, other := h.paid("baray"), h.paid("baray")
	h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPending}, nil)
	made, wrong := h.refund(`{"payment":"` + payment.ID + `","amount":"1.00","reason":"One was cold"}`)
	if wrong != nil {
		t.Fatal(wrong)
	}

	order := h.refunds.orders[0]
	if order.CallbackURL != baseURL+"/callbacks/baray/"+payment.ID {
		t.Errorf("the provider is to tell %s", order.CallbackURL)
	}

	h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPaid, ProviderID: "r-1"}, nil)
	for target, reference := range map[string]string{other.ID: order.Reference, payment.ID: "RE-OTHER", h.accounts["baray"]: order.Reference} {
		if w := h.send(http.MethodPost, "/callbacks/baray/"+target, "refund="+reference); w.Code != http.StatusBadRequest {
			t.Errorf("%s about %s is answered %d", target, reference, w.Code)
		}
	}

	if status := h.readRefund(made.ID).Status; status != checkout.RefundPending {
		t.Fatalf("a refused notice made it %s", status)
	}

	for range 2 {
		if w := h.send(http.MethodPost, "/callbacks/baray/"+payment.ID, "refund="+order.Reference); w.Code != http.StatusOK {
			t.Fatalf("the notice is answered %d %s", w.Code, w.Body)
		}
	}

	if n := h.refunds.queries.Load(); n != 0 {
		t.Errorf("the provider was asked %d times before the notice was answered", n)
	}

	h.run(db.Jobs{CheckRefund: h.service.CheckRefund})
	eventually(t, "the refund is known", func() bool { return h.readRefund(made.ID).Status == checkout.RefundSucceeded })
	if after := h.readRefund(made.ID); orEmpty(after.TransactionID) != "r-1" {
		t.Errorf("%+v", after)
	}

	if w := h.send(http.MethodPost, "/callbacks/baray/"+payment.ID, "refund="+order.Reference); w.Code != http.StatusOK {
		t.Errorf("the notice of a refund that is known: %d", w.Code)
	}
}

func (h *harness) readRefund(id string) checkout.PublicRefund {
	h.t.Helper()
	return read[checkout.PublicRefund](h.t, h.call("klaing test", http.MethodGet, "/v1/refunds/"+id, ""))
}

func TestRefundThroughTheProvider(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.paid("baray")
	h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPaid, ProviderID: "r-1"}, nil)
	made, wrong := h.refund(`{"payment":"` + payment.ID + `","amount":"1.00","reason":"One was cold"}`)
	if wrong != nil {
		t.Fatal(wrong)
	}

	if made.Status != checkout.RefundSucceeded || made.Amount != "1.00" || made.Provider != "baray" || orEmpty(made.TransactionID) != "r-1" || made.ClosedAt == nil || made.ByHand != nil {
		t.Errorf("made %+v", made)
	}

	again := read[checkout.PublicRefund](t, h.call("klaing test", http.MethodGet, "/v1/refunds/"+made.ID, ""))
	if again.Status != made.Status || again.ID != made.ID {
		t.Errorf("read back %+v", again)
	}

	if got := h.readPayment(payment.ID).AmountRefunded; got != "1.00" {
		t.Errorf("refunded %s", got)
	}

	rest, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"The other too"}`)
	if wrong != nil || rest.Amount != "1.50" {
		t.Errorf("the rest is %+v, %v", rest, wrong)
	}

	if _, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"More"}`); wrong == nil || wrong.Code != "refund_too_large" {
		t.Errorf("when nothing is left: %+v", wrong)
	}

	if got := h.events(payment.SessionID); !strings.HasSuffix(got, "refund.succeeded refund.succeeded") {
		t.Errorf("events %s", got)
	}

	listed := read[struct{ Data []checkout.PublicRefund }](t, h.call("klaing test", http.MethodGet, "/v1/refunds?payment="+payment.ID, ""))
	if len(listed.Data) != 2 || listed.Data[0].Amount != "1.50" && listed.Data[1].Amount != "1.50" {
		t.Errorf("listed %+v", listed)
	}

	if other := read[struct{ Data []checkout.PublicRefund }](t, h.call("krama test", http.MethodGet, "/v1/refunds", "")); len(other.Data) != 0 {
		t.Errorf("another merchant sees %+v", other)
	}

	if w := h.call("krama test", http.MethodGet, "/v1/refunds/"+made.ID, ""); w.Code != http.StatusNotFound {
		t.Errorf("another merchant reads %d", w.Code)
	}
}

func TestRefundIsStoredBeforeTheProviderIsCalled(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.paid("baray")
	seen := checkout.RefundStatus("")
	h.refunds.during = func() {
		if refunds := h.purchase(payment.SessionID).Refunds; len(refunds) == 1 {
			seen = refunds[0].Status
		}
	}
	if _, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"x"}`); wrong != nil {
		t.Fatal(wrong)
	}

	if seen != checkout.RefundPending {
		t.Errorf("the row was %q when the provider was asked", seen)
	}
}

func TestRefundByHand(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.paid("khqr")
	if _, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"Closed early"}`); wrong == nil || wrong.Code != "refund_by_hand_only" {
		t.Errorf("without by_hand: %+v", wrong)
	}

	if got := h.readPayment(payment.ID).AmountRefunded; got != "0.00" {
		t.Errorf("a refused refund took %s", got)
	}

	other := h.paid("baray")
	h.refunds.cannot.Store(true) // the method that it was paid with
	if _, wrong := h.refund(`{"payment":"` + other.ID + `","reason":"Closed early"}`); wrong == nil || wrong.Code != "refund_by_hand_only" || len(h.refunds.orders) != 0 {
		t.Errorf("of a method that cannot be refunded: %+v, asked %d times", wrong, len(h.refunds.orders))
	}

	made, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"Closed early","by_hand":{"by":"Bopha","note":"ABA 123"}}`)
	if wrong != nil {
		t.Fatal(wrong)
	}

	if made.Status != checkout.RefundSucceeded || made.Provider != "manual" || made.ByHand == nil || made.ByHand.By != "Bopha" || made.Amount != "2.50" {
		t.Errorf("made %+v", made)
	}

	if got := h.events(payment.SessionID); !strings.HasSuffix(got, "refund.succeeded") {
		t.Errorf("events %s", got)
	}
}

func TestConcurrentRefundsNeverExceedWhatWasPaid(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.paid("baray")
	h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPending}, nil)
	var group sync.WaitGroup
	codes := make(chan int, 100)
	for range 100 {
		group.Go(func() {
			codes <- h.call("klaing test", http.MethodPost, "/v1/refunds", `{"payment":"`+payment.ID+`","amount":"0.70","reason":"x"}`).Code
		})
	}

	group.Wait()
	close(codes)
	count := map[int]int{}
	for code := range codes {
		count[code]++
	}

	if count[http.StatusCreated] != 3 || count[http.StatusConflict] != 97 {
		t.Errorf("answers %v", count)
	}

	if len(h.refunds.orders) != 3 || h.readPayment(payment.ID).AmountRefunded != "2.10" {
		t.Errorf("the provider was asked %d times, refunded %s", len(h.refunds.orders), h.readPayment(payment.ID).AmountRefunded)
	}
}

func TestRefundWithoutAnAnswerStaysPendingUntilItsResult(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.paid("baray")
	h.refunds.respond(checkout.RefundAnswer{}, context.DeadlineExceeded)
	made, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"x"}`)
	if wrong != nil || made.Status != checkout.RefundPending || made.ClosedAt != nil {
		t.Fatalf("made %+v, %v", made, wrong)
	}

	if _, wrong := h.refund(`{"payment":"` + payment.ID + `","amount":"0.01","reason":"x"}`); wrong == nil || wrong.Code != "refund_too_large" {
		t.Errorf("while one is pending: %+v", wrong)
	}

	check := func() time.Duration {
		t.Helper()
		again, err := h.service.CheckRefund(t.Context(), made.Session, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		return again
	}
	if again := check(); again <= 0 {
		t.Errorf("asked again after %v", again)
	}

	h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictPaid, ProviderID: "r-9"}, nil)
	if again := check(); again != 0 {
		t.Errorf("asked again after %v when it is known", again)
	}

	if after := read[checkout.PublicRefund](t, h.call("klaing test", http.MethodGet, "/v1/refunds/"+made.ID, "")); after.Status != checkout.RefundSucceeded || orEmpty(after.TransactionID) != "r-9" {
		t.Errorf("after %+v", after)
	}

	h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictFailed}, nil)
	if again := check(); again != 0 || h.readPayment(payment.ID).AmountRefunded != "2.50" {
		t.Error("a refund that is known was changed")
	}
}

func TestRefundThatFailsGivesItsAmountFreeAgain(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(*harness){
		"refused": func(h *harness) {
			h.refunds.respond(checkout.RefundAnswer{}, &checkout.Refused{Code: "x", Reason: "no"})
		},
		"failed": func(h *harness) { h.refunds.respond(checkout.RefundAnswer{Verdict: checkout.VerdictFailed}, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			payment := h.paid("baray")
			answer(h)
			made, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"x"}`)
			if wrong != nil || made.Status != checkout.RefundFailed || orEmpty(made.FailureCode) != "refused" {
				t.Fatalf("made %+v, %v", made, wrong)
			}

			if got := h.readPayment(payment.ID).AmountRefunded; got != "0.00" {
				t.Errorf("refunded %s", got)
			}

			if got := h.events(payment.SessionID); !strings.HasSuffix(got, "refund.failed") {
				t.Errorf("events %s", got)
			}

			if again, wrong := h.refund(`{"payment":"` + payment.ID + `","reason":"x","by_hand":{"by":"Bopha"}}`); wrong != nil || again.Amount != "2.50" {
				t.Errorf("by hand instead: %+v, %v", again, wrong)
			}
		})
	}
}

func TestRefundIsMadeOnceUnderOneIdempotencyKey(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.paid("baray")
	body := `{"payment":"` + payment.ID + `","amount":"0.50","reason":"x"}`
	first := h.call("klaing test", http.MethodPost, "/v1/refunds", body, "Idempotency-Key", "r1")
	again := h.call("klaing test", http.MethodPost, "/v1/refunds", body, "Idempotency-Key", "r1")
	if first.Code != http.StatusCreated || again.Body.String() != first.Body.String() || len(h.refunds.orders) != 1 {
		t.Errorf("%d %s, again %d %s; asked %d times", first.Code, first.Body, again.Code, again.Body, len(h.refunds.orders))
	}
}

func TestRefundRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	paid := h.paid("baray")
	open := h.pay(h.open(`"description":"open"`), "baray")
	id := `"payment":"` + paid.ID + `"`
	for _, test := range []struct {
		body, code, param string
		status            int
	}{
		{`{"reason":"x"}`, "payment_missing", "payment", 400},
		{`{` + id + `}`, "reason_missing", "reason", 400},
		{`{"payment":"pay_none","reason":"x"}`, "payment_invalid", "payment", 400},
		{`{"payment":"cs_none","reason":"x"}`, "payment_invalid", "payment", 400},
		{`{"payment":"` + open.ID + `","reason":"x"}`, "payment_not_succeeded", "payment", 409},
		{`{` + id + `,"reason":"x","amount":1}`, "amount_invalid", "amount", 400},
		{`{` + id + `,"reason":"x","amount":""}`, "amount_invalid", "amount", 400},
		{`{` + id + `,"reason":"x","amount":"0"}`, "amount_invalid", "amount", 400},
		{`{` + id + `,"reason":"x","amount":"2.51"}`, "refund_too_large", "amount", 409},
		{`{` + id + `,"reason":"x","by_hand":{}}`, "by_missing", "by_hand.by", 400},
		{`{` + id + `,"reason":"x","by_hand":{"by":"a","how":"b"}}`, "field_unknown", "by_hand.how", 400},
		{`{` + id + `,"reason":"` + strings.Repeat("x", 256) + `"}`, "text_too_long", "reason", 400},
		{`{` + id + `,"reason":"a\u0007"}`, "text_invalid", "reason", 400},
	} {
		w := h.call("klaing test", http.MethodPost, "/v1/refunds", test.body)
		if got := read[problem](t, w); w.Code != test.status || got.Code != test.code || got.Param != test.param {
			t.Errorf("%s: %d %s", test.body, w.Code, w.Body)
		}
	}

	w := h.call("krama test", http.MethodPost, "/v1/refunds", `{`+id+`,"reason":"x"}`)
	if got := read[problem](t, w); got.Code != "payment_invalid" {
		t.Errorf("another merchant's payment: %d %s", w.Code, w.Body)
	}

	if len(h.refunds.orders) != 0 {
		t.Errorf("the provider was asked %d times", len(h.refunds.orders))
	}
}
