package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/handlers"
)

func TestPageRequestedTooOftenRetriesByItself(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *handlers.Config) { c.Guard.AddressLimit = handlers.Limit{PerSecond: 0.125, Burst: 1} })
	session := h.open()
	h.get("/c/" + session)
	for target, again := range map[string]string{
		"/c/" + session + "?choose=1": "/c/" + session, "//evil.example/": baseURL + "/evil.example/", "/r/token?cashier=1": baseURL + "/r/token?cashier=1",
	} {
		for lang, says := range map[string][2]string{
			"km": {"សូមរង់ចាំបន្តិច", "8 វិនាទី"}, "en": {"Please wait a moment", "in 8 s."}, "zh": {"请稍候", "8 秒后"},
		} {
			w := h.get(target, "Accept-Language", lang)
			doc := wantPage(t, w)
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Refresh") != "8;url="+again || w.Header().Get("Retry-After") != "8" {
				t.Errorf("%s: %d %v", target, w.Code, w.Header())
			}

			if doc.Find("h1").Text() != says[0] || !strings.Contains(doc.Find(".lead").Text(), says[1]) || doc.Find("a.primary").AttrOr("href", "") != again {
				t.Errorf("%s in %s: %s", target, lang, doc.Find("main").Text())
			}
		}
	}

	w := h.submit("/c/"+session+"/payments", "method", "khqr")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Refresh") != "8;url=/c/"+session {
		t.Errorf("a form: %d %v", w.Code, w.Header())
	}

	h.clock.Add(8 * time.Second)
	wantState(t, h.get("/c/"+session), "choosing")
}

func TestLongWaitsAreInMinutesAndOnlyTheBusyPageRetries(t *testing.T) {
	t.Parallel()
	seldom := handlers.Limit{PerSecond: 0.001, Burst: 1}
	busy := newHarness(t, func(c *handlers.Config) { c.Guard.AddressLimit = seldom })
	page := "/c/" + busy.open(`"locale":"en"`)
	busy.get(page)
	w := busy.get(page, "Accept-Language", "en")
	if lead := wantPage(t, w).Find(".lead").Text(); !strings.Contains(lead, "by itself in 17 min.") || w.Header().Get("Refresh") != "1000;url="+page {
		t.Errorf("the busy page says %q and refreshes %q", lead, w.Header().Get("Refresh"))
	}

	h := newHarness(t, func(c *handlers.Config) { c.Guard.SessionLimit = seldom })
	session := h.open(`"locale":"en"`)
	h.submit("/c/"+session+"/payments", "method", "khqr")
	w = h.submit("/c/"+session+"/payments", "method", "khqr")
	doc := wantState(t, w, "qr_waiting")
	if text := doc.Find(".notice").Text(); w.Code != http.StatusTooManyRequests || !strings.Contains(text, "Please wait 17 min") || w.Header().Get("Refresh") != "" {
		t.Errorf("a refused action: %d, %q, refreshes %q", w.Code, text, w.Header().Get("Refresh"))
	}
}
