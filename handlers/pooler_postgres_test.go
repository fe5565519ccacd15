//go:build postgres

package handlers_test

import (
	"testing"
	"time"

	"rieltime/db/dbtest"
)

func TestPurchaseThroughAPooler(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	direct := h.database
	h.database = dbtest.Pooled(t, direct)
	pooled := h.replica()
	h.database = direct // which outlives the pooler
	hooks := receive(t, nil)
	pooled.addEndpoint(hooks.URL)
	pooled.deliverBy(time.Now)

	session := pooled.open()
	payment := pooled.pay(session, "khqr")
	polled := wantState(t, pooled.get("/c/"+session), "qr_waiting").Find("#status").AttrOr("hx-get", "")
	pooled.prove(payment, "t1", 250)
	wantState(t, pooled.get(polled), "paid")
	eventually(t, "payment.succeeded and checkout.session.completed arrive", func() bool { return len(hooks.hooks()) == 2 })
}
