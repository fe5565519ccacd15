package checkout

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 code in upper case.
type Currency string

// The currencies a session can be in. Only cards are charged in ringgit and rupiah.
const (
	USD Currency = "USD"
	KHR Currency = "KHR"
	MYR Currency = "MYR"
	IDR Currency = "IDR"
)

// Currencies are all currencies.
func Currencies() []Currency { return []Currency{USD, KHR, MYR, IDR} }

// ConvertibleCurrencies are those between which prices can be converted.
func ConvertibleCurrencies() []Currency { return []Currency{USD, KHR} }

// CounterCurrencies are those in which a counter sells and counts its cash.
func CounterCurrencies() []Currency { return []Currency{USD, KHR} }

// ParseCurrency accepts the codes in any case.
func ParseCurrency(text string) (Currency, error) {
	if c := Currency(strings.ToUpper(text)); slices.Contains(Currencies(), c) {
		return c, nil
	}
	return "", errors.New("currency must be USD, KHR, MYR or IDR")
}

// Digits is how many decimals the currency is used with: none for riel, two for
// others. Nobody in Indonesia counts hundredths of a rupiah, but ISO 4217 has them,
// and BayoPay's amounts do.
func (c Currency) Digits() int {
	if c == KHR {
		return 0
	}
	return 2
}

// Money is an amount in the smallest unit used: US cents, whole riel, sen of ringgit and rupiah.
type Money struct {
	Minor    int64
	Currency Currency
}

// MaxMinor bounds every amount, so that sums never overflow and a KHQR amount
// fits its 13 characters (tag 54).
const MaxMinor = 9_999_999_999

var (
	errAmountForm  = errors.New(`must be a decimal number such as "10.00", with no sign, exponent or separators`)
	errAmountRange = errors.New("is out of range")
)

// ParseMoney reads the decimal text of an amount a merchant asks for. It is
// strict: digits, but for riel optionally a point and one or two decimals; more
// than zero and at most MaxMinor.
func ParseMoney(text string, currency Currency) (Money, error) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if !allDigits(whole) || (pointed && !allDigits(fraction)) {
		return Money{}, errAmountForm
	}

	if len(fraction) > currency.Digits() {
		if currency.Digits() == 0 {
			return Money{}, errors.New("must be whole riel, without decimals")
		}
		return Money{}, fmt.Errorf("has more than %d decimals", currency.Digits())
	}

	money, err := ParseDecimal(text, currency)
	if err != nil {
		return Money{}, err
	}
	if money.Minor == 0 {
		return Money{}, errors.New("must be more than zero")
	}

	return money, nil
}

// TypedAmount is the decimal text of an amount as people type it, for ParseMoney and
// others to read: with Khmer digits, and with commas or blanks between thousands. Any
// other comma stays, to be refused: "5,50" must not become 550.
func TypedAmount(text string) string {
	text = strings.Map(func(r rune) rune {
		if '០' <= r && r <= '៩' {
			return r - '០' + '0'
		}
		return r
	}, strings.TrimSpace(text))
	if thousands.MatchString(text) {
		return strings.NewReplacer(",", "", " ", "").Replace(text)
	}
	return text
}

var thousands = regexp.MustCompile(`^[0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+)(?:\.[0-9]+)?$`)

// ParseDecimal reads an amount as a provider writes it: trailing zeros are
// accepted in any number ("41000.00" riel), and so is the exponent form that
// some JSON writers choose ("1.0E7"). A value that is not a whole number of
// the smallest unit is an error.
func ParseDecimal(text string, currency Currency) (Money, error) {
	if len(text) == 0 || len(text) > 32 || strings.Trim(text, "0123456789.eE+") != "" {
		return Money{}, errAmountForm
	}
	if _, exponent, found := strings.Cut(strings.ToLower(text), "e"); found && len(exponent) > 3 {
		return Money{}, errAmountForm
	}

	value, ok := new(big.Rat).SetString(text)
	if !ok {
		return Money{}, errAmountForm
	}

	for range currency.Digits() {
		value.Mul(value, big.NewRat(10, 1))
	}

	if !value.IsInt() {
		return Money{}, fmt.Errorf("has more than %d decimals", currency.Digits())
	}
	if value.Cmp(big.NewRat(MaxMinor, 1)) > 0 {
		return Money{}, errAmountRange
	}

	return Money{Minor: value.Num().Int64(), Currency: currency}, nil
}

// Decimal is the amount as text with the decimals its currency is used with:
// "10.00" or "41000".
func (m Money) Decimal() string { return m.fixed(m.Currency.Digits()) }

// Fixed2 is the amount with two decimals whatever the currency ("41000.00"), as
// some providers write it.
func (m Money) Fixed2() string { return m.fixed(2) }

func (m Money) fixed(decimals int) string {
	unit := int64(1)
	for range m.Currency.Digits() {
		unit *= 10
	}

	sign, minor := "", m.Minor
	if minor < 0 { // a difference
		sign, minor = "-", -minor
	}

	whole := sign + strconv.FormatInt(minor/unit, 10)
	if decimals == 0 {
		return whole
	}

	fraction := strings.Repeat("0", decimals)
	if unit > 1 {
		fraction = fmt.Sprintf("%0*d", decimals, minor%unit)
	}

	return whole + "." + fraction
}

// units is the amount in whole units of its currency.
func (m Money) units() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(m.Minor), powerOfTen(m.Currency.Digits()))
}

// String is for logs: "10.00 USD".
func (m Money) String() string { return m.Decimal() + " " + string(m.Currency) }

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func parseMoney(param, text string, currency Currency) (Money, error) {
	if text == "" {
		return Money{}, Invalidf(param, "amount_missing", "%s is required.", param)
	}
	amount, err := ParseMoney(text, currency)
	if err != nil {
		return Money{}, Invalidf(param, "amount_invalid", "%s %v.", param, err)
	}
	return amount, nil
}

func parseCurrency(text string) (Currency, error) {
	if text == "" {
		return "", Invalidf("currency", "currency_missing", "currency is required.")
	}
	currency, err := ParseCurrency(text)
	if err != nil {
		return "", Invalidf("currency", "currency_invalid", "currency must be USD, KHR, MYR or IDR.")
	}
	return currency, nil
}
