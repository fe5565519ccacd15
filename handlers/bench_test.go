package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"rieltime/handlers"
)

// unlimited lets a benchmark go as fast as it can.
func unlimited(c *handlers.Config) {
	c.Log = nil
	c.APILimit = handlers.Limit{PerSecond: -1}
}

func benchmarkGet(b *testing.B, h *house, target string) {
	b.Helper()
	request := httptest.NewRequest(http.MethodGet, target, nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.e.ServeHTTP(w, request)
		if w.Code != http.StatusOK && w.Code != http.StatusNoContent {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

// BenchmarkPage is the page with its code; BenchmarkStaticAnswer is what the
// same chain of handlers costs without a page.
func BenchmarkPage(b *testing.B) {
	h := newHouse(b, unlimited)
	session := h.open()
	h.pay(session, "khqr")
	benchmarkGet(b, h, "/c/"+session)
}

func BenchmarkStaticAnswer(b *testing.B) {
	benchmarkGet(b, newHouse(b, unlimited), "/robots.txt")
}

// BenchmarkStatus is a poll while nothing changes; BenchmarkGlance is the
// SELECT inside it.
func BenchmarkStatus(b *testing.B) {
	h := newHouse(b, unlimited)
	session := h.open()
	h.pay(session, "khqr")
	doc := wantState(b, h.get("/c/"+session), "qr_waiting")
	benchmarkGet(b, h, doc.Find("#status").AttrOr("hx-get", ""))
}

func BenchmarkGlance(b *testing.B) {
	h := newHouse(b, unlimited)
	session := h.open()
	h.pay(session, "khqr")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.store.Glance(b.Context(), session); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreateSession(b *testing.B) {
	h := newHouse(b, unlimited)
	b.ReportAllocs()
	for b.Loop() {
		h.open()
	}
}
