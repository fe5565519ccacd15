//go:build integrations

package shop

import (
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"rieltime/clients/go/rieltimetest"
)

// The shop beside a real checkout: what docs/testing.md says that a shop must survive.

// newRealHarness is the shop with the checkout of a kit, which passes webhooks on to it.
func newRealHarness(t *testing.T) (*harness, *rieltimetest.Kit) {
	t.Helper()
	kit := rieltimetest.Start(t, rieltimetest.Options{})
	h := &harness{t: t, path: filepath.Join(t.TempDir(), "shop.json")}
	h.shop = New(Options{APIBase: kit.URL, APIKey: kit.Key, WebhookSecret: kit.WebhookSecret, PublicURL: "http://127.0.0.1", StatePath: h.path})
	server := httptest.NewServer(h.shop)
	t.Cleanup(server.Close)
	kit.PassWebhooksOn(server.URL + "/webhooks")
	return h, kit
}

// becomes waits until an order has a status.
func (h *harness) becomes(id, want string) {
	h.t.Helper()
	rieltimetest.WaitUntil(h.t, "order "+id+" is "+want, func() bool {
		for _, o := range h.orders() {
			if o.ID == id && o.Status == want {
				return true
			}
		}
		return false
	})
}

func TestOrderIsPaidOnceByAWebhookThatComesTwice(t *testing.T) {
	h, kit := newRealHarness(t)
	kit.RepeatWebhooks(1)
	o := h.buy("iced-coffee")
	buyer := kit.Checkout(o.SessionID)
	buyer.PayWith("aba")
	buyer.NextWebhook("checkout.session.completed")
	h.checkStatus(o.ID, statusPaid)
}

func TestOrderIsPaidAfterALostWebhook(t *testing.T) {
	h, kit := newRealHarness(t)
	o := h.buy("iced-coffee")
	kit.DropWebhooks(2) // of the payment and of the session
	kit.Checkout(o.SessionID).PayWith("khqr")
	h.checkStatus(o.ID, statusWaiting)
	h.becomes(o.ID, statusPaid)
}

func TestOrderIsPaidByAnotherMethodAfterADecline(t *testing.T) {
	h, kit := newRealHarness(t)
	o := h.buy("tuk-tuk-tour")
	buyer := kit.Checkout(o.SessionID)
	buyer.Decline("card")
	buyer.NextWebhook("payment.failed")
	h.checkStatus(o.ID, statusWaiting)
	buyer.PayWith("khqr")
	h.becomes(o.ID, statusPaid)
}

func TestOrderIsNotPaidByLateOrWrongMoney(t *testing.T) {
	h, kit := newRealHarness(t)
	wrong := h.buy("iced-coffee")
	buyer := kit.Checkout(wrong.SessionID)
	buyer.PayWrongAmount("khqr", "1.49")
	buyer.NextWebhook("payment.mismatch")
	h.checkStatus(wrong.ID, statusWaiting)

	late := h.buy("iced-coffee")
	buyer = kit.Checkout(late.SessionID)
	buyer.PayLate("aba")
	buyer.NextWebhook("payment.late")
	h.becomes(late.ID, statusExpired)
}

func TestOrderIsPaidWhenTheProviderIsBack(t *testing.T) {
	h, kit := newRealHarness(t)
	o := h.buy("iced-coffee")
	buyer := kit.Checkout(o.SessionID)
	kit.ProviderDown("bakong")
	buyer.Start("khqr")
	buyer.Pay()
	h.checkStatus(o.ID, statusWaiting)
	kit.ProviderUp("bakong")
	h.becomes(o.ID, statusPaid)
}

func TestOrderExpiresWithItsSession(t *testing.T) {
	h, kit := newRealHarness(t)
	o := h.buy("iced-coffee")
	kit.Advance(48 * time.Hour)
	h.becomes(o.ID, statusExpired)
}
