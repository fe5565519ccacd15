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
			h := newHarness(t)
			o := h.buy("iced-coffee")
			h.api.set(o.SessionID, "status", session)
			if status := h.sendWebhook(testSecret, "evt_1", completed(o.SessionID)); status != http.StatusNoContent {
				t.Errorf("status %d, want 204", status)
			}
			h.checkStatus(o.ID, want)
		})
	}
}

func TestWebhookOfAPayment(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	h.api.set(o.SessionID, "status", "complete")
	body := `{"type":"payment.succeeded","data":{"object":{"object":"payment","id":"pay_1","session":"` + o.SessionID + `"}}}`
	if status := h.sendWebhook(testSecret, "evt_1", body); status != http.StatusNoContent {
		t.Errorf("status %d, want 204", status)
	}
	h.checkStatus(o.ID, statusPaid)
}

func TestWebhookWithWrongAmountIsNotPaid(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	h.api.set(o.SessionID, "status", "complete")
	h.api.set(o.SessionID, "amount", "0.01")
	h.sendWebhook(testSecret, "evt_1", completed(o.SessionID))
	h.checkStatus(o.ID, statusReview)
}

func TestWebhookWithBadSignatureIsRefused(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	h.api.set(o.SessionID, "status", "complete")
	if status := h.sendWebhook("whsec_c29tZW9uZSBlbHNlJ3Mgc2VjcmV0IQ==", "evt_1", completed(o.SessionID)); status != http.StatusBadRequest {
		t.Errorf("status %d, want 400", status)
	}

	unsigned := httptest.NewRequest(http.MethodPost, "/webhooks", strings.NewReader(completed(o.SessionID)))
	if status := h.serve(unsigned).StatusCode; status != http.StatusBadRequest {
		t.Errorf("status %d for no signature, want 400", status)
	}

	h.checkStatus(o.ID, statusWaiting)
}

func TestShopWithoutASecretRefusesWebhooks(t *testing.T) {
	h := newHarness(t)
	h.shop = New(Options{APIBase: h.api.URL, APIKey: testKey, StatePath: h.path})
	if status := h.sendWebhook("", "evt_1", completed("cs_1")); status != http.StatusBadRequest {
		t.Errorf("status %d for an event signed with an empty secret, want 400", status)
	}
}

func TestWebhookIsProcessedOnce(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	h.sendWebhook(testSecret, "evt_1", completed(o.SessionID))
	h.api.set(o.SessionID, "status", "complete")
	if status := h.sendWebhook(testSecret, "evt_1", completed(o.SessionID)); status != http.StatusNoContent {
		t.Errorf("status %d for a repeat, want 204", status)
	}
	h.checkStatus(o.ID, statusWaiting)
	h.sendWebhook(testSecret, "evt_2", completed(o.SessionID))
	h.checkStatus(o.ID, statusPaid)
}

func TestPaidOrderStaysPaid(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	h.api.set(o.SessionID, "status", "complete")
	h.sendWebhook(testSecret, "evt_1", completed(o.SessionID))
	h.api.set(o.SessionID, "status", "expired")
	h.sendWebhook(testSecret, "evt_2", completed(o.SessionID))
	h.checkStatus(o.ID, statusPaid)
}

func TestWebhookIsRetriedWhileTheAPIIsDown(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	h.api.set(o.SessionID, "status", "complete")
	h.api.refuseWith(&problem{Status: 503})
	if status := h.sendWebhook(testSecret, "evt_1", completed(o.SessionID)); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", status)
	}
	h.api.refuseWith(nil)
	h.sendWebhook(testSecret, "evt_1", completed(o.SessionID))
	h.checkStatus(o.ID, statusPaid)
}

func TestWebhookOfAnUnknownSessionIsIgnored(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	for name, body := range map[string]string{
		"unknown session": completed("cs_unknown"),
		"no session":      `{"type":"webhook.test","data":{"object":{}}}`,
	} {
		if status := h.sendWebhook(testSecret, "evt_"+name, body); status != http.StatusNoContent {
			t.Errorf("%s: status %d, want 204", name, status)
		}
	}

	h.checkStatus(o.ID, statusWaiting)
}
