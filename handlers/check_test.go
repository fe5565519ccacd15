package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

const aHash = "8465d722d7d5065f2886f0a474a4d34dc6a7855355b611836f7b6111228893e9"

// Money that a hash names is for the merchant to decide about: the page says so
// and offers another way, and an accepted claim completes the session.
func TestClaimedMoneyWaitsForTheShop(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	claim := h.claimed(aHash)
	if claim.Review != checkout.ReviewClaimed || h.purchase(claim.SessionID).Session.Status != checkout.SessionOpen {
		t.Fatalf("review %q, session %s", claim.Review, h.purchase(claim.SessionID).Session.Status)
	}

	doc := wantState(t, h.get("/c/"+claim.SessionID), "claimed")
	if text := doc.Find("main").Text(); !strings.Contains(text, templates.T("km", "state.claimed.text", "merchant", "Coffee Klaing")) || doc.Find(`a[href$="?choose=1"]`).Length() != 1 {
		t.Errorf("the page says %q", text)
	}

	code, after, wrong := h.decide(claim, `{"decision":"accept"}`)
	if code != http.StatusOK || after.Status != checkout.PaymentSucceeded {
		t.Fatalf("%d %+v %+v", code, after, wrong)
	}

	wantState(t, h.get("/c/"+claim.SessionID), "paid")
}

func TestRefusedClaimLeavesTheSessionAsItIs(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	claim := h.claimed(aHash)
	if code, after, wrong := h.decide(claim, `{"decision":"refuse","note":"a coffee at the till"}`); code != http.StatusOK || after.ReviewDecision == nil {
		t.Fatalf("%d %+v", code, wrong)
	}

	if p := h.purchase(claim.SessionID); p.Session.Status != checkout.SessionOpen || len(p.Refunds) != 0 {
		t.Errorf("session %s, refunds %v", p.Session.Status, p.Refunds)
	}

	h.clock.Add(21 * time.Second)
	wantState(t, h.get("/c/"+claim.SessionID), "qr_waiting")
}

func TestTextThatIsNoHashIsReportedOnThePage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.pay(h.open(), "khqr")
	w := h.submit("/c/"+payment.SessionID+"/check", "hash", "100FT36774x")
	if doc := wantState(t, w, "checking"); w.Code != http.StatusBadRequest || !strings.Contains(doc.Find(".notice").Text(), templates.T("km", "notice.hash_invalid", "merchant", "Coffee Klaing")) {
		t.Errorf("%d: %q", w.Code, doc.Find(".notice").Text())
	}
}

// The paid page takes the hash of a second payment; what it finds is recorded
// for the merchant, and the session stays as it is.
func TestSecondPaymentIsReportedOnThePaidPage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	paid := h.paid("khqr")
	page := "/c/" + paid.SessionID
	doc := wantState(t, h.get(page), "paid")
	if doc.Find(`form[action="`+page+`/check"] input[name=hash][required]`).Length() != 1 {
		t.Error("the page has no form for it")
	}

	w := h.submit(page+"/check", "hash", "not a hash")
	doc = wantState(t, w, "paid")
	if field := doc.Find("input[name=hash]").AttrOr("value", ""); w.Code != http.StatusBadRequest || field != "notahash" || doc.Find("[data-return]").Length() != 0 {
		t.Errorf("%d, the field holds %q", w.Code, field)
	}

	h.submit(page+"/check", "hash", "00000000")
	doc = wantState(t, h.get(page+"?report=1"), "paid")
	if !strings.Contains(doc.Find(".notice").Text(), templates.T("km", "notice.report_missing", "merchant", "Coffee Klaing")) {
		t.Errorf("nothing was found, and the page says %q", doc.Find(".notice").Text())
	}

	h.bakong.transfer(aHash, h.clock.Now())
	if w := h.submit(page+"/check", "hash", aHash[:8]+" \n"+aHash[8:]); w.Header().Get("Location") != page+"?report=1" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}

	doc = wantState(t, h.get(page), "paid")
	if !strings.Contains(doc.Find(".notice").Text(), templates.T("km", "notice.reported", "merchant", "Coffee Klaing")) {
		t.Errorf("it was found, and the page says %q", doc.Find(".notice").Text())
	}

	p := h.purchase(paid.SessionID)
	if last := p.Payments[len(p.Payments)-1]; p.Session.PaymentID != paid.ID || last.Review != checkout.ReviewClaimed {
		t.Errorf("by %s, review %q", p.Session.PaymentID, last.Review)
	}

	if h.eventCount(checkout.EventPaymentClaimed) != 1 || h.eventCount(checkout.EventSessionCompleted) != 1 {
		t.Error("the merchant was not told once of each")
	}
}

// A page that speaks of a payment by another provider offers no such form.
func TestSecondPaymentIsQueriedOnlyWhereAHashHelps(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	paid := h.paid("baray")
	if doc := wantState(t, h.get("/c/"+paid.SessionID), "paid"); doc.Find("input[name=hash]").Length() != 0 {
		t.Error("it does")
	}
}

func TestTooManyHashesAreReportedOnThePage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.pay(h.open(), "khqr")
	for range 3 {
		h.submit("/c/"+payment.SessionID+"/check", "hash", "00000000")
	}
	w := h.submit("/c/"+payment.SessionID+"/check", "hash", "00000000")
	if doc := wantState(t, w, "checking"); w.Code != http.StatusTooManyRequests || !strings.Contains(doc.Find(".notice").Text(), templates.T("km", "notice.hash_limit", "merchant", "Coffee Klaing")) {
		t.Errorf("%d: %q", w.Code, doc.Find(".notice").Text())
	}
}

// What a buyer enters while it cannot be looked up is kept: the page says so, offers another
// way, and shows by itself what was found in the end.
func TestHashThatGetsNoAnswerIsKept(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.bakong.transfer(aHash, h.clock.Now().Add(time.Second))
	h.bakong.answerClaims(false)
	payment := h.pay(h.open(), "khqr")
	page := "/c/" + payment.SessionID
	if w := h.submit(page+"/check", "hash", aHash); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}

	h.clock.Add(checkout.ReportHeldFor + time.Second)
	doc := wantState(t, h.get(page), "checking")
	if got := doc.Find(".notice").Text(); !strings.Contains(got, templates.T("km", "notice.claim_kept")) || doc.Find(`a[href$="?choose=1"]`).Length() != 1 {
		t.Errorf("the page says %q", got)
	}
	if h.submit(page+"/payments", "method", "khqr"); h.purchase(payment.SessionID).Latest().ID == payment.ID {
		t.Fatal("no other payment is started")
	}
	wantState(t, h.get(page), "qr_waiting")

	h.bakong.answerClaims(true)
	h.clock.Add(time.Minute)
	if err := h.verifier.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.verifier.Wait()
	claimed := 0
	for _, payment := range h.purchase(payment.SessionID).Payments {
		if payment.Review == checkout.ReviewClaimed {
			claimed++
		}
	}
	if claimed != 1 || len(h.purchase(payment.SessionID).Session.KeptClaims) > 0 {
		t.Errorf("%d payments are claimed", claimed)
	}
}

// After the session has ended, and on a paid page, the same holds.
func TestHashThatGetsNoAnswerIsKeptAfterTheEnd(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.bakong.answerClaims(false)
	ended := h.pay(h.open(), "khqr")
	h.clock.Add(time.Hour)
	if err := h.verifier.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.verifier.Wait()
	paid := h.paid("khqr")
	for id, state := range map[string]string{ended.SessionID: "checking", paid.SessionID: "paid"} {
		w := h.submit("/c/"+id+"/check", "hash", aHash)
		h.clock.Add(checkout.ReportHeldFor + time.Second)
		doc := wantState(t, h.get(w.Header().Get("Location")), state)
		if got := doc.Find(".notice").Text(); !strings.Contains(got, templates.T("km", "notice.claim_kept")) || doc.Find(`a[href$="?choose=1"]`).Length() != 0 {
			t.Errorf("%s: %q", state, got)
		}
	}
}

const aReference = "100FT38906478429"

func TestBankReferenceIsTakenWhereItIsLookedUp(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if text := wantState(t, h.get("/c/"+h.pay(h.open(), "khqr").SessionID), "qr_waiting").Find("#hash-hint").Text(); text != templates.T("km", "hash.hint") {
		t.Errorf("without the setting the field says %q", text)
	}

	h.bakong.lookUpReferences(false, "external")
	payment := h.pay(h.open(), "khqr")
	page := "/c/" + payment.SessionID
	h.bakong.transfer(aReference, h.clock.Now())
	if text := wantState(t, h.get(page), "qr_waiting").Find("#hash-hint").Text(); text != templates.T("km", "hash.hint_reference") {
		t.Errorf("with it the field says %q", text)
	}
	w := h.submit(page+"/check", "hash", "not a reference")
	if doc := wantState(t, w, "checking"); w.Code != http.StatusBadRequest || !strings.Contains(doc.Find(".notice").Text(), templates.T("km", "notice.reference_invalid")) {
		t.Errorf("%d: %q", w.Code, doc.Find(".notice").Text())
	}
	if w := h.submit(page+"/check", "hash", " 100FT 3890 6478 429 "); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	wantState(t, h.get(page), "claimed")
	if h.purchase(payment.SessionID).Session.Status != checkout.SessionOpen {
		t.Error("the reference completed the session")
	}
}

// A buyer is asked for the hash where references are refused, at once and later.
func TestRefusedReferenceAsksForTheHash(t *testing.T) {
	t.Parallel()
	for name, kinds := range map[string][]string{"refused now": {"external"}, "refused before": nil} {
		h := newHarness(t)
		payment := h.pay(h.open(), "khqr")
		h.bakong.lookUpReferences(true, kinds...)
		w := h.submit("/c/"+payment.SessionID+"/check", "hash", aReference)
		want := templates.T("km", "notice.references_refused", "merchant", "Coffee Klaing")
		if doc := wantState(t, w, "checking"); w.Code != http.StatusConflict || !strings.Contains(doc.Find(".notice").Text(), want) {
			t.Errorf("%s: %d: %q", name, w.Code, doc.Find(".notice").Text())
		}
	}

	h := newHarness(t)
	paid := h.paid("khqr")
	h.bakong.lookUpReferences(true, "external")
	doc := wantState(t, h.submit("/c/"+paid.SessionID+"/check", "hash", aReference), "paid")
	if got := doc.Find("input[name=hash]").AttrOr("value", ""); got != aReference || doc.Find("label[for=other-hash]").Text() != templates.T("km", "hash.other_reference") {
		t.Errorf("on the paid page the field of %q holds %q", doc.Find("label[for=other-hash]").Text(), got)
	}
}
