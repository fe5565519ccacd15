package statements

import (
	"errors"
	"regexp"
	"strings"

	"rieltime/checkout"
)

// sign is what an amount's text says about its direction.
type sign int

const (
	unsigned sign = iota
	plus
	minus
)

// cellAmount is an amount as a cell has it.
type cellAmount struct {
	minor    int64
	currency checkout.Currency // empty: the cell names none
	sign     sign
}

var (
	errAmount   = errors.New("amount")
	errCurrency = errors.New("currency")

	khmerDigits = strings.NewReplacer("០", "0", "១", "1", "២", "2", "៣", "3", "៤", "4", "៥", "5", "៦", "6", "៧", "7", "៨", "8", "៩", "9")
	strangeSign = strings.NewReplacer("−", "-", "–", "-", "—", "-", "＋", "+", "－", "-", "\u00a0", " ", "\u202f", " ", "\u200b", "", "’", "'", "，", ",", "．", ".")

	currencyMark = regexp.MustCompile(`(?i)US\$|USD|KHR|MYR|IDR|[$៛]|រៀល|ដុល្លារ|RIELS?|DOLLARS?`)
	sideMark     = regexp.MustCompile(`(?i)(^|[\d\s.)])(CR|DR|C|D)\.?$`)
)

// currencyOf returns the currency that a text names; empty when it names none or several.
func currencyOf(text string) (found checkout.Currency) {
	for _, mark := range currencyMark.FindAllString(text, -1) {
		named := checkout.USD
		switch strings.ToUpper(mark) {
		case "KHR", "៛", "រៀល", "RIEL", "RIELS":
			named = checkout.KHR
		case "MYR":
			named = checkout.MYR
		case "IDR":
			named = checkout.IDR
		}
		if found != "" && found != named {
			return ""
		}
		found = named
	}
	return found
}

// parseAmount reads an amount with its marks: "1,250.50", "(12.00)", "៛ ៤០,០០០",
// "12.50 CR", "-$5". Of an empty cell it returns a zero amount.
func parseAmount(text string, otherwise checkout.Currency) (amount cellAmount, err error) {
	text = strings.TrimSpace(strangeSign.Replace(khmerDigits.Replace(text)))
	amount.currency = currencyOf(text)
	text = strings.TrimSpace(currencyMark.ReplaceAllString(text, ""))

	if mark := sideMark.FindStringSubmatch(text); mark != nil {
		amount.sign = minus
		if strings.HasPrefix(strings.ToUpper(mark[2]), "C") {
			amount.sign = plus
		}
		text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(text, "."), mark[2]))
	}

	if inner, is := strings.CutPrefix(text, "("); is && strings.HasSuffix(inner, ")") {
		amount.sign, text = minus, strings.TrimSuffix(inner, ")")
	}
	text, amount.sign = cutSign(text, amount.sign)
	if text == "" || text == "." {
		if text == "" && amount.sign == unsigned || strings.Trim(text, "-. ") == "" {
			return cellAmount{currency: amount.currency}, nil
		}
		return amount, errAmount
	}

	currency := amount.currency
	if currency == "" {
		currency = otherwise
	}
	if currency == "" {
		return amount, errCurrency
	}

	plain, err := plainNumber(text, currency)
	if err != nil {
		return amount, err
	}
	money, err := checkout.ParseDecimal(plain, currency)
	if err != nil {
		return amount, errAmount
	}
	amount.minor, amount.currency = money.Minor, currency
	return amount, nil
}

// cutSign takes the sign before or behind a number off.
func cutSign(text string, known sign) (string, sign) {
	for _, one := range []struct {
		mark string
		sign sign
	}{{"-", minus}, {"+", plus}} {
		if rest, is := strings.CutPrefix(text, one.mark); is {
			return strings.TrimSpace(rest), one.sign
		}
		if rest, is := strings.CutSuffix(text, one.mark); is {
			return strings.TrimSpace(rest), one.sign
		}
	}
	return text, known
}

var (
	groupsByComma = regexp.MustCompile(`^\d{1,3}(?:(?:,\d{3})+|(?: \d{3})+|(?:'\d{3})+)(?:\.\d+)?$`)
	groupsByBlank = regexp.MustCompile(`^\d{1,3}(?:(?: \d{3})+|(?:'\d{3})+)(?:,\d{1,2})?$`)
	groupsByPoint = regexp.MustCompile(`^\d{1,3}(\.\d{3})+(,\d+)?$`)
	decimalPoint  = regexp.MustCompile(`^\d*\.\d+$|^\d+\.?$`)
	decimalComma  = regexp.MustCompile(`^\d+,\d{1,2}$|^\d+,$`)
)

// plainNumber writes a number without marks of thousands and with a decimal point. A
// number that can be read in two ways, such as 1.234, is an error.
func plainNumber(text string, currency checkout.Currency) (string, error) {
	switch {
	case groupsByComma.MatchString(text):
		return strings.NewReplacer(",", "", " ", "", "'", "").Replace(text), nil
	case groupsByBlank.MatchString(text):
		return strings.NewReplacer(" ", "", "'", "", ",", ".").Replace(text), nil
	case decimalPoint.MatchString(text):
		if _, fraction, _ := strings.Cut(text, "."); len(fraction) == 3 && (currency == checkout.KHR || currency == checkout.IDR) {
			return "", errAmount // 12.500 riel or rupiah may be 12,500
		}
		return strings.TrimSuffix("0"+text, "."), nil
	case decimalComma.MatchString(text):
		return strings.TrimSuffix(strings.Replace(text, ",", ".", 1), "."), nil
	case groupsByPoint.MatchString(text):
		return strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1), nil
	}
	return "", errAmount
}
