package pages

import (
	"testing"

	"rieltime/checkout"
)

func TestAmountsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		currency checkout.Currency
		texts    []string
		want     string
	}{
		{checkout.USD, []string{"5", "$5", "5$", "$ 5", "5 $", "US$5", "USD 5", "5 usd", "5USD", "$5 USD", "5 dollars", "5 ដុល្លារ", "៥ដុល្លារ", "៥", "$៥", "５", "＄５", "5元", "5美元", "\u200b5\ufeff", "\u00a05\u3000"}, "5"},
		{checkout.USD, []string{"12.5", "12,5", "១២.៥", "១២,៥", "１２．５", "$12.5"}, "12.5"},
		{checkout.USD, []string{"1,250.50", "1.250,50", "1 250.50", "1 250,50", "1'250.50", "1’250.50", "$1,250.50 ", "១,២៥០.៥០", "1\u202f250,50"}, "1250.50"},
		{checkout.USD, []string{"1,500,000", "1.500.000", "1 500 000"}, "1500000"},
		{checkout.USD, []string{"1 500", "1500", "1'500"}, "1500"},
		{checkout.USD, []string{"1,500.00", "1.500,00"}, "1500.00"},
		{checkout.USD, []string{".5", ",5"}, "0.5"},
		{checkout.KHR, []string{"5000", "5,000", "5.000", "5 000", "5000.00", "5,000.00", "5.000,00", "5000,00", "5000.0", "5000៛", "៛5000", "៛ 5,000", "5000 riel", "5,000 Riels", "KHR 5000", "៥០០០រៀល", "៥.០០០ រៀល", "៥,០០០៛", "5000瑞尔", "５０００"}, "5000"},
		{checkout.KHR, []string{"1,500,000", "1.500.000 រៀល"}, "1500000"},
		{checkout.MYR, []string{"12.50", "RM12.50", "RM 12,50", "12.50 ringgit", "MYR 12.50", "12.50 令吉"}, "12.50"},
		{checkout.IDR, []string{"150000", "Rp150000", "Rp. 150000", "150 000 rupiah", "IDR 150000", "150000印尼盾"}, "150000"},
	} {
		for _, text := range c.texts {
			if got, err := readAmount(text, c.currency); err != nil || got != c.want {
				t.Errorf("%q in %s: %q %v, want %s", text, c.currency, got, err, c.want)
			}
		}
	}
}

func TestAmountsThatMeanTwoThingsAreNotGuessed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		currency checkout.Currency
		texts    []string
		want     *checkout.Error
	}{
		{checkout.USD, []string{"1,500", "1.500", "$1,500", "១,៥០០", "12.345", "1500.000", "1,500.000", "0.500", "1 500,000", "1,2345"}, errAmountTwoWays},
		{checkout.KHR, []string{"5000.000", "1,500.000"}, errAmountTwoWays},
		{checkout.USD, []string{"5000៛", "5000 riel", "៥០០០រៀល", "KHR 5"}, errAmountCurrency},
		{checkout.KHR, []string{"$5", "5 USD", "5美元", "5 ដុល្លារ", "RM 5", "Rp 5000"}, errAmountCurrency},
		{checkout.MYR, []string{"$5", "5 USD", "5000៛", "Rp5000"}, errAmountCurrency},
		{checkout.IDR, []string{"150.000", "Rp150.000"}, errAmountTwoWays}, // a tenth of a cent, or ten dollars
		{checkout.USD, []string{"", "$", "abc", "-5", "+5", "1e3", "5k", "1 5", "1,50,0", "12,34,567", "1..5", "5.", "5-6", "5 or 6", "0x10", "٥", "½", "5元元元$x"}, errAmountUnclear},
		{checkout.KHR, []string{"5000.50", "0.5", "5000.05", "1 2"}, errAmountUnclear},
	} {
		for _, text := range c.texts {
			got, err := readAmount(text, c.currency)
			if bad, is := err.(*checkout.Error); !is || bad.Code != c.want.Code || got != "" {
				t.Errorf("%q in %s: %q %v, want %s", text, c.currency, got, err, c.want.Code)
			}
		}
	}
}

func FuzzReadAmount(f *testing.F) {
	for _, text := range []string{"1,250.50", "៥.០០០ រៀល", "$ 5", "1 500", "1,500", "\xff", ""} {
		f.Add(text)
	}

	f.Fuzz(func(t *testing.T, text string) {
		for _, currency := range []checkout.Currency{checkout.USD, checkout.KHR} {
			plain, err := readAmount(text, currency)
			if err != nil {
				continue
			}
			if again, err := readAmount(plain, currency); err != nil || again != plain {
				t.Errorf("%q reads as %q, which reads as %q (%v)", text, plain, again, err)
			}
		}
	})
}
