package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/handlers"
)

// proxied has buyers come from the addresses in X-Forwarded-For.
func proxied(c *handlers.Config) {
	c.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // httptest's client
}

// payFrom chooses KHQR on a session's page, from an address.
func (h *harness) payFrom(address, session string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.send(http.MethodPost, "/c/"+session+"/payments", "method=khqr", "X-Forwarded-For", address,
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

func TestOneClientSellsNoLinkOut(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried, proxied)
	link := h.link(`"amount":"5.00"`, `"max_uses":10`)
	var opened []string
	for range 30 {
		opened = append(opened, openedBy(t, h.submit("/l/"+link.ID)))
	}

	if h.uses(link) != 0 {
		t.Fatalf("opening took %d uses", h.uses(link))
	}

	for i, session := range opened {
		w := h.payFrom("203.0.113.7", session)
		if i < 3 && w.Code != http.StatusSeeOther {
			t.Errorf("attempt %d: %d", i, w.Code)
		}

		if i >= 3 && (w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "60" || html(t, w).Find(".notice").Length() != 1 || html(t, w).Find(".methods li").Length() == 0) {
			t.Errorf("attempt %d: %d %v", i, w.Code, w.Header())
		}
	}

	if h.uses(link) != 3 {
		t.Errorf("one address holds %d", h.uses(link))
	}

	for i := range 7 {
		if w := h.payFrom(fmt.Sprintf("203.0.113.%d", 10+i), openedBy(t, h.submit("/l/"+link.ID))); w.Code != http.StatusSeeOther {
			t.Errorf("another buyer: %d", w.Code)
		}
	}

	if w := h.payFrom("203.0.113.99", opened[9]); w.Code != http.StatusConflict || !strings.Contains(html(t, w).Find(".notice").Text(), "អស់ហើយ") {
		t.Errorf("beyond the stock: %d", w.Code)
	}
}

func TestHeldUseIsFreeAfterMinutes(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried, proxied)
	link := h.link(`"amount":"5.00"`, `"max_uses":1`)
	h.baray.life = 0 // the provider would take it for as long as the session
	session, other := openedBy(t, h.submit("/l/"+link.ID)), openedBy(t, h.submit("/l/"+link.ID))
	first := h.pay(session, "baray")
	if left := first.ExpiresAt.Sub(h.clock.Now()); left != 10*time.Minute {
		t.Errorf("the attempt lives for %v", left)
	}

	for range 3 { // another attempt of the same session takes no more
		h.pay(session, "khqr")
	}

	if h.uses(link) != 1 {
		t.Errorf("%d uses", h.uses(link))
	}

	h.clock.Add(10 * time.Minute)
	for range 2 {
		h.tick(session)
	}

	if h.uses(link) != 0 || h.purchase(session).Session.Status != checkout.SessionOpen {
		t.Errorf("after ten minutes %d uses, session %s", h.uses(link), h.purchase(session).Session.Status)
	}

	second := h.payFrom("203.0.113.9", other)
	if second.Code != http.StatusSeeOther || h.uses(link) != 1 {
		t.Errorf("the next buyer: %d, %d uses", second.Code, h.uses(link))
	}

	h.prove(*h.purchase(other).Latest(), "second", 500)
	h.prove(first, "first", 500) // too late: the stock is gone
	if got := h.purchase(session); got.Session.Status == checkout.SessionComplete || got.Payment(first.ID).Review != checkout.ReviewLate {
		t.Errorf("money beyond the stock: session %s, review %q", got.Session.Status, got.Payment(first.ID).Review)
	}
}

func TestUseIsHeldWhileMoneyMayBeUnderWay(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	link := h.link(`"amount":"5.00"`, `"max_uses":1`)
	payment := h.pay(openedBy(t, h.submit("/l/"+link.ID)), "khqr")
	h.clock.Add(payment.ExpiresAt.Sub(h.clock.Now()))
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictUnknown})
	if got := h.purchase(payment.SessionID).Latest(); got.Status != checkout.PaymentExpired || h.uses(link) != 1 {
		t.Errorf("the code is %s; %d uses although it is not known whether it was paid", got.Status, h.uses(link))
	}

	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPending})
	if h.uses(link) != 0 {
		t.Error("the use is held although the money did not come")
	}

	h.prove(payment, "t", 500) // in time, and there is one left
	if h.uses(link) != 1 || h.purchase(payment.SessionID).Session.Status != checkout.SessionComplete {
		t.Errorf("%d uses, session %s", h.uses(link), h.purchase(payment.SessionID).Session.Status)
	}
}

// tick has a session hear that nothing has come of its attempts.
func (h *harness) tick(session string) {
	h.t.Helper()
	for _, payment := range h.purchase(session).Payments {
		h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPending})
	}
}
