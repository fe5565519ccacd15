package handlers_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers"
)

// panicking is the real store, whose DeliveryRecord panics while it is on.
type panicking struct {
	handlers.Store
	on bool
}

func (p *panicking) DeliveryRecord(ctx context.Context, id string) (checkout.DeliveryRecord, error) {
	if p.on {
		panic("secret cause")
	}
	return p.Store.DeliveryRecord(ctx, id)
}

func TestPanicUnderAnIdempotencyKeyIsAnInternalError(t *testing.T) {
	t.Parallel()
	store := &panicking{on: true}
	h := newHarness(t, func(c *handlers.Config) { store.Store, c.Store = c.Store, store })
	const body = `{"url":"https://shop.example/hooks","events":["*"]}`
	endpoint := read[checkout.PublicEndpoint](t, h.call("klaing test", http.MethodPost, "/v1/webhook_endpoints", body)).ID
	target := "/v1/webhook_endpoints/" + endpoint + "/deliveries/del_1/redeliver"
	before := checkout.Panics()["request"]
	for range 2 { // the same request may be sent again
		w := h.call("klaing test", http.MethodPost, target, "", "Idempotency-Key", "k1")
		if w.Code != http.StatusInternalServerError || w.Header().Get(echo.HeaderContentType) != "application/problem+json" {
			t.Fatalf("%d %s %q", w.Code, w.Header().Get(echo.HeaderContentType), w.Body)
		}

		if code := read[struct{ Code string }](t, w).Code; code != "internal" || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s", w.Body)
		}
	}

	if n := checkout.Panics()["request"] - before; n < 2 {
		t.Errorf("%d panics counted", n)
	}

	if w := h.call("klaing test", http.MethodPost, target, `{"other":1}`, "Idempotency-Key", "k1"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("the key of an unknown outcome is free for another request: %d %s", w.Code, w.Body)
	}

	store.on = false
	if w := h.call("klaing test", http.MethodPost, target, "", "Idempotency-Key", "k1"); w.Code != http.StatusNotFound {
		t.Errorf("after the fault: %d %s", w.Code, w.Body)
	}
}

func TestPanicInAnAdapterEndsOnlyWhatItBroke(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.baray.panics = true
	session := h.open()
	doc := wantState(t, h.get("/c/"+session), "choosing")
	if doc.Find("button[name=method][value=khqr]").Length() != 1 {
		t.Error("one adapter's fault hides another's method")
	}

	if w := h.send(http.MethodPost, "/callbacks/baray/"+h.accounts["baray"], "reference=x"); w.Code != http.StatusInternalServerError {
		t.Errorf("a notice that was not understood by a fault of ours: %d %s", w.Code, w.Body)
	}

	h.pay(session, "khqr")
	if checkout.Panics()["provider baray"] == 0 {
		t.Error("no panic is counted")
	}
}

func TestPanicWhileAPaymentStartsIsAnOutcomeThatIsNotKnown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.bakong.panicsAtStart = true
	session := h.open()
	if w := h.submit("/c/"+session+"/payments", "method", "khqr"); w.Code >= http.StatusInternalServerError {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	if left := h.purchase(session).Latest(); left.Status == checkout.PaymentFailed || left.NextCheckAt.IsZero() {
		t.Errorf("the attempt is %s, next question %s: it may have been begun", left.Status, left.NextCheckAt)
	}

	h.bakong.panicsAtStart = false
	h.pay(h.open(), "khqr")
}
