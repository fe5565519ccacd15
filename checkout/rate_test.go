package checkout_test

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

func TestRatesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"4050": "4050", "4050.250": "4050.25", "04050": "4050", "0.5": "0.5", "4050.000000": "4050"} {
		if got, err := checkout.ParseRateValue(text); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "0.000", "-1", "4,050", "4e3", "4050.", ".5", "4050.1234567", "1234567890", "៤០៥០", "NaN", " 4050"} {
		if got, err := checkout.ParseRateValue(text); err == nil {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

// Each of a million amounts is compared with what 128-bit arithmetic gives: of a dollar's
// 100 cents at a rate of thousandths, riel = cents * thousandths / 100,000, and the other
// way round.
func TestConversionNeitherLosesNorMakesMoney(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	steps := []int64{1, 10, 50, 100, 500, 1000}
	for range 1_000_000 {
		thousandths := 1 + random.Uint64N(1<<(1+random.Uint64N(23)))
		rate := checkout.Rate{Base: checkout.USD, Quote: checkout.KHR, Value: thousandthsText(t, thousandths)}
		amount := checkout.Money{Minor: 1 + random.Int64N(1<<(1+random.Int64N(33))), Currency: checkout.USD}
		rounding := checkout.Rounding{Step: steps[random.IntN(len(steps))], How: checkout.RoundUp}
		over, under := thousandths, uint64(100_000)
		if random.IntN(2) == 0 {
			amount.Currency, rounding.Step, over, under = checkout.KHR, 1, 100_000, thousandths
		}
		if random.IntN(2) == 0 {
			rounding.How = checkout.RoundNearest
		}

		got, err := rate.Convert(amount, rounding)
		want, fits := roundedQuotient(uint64(amount.Minor), over, under, uint64(rounding.Step), rounding.How)
		if err == nil != fits || err == nil && got.Minor != want {
			t.Fatalf("%s at %s by %+v: %s, %v; want %d", amount, rate.Value, rounding, got, err, want)
		}
		if err != nil {
			continue
		}
		if got.Currency == amount.Currency || got.Minor%rounding.Step != 0 || got.Minor < 1 {
			t.Fatalf("%s at %s by %+v is %s", amount, rate.Value, rounding, got)
		}
	}
}

func thousandthsText(t *testing.T, thousandths uint64) checkout.RateValue {
	digits := strconv.FormatUint(thousandths, 10)
	for len(digits) < 4 {
		digits = "0" + digits
	}
	value, err := checkout.ParseRateValue(digits[:len(digits)-3] + "." + digits[len(digits)-3:])
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// roundedQuotient is amount * over / under, rounded to a multiple of step, and whether an
// amount may be as much.
func roundedQuotient(amount, over, under, step uint64, how checkout.RoundingMode) (int64, bool) {
	high, low := bits.Mul64(amount, over)
	under *= step
	if high >= under {
		return 0, false
	}
	steps, rest := bits.Div64(high, low, under)
	if how == checkout.RoundUp && rest > 0 || how == checkout.RoundNearest && rest >= under-rest {
		steps++
	}
	steps = max(steps, 1)
	if steps > checkout.MaxMinor/step {
		return 0, false
	}
	return int64(steps * step), true
}

func TestRoundingIsStated(t *testing.T) {
	t.Parallel()
	money := func(minor int64, currency checkout.Currency) checkout.Money {
		return checkout.Money{Minor: minor, Currency: currency}
	}
	for _, test := range []struct {
		rate        checkout.RateValue
		price, made checkout.Money
		want        string
	}{
		{"4050.5", money(1250, checkout.USD), money(50700, checkout.KHR), "68.75"},
		{"4050", money(1000, checkout.USD), money(40500, checkout.KHR), "0"},
		{"4050", money(250, checkout.USD), money(10100, checkout.KHR), "-25"},
		{"4050", money(41000, checkout.KHR), money(1013, checkout.USD), "0.0065"},
		{"4000", money(100_000, checkout.KHR), money(2500, checkout.USD), "0"},
		{"4000.000001", money(100_000, checkout.KHR), money(2500, checkout.USD), "0"},
	} {
		if got := test.rate.RoundingAdded(test.price, test.made); got != test.want {
			t.Errorf("%s at %s as %s: %s, want %s", test.price, test.rate, test.made, got, test.want)
		}
	}
}

// What a buyer pays when the amount is rounded up is worth the price at least, and less
// than a step more.
func TestRoundingUpIsWorthThePrice(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		rate := checkout.Rate{Base: checkout.USD, Quote: checkout.KHR, Value: checkout.RateValue(strconv.Itoa(3000 + random.IntN(2000)))}
		price := checkout.Money{Minor: 1 + random.Int64N(1_000_000), Currency: checkout.USD}
		paid, err := rate.Convert(price, checkout.Rounding{Step: 100, How: checkout.RoundUp})
		if err != nil {
			t.Fatal(err)
		}
		worth, err := rate.Convert(paid, checkout.Rounding{Step: 1, How: checkout.RoundUp})
		if err != nil || worth.Minor < price.Minor || worth.Minor > price.Minor+4 {
			t.Fatalf("%s at %s is %s, which is %s, %v", price, rate.Value, paid, worth, err)
		}
	}
}

func TestRatesOfOtherCurrenciesConvertNothing(t *testing.T) {
	t.Parallel()
	rate := checkout.Rate{Base: checkout.USD, Quote: checkout.KHR, Value: "4050"}
	if got, err := rate.Convert(checkout.Money{Minor: 1, Currency: "THB"}, checkout.Rounding{Step: 1}); err == nil {
		t.Errorf("baht became %s", got)
	}
}

func TestRateThatIsFarOffIsNotUsedUntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	set := func(value string, source checkout.RateSource, confirmed bool) (checkout.Rate, error) {
		h.Pass(time.Second)
		return h.Service.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: value, Source: source, Confirmed: confirmed})
	}

	if _, err := set("4050", checkout.RateEntered, false); err != nil {
		t.Fatal("the first rate:", err)
	}
	if rate, err := set("4252.5", checkout.RateEntered, false); err != nil || rate.FarOff {
		t.Errorf("five per cent more: %+v, %v", rate, err)
	}
	if _, err := set("5000", checkout.RateEntered, false); !errors.Is(err, checkout.ErrRateFarOff) {
		t.Errorf("far more, entered: %v", err)
	}
	if rate, err := set("425.25", checkout.RateFile, false); err != nil || !rate.FarOff || (checkout.Exchange{}).Usable(rate, h.Now()) {
		t.Errorf("a tenth, from a file: %+v, %v", rate, err)
	}
	if rate, err := set("425.25", checkout.RateFile, false); err != nil || !rate.FarOff {
		t.Errorf("a tenth again is judged by itself: %+v, %v", rate, err)
	}
	if rate, err := set("4250", checkout.RateFile, false); err != nil || rate.FarOff {
		t.Errorf("near the last that was accepted: %+v, %v", rate, err)
	}
	if rate, err := set("5000", checkout.RateEntered, true); err != nil || rate.FarOff {
		t.Errorf("confirmed: %+v, %v", rate, err)
	}
}

func TestRatesGoForwardInTime(t *testing.T) {
	t.Parallel()
	h := checkouttest.New(t)
	set := func(at time.Time) error {
		_, err := h.Service.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: "4050", At: at, Source: checkout.RateFile})
		return err
	}
	if err := set(h.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, ago := range []time.Duration{time.Hour, 2 * time.Hour} {
		if err := set(h.Now().Add(-ago)); !errors.Is(err, checkout.ErrRateOlder) {
			t.Errorf("%s ago: %v", ago, err)
		}
	}
	if err := set(h.Now().Add(time.Minute)); err == nil {
		t.Error("a rate of the future is taken")
	}
}

func TestRatesEnd(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	rate := checkout.Rate{ID: "rate_1", At: at, Value: "4050"}
	for name, test := range map[string]struct {
		settings checkout.Exchange
		until    time.Time
		want     time.Duration
	}{
		"by default after a day":           {want: 24 * time.Hour},
		"as the merchant says":             {settings: checkout.Exchange{MaxAgeHours: 8}, want: 8 * time.Hour},
		"earlier if the rate says so":      {until: at.Add(time.Hour), want: time.Hour},
		"not later than the merchant says": {until: at.Add(48 * time.Hour), want: 24 * time.Hour},
	} {
		rate.ValidUntil = test.until
		if test.settings.Usable(rate, at.Add(test.want)) || !test.settings.Usable(rate, at.Add(test.want-time.Millisecond)) {
			t.Errorf("%s: ends %s", name, test.settings.Ends(rate))
		}
	}
	if (checkout.Exchange{}).Usable(checkout.Rate{}, at) {
		t.Error("no rate is usable")
	}
}
