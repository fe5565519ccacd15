package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/handlers"
)

// receiptOf is the path of a paid session's receipt, as its page links to it.
func receiptOf(t *testing.T, h *harness, session string) string {
	t.Helper()
	doc := wantState(t, h.get("/c/"+session), "paid")
	path, found := strings.CutPrefix(doc.Find(".receipt a.tool").AttrOr("href", ""), baseURL)
	if !found {
		t.Fatal("the receipt has no address")
	}
	return path
}

func TestReceiptShowsTheLiveState(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`, `"customer":{"name":"Sok Dara","email":"dara@example.com","phone":"012999888"}`)
	h.prove(h.pay(session, "khqr"), strings.Repeat("0a1b2c3d", 8), 250)
	h.clock.Add(3 * time.Minute)
	path := receiptOf(t, h, session)
	for _, address := range []string{path, path + "?cashier=1"} {
		w := h.get(address)
		doc := wantPage(t, w)
		text := doc.Text()
		for _, want := range []string{"PAID", "$2.50", "Coffee Klaing", "A-1", "0a1b2c3d", "3 min ago", "14:03:00", baseURL + "/"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", address, want)
			}
		}

		for _, secret := range []string{session, strings.TrimPrefix(session, "cs_"), "Dara", "dara@", "012999888", "pay_"} {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("%s gives away %q", address, secret)
			}
		}

		if doc.Find("[hx-get], form").Length() != 0 {
			t.Errorf("%s still asks", address)
		}
	}
}

// TestReceiptToShowLeadsToNoSession reads what stands on the receipt of the
// buyer's own page, as a cashier or a photograph does.
func TestReceiptToShowLeadsToNoSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	payment := h.pay(session, "khqr")
	h.prove(payment, "tx-1", 250)
	text := wantState(t, h.get("/c/"+session), "paid").Find(".receipt").Text()
	if !strings.Contains(text, payment.Reference) || strings.Contains(text, payment.ID) || strings.Contains(text, session) {
		t.Errorf("the receipt says %q", text)
	}
}

func TestReceiptOfAnUnpaidSessionIsMarkedUnpaid(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	paid := h.open()
	h.prove(h.pay(paid, "khqr"), "tx-1", 250)
	path := receiptOf(t, h, paid)
	for name, forged := range map[string]string{
		"a changed token": path[:len(path)-6] + "AAAAAA",
		"a session's id":  "/r/" + paid,
		"nothing":         "/r/x",
	} {
		if w := h.get(forged); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestReceiptTokenIsNoSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.prove(h.pay(session, "khqr"), "tx-1", 250)
	token := strings.TrimPrefix(receiptOf(t, h, session), "/r/")
	for _, path := range []string{"/c/" + token, "/c/cs_" + token, "/c/" + token + "/status", "/logos/" + token} {
		if w := h.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestNoKeyNoReceipt(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) { c.SessionKey = nil })
	session := h.open()
	h.prove(h.pay(session, "khqr"), "tx-1", 250)
	doc := wantState(t, h.get("/c/"+session), "paid")
	if doc.Find(".receipt svg.qr, .receipt a").Length() != 0 {
		t.Error("a receipt without an address has a code")
	}

	if w := h.get("/r/abc"); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

func TestGalleryIsInTheDemoOnly(t *testing.T) {
	t.Parallel()
	if w := newHarness(t).get("/gallery"); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}

	h := newHarness(t, func(c *handlers.Config) { c.Gallery = true })
	doc := wantPage(t, h.get("/gallery?lang=en&theme=dark"))
	links := doc.Find("a[data-specimen]")
	if links.Length() < 30 || doc.Find("iframe").Length() != links.Length() {
		t.Fatalf("%d pages", links.Length())
	}

	links.Each(func(_ int, s *selection) {
		w := h.get(s.AttrOr("href", ""))
		page := wantPage(t, w)
		if w.Code != http.StatusOK || page.Find("link[href*='app.dark.']").Length() != 1 {
			t.Errorf("%s: %d, or not dark", s.Text(), w.Code)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("policy %q", policy)
		}
	})
	if w := h.get("/gallery/nothing"); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}
