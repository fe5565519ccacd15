package checkout

import (
	"strings"
	"time"
	"unicode"

	"rieltime/internal/cambodia"
)

// SearchError says why a search cannot be understood. Code names the reason.
type SearchError struct {
	Code string
	Word string // as it was typed
}

// The codes of search errors.
const (
	SearchUnknownWord = "unknown_word"
	SearchState       = "state"
	SearchAmount      = "amount"
	SearchCurrency    = "currency"
	SearchDay         = "day"
	SearchTooLong     = "too_long"
)

func (e *SearchError) Error() string { return "The search is not understood: " + e.Code + " " + e.Word }

const maxSearch = 200 // bytes

// ParsePaymentSearch reads what is typed to search payments: words such as
// status:late, amount:12.50, method:khqr, provider:bakong, currency:KHR, from:2026-11-01,
// to:2026-11-30 and paid:2026-11-29 in any order. All other words together are one text, as are those
// between double quotes: an id, a reference, a customer. A number with a currency's sign
// or with a point is an amount, an amount without a currency is in riel if it is whole and
// 100 or more. Errors are *SearchError.
func ParsePaymentSearch(text string) (PaymentFilter, error) {
	var filter PaymentFilter
	if len(text) > maxSearch {
		return filter, &SearchError{Code: SearchTooLong}
	}

	var free []string
	amount := ""
	for _, word := range searchWords(text) {
		key, value, is := strings.Cut(word.text, ":")
		switch {
		case word.quoted, !is && !isAmount(word.text):
			free = append(free, word.text)
		case !is:
			amount = word.text
		case key == "amount":
			amount = value
		default:
			if err := filter.setWord(strings.ToLower(key), value, word.text); err != nil {
				return filter, err
			}
		}
	}

	filter.Text = strings.Join(free, " ")
	if amount == "" {
		return filter, nil
	}
	return filter, filter.setAmount(amount)
}

// setWord takes one word: "status:late" has the key "status".
func (f *PaymentFilter) setWord(key, value, word string) error {
	switch key {
	case "status":
		if f.State = PaymentState(strings.ToLower(value)); !f.State.Valid() {
			return &SearchError{SearchState, value}
		}
	case "method":
		f.Method = value
	case "provider":
		f.Provider = value
	case "currency":
		currency, err := ParseCurrency(strings.ToUpper(value))
		if err != nil {
			return &SearchError{SearchCurrency, value}
		}
		f.Currency = currency
	case "from", "to", "paid":
		day, err := time.ParseInLocation(time.DateOnly, value, cambodia.Zone)
		if err != nil {
			return &SearchError{SearchDay, value}
		}
		begin, end := day.UTC(), day.AddDate(0, 0, 1).UTC()
		switch key {
		case "from":
			f.Created.From = begin
		case "to":
			f.Created.To = end
		case "paid":
			f.Recorded = TimeRange{From: begin, To: end}
		}
	default:
		return &SearchError{SearchUnknownWord, word}
	}

	return nil
}

// setAmount takes an amount with or without a currency.
func (f *PaymentFilter) setAmount(text string) error {
	number := asciiDigits(strings.ReplaceAll(text, ",", ""))
	currency := f.Currency
	switch {
	case strings.HasPrefix(number, "$"):
		number, currency = number[1:], USD
	case strings.HasSuffix(number, "៛"):
		number, currency = strings.TrimSuffix(number, "៛"), KHR
	case currency == "" && (strings.Contains(number, ".") || len(number) < len("100")):
		currency = USD
	case currency == "":
		currency = KHR
	}

	money, err := ParseMoney(number, currency)
	if err != nil {
		return &SearchError{SearchAmount, text}
	}
	f.Amount = money
	return nil
}

// isAmount reports whether a word is an amount by its form. One of digits alone may as
// well be a reference.
func isAmount(word string) bool {
	number := asciiDigits(word)
	trimmed := strings.TrimSuffix(strings.TrimPrefix(number, "$"), "៛")
	if trimmed == "" || strings.Trim(trimmed, "0123456789.,") != "" || !strings.ContainsAny(trimmed, "0123456789") {
		return false
	}
	whole, cents, point := strings.Cut(trimmed, ".")
	return trimmed != number || point && whole != "" && (len(cents) == 1 || len(cents) == 2) && !strings.Contains(cents, ".")
}

// searchWord is a word of a search.
type searchWord struct {
	text   string
	quoted bool
}

func searchWords(text string) (words []searchWord) {
	for i, part := range strings.Split(text, `"`) {
		if i%2 == 1 {
			if quoted := strings.TrimSpace(part); quoted != "" {
				words = append(words, searchWord{quoted, true})
			}
			continue
		}
		for _, word := range strings.FieldsFunc(part, unicode.IsSpace) {
			words = append(words, searchWord{word, false})
		}
	}
	return words
}
