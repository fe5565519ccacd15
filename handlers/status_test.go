package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestPollAnswersLittleWhileNothingChanges(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	payment := h.pay(session, "khqr")
	ask := wantState(t, h.get("/c/"+session), "qr_waiting").Find("#status").AttrOr("hx-get", "")
	for _, pass := range []time.Duration{0, time.Minute} {
		h.clock.Add(pass)
		if w := h.get(ask); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
			t.Errorf("after %s: %d %s", pass, w.Code, w.Body)
		}
	}

	h.clock.Add(2 * time.Minute)
	w := h.get(ask)
	status := html(t, w).Find("#status")
	if w.Header().Get("HX-Retarget") != "" || status.AttrOr("data-seconds", "") != "5" || w.Body.Len() > 1000 {
		t.Errorf("no slower pace: %s", w.Body)
	}

	if w := h.get(status.AttrOr("hx-get", "")); w.Code != http.StatusNoContent {
		t.Errorf("at that pace: %d %s", w.Code, w.Body)
	}

	h.clock.Add(3 * time.Minute)
	wantState(t, h.get(ask), "qr_expired")
	h.prove(payment, "t1", 250)
	w = h.get(ask)
	wantState(t, w, "paid")
	if w.Header().Get("HX-Retarget") != "#checkout" || w.Header().Get("HX-Reswap") != "outerHTML" {
		t.Errorf("headers %v", w.Header())
	}
}

// The page corrects its countdown by what each poll says.
func TestEveryPollShowsHowLongTheCodeIsValid(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.pay(session, "khqr")
	ask := wantState(t, h.get("/c/"+session), "qr_waiting").Find("#status").AttrOr("hx-get", "")
	for _, left := range []string{"300", "240", "180"} {
		w := h.get(ask)
		if got := w.Header().Get("Rieltime-Seconds-Left"); got != left {
			t.Errorf("%d: %q seconds left, want %s", w.Code, got, left)
		}
		h.clock.Add(time.Minute)
	}

	if w := h.get(strings.Replace(ask, "code=", "code=9", 1)); w.Code >= http.StatusInternalServerError {
		t.Errorf("a made-up end: %d", w.Code)
	}

	choosing := wantState(t, h.get("/c/"+h.open()), "choosing").Find("#status").AttrOr("hx-get", "")
	if got := h.get(choosing).Header().Get("Rieltime-Seconds-Left"); got != "" {
		t.Errorf("a choice has %s seconds left", got)
	}
}

func TestLookingIsNoted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	payment := h.pay(session, "khqr")
	for _, target := range []string{"/c/" + session + "/status?v=1", "/c/" + session} {
		h.clock.Add(checkout.ViewedFor) // a view a moment later is not written
		h.get(target)
		if err := h.verifier.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}

		if got := h.purchase(session).Payment(payment.ID).WatchedAt; !got.Equal(h.clock.Now()) {
			t.Errorf("%s: watched at %v", target, got)
		}
	}
}

func TestPollReloadsThePageForAFormToAnotherOrigin(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"customer":{"name":"Sok Dara","email":"dara@example.com","phone":"012345678"}`)
	ask := wantState(t, h.get("/c/"+session), "choosing").Find("#status").AttrOr("hx-get", "")
	h.pay(session, "bayopay")
	if w := h.get(ask); w.Header().Get("HX-Refresh") != "true" || w.Body.Len() != 0 {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}

func TestPollLeavesAnOpenChoiceAlone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	payment := h.pay(session, "khqr")
	ask := wantState(t, h.get("/c/"+session+"?choose=1"), "choosing").Find("#status").AttrOr("hx-get", "")
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictUnknown})
	if w := h.get(ask); w.Header().Get("HX-Retarget") != "" || html(t, w).Find("main").Length() != 0 {
		t.Errorf("the choice is swapped: %s", w.Body)
	}

	h.prove(payment, "t1", 250)
	wantState(t, h.get(ask), "paid")
}

// A buyer who lets a code run out and looks for another way is warned as soon as
// nobody can say whether the code was paid.
func TestOpenChoiceShowsDoubt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	payment := h.pay(session, "khqr")
	h.clock.Add(5 * time.Minute)
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPending})
	choice := wantState(t, h.get("/c/"+session+"?choose=1"), "choosing")
	if choice.Find(".notice").Length() != 0 {
		t.Fatalf("warned of a code that nobody has paid: %q", choice.Find(".notice").Text())
	}

	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictUnknown})
	news := html(t, h.get(choice.Find("#status").AttrOr("hx-get", "")))
	if !strings.Contains(news.Find("main .notice.warning").Text(), "please don't pay again") {
		t.Errorf("the open page hears %q", news.Text())
	}
}

// The buyer cancels on one device what another has just paid.
func TestCanceledPageShowsMoneyThatWasOnItsWay(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	payment := h.pay(session, "khqr")
	h.submit("/c/" + session + "/cancel")
	ask := wantState(t, h.get("/c/"+session), "canceled").Find("#status").AttrOr("hx-get", "")
	h.prove(payment, "tx", 250)
	wantState(t, h.get(ask), "paid")
}
