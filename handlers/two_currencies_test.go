package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

// newTwoCurrencies is a harness with a rate of 4050 and a session of $2.50 that may be paid in
// riel.
func newTwoCurrencies(t *testing.T, locale string) (*harness, string) {
	t.Helper()
	h := newHarness(t)
	_, err := h.service.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: "4050.5", Source: checkout.RateEntered})
	if err != nil {
		t.Fatal(err)
	}
	return h, h.open(`"pay_currencies":["KHR"]`, `"locale":"`+locale+`"`)
}

func TestBuyerChoosesTheCurrency(t *testing.T) {
	t.Parallel()
	h, session := newTwoCurrencies(t, "en")
	doc := wantState(t, h.get("/c/"+session), "choosing")
	for _, want := range []string{"$2.50", "10,200\u00a0៛", "1 USD = 4,050.5\u00a0៛, until ", "rounded up to a multiple of 100\u00a0៛"} {
		if !strings.Contains(doc.Text(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	other, _ := doc.Find(".currencies a:not([aria-current])").Attr("href")
	if n := doc.Find(".methods input[name=currency][value=USD]").Length(); n == 0 || other == "" {
		t.Fatalf("%d forms in dollars, and the other currency at %q", n, other)
	}

	doc = wantState(t, h.get(other), "choosing")
	if n := doc.Find(".methods input[name=currency][value=KHR]").Length(); n == 0 || doc.Find(".currencies a[aria-current]").Text() != "10,200\u00a0៛" {
		t.Errorf("%d forms in riel after the choice, %q is chosen", n, doc.Find(".currencies a[aria-current]").Text())
	}
	if poll := doc.Find("#status").AttrOr("hx-get", ""); !strings.Contains(poll, "currency=KHR") {
		t.Errorf("the poll forgets the choice: %s", poll)
	}
}

func TestBuyerChangesTheCurrencyOfACode(t *testing.T) {
	t.Parallel()
	h, session := newTwoCurrencies(t, "en")
	inDollars := h.pay(session, "khqr")
	doc := wantState(t, h.get("/c/"+session), "qr_waiting")
	form := doc.Find("form:has(input[name=currency][value=KHR])")
	if form.Length() != 1 || !strings.Contains(form.Text(), "Pay 10,200\u00a0៛ instead") {
		t.Fatalf("the other currency: %q", form.Text())
	}

	inRiel := h.pay(session, "khqr", "currency", "KHR")
	if inRiel.Amount.String() != "10200 KHR" || inRiel.Rate != "4050.5" {
		t.Errorf("the code is of %s at %q", inRiel.Amount, inRiel.Rate)
	}
	doc = wantState(t, h.get("/c/"+session), "qr_waiting")
	if sum := doc.Find(".sum").Text(); !strings.Contains(sum, "10,200") || !strings.Contains(sum, "KHR") {
		t.Errorf("the card says %q", sum)
	}
	if again := doc.Find("form:has(button[name=method]) input[name=currency][value=KHR]").Length(); again == 0 {
		t.Error("another code would be in dollars again")
	}

	left := h.purchase(session).Payment(inDollars.ID)
	if left.Status != checkout.PaymentCanceled || left.NextCheckAt.IsZero() {
		t.Errorf("the code left behind is %s, next query %s", left.Status, left.NextCheckAt)
	}
}

func TestAmountOfTheCodeComesFirst(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "km", "zh"} {
		h, session := newTwoCurrencies(t, lang)
		for _, code := range []struct{ currency, first, also string }{{"KHR", "10,200\u00a0៛", "$2.50"}, {"USD", "$2.50", "10,200\u00a0៛"}} {
			h.pay(session, "khqr", "currency", code.currency)
			doc := wantState(t, h.get("/c/"+session), "qr_waiting")
			if first, also := doc.Find(".order .amount").Text(), doc.Find(".order .also").Text(); first != code.first || also != code.also {
				t.Errorf("%s: above a code in %s stands %q, beside it %q", lang, code.currency, first, also)
			}
		}
	}
}

func TestReceiptStatesTheRoundingAndTheTotalInRiel(t *testing.T) {
	t.Parallel()
	for currency, wants := range map[string][]string{
		"KHR": {"10,200\u00a0៛", "$2.50", "1 USD = 4,050.5\u00a0៛", "Added by rounding", "+73.75\u00a0៛"},
		"USD": {"$2.50", "Total in riel", "10,200\u00a0៛", "1 USD = 4,050.5\u00a0៛"},
	} {
		h, session := newTwoCurrencies(t, "en")
		payment := h.pay(session, "khqr", "currency", currency)
		h.prove(payment, "tx1", payment.Amount.Minor)
		own := wantState(t, h.get("/c/"+session), "paid").Find(".receipt").Text()
		live := wantPage(t, h.get(receiptOf(t, h, session))).Text()
		for _, want := range wants {
			if !strings.Contains(own, want) || !strings.Contains(live, want) {
				t.Errorf("paid in %s, the receipts do not both say %q:\n%s\n%s", currency, want, own, live)
			}
		}
		if currency == "USD" && strings.Contains(own, "rounding") {
			t.Error("the price itself is said to be rounded")
		}
	}
}

func TestRielComesFirstOnKhmerPages(t *testing.T) {
	t.Parallel()
	h, session := newTwoCurrencies(t, "km")
	doc := wantState(t, h.get("/c/"+session), "choosing")
	if first, other := doc.Find(".amount").Text(), doc.Find(".also").Text(); !strings.Contains(first, "៛") || !strings.Contains(other, "$2.50") {
		t.Errorf("%q, then %q", first, other)
	}
	if chosen := doc.Find(".currencies a[aria-current]").Text(); chosen != "$2.50" {
		t.Errorf("the price's currency is not the one that is chosen, but %q", chosen)
	}
}

func TestSessionOfOneCurrencyShowsNoChoice(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"pay_currencies":["KHR"]`) // there is no rate
	if doc := wantState(t, h.get("/c/"+session), "choosing"); doc.Find(".currencies, [name=currency], .rate").Length() != 0 {
		t.Error("a choice is shown")
	}
}

func TestMethodIsOfferedForTheCurrenciesThatItTakes(t *testing.T) {
	t.Parallel()
	h, session := newTwoCurrencies(t, "en")
	h.bakong.takes = func(m checkout.Money) bool { return m.Currency == checkout.KHR }
	doc := wantState(t, h.get("/c/"+session), "choosing")
	if doc.Find(".methods [value=khqr]").Length() != 0 {
		t.Error("a method that takes riel only is offered for dollars")
	}
	if doc = wantState(t, h.get("/c/"+session+"?choose=1&currency=KHR"), "choosing"); doc.Find(".methods [value=khqr]").Length() != 1 {
		t.Error("it is not offered for riel")
	}
	if w := h.submit("/c/"+session+"/payments", "method", "khqr", "currency", "USD"); w.Code != http.StatusConflict {
		t.Errorf("it is started in dollars: %d", w.Code)
	}
}

func TestAPISpeaksOfBothCurrencies(t *testing.T) {
	t.Parallel()
	h, session := newTwoCurrencies(t, "en")
	shown := read[checkout.PublicSession](t, h.call("klaing test", http.MethodGet, "/v1/checkout/sessions/"+session, ""))
	if len(shown.PayAmounts) != 2 || shown.PayAmounts[0].Amount != "2.50" || shown.PayAmounts[1].Amount != "10200" || shown.PayAmounts[1].Rate.Value != "4050.5" {
		t.Errorf("amounts: %+v", shown.PayAmounts)
	}

	payment := h.pay(session, "khqr", "currency", "KHR")
	got := read[checkout.PublicPayment](t, h.call("klaing test", http.MethodGet, "/v1/payments/"+payment.ID, ""))
	if got.Amount != "10200" || got.Currency != checkout.KHR || got.PriceAmount != "2.50" || got.PriceCurrency != checkout.USD {
		t.Errorf("the payment: %+v", got)
	}
}

// TestLinksSessionsKeepTheRateOfTheirBeginning covers links whose buyers may pay in either
// currency: each session has the rate of when it was opened.
func TestLinksSessionsKeepTheRateOfTheirBeginning(t *testing.T) {
	t.Parallel()
	h, _ := newTwoCurrencies(t, "en")
	link := h.link(`"amount":"5.00"`, `"pay_currencies":["KHR"]`)
	first := openedBy(t, h.submit("/l/"+link.ID))

	h.clock.Add(time.Second)
	_, err := h.service.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: "4100", Source: checkout.RateEntered})
	if err != nil {
		t.Fatal(err)
	}
	second := openedBy(t, h.submit("/l/"+link.ID))

	for session, want := range map[string]string{first: "20300 KHR at 4050.5", second: "20500 KHR at 4100"} {
		payment := h.pay(session, "khqr", "currency", "KHR")
		if got := payment.Amount.String() + " at " + string(payment.Rate); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if plain := openedBy(t, h.submit("/l/"+h.link(`"amount":"5.00"`).ID)); len(h.purchase(plain).Session.Converted) != 0 {
		t.Error("a link that names no currency offers two")
	}
}
