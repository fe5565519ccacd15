package handlers_test

import (
	"bytes"
	"errors"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rieltime/checkout"
)

func TestChoiceShowsTheOrderAndTheMethods(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"description":"Iced coffee"`, `"locale":"en"`, `"line_items":[{"name":"Iced <b>coffee</b>","quantity":2,"amount":"1.25"}]`)
	w := h.get("/c/" + session)
	doc := wantState(t, w, "choosing")
	text := doc.Text()
	for _, want := range []string{"Coffee Klaing", "$2.50", "A-1", "Iced coffee", "Iced <b>coffee</b>", "2 ×"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}

	var methods []string
	doc.Find(".methods [name=method][value]").Each(func(_ int, s *goquery.Selection) { methods = append(methods, s.AttrOr("value", "")) })
	if strings.Join(methods, " ") != "khqr baray bayopay" {
		t.Errorf("methods %v", methods)
	}

	if doc.Find("form[action='/c/"+session+"/cancel']").Length() != 1 {
		t.Error("no way back to the shop")
	}
}

func TestSessionNamesItsMethods(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	doc := wantState(t, h.get("/c/"+h.open(`"payment_methods":["baray"]`)), "choosing")
	if n := doc.Find(".methods li").Length(); n != 1 {
		t.Errorf("%d methods", n)
	}
}

func TestCodeIsShownAndSaved(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	w := h.submit("/c/"+session+"/payments", "method", "khqr")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/c/"+session {
		t.Fatalf("%d to %s", w.Code, w.Header().Get("Location"))
	}

	doc := wantState(t, h.get("/c/"+session), "qr_waiting")
	if doc.Find(".code-area svg.qr").Length() != 1 || doc.Find("[data-countdown='300']").Length() != 1 {
		t.Errorf("no code or countdown: %s", doc.Text())
	}

	if doc.Find("a[href='https://bakong.example/d/1']").Length() != 1 {
		t.Error("no deep link")
	}

	if name := doc.Find(".card .payee").Text(); name != "Coffee Klaing" {
		t.Errorf("payee %q", name)
	}

	picture := h.get("/c/" + session + "/qr.png")
	if _, err := png.Decode(bytes.NewReader(picture.Body.Bytes())); err != nil || !strings.HasPrefix(picture.Header().Get("Content-Disposition"), "inline") {
		t.Errorf("picture: %v, %s", err, picture.Header())
	}

	h.clock.Add(5 * time.Minute)
	wantState(t, h.get("/c/"+session), "qr_expired")
	if picture := h.get("/c/" + session + "/qr.png"); picture.Code != http.StatusNotFound {
		t.Errorf("an expired code is given out: %d", picture.Code)
	}
}

func TestOtherMethodsAreOfferedWhileACodeIsOpen(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	first := h.pay(session, "khqr")
	doc := wantState(t, h.get("/c/"+session+"?choose=1"), "choosing")
	if !strings.Contains(doc.Find(".notice").Text(), "please don't pay again") {
		t.Error("no warning that the code may be paid already")
	}

	if h.purchase(session).Payment(first.ID).Status != checkout.PaymentRequiresAction {
		t.Error("looking at the choice changed the attempt")
	}
}

func TestRedirectGoesByOurPage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	w := h.submit("/c/"+session+"/payments", "method", "baray")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/c/"+session+"?go=1" {
		t.Fatalf("%d to %s", w.Code, w.Header().Get("Location"))
	}

	w = h.get(w.Header().Get("Location"))
	doc := wantState(t, w, "at_provider")
	if refresh := w.Header().Get("Refresh"); refresh != "0;url="+h.baray.action.URL {
		t.Errorf("Refresh %q", refresh)
	}

	if doc.Find("a.primary").AttrOr("href", "") != h.baray.action.URL {
		t.Error("no link to the provider")
	}

	if refresh := h.get("/c/" + session).Header().Get("Refresh"); refresh != "" {
		t.Errorf("coming back leaves again, to %q", refresh)
	}

	if h.baray.start.ReturnURL != baseURL+"/return/baray/"+h.baray.start.Payment.ID {
		t.Errorf("return URL %q", h.baray.start.ReturnURL)
	}
}

func TestFormSubmitsItselfOnceToItsProviderOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"customer":{"name":"Sok Dara","email":"dara@example.com","phone":"012345678"}`)
	w := h.submit("/c/"+session+"/payments", "method", "bayopay")
	w = h.get(w.Header().Get("Location"))
	doc := wantState(t, w, "redirecting")
	form := doc.Find("form[data-autosubmit]")
	if form.AttrOr("action", "") != "https://bayo.example/pay" || form.Find("[name=reqhash]").AttrOr("value", "") != "ab12" {
		t.Errorf("form %s", doc.Find("main").Text())
	}

	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasSuffix(policy, "form-action 'self' https://shop.example https://bayo.example") {
		t.Errorf("policy %q", policy)
	}

	doc = wantState(t, h.get("/c/"+session), "at_provider")
	if doc.Find("form[data-autosubmit]").Length() != 0 || doc.Find("form#handoff").Length() != 1 {
		t.Error("coming back submits the form again")
	}
}

func TestBuyersDetailsAreRequestedAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`, `"customer":{"name":"Sok Dara"}`)
	w := h.submit("/c/"+session+"/payments", "method", "bayopay", "name", "Sok Dara", "email", "dara@", "phone", "012 345 678")
	doc := wantState(t, w, "choosing")
	if w.Code != http.StatusBadRequest {
		t.Errorf("status %d", w.Code)
	}

	email := doc.Find("input[name=email]")
	if email.AttrOr("aria-invalid", "") != "true" || email.AttrOr("value", "") != "dara@" {
		t.Error("the wrong field is not marked, or what was typed is lost")
	}

	if doc.Find("input[name=phone]").AttrOr("value", "") != "012 345 678" || doc.Find("input[aria-invalid]").Length() != 1 {
		t.Error("the right fields are not kept as they were")
	}

	if doc.Find("details[open] input[name=email]").Length() != 1 {
		t.Error("the form is not open")
	}

	if len(h.purchase(session).Payments) != 0 {
		t.Error("an attempt was started")
	}

	h.pay(session, "bayopay", "email", "dara@example.com", "phone", "012 345 678")
	if got := h.bayopay.start.Customer; got != (checkout.Customer{Name: "Sok Dara", Email: "dara@example.com", Phone: "012 345 678"}) {
		t.Errorf("customer %+v", got)
	}
}

func TestAllWrongDetailsAreShownAtOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for lang, missing := range map[string]string{"en": "Please enter your name.", "km": "សូមបញ្ចូលឈ្មោះរបស់អ្នក។", "zh": "请填写姓名。"} {
		session := h.open(`"locale":"` + lang + `"`)
		doc := wantState(t, h.submit("/c/"+session+"/payments", "method", "bayopay", "name", " ", "email", "dara@", "phone", "12"), "choosing")
		if wrong := doc.Find("details[open] input[aria-invalid=true]"); wrong.Length() != 3 || !wrong.First().Is("[name=name][autofocus]") {
			t.Errorf("%s: %d fields are marked", lang, wrong.Length())
		}

		if doc.Find("[autofocus]").Length() != 1 || doc.Find("input[name=email]").AttrOr("value", "") != "dara@" || doc.Find("input[name=phone]").AttrOr("value", "") != "12" {
			t.Errorf("%s: the focus is not on one field, or what was typed is lost", lang)
		}

		if text := doc.Find(".field-errors li").First().Text(); text != missing {
			t.Errorf("%s: the summary begins with %q", lang, text)
		}

		doc.Find(".field-errors a").Each(func(_ int, link *selection) {
			if target := strings.TrimPrefix(link.AttrOr("href", ""), "#"); doc.Find("[id='"+target+"'][aria-invalid]").Length() != 1 {
				t.Errorf("%s: %q leads to no wrong field", lang, link.Text())
			}
		})
		if doc.Find(".field-errors a").Length() != 3 {
			t.Errorf("%s: the summary is not whole", lang)
		}
	}
}

func TestUnknownMethodIsRequestedAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"payment_methods":["khqr"]`, `"locale":"en"`)
	for _, method := range []string{"", "baray", "nothing"} {
		w := h.submit("/c/"+session+"/payments", "method", method)
		doc := wantState(t, w, "choosing")
		if w.Code != http.StatusConflict || !strings.Contains(doc.Find(".notice").Text(), "choose one of these") {
			t.Errorf("%q: %d %s", method, w.Code, doc.Find(".notice").Text())
		}
	}
}

func TestPaidShowsReceiptAndGoesBackToTheShop(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	h.prove(h.pay(session, "khqr"), "tx-1", 250)
	doc := wantState(t, h.get("/c/"+session), "paid")
	want := "https://shop.example/ok?session_id=" + session
	if doc.Find("a.primary").AttrOr("href", "") != want || doc.Find("[data-return]").AttrOr("data-return", "") != want {
		t.Error("no way back to the shop")
	}

	if !strings.Contains(doc.Find(".receipt").Text(), "tx-1") || doc.Find(".receipt svg.qr").Length() != 1 {
		t.Errorf("receipt %s", doc.Find(".receipt").Text())
	}

	if doc.Find("[hx-get]").Length() != 0 {
		t.Error("a paid page still asks")
	}

	h.clock.Add(time.Hour)
	doc = wantState(t, h.get("/c/"+session), "paid")
	if doc.Find("[data-return]").Length() != 0 || doc.Find("noscript").Length() != 0 {
		t.Error("a receipt opened later runs away")
	}
}

func TestNothingIsPaidByAddressAlone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	payment := h.pay(session, "baray")
	for _, address := range []string{
		"/return/baray/" + payment.ID + "?status=success&reference=" + payment.Reference,
		"/c/" + session + "?status=paid&go=1&checked=1",
		"/c/" + session + "/status?v=999&until=1",
		"/c/" + session + "/status?v=x",
	} {
		before := h.purchase(session)
		if w := h.get(address); strings.Contains(w.Body.String(), "state-paid") {
			t.Errorf("%s says paid", address)
		}

		if after := h.purchase(session); after.Session.Version != before.Session.Version || after.Session.Status != checkout.SessionOpen {
			t.Errorf("%s changed the session", address)
		}
	}
}

func TestCancelGoesBackToTheShop(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.pay(session, "khqr")
	for range 2 {
		w := h.submit("/c/" + session + "/cancel")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "https://shop.example/cart?a=1&session_id="+session {
			t.Fatalf("%d to %s", w.Code, w.Header().Get("Location"))
		}
	}

	doc := wantState(t, h.get("/c/"+session), "canceled")
	if doc.Find("a.primary").AttrOr("href", "") != "https://shop.example/cart?a=1&session_id="+session {
		t.Error("no way back to the shop")
	}

	paid := h.open()
	h.prove(h.pay(paid, "khqr"), "tx-1", 250)
	if w := h.submit("/c/" + paid + "/cancel"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/c/"+paid {
		t.Errorf("a paid session: %d to %s", w.Code, w.Header().Get("Location"))
	}
}

func TestClosedSessionTakesNoPayment(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.submit("/c/" + session + "/cancel")
	w := h.submit("/c/"+session+"/payments", "method", "khqr")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/c/"+session || len(h.purchase(session).Payments) != 0 {
		t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
	}
}

func TestHashIsTypedWithoutJavaScript(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	h.pay(session, "khqr")
	doc := wantState(t, h.get("/c/"+session), "qr_waiting")
	still := "/c/" + session + "?hash=1"
	if !strings.Contains(doc.Find("head noscript").Text(), "refresh") || !strings.Contains(doc.Find(".hash noscript").Text(), still) {
		t.Fatalf("no way to a page that stays: %s", doc.Find(".hash noscript").Text())
	}

	doc = wantState(t, h.get(still), "qr_waiting")
	if doc.Find("head noscript").Length() != 0 || doc.Find("details.hash[open] #hash").Length() != 1 || doc.Find("#status[hx-get]").Length() != 1 {
		t.Error("the page reloads under what is typed, has no field open, or asks no more")
	}
}

func TestHavingPaidIsCheckedFirst(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	payment := h.pay(session, "khqr")
	w := h.submit("/c/"+session+"/check", "hash", "")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/c/"+session {
		t.Fatalf("%d to %s", w.Code, w.Header().Get("Location"))
	}

	doc := wantState(t, h.get("/c/"+session), "checking")
	ask := doc.Find("[hx-get]").AttrOr("hx-get", "")
	h.clock.Add(21 * time.Second)
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPending})
	doc = wantState(t, h.get(ask), "qr_waiting")
	if !strings.Contains(doc.Find(".notice").Text(), "We have not found your payment yet") {
		t.Errorf("notice %q", doc.Find(".notice").Text())
	}

	// The page says so for as long as the code waits, whatever changes meanwhile.
	ask = doc.Find("[hx-get]").AttrOr("hx-get", "")
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictUnknown})
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPending})
	doc = wantState(t, h.get(ask), "qr_waiting")
	if !strings.Contains(doc.Find(".notice").Text(), "We have not found your payment yet") {
		t.Errorf("after the next answer the notice is %q", doc.Find(".notice").Text())
	}
}

func TestDoubtIsShown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	payment := h.pay(session, "khqr")
	h.answer(payment, checkout.Answer{Verdict: checkout.VerdictUnknown})
	doc := wantState(t, h.get("/c/"+session), "qr_waiting")
	if !strings.Contains(doc.Find(".notice.warning").Text(), "don't pay again") {
		t.Errorf("notice %q", doc.Find(".notice").Text())
	}

	h.submit("/c/" + session + "/check")
	h.clock.Add(time.Minute)
	wantState(t, h.get("/c/"+session), "checking")
}

func TestProviderThatDoesNotAnswerAStartLeavesOtherWays(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.baray.fails = http.ErrHandlerTimeout
	session := h.open(`"locale":"en"`)
	w := h.submit("/c/"+session+"/payments", "method", "baray")
	doc := wantState(t, h.get(w.Header().Get("Location")), "choosing")
	notice := doc.Find(".notice.warning").Text()
	if !strings.Contains(notice, "checking") || !strings.Contains(notice, "don't pay again") {
		t.Errorf("notice %q", notice)
	}

	h.pay(session, "khqr")
	wantState(t, h.get("/c/"+session), "qr_waiting")
}

func TestProviderThatCannotBeReachedLeavesOtherWays(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.baray.fails = checkout.NotStarted(errors.New("connection refused"))
	session := h.open(`"locale":"en"`)
	w := h.submit("/c/"+session+"/payments", "method", "baray")
	doc := wantState(t, h.get(w.Header().Get("Location")), "failed")
	if !strings.Contains(doc.Text(), "not available right now") {
		t.Errorf("reason %s", doc.Find("main").Text())
	}

	h.pay(session, "khqr")
	wantState(t, h.get("/c/"+session), "qr_waiting")
}

func TestReturnsShowTheTrueState(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	payment := h.pay(session, "baray")
	for _, w := range []int{
		h.get("/return/baray/" + payment.ID + "?x=1").Code,
		h.send(http.MethodPost, "/return/baray/"+payment.ID, "reference="+payment.Reference, "Sec-Fetch-Site", "cross-site").Code,
		h.send(http.MethodPost, "/return/baray/"+payment.ID, "nonsense", "Sec-Fetch-Site", "cross-site").Code,
	} {
		if w != http.StatusSeeOther {
			t.Errorf("status %d", w)
		}
	}

	if w := h.get("/return/baray/" + payment.ID); w.Header().Get("Location") != "/c/"+session {
		t.Errorf("to %s", w.Header().Get("Location"))
	}

	for _, address := range []string{"/return/kess/" + payment.ID, "/return/baray/pay_none", "/return/baray/" + h.accounts["baray"]} {
		if w := h.get(address); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
}

func TestCallbackIsReceived(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.pay(h.open(), "baray")
	for _, id := range []string{payment.ID, h.accounts["baray"]} {
		w := h.send(http.MethodPost, "/callbacks/baray/"+id, "reference="+payment.Reference)
		if w.Code != http.StatusOK || w.Body.String() != "OK" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %q", id, w.Code, w.Body)
		}
	}
}

func TestRefusedCallbacksLookAlike(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	payment := h.pay(h.open(), "baray")
	answers := map[string]bool{}
	for target, body := range map[string]string{
		"/callbacks/baray/" + payment.ID:       "nonsense",
		"/callbacks/baray/" + payment.ID + "?": "reference=another",
		"/callbacks/bakong/" + payment.ID:      "reference=" + payment.Reference,
		"/callbacks/nobody/" + payment.ID:      "reference=" + payment.Reference,
		"/callbacks/baray/pay_none":            "reference=" + payment.Reference,
		"/callbacks/baray/acct_none":           "reference=" + payment.Reference,
	} {
		w := h.send(http.MethodPost, target, body)
		answers[http.StatusText(w.Code)+w.Body.String()] = true
	}

	if len(answers) != 1 || !answers["Bad RequestThe message was refused.\n"] {
		t.Errorf("answers %v", answers)
	}
}

func TestLateDuplicateAndWrongMoneyAreShown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	duplicate := h.open()
	first, second := h.pay(duplicate, "khqr"), h.pay(duplicate, "baray")
	h.prove(first, "d1", 250)
	h.prove(second, "d2", 250)
	wantState(t, h.get("/c/"+duplicate), "duplicate")

	late := h.open()
	payment := h.pay(late, "khqr")
	h.submit("/c/" + late + "/cancel")
	h.clock.Add(time.Minute)
	h.prove(payment, "l1", 250)
	wantState(t, h.get("/c/"+late), "late_cancel")

	wrong := h.open(`"locale":"en"`)
	h.prove(h.pay(wrong, "khqr"), "w1", 100)
	doc := wantState(t, h.get("/c/"+wrong), "mismatch")
	if !strings.Contains(doc.Find(".receipt").Text(), "$1.00") {
		t.Errorf("receipt %s", doc.Find(".receipt").Text())
	}

	h.clock.Add(time.Second)
	h.pay(wrong, "khqr")
	wantState(t, h.get("/c/"+wrong), "qr_waiting")
}
