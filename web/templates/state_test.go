package templates

import (
	"strings"
	"testing"
)

var allStates = []State{
	StateChoosing, StateQRWaiting, StateQRExpired, StateRedirecting, StateAtProvider, StateChecking, StatePaid, StateFailed, StateLate, StateLateCancel,
	StateDuplicate, StateMismatch, StateOtherCurrency, StateOtherPayee, StateClaimed, StateCanceled, StateSessionExpired, StateNotFound, StateBroken, StateBusy,
}

// What each state shows, in every language.
func TestStateOffers(t *testing.T) {
	const (
		pay     = `form[method=post][action="/c/cs_test_example/payments"]`
		check   = `form[method=post][action="/c/cs_test_example/check"]`
		cancel  = `form[method=post][action="/c/cs_test_example/cancel"]`
		other   = `a[href="/c/cs_test_example?choose=1"]`
		back    = `a.primary[href="https://shop.example/orders/1842"]`
		polling = `#status[hx-get]`
		card    = `.card svg.qr`
		receipt = `.receipt`
	)

	everything := []string{pay, check, cancel, other, back, polling, card, receipt}
	offers := map[State][]string{
		StateChoosing:       {pay, cancel, polling},
		StateQRWaiting:      {pay, check, cancel, other, polling, card},
		StateQRExpired:      {pay, check, cancel, other, polling, card},
		StateRedirecting:    {cancel, other, polling},
		StateAtProvider:     {check, cancel, other, polling},
		StateChecking:       {polling},
		StatePaid:           {back, receipt, check},
		StateFailed:         {check, cancel, other},
		StateLate:           {back, receipt},
		StateLateCancel:     {back, receipt},
		StateDuplicate:      {back, receipt, check},
		StateMismatch:       {back, receipt},
		StateOtherCurrency:  {back, receipt},
		StateOtherPayee:     {back, receipt},
		StateClaimed:        {other, polling},
		StateCanceled:       {back},
		StateSessionExpired: {back, check},
	}

	for _, lang := range Languages {
		for state, shown := range offers {
			doc := parse(t, CheckoutPage(find(t, lang, state)))
			for _, selector := range everything {
				expected := false
				for _, s := range shown {
					expected = expected || s == selector
				}

				if got := doc.Find(selector).Length() > 0; got != expected {
					t.Errorf("%s %s: %s there is %v, want %v", lang, state, selector, got, expected)
				}
			}

			if got := doc.Find("h1").Text(); got != find(t, lang, state).stateTitle() {
				t.Errorf("%s %s: heading %q", lang, state, got)
			}
		}
	}
}

func TestChoosingListsEachMethodOnce(t *testing.T) {
	c := find(t, "en", StateChoosing)
	doc := parse(t, CheckoutMain(c))
	for _, m := range c.Methods {
		want(t, doc, `button[name=method][value="`+m.ID+`"]`, 1)
	}
	want(t, doc, "details.ask[open]", 0)
	want(t, doc, ".method .hint", len(c.Methods))
}

func TestMethodThatIsDownCannotBeChosen(t *testing.T) {
	c := find(t, "en", StateChoosing)
	c.Methods[0].Available = false
	c.Methods[0].Why = "Back at noon"
	doc := parse(t, CheckoutMain(c))
	want(t, doc, `button[value="bakong"]`, 0)
	if got := doc.Find(".method.off .hint").Text(); got != "Back at noon" {
		t.Errorf("why: %q", got)
	}
}

func TestUnknownMethodIsNamedByItsProvider(t *testing.T) {
	c := find(t, "en", StateChoosing)
	c.Methods = []Method{{ID: "wing", Name: "Wing", Available: true}}
	doc := parse(t, CheckoutMain(c))
	if got := doc.Find(".method .hint").Text(); got != "Continue on Wing's page" {
		t.Errorf("hint: %q", got)
	}
}

func TestCustomerFieldsKeepValuesAndShowErrors(t *testing.T) {
	doc := parse(t, CheckoutMain(exampleFieldErrors("en")))
	form := doc.Find("details.ask[open] form")
	if got := form.Find("input[name=name]").AttrOr("value", ""); got != "សុខ ដារា" {
		t.Errorf("name: %q", got)
	}

	if got := form.Find("input[name=email][aria-invalid=true]").AttrOr("aria-describedby", ""); got == "" || form.Find("#"+got).Text() == "" {
		t.Error("the e-mail's error is not tied to its field")
	}

	if got := form.Find("input[aria-invalid]").Length(); got != 2 {
		t.Errorf("%d fields in error, want 2", got)
	}
}

func TestCardSaysPayeeAmountReferenceAndExpiryInText(t *testing.T) {
	c := find(t, "en", StateQRWaiting)
	doc := parse(t, CheckoutMain(c))
	facts := doc.Find(".facts").Text()
	for _, part := range []string{c.QR.MerchantName, c.QR.Amount, c.QR.Currency, c.QR.Reference, c.QR.ExpiresAt} {
		if !strings.Contains(facts, part) {
			t.Errorf("the text beside the code does not say %q", part)
		}
	}

	want(t, doc, `[role=img][aria-label*="12.50 USD"]`, 1)
	want(t, doc, `[data-countdown="581"]`, 1)
	want(t, doc, `a[download][href="`+c.QR.PNGURL+`"]`, 1)
	want(t, doc, `a[href="`+c.QR.DeepLink+`"]`, 1)
	want(t, doc, `details[data-copy="`+c.QR.Text+`"] .text`, 1)
	if text := doc.Find("details[data-copy] .text").First().Text(); text != c.QR.Text {
		t.Errorf("the text to copy by hand is %q", text)
	}
}

func TestOneBanksAppHasAButtonThatSaysWhenItWorks(t *testing.T) {
	for _, lang := range Languages {
		c := find(t, lang, StateQRWaiting)
		want(t, parse(t, CheckoutMain(c)), "[data-one-app]", 0)

		c.QR.Banks = []Bank{{ID: "aba", Name: "ABA", URL: "abamobilebank://ababank.com?type=payway&qrcode=00"}}
		doc := parse(t, CheckoutMain(c))
		want(t, doc, `a.primary[href="`+c.QR.DeepLink+`"]`, 1)
		want(t, doc, `a.secondary[data-bank=aba][href="abamobilebank://ababank.com?type=payway&qrcode=00"]`, 1)
		if got := doc.Find("[data-one-app]").Text(); got != T(lang, "qr.one_app") {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

func TestExpiredCardOffersANewCodeAndNoApp(t *testing.T) {
	c := find(t, "en", StateQRExpired)
	doc := parse(t, CheckoutMain(c))
	want(t, doc, ".card.expired", 1)
	want(t, doc, `button.primary[name=method][value="khqr"]`, 1)
	want(t, doc, `a[href="`+c.QR.DeepLink+`"], a[download], [data-copy], [data-countdown]`, 0)
}

func TestHashIsRequestedOnlyWhereItHelps(t *testing.T) {
	c := find(t, "en", StateQRWaiting)
	want(t, parse(t, CheckoutMain(c)), ".check input[name=hash]", 1)
	c.AskHash = false
	want(t, parse(t, CheckoutMain(c)), "input[name=hash]", 0)
}

// The field says that it takes a bank's reference where it does, on both pages that have
// it and in every language.
func TestFieldForAHashSaysThatItTakesAReference(t *testing.T) {
	for _, lang := range Languages {
		for state, keys := range map[State][3]string{
			StateQRWaiting: {".check label", "hash.label", "hash.label_reference"},
			StatePaid:      {".check label", "hash.other", "hash.other_reference"},
		} {
			c := find(t, lang, state)
			if got := parse(t, CheckoutMain(c)).Find(keys[0]).Text(); got != T(lang, keys[1]) {
				t.Errorf("%s, %s: %q", lang, state, got)
			}
			c.AskReference = true
			doc := parse(t, CheckoutMain(c))
			if got := doc.Find(keys[0]).Text(); got != T(lang, keys[2]) {
				t.Errorf("%s, %s, with references: %q", lang, state, got)
			}
			if hint := doc.Find(".check .hint").First().Text(); !strings.Contains(hint, "100FT") && state == StateQRWaiting {
				t.Errorf("%s: the hint shows no example: %q", lang, hint)
			}
		}
	}
}

func TestHandOffSubmitsItselfOnlyWhileRedirecting(t *testing.T) {
	c := find(t, "en", StateRedirecting)
	doc := parse(t, CheckoutMain(c))
	want(t, doc, `form#handoff[data-autosubmit][action="https://pay.example/orders"] button`, 1)
	want(t, doc, "#handoff input[type=hidden]", len(c.FormPost.Fields))
	c.State = StateAtProvider
	doc = parse(t, CheckoutMain(c))
	want(t, doc, "form#handoff button", 1)
	want(t, doc, "[data-autosubmit]", 0)
}

func TestFailedPageExplainsWhyAndWhatToDo(t *testing.T) {
	c := find(t, "en", StateFailed)
	for reason, step := range nextSteps {
		c.Reason = reason
		wantTold(t, c, T("en", "reason."+reason), T("en", "step."+step, "merchant", c.Merchant.Name))
	}
	c.Reason = "something else"
	wantTold(t, c, T("en", "reason.unknown"), T("en", "step.retry"))
}

func wantTold(t *testing.T, c Checkout, sentences ...string) {
	t.Helper()
	got := parse(t, CheckoutMain(c)).Find("main").Text()
	for _, sentence := range sentences {
		if !strings.Contains(got, sentence) {
			t.Errorf("%s: the page does not say %q", c.Reason, sentence)
		}
	}
}

func TestBuyerWhoShouldContactTheShopReadsNoAdviceToRetry(t *testing.T) {
	c := find(t, "en", StateFailed)
	c.Reason = ReasonContact
	doc := parse(t, CheckoutMain(c))
	want(t, doc, "a.primary", 0)
	want(t, doc, "a.quiet[href]", 1)
}

func TestCheckingPageWarnsNotToPayAgain(t *testing.T) {
	doc := parse(t, CheckoutMain(find(t, "en", StateChecking)))
	if !strings.Contains(doc.Find("main").Text(), "Please don't pay again") {
		t.Error("it does not")
	}
	want(t, doc, "button, input", 0)
}

func TestOnlyPaidReturnsByItself(t *testing.T) {
	for _, state := range []State{StatePaid, StateLate, StateLateCancel, StateDuplicate, StateMismatch, StateOtherCurrency, StateOtherPayee, StateCanceled} {
		c := find(t, "en", state)
		c.ReturnSeconds = 9
		count := 0
		if state == StatePaid {
			count = 1
		}
		want(t, parse(t, CheckoutMain(c)), `[data-return][data-seconds="9"]`, count)
	}
}

func TestReceiptOmitsWhatIsUnknown(t *testing.T) {
	c := find(t, "en", StatePaid)
	doc := parse(t, CheckoutMain(c))
	want(t, doc, ".receipt dt", 8)
	want(t, doc, ".live svg.qr", 1)
	c.Receipt = &Receipt{PaidAt: "now"}
	doc = parse(t, CheckoutMain(c))
	want(t, doc, ".receipt dt", 4)
	want(t, doc, ".live", 0)
}

func TestNoticeIsShownAboveTheHeading(t *testing.T) {
	for code, kind := range noticeKinds {
		c := find(t, "en", StateChoosing)
		c.Notice = NewNotice("en", code, "method", "KHQR")
		first := parse(t, CheckoutMain(c)).Find("main > *").First()
		if !first.Is("p.notice."+string(kind)) || strings.TrimSpace(first.Text()) != c.Notice.Text {
			t.Errorf("%s: %q", code, first.Text())
		}
	}
}

func TestBrokenCheckoutStateStillRenders(t *testing.T) {
	doc := parse(t, CheckoutPage(Checkout{State: StateQRWaiting}))
	want(t, doc, "main#checkout", 1)
}
