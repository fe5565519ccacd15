package checkout

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseMoneyIsStrict(t *testing.T) {
	t.Parallel()
	good := map[string]Money{
		"10":          {1000, USD},
		"10.5":        {1050, USD},
		"10.00":       {1000, USD},
		"0.01":        {1, USD},
		"007":         {700, USD},
		"99999999.99": {9_999_999_999, USD},
	}
	for text, want := range good {
		if got, err := ParseMoney(text, USD); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "0.00", "-1", "+1", "1e3", "1,000", "10.999", ".5", "5.", "abc", "NaN", "0x10", " 1", "1 ", "១០", "100000000", "1_000"} {
		if got, err := ParseMoney(text, USD); err == nil {
			t.Errorf("%q passed as %v", text, got)
		}
	}
	if got, err := ParseMoney("41000", KHR); err != nil || got != (Money{41000, KHR}) {
		t.Errorf("41000 riel: %v, %v", got, err)
	}
	for _, currency := range []Currency{MYR, IDR} {
		if got, err := ParseMoney("150000.5", currency); err != nil || got != (Money{150_000_50, currency}) {
			t.Errorf("%s: %v, %v", currency, got, err)
		}
		if got, err := ParseMoney("1.005", currency); err == nil {
			t.Errorf("1.005 %s passed as %v", currency, got)
		}
	}
	for _, text := range []string{"41000.00", "41000.5", "0"} {
		if got, err := ParseMoney(text, KHR); err == nil {
			t.Errorf("%q riel passed as %v", text, got)
		}
	}
}

func TestParseDecimalReadsWhatProvidersWrite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text     string
		currency Currency
		minor    int64
	}{
		{"1.0", USD, 100}, {"10", USD, 1000}, {"10.50", USD, 1050}, {"10.500", USD, 1050},
		{"41000.00", KHR, 41000}, {"1.0E7", KHR, 10_000_000}, {"1e2", USD, 10000}, {"0.00", USD, 0},
	} {
		if got, err := ParseDecimal(c.text, c.currency); err != nil || got.Minor != c.minor {
			t.Errorf("%q %s: %v, %v, want %d", c.text, c.currency, got.Minor, err, c.minor)
		}
	}
	for _, text := range []string{"", "-1", "10.005", "1e9999999", "1/2", "inf", "0x1p4", "1.5e-400", "99999999999999"} {
		if got, err := ParseDecimal(text, USD); err == nil {
			t.Errorf("%q passed as %v", text, got)
		}
	}
}

func TestDecimalTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		money          Money
		decimal, fixed string
	}{
		{Money{1, USD}, "0.01", "0.01"},
		{Money{1050, USD}, "10.50", "10.50"},
		{Money{41000, KHR}, "41000", "41000.00"},
		{Money{1250, MYR}, "12.50", "12.50"},
		{Money{150_000_05, IDR}, "150000.05", "150000.05"},
		{Money{-5, USD}, "-0.05", "-0.05"},
		{Money{-1250, USD}, "-12.50", "-12.50"},
		{Money{-41000, KHR}, "-41000", "-41000.00"},
	} {
		if c.money.Decimal() != c.decimal || c.money.Fixed2() != c.fixed {
			t.Errorf("%d: %s and %s", c.money.Minor, c.money.Decimal(), c.money.Fixed2())
		}
	}
}

func FuzzParseMoneyRoundTrip(f *testing.F) {
	for _, seed := range []string{"10.00", "0.01", "41000", "1e3", "99999999.99", "-0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, currency := range Currencies() {
			money, err := ParseMoney(text, currency)
			if err != nil {
				continue
			}
			again, err := ParseMoney(money.Decimal(), currency)
			if err != nil || again != money {
				t.Errorf("%q became %v, then %v, %v", text, money, again, err)
			}
		}
	})
}

func TestSecretsDoNotShow(t *testing.T) {
	t.Parallel()
	secret := Secret("hunter2")
	holder := struct{ Token Secret }{secret}
	for _, text := range []string{fmt.Sprint(secret), fmt.Sprintf("%s %v %q %#v", secret, secret, secret, secret), fmt.Sprintf("%+v %#v", holder, holder)} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("shown in %q", text)
		}
	}
	if !secret.Equal("hunter2") || secret.Equal("hunter") {
		t.Error("Equal does not compare")
	}
}

func TestAmountsAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		" 5.50 ": "5.50", "៥.៥០": "5.50", "20,000": "20000", "1,234,567.50": "1234567.50", "20 000": "20000", "២០,០០០": "20000", "": "",
		// What could be a decimal comma or a slip of the finger is not guessed.
		"5,50": "5,50", "1,5": "1,5", "0,01": "0,01", "1,00,000": "1,00,000", "5 . 5": "5 . 5", "1,000 000": "1,000 000", "1234,567": "1234,567", ",500": ",500",
	} {
		got := TypedAmount(typed)
		if got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
		if _, err := ParseMoney(got, USD); (err != nil) != (typed == "" || strings.ContainsAny(want, ", ")) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}
