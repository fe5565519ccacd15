package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"rieltime/handlers"
)

// unlimited lets a benchmark go as fast as it can.
func unlimited(c *handlers.Config) {
	c.Log = nil
	c.APILimit = handlers.Limit{PerSecond: -1}
	c.Guard = handlers.Guard{AddressLimit: handlers.Limit{PerSecond: -1}}
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

// BenchmarkPage is the page with its code, which the page's static twin is
// compared with: the same bytes through the same chain of handlers, with
// nothing read and nothing drawn. The page's rate is to be half of its twin's.
func BenchmarkPage(b *testing.B) {
	h := newHouse(b, unlimited)
	session := h.open()
	h.pay(session, "khqr")
	b.Run("drawn", func(b *testing.B) { benchmarkGet(b, h, "/c/"+session) })
	b.Run("static", func(b *testing.B) {
		page := h.get("/c/" + session).Body.Bytes()
		h.e.GET("/static-twin", func(c echo.Context) error { return c.HTMLBlob(http.StatusOK, page) })
		benchmarkGet(b, h, "/static-twin")
	})
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
