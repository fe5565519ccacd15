package checkout_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestSearchIsUnderstood(t *testing.T) {
	t.Parallel()
	usd := func(minor int64) checkout.Money { return checkout.Money{Minor: minor, Currency: checkout.USD} }
	khr := func(minor int64) checkout.Money { return checkout.Money{Minor: minor, Currency: checkout.KHR} }
	day := time.Date(2026, 11, 28, 17, 0, 0, 0, time.UTC)
	for text, want := range map[string]checkout.PaymentFilter{
		"":                              {},
		"  order 7 ":                    {Text: "order 7"},
		"status:LATE amount:12.50":      {State: "late", Amount: usd(1250)},
		"12.50":                         {Amount: usd(1250)},
		"1,234.50":                      {Amount: usd(123450)},
		"$5":                            {Amount: usd(500)},
		"5,000៛":                        {Amount: khr(5000)},
		"៥០០០៛":                         {Amount: khr(5000)},
		"amount:5000":                   {Amount: khr(5000)},
		"amount:5":                      {Amount: usd(500)},
		"amount:5000 currency:usd":      {Amount: usd(500000), Currency: checkout.USD},
		"5000":                          {Text: "5000"},
		"1.2.3":                         {Text: "1.2.3"},
		`"status:late" x`:               {Text: "status:late x"},
		"method:khqr sok provider:b":    {Method: "khqr", Provider: "b", Text: "sok"},
		"paid:2026-11-29":               {Recorded: checkout.TimeRange{From: day, To: day.AddDate(0, 0, 1)}},
		"from:2026-11-29 to:2026-11-29": {Created: checkout.TimeRange{From: day, To: day.AddDate(0, 0, 1)}},
	} {
		got, err := checkout.ParsePaymentSearch(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestSearchThatIsNotUnderstoodIsNamed(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]string{
		"statut:late": checkout.SearchUnknownWord, "status:gone": checkout.SearchState, "status:": checkout.SearchState,
		"amount:ten": checkout.SearchAmount, "amount:5.50 currency:KHR": checkout.SearchAmount, "currency:EUR": checkout.SearchCurrency,
		"from:yesterday": checkout.SearchDay, "to:2026-02-30": checkout.SearchDay, string(make([]byte, 201)): checkout.SearchTooLong,
	} {
		_, err := checkout.ParsePaymentSearch(text)
		var search *checkout.SearchError
		if !errors.As(err, &search) || search.Code != code {
			t.Errorf("%q: %v, want %s", text, err, code)
		}
	}
}

func TestSearchTermsFoldWhatPeopleTakeForTheSame(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"Sok  DARA", "sok dara"}, {"ＳＯＫ", "sok"}, {"STRASSE", "straße"},
		{"សុខ\u200bដារ៉ា", "សុខដារ៉ា"}, {"José", "jose\u0301"},
	} {
		if a, b := checkout.FoldTerm(pair[0]), checkout.FoldTerm(pair[1]); a != b {
			t.Errorf("%q is folded to %q, %q to %q", pair[0], a, pair[1], b)
		}
	}
	for _, phone := range []string{"012 345 678", "+855 12 345 678", "85512345678", "00855-12-345-678", "០១២៣៤៥៦៧៨"} {
		if got := checkout.PhoneTerm(phone); got != "85512345678" {
			t.Errorf("%q is the number %q", phone, got)
		}
	}
	if got := checkout.PhoneTerm("order 12"); got != "" {
		t.Errorf("a text is the number %q", got)
	}

	terms := checkout.SearchTerms(checkout.Customer{Name: "a b c d e f g h", Email: "a@b.example", Phone: "012345678"})
	if len(terms) != 6 || terms[0] != "a@b.example" || terms[1] != "85512345678" || terms[2] != "a b c d e f g h" {
		t.Errorf("terms %q", terms)
	}
}
