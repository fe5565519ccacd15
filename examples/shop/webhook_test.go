package shop

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWebhookMarksTheOrder(t *testing.T) {
	for session, want := range map[string]string{
		"complete": statusPaid, "open": statusWaiting, "canceled": statusCanceled, "expired": statusExpired,
	} {
		t.Run(session, func(t *testing.T) {
			w := newWorld(t)
			o := w.buy("iced-coffee")
			w.api.set(o.SessionID, "status", session)
			if status := w.send(testSecret, "evt_1", completed(o.SessionID)); status != http.StatusNoContent {
				t.Errorf("status %d, want 204", status)
			}
			w.wantStatus(o.ID, want)
		})
	}
}

func TestWebhookOfAPayment(t *testing.T) {
	w := newWorld(t)
	o := w.buy("iced-coffee")
	w.api.set(o.SessionID, "status", "complete")
	body := `{"type":"payment.succeeded","data":{"object":{"object":"payment","id":"pay_1","session":"` + o.SessionID + `"}}}`
	if status := w.send(testSecret, "evt_1", body); status != http.StatusNoContent {
		t.Errorf("status %d, want 204", status)
	}
	w.wantStatus(o.ID, statusPaid)
}

func TestWebhookWithWrongAmountIsNotPaid(t *testing.T) {
	w := newWorld(t)
	o := w.buy("iced-coffee")
	w.api.set(o.SessionID, "status", "complete")
	w.api.set(o.SessionID, "amount", "0.01")
	w.send(testSecret, "evt_1", completed(o.SessionID))
	w.wantStatus(o.ID, statusReview)
}

func TestWebhookWithBadSignatureIsRefused(t *testing.T) {
	w := newWorld(t)
	o := w.buy("iced-coffee")
	w.api.set(o.SessionID, "status", "complete")
	if status := w.send("whsec_c29tZW9uZSBlbHNlJ3Mgc2VjcmV0IQ==", "evt_1", completed(o.SessionID)); status != http.StatusBadRequest {
		t.Errorf("status %d, want 400", status)
	}
	unsigned := httptest.NewRequest(http.MethodPost, "/webhooks", strings.NewReader(completed(o.SessionID)))
	if status := w.do(unsigned).StatusCode; status != http.StatusBadRequest {
		t.Errorf("status %d for no signature, want 400", status)
	}
	w.wantStatus(o.ID, statusWaiting)
}

func TestShopWithoutASecretTakesNoWebhook(t *testing.T) {
	w := newWorld(t)
	w.shop = New(Options{APIBase: w.api.URL, APIKey: testKey, StatePath: w.path})
	if status := w.send("", "evt_1", completed("cs_1")); status != http.StatusBadRequest {
		t.Errorf("status %d for an event signed with an empty secret, want 400", status)
	}
}

func TestWebhookIsHeardOnce(t *testing.T) {
	w := newWorld(t)
	o := w.buy("iced-coffee")
	w.send(testSecret, "evt_1", completed(o.SessionID))
	w.api.set(o.SessionID, "status", "complete")
	if status := w.send(testSecret, "evt_1", completed(o.SessionID)); status != http.StatusNoContent {
		t.Errorf("status %d for a repeat, want 204", status)
	}
	w.wantStatus(o.ID, statusWaiting)
	w.send(testSecret, "evt_2", completed(o.SessionID))
	w.wantStatus(o.ID, statusPaid)
}

func TestPaidIsForGood(t *testing.T) {
	w := newWorld(t)
	o := w.buy("iced-coffee")
	w.api.set(o.SessionID, "status", "complete")
	w.send(testSecret, "evt_1", completed(o.SessionID))
	w.api.set(o.SessionID, "status", "expired")
	w.send(testSecret, "evt_2", completed(o.SessionID))
	w.wantStatus(o.ID, statusPaid)
}

func TestWebhookIsAskedForAgainWhileTheAPIIsDown(t *testing.T) {
	w := newWorld(t)
	o := w.buy("iced-coffee")
	w.api.set(o.SessionID, "status", "complete")
	w.api.refuseWith(&problem{Status: 503})
	if status := w.send(testSecret, "evt_1", completed(o.SessionID)); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", status)
	}
	w.api.refuseWith(nil)
	w.send(testSecret, "evt_1", completed(o.SessionID))
	w.wantStatus(o.ID, statusPaid)
}

func TestWebhookOfAStrangersSession(t *testing.T) {
	w := newWorld(t)
	o := w.buy("iced-coffee")
	for name, body := range map[string]string{
		"unknown session": completed("cs_unknown"),
		"no session":      `{"type":"webhook.test","data":{"object":{}}}`,
	} {
		if status := w.send(testSecret, "evt_"+name, body); status != http.StatusNoContent {
			t.Errorf("%s: status %d, want 204", name, status)
		}
	}
	w.wantStatus(o.ID, statusWaiting)
}
