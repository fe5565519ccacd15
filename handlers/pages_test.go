package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestKeptPageIsThePageDrawnAnew(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.pay(session, "khqr")
	h.get("/c/" + session)
	h.clock.Add(7 * time.Second)
	kept := h.get("/c/" + session)
	anew := h.get("/c/" + session + "?x=1")
	if kept.Body.String() != anew.Body.String() || kept.Header().Get("Content-Security-Policy") != anew.Header().Get("Content-Security-Policy") {
		t.Errorf("kept:\n%s\nanew:\n%s", kept.Body, anew.Body)
	}

	if html(t, kept).Find("[data-countdown='293']").Length() != 1 {
		t.Error("the kept page counts from an old time")
	}
}

func TestKeptPagesAreEachBuyersOwn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first, second := h.open(), h.open(`"expires_in":900`)
	for _, session := range []string{first, second} {
		h.pay(session, "khqr")
		h.get("/c/" + session)
	}

	const iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)"
	for _, test := range []struct{ session, header, value, want string }{
		{first, "Accept-Language", "en", `lang="en"`}, {first, "Accept-Language", "zh", `lang="zh"`},
		{first, "User-Agent", iPhone, first}, {second, "User-Agent", iPhone, second},
	} {
		for range 2 {
			if w := h.get("/c/"+test.session, test.header, test.value); !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("%s %s: no %s", test.header, test.value, test.want)
			}
		}
	}
}

func TestKeptPageEndsWithWhatItShows(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	payment := h.pay(session, "khqr")
	wantState(t, h.get("/c/"+session), "qr_waiting")
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictUnknown})
	if doc := wantState(t, h.get("/c/"+session), "qr_waiting"); doc.Find(".notice").Length() != 1 {
		t.Error("what has changed does not show")
	}

	h.clock.Add(5 * time.Minute)
	wantState(t, h.get("/c/"+session), "qr_expired")
	h.prove(payment, "tx-1", 250)
	if w := h.get("/c/" + session); w.Code != http.StatusOK {
		t.Error(w.Code)
	}

	wantState(t, h.get("/c/"+session), "paid")
}
