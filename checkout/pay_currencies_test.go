package checkout_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

var (
	tenDollars = checkout.Money{Minor: 1000, Currency: checkout.USD}
	riel       = checkout.Money{Minor: 40500, Currency: checkout.KHR}
)

// newTwoCurrencies is a harness with a rate of 4050.
func newTwoCurrencies(t *testing.T) *checkouttest.Harness {
	t.Helper()
	h := checkouttest.New(t)
	setRate(h, "4050")
	return h
}

func setRate(h *checkouttest.Harness, value string) {
	h.T.Helper()
	h.Move(time.Second)
	_, err := h.SetRate(h.T.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: value, Source: checkout.RateEntered, Confirmed: true})
	if err != nil {
		h.T.Fatal(err)
	}
}

// openInBoth makes a session of ten dollars that may be paid in riel.
func openInBoth(h *checkouttest.Harness) checkout.Session {
	h.T.Helper()
	params := checkouttest.SessionParams()
	params.PayCurrencies = []string{"USD", "KHR"}
	session, err := h.CreateSession(h.T.Context(), "klaing", checkout.ModeTest, params)
	if err != nil {
		h.T.Fatal(err)
	}
	return session
}

func startIn(h *checkouttest.Harness, session checkout.Session, currency checkout.Currency) *checkout.Payment {
	h.T.Helper()
	purchase, err := h.StartPayment(h.T.Context(), session.ID, checkout.StartParams{Method: "khqr", Currency: currency})
	if err != nil {
		h.T.Fatal(err)
	}
	return purchase.Latest()
}

func TestPriceIsPaidInAnotherCurrency(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	session := openInBoth(h)
	payment := startIn(h, session, checkout.KHR)
	if payment.Amount != riel || payment.Rate != "4050" {
		t.Fatalf("to be paid: %s at %q", payment.Amount, payment.Rate)
	}

	h.AnswerPaid(*payment, "tx1")
	h.Pass(time.Minute)
	p, err := h.Purchase(t.Context(), session.ID)
	if err != nil || p.Session.Status != checkout.SessionComplete || p.Session.Amount != tenDollars || p.Latest().Proof.Amount != riel {
		t.Errorf("%s, %s, %+v, %v", p.Session.Status, p.Session.Amount, p.Latest().Proof, err)
	}
	public := p.Latest().Public(p.Session)
	if public.Amount != "40500" || public.Currency != checkout.KHR || public.PriceAmount != "10.00" || public.PriceCurrency != checkout.USD || public.Rate.Value != "4050" {
		t.Errorf("shown: %+v", public)
	}
}

// The right amount in the wrong currency, the price instead of the converted amount, and
// what a rate of another day would make of it are all no payment of this code.
func TestOtherMoneyThanTheCodeAsksForIsNotPaid(t *testing.T) {
	t.Parallel()
	for name, came := range map[string]checkout.Money{
		"the price, for a code in riel":          tenDollars,
		"as many dollars as riel were asked":     {Minor: 40500, Currency: checkout.USD},
		"as many riel as cents were asked":       {Minor: 1000, Currency: checkout.KHR},
		"a riel less":                            {Minor: 40499, Currency: checkout.KHR},
		"a riel more":                            {Minor: 40501, Currency: checkout.KHR},
		"what another day's rate would make":     {Minor: 41000, Currency: checkout.KHR},
		"what the rate makes without converting": {Minor: 4050, Currency: checkout.KHR},
	} {
		h := newTwoCurrencies(t)
		session := openInBoth(h)
		payment := startIn(h, session, checkout.KHR)
		proof := checkouttest.Proof(*payment, "tx1", h.Clock())
		proof.Amount = came
		h.Provider.SetAnswer(*payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof})
		h.Pass(time.Minute)
		p, err := h.Purchase(t.Context(), session.ID)
		if err != nil || p.Session.Status != checkout.SessionOpen || p.Latest().Review != checkout.ReviewMismatch {
			t.Errorf("%s: the session is %s, the payment %s %q, %v", name, p.Session.Status, p.Latest().Status, p.Latest().Review, err)
		}
	}
}

func TestLaterRatesAndSettingsTouchNoSession(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	session := openInBoth(h)
	first := startIn(h, session, checkout.KHR)
	setRate(h, "4100")
	h.ApplyFile(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"exchange":{"riel_step":1000,"max_age_hours":1},"test":{"providers":{"bank":{}}}}`)

	second := startIn(h, session, checkout.KHR)
	if first.Amount != riel || second.Amount != riel || second.Rate != "4050" {
		t.Errorf("%s, then %s at %s", first.Amount, second.Amount, second.Rate)
	}
	h.AnswerPaid(*second, "tx1")
	h.Pass(time.Minute)
	p, err := h.Purchase(t.Context(), session.ID)
	if err != nil || p.Session.Status != checkout.SessionComplete || !reflect.DeepEqual(p.Session.Converted, session.Converted) {
		t.Errorf("%s, %+v, %v", p.Session.Status, p.Session.Converted, err)
	}
	if later := openInBoth(h); later.Converted[0].Amount.Minor != 41000 {
		t.Errorf("a later session asks for %+v", later.Converted)
	}
}

func TestCodeLeftBehindIsWatchedAndASecondPaymentIsADuplicate(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	session := openInBoth(h)
	inDollars, inRiel := startIn(h, session, checkout.USD), startIn(h, session, checkout.KHR)
	h.AnswerPaid(*inRiel, "tx1")
	h.Pass(time.Minute)
	h.AnswerPaid(*inDollars, "tx2")
	h.Pass(time.Hour)

	p, err := h.Purchase(t.Context(), session.ID)
	if err != nil || p.Session.PaymentID != inRiel.ID || p.Payment(inRiel.ID).Review != checkout.ReviewNone {
		t.Fatalf("paid by %s, %v", p.Session.PaymentID, err)
	}
	if left := p.Payment(inDollars.ID); left.Proof == nil || left.Proof.Amount != tenDollars || left.Review != checkout.ReviewDuplicate {
		t.Errorf("the code left behind: %s, %q, %+v", left.Status, left.Review, left.Proof)
	}
}

func TestCodeLeftBehindThatIsPaidCompletesTheSession(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	session := openInBoth(h)
	inDollars, inRiel := startIn(h, session, checkout.USD), startIn(h, session, checkout.KHR)
	h.AnswerPaid(*inDollars, "tx1")
	h.Pass(time.Hour)
	p, err := h.Purchase(t.Context(), session.ID)
	if err != nil || p.Session.Status != checkout.SessionComplete || p.Session.PaymentID != inDollars.ID || p.Payment(inRiel.ID).Proof != nil {
		t.Errorf("%s by %s, %v", p.Session.Status, p.Session.PaymentID, err)
	}
}

func TestWithoutAUsableRateOnlyThePriceIsOffered(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*checkouttest.Harness){
		"too old": func(h *checkouttest.Harness) { h.Move(25 * time.Hour) },
		"far off": func(h *checkouttest.Harness) {
			h.Move(time.Second)
			rate, err := h.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: "405", Source: checkout.RateFile})
			if err != nil || !rate.FarOff {
				t.Fatal(rate, err)
			}
		},
	} {
		h := newTwoCurrencies(t)
		spoil(h)
		session := openInBoth(h)
		if len(session.Payable()) != 1 {
			t.Errorf("%s: %+v", name, session.Payable())
		}
		if _, err := h.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "khqr", Currency: checkout.KHR}); !errors.Is(err, checkout.ErrMethodUnavailable) {
			t.Errorf("%s: a code in riel: %v", name, err)
		}
	}
}

func TestOnlyCurrenciesThatAreAskedForAreOffered(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	count := func(pay []string) int {
		params := checkouttest.SessionParams()
		params.PayCurrencies = pay
		session, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
		if err != nil {
			t.Fatal(err)
		}
		return len(session.Payable())
	}

	if n := count(nil); n != 1 {
		t.Errorf("by default %d", n)
	}
	h.ApplyFile(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"exchange":{"pay_currencies":["USD","KHR"]},"test":{"providers":{"bank":{}}}}`)
	for _, test := range []struct {
		pay  []string
		want int
	}{{nil, 2}, {[]string{}, 1}, {[]string{"USD"}, 1}, {[]string{"khr"}, 2}} {
		if n := count(test.pay); n != test.want {
			t.Errorf("%v: %d, want %d", test.pay, n, test.want)
		}
	}

	params := checkouttest.SessionParams()
	params.PayCurrencies = []string{"USD", "EUR"}
	if _, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params); err == nil {
		t.Error("euros are taken")
	}
	if _, err := h.StartPayment(t.Context(), h.NewSession("klaing").ID, checkout.StartParams{Method: "khqr", Currency: "EUR"}); !errors.Is(err, checkout.ErrMethodUnavailable) {
		t.Errorf("a code in euros: %v", err)
	}
}

func TestRefundsGoOutInThePaidCurrencyAtTheLockedRate(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	session := openInBoth(h)
	payment := startIn(h, session, checkout.KHR)
	h.AnswerPaid(*payment, "tx1")
	h.Pass(time.Minute)
	setRate(h, "5000")

	refund := func(amount, currency string) (checkout.Money, error) {
		r, err := h.Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{
			Payment: payment.ID, Amount: amount, Currency: currency, Reason: "x", ByHand: &checkout.ByHand{By: "Bopha"},
		})
		return r.Amount, err
	}
	for _, test := range []struct {
		amount, currency string
		want             int64
	}{{"3.33", "USD", 13486}, {"3.33", "USD", 13486}, {"1000", "KHR", 1000}, {"1000", "", 1000}} {
		if got, err := refund(test.amount, test.currency); err != nil || got != (checkout.Money{Minor: test.want, Currency: checkout.KHR}) {
			t.Errorf("%s %s: %s, %v", test.amount, test.currency, got, err)
		}
	}
	for _, amount := range []string{"3.33", "10.00"} {
		if got, err := refund(amount, "USD"); !errors.Is(err, checkout.ErrRefundTooLarge) {
			t.Errorf("%s more: %s, %v", amount, got, err)
		}
	}
	if got, err := refund("1.00", "EUR"); err == nil {
		t.Errorf("euros: %s", got)
	}
	if got, err := refund("", ""); err != nil || got.Minor != 40500-2*13486-2*1000 {
		t.Errorf("all that is left: %s, %v", got, err)
	}
}

func TestWholePriceGivenBackIsTheWholePayment(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	setRate(h, "4051") // 40,510, rounded up to 40,600
	session := openInBoth(h)
	payment := startIn(h, session, checkout.KHR)
	h.AnswerPaid(*payment, "tx1")
	h.Pass(time.Minute)
	r, err := h.Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{
		Payment: payment.ID, Amount: "10.00", Currency: "USD", Reason: "x", ByHand: &checkout.ByHand{By: "Bopha"},
	})
	if err != nil || r.Amount != (checkout.Money{Minor: 40600, Currency: checkout.KHR}) {
		t.Errorf("%s, %v", r.Amount, err)
	}
}

// TestRefundIsNotMoreThanThePrice refunds what was rounded up, from 40,510 riel to 40,600,
// in riel only.
func TestRefundIsNotMoreThanThePrice(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	setRate(h, "4051")
	session := openInBoth(h)
	payment := startIn(h, session, checkout.KHR)
	h.AnswerPaid(*payment, "tx1")
	h.Pass(time.Minute)
	refund := func(amount, currency string) (checkout.Money, error) {
		r, err := h.Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{
			Payment: payment.ID, Amount: amount, Currency: currency, Reason: "x", ByHand: &checkout.ByHand{By: "Bopha"},
		})
		return r.Amount, err
	}
	refused := func(amount string) {
		t.Helper()
		got, err := refund(amount, "USD")
		if !errors.Is(err, checkout.ErrRefundTooLarge) || !strings.Contains(err.Error(), "left of the price") {
			t.Errorf("$%s: %s, %v", amount, got, err)
		}
	}

	refused("10.01") // 40,550 riel
	if got, err := refund("9.99", "USD"); err != nil || got.Minor != 40469 {
		t.Errorf("a part: %s, %v", got, err)
	}
	refused("0.02")
	if got, err := refund("0.01", "USD"); err != nil || got.Minor != 40 {
		t.Errorf("the rest of the price: %s, %v", got, err)
	}
	refused("0.01")
	if got, err := refund("91", "KHR"); err != nil || got.Minor != 91 {
		t.Errorf("the rest of the payment: %s, %v", got, err)
	}
}

func TestSameRequestGivesTheOpenSessionWithItsRate(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	params := checkouttest.SessionParams()
	params.PayCurrencies = []string{"KHR"}
	first, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
	if err != nil {
		t.Fatal(err)
	}
	setRate(h, "4100")
	again, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
	if err != nil || again.ID != first.ID || !reflect.DeepEqual(again.Converted, first.Converted) {
		t.Errorf("%+v, %v", again, err)
	}
	params.PayCurrencies = nil
	if _, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params); !errors.Is(err, checkout.ErrReferenceInUse) {
		t.Errorf("other currencies: %v", err)
	}
}

// A hash is looked up for each currency that the buyer had a code in, the last one first.
func TestHashOfEitherCurrencyIsClaimed(t *testing.T) {
	t.Parallel()
	for _, paid := range []checkout.Money{tenDollars, riel} {
		h := newTwoCurrencies(t)
		session := openInBoth(h)
		startIn(h, session, checkout.USD)
		startIn(h, session, checkout.KHR)
		h.Provider.HashAmount = paid

		p, err := h.ReportPaid(t.Context(), session.ID, verifier.PaidParams{Hash: "tx-1", Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(p.Payments, func(payment checkout.Payment) bool { return payment.Review == checkout.ReviewClaimed })
		if at < 0 || p.Payments[at].Proof.Amount != paid || p.Session.Status != checkout.SessionOpen {
			t.Errorf("%s: nothing is claimed: %+v", paid, p.Payments)
		}
		if want := map[checkout.Currency]int{checkout.KHR: 1, checkout.USD: 2}[paid.Currency]; h.Provider.HashChecks != want {
			t.Errorf("%s: %d queries, want %d", paid, h.Provider.HashChecks, want)
		}
	}
}

// The first reference that a buyer enters is looked up of every kind in every currency,
// though these are more queries than a session has for what is entered.
func TestReferenceOfEitherCurrencyIsClaimed(t *testing.T) {
	t.Parallel()
	h := newTwoCurrencies(t)
	h.Provider.ReferencesAllowed, h.Provider.Kinds = true, []string{"external", "instruction"}
	h.Provider.References = map[string]string{"instruction:IN/2": "tx-2"}
	session := openInBoth(h)
	startIn(h, session, checkout.USD)
	startIn(h, session, checkout.KHR)
	h.Provider.HashAmount = tenDollars // the code that was left behind

	p, err := h.ReportPaid(t.Context(), session.ID, verifier.PaidParams{Hash: "IN/2", Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	if at := slices.IndexFunc(p.Payments, func(payment checkout.Payment) bool { return payment.Review == checkout.ReviewClaimed }); at < 0 || len(h.Provider.ReferenceChecks) != 4 {
		t.Errorf("claimed %d, looked up %q", at, h.Provider.ReferenceChecks)
	}
	if _, err := h.ReportPaid(t.Context(), session.ID, verifier.PaidParams{Hash: "IN/3", Address: "192.0.2.1"}); !errors.Is(err, verifier.ErrHashTooOften) {
		t.Errorf("another one: %v", err)
	}
}
