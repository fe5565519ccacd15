package khqr

import (
	"strconv"
	"strings"
)

// maxAmountLength is the longest amount that tag 54 holds.
const maxAmountLength = 13

// FormatAmount writes an amount of minor units (US cents, whole riel) as
// Code.Amount wants it: "10" for 1000 cents, "10.50" for 1050, "4000" for 4000
// riel. It fails on a negative amount (TransactionAmountInvalid), one too long
// for tag 54, and any other currency (UnsupportedCurrency).
func FormatAmount(minor int64, currency Currency) (string, error) {
	if minor < 0 {
		return "", newError(TransactionAmountInvalid, FieldAmount, "is negative")
	}

	var text string
	switch currency {
	case KHR, "":
		text = strconv.FormatInt(minor, 10)
	case USD:
		text = strconv.FormatInt(minor/100, 10)
		if cents := minor % 100; cents != 0 {
			text += "." + string([]byte{byte('0' + cents/10), byte('0' + cents%10)})
		}

	default:
		return "", newError(UnsupportedCurrency, FieldCurrency, "is neither KHR nor USD")
	}

	if len(text) > maxAmountLength {
		return "", newError(TransactionAmountInvalid, FieldAmount, "is longer than 13")
	}

	return text, nil
}

// ParseAmount reads decimal text, such as a decoded Code.Amount, as minor units
// (US cents, whole riel). Empty text is 0. What is not a plain decimal of that
// currency is an error (TransactionAmountInvalid), never rounded; so is any other
// currency (UnsupportedCurrency), whose decimals are not known here.
func ParseAmount(text string, currency Currency) (int64, error) {
	if currency != "" && !isSupported(currency) {
		return 0, newError(UnsupportedCurrency, FieldCurrency, "is neither KHR nor USD")
	}
	if text == "" || isZeroAmount(text) {
		return 0, nil
	}

	text, err := normalizeAmount(text, currency)
	if err != nil {
		return 0, err
	}

	whole, fraction, _ := strings.Cut(text, ".")
	if currency == USD {
		whole += (fraction + "00")[:2]
	}

	minor, convErr := strconv.ParseInt(whole, 10, 64)
	if convErr != nil {
		return 0, newError(TransactionAmountInvalid, FieldAmount, "is too large")
	}

	return minor, nil
}

// isZeroAmount reports whether text is zero, with any number of zeros and an optional
// minus: the official SDK writes a static code for all of these.
func isZeroAmount(text string) bool {
	text = strings.TrimPrefix(text, "-")
	points := 0
	for i := range len(text) {
		switch {
		case text[i] == '.' && i > 0 && points == 0:
			points++
		case text[i] != '0':
			return false
		}
	}

	return text != ""
}

// normalizeAmount returns an amount as the official SDK writes it: US dollars with
// two decimals or, where the text has no point, none; riel whole; another
// currency as it is. Where the SDK passes on any text (abc, 1e3, NaN, +5, 010), this wants a plain decimal.
func normalizeAmount(text string, currency Currency) (string, *Error) {
	point, plain := len(text), true
	for i := range len(text) {
		if text[i] == '.' && point == len(text) {
			point = i
		} else if text[i]-'0' > 9 {
			plain = false
		}
	}

	whole, fraction := text[:point], text[min(point+1, len(text)):]
	if !plain || whole == "" || point == len(text)-1 || len(whole) > 1 && whole[0] == '0' {
		return "", newError(TransactionAmountInvalid, FieldAmount, "is not a plain decimal number")
	}

	switch {
	case currency != "" && !isSupported(currency):

		// The decimals of another currency are not checked: the currency is refused.
	case currency != USD && fraction != "" && !isZeroAmount(fraction):
		return "", newError(TransactionAmountInvalid, FieldAmount, "has decimals, which riel do not have")
	case currency != USD:
		text = whole
	case len(fraction) > 2:
		return "", newError(TransactionAmountInvalid, FieldAmount, "has more than two decimals")
	case len(fraction) == 1:
		text += "0"
	}

	if len(text) > maxAmountLength {
		return "", newError(TransactionAmountInvalid, FieldAmount, "is longer than 13")
	}

	return text, nil
}
