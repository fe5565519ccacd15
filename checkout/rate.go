package checkout

import (
	"errors"
	"math/big"
	"strings"
	"time"
)

// Rate says that one unit of Base is worth Value units of Quote, for one merchant and
// mode.
type Rate struct {
	ID         string
	MerchantID string
	Mode       Mode
	Base       Currency
	Quote      Currency
	Value      RateValue
	Source     RateSource
	By         string    // who entered or imported it, as in the audit trail
	At         time.Time // when it was so
	ValidUntil time.Time // zero: as long as the merchant's settings allow
	FarOff     bool      // too far from the one before it, and not confirmed by anybody
}

// RateSource says where a rate came from.
type RateSource string

// The sources of rates.
const (
	RateEntered RateSource = "entered" // by a person
	RateFile    RateSource = "file"    // imported
	RateFetched RateSource = "address" // fetched from the merchant's RateAddress
)

// RateValue is a rate as decimal text: "4050", "4050.25". It has no zeros that mean
// nothing.
type RateValue string

const (
	maxRateDigits   = 9
	maxRateDecimals = 6
)

var (
	errRateForm  = errors.New(`must be a decimal number such as "4050" or "4050.25", with at most 9 digits and 6 decimals`)
	errRateRange = errors.New("must be more than zero")
)

// ParseRateValue reads a rate: digits, and optionally a point and decimals.
func ParseRateValue(text string) (RateValue, error) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if !allDigits(whole) || pointed && !allDigits(fraction) || len(whole) > maxRateDigits || len(fraction) > maxRateDecimals {
		return "", errRateForm
	}

	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	switch {
	case whole == "" && fraction == "":
		return "", errRateRange
	case whole == "":
		whole = "0"
	}

	if fraction != "" {
		return RateValue(whole + "." + fraction), nil
	}
	return RateValue(whole), nil
}

// parts returns the value as a fraction of two whole numbers.
func (v RateValue) parts() (over, under *big.Int) {
	whole, fraction, _ := strings.Cut(string(v), ".")
	over, _ = new(big.Int).SetString(whole+fraction, 10)
	return over, powerOfTen(len(fraction))
}

func powerOfTen(exponent int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil)
}

// furtherThan reports whether v differs from other by more than a percentage of other.
func (v RateValue) furtherThan(percent int, other RateValue) bool {
	over, under := v.parts()
	otherOver, otherUnder := other.parts()
	mine, others := new(big.Int).Mul(over, otherUnder), new(big.Int).Mul(otherOver, under)

	difference := new(big.Int).Sub(mine, others)
	difference.Abs(difference).Mul(difference, big.NewInt(100))
	return difference.Cmp(others.Mul(others, big.NewInt(int64(percent)))) > 0
}

// Rounding is how an amount in another currency is rounded: to a multiple of Step, in
// the smallest unit of that currency.
type Rounding struct {
	Step int64
	How  RoundingMode
}

// RoundingMode says which multiple is taken.
type RoundingMode string

// The modes.
const (
	RoundUp      RoundingMode = "up"      // the next one: the merchant never gets less than the price
	RoundNearest RoundingMode = "nearest" // of two that are equally near, the higher
	RoundDown    RoundingMode = "down"    // the one before: of what is given back
)

// roundingDecimals are those of what a rounding added: enough for hundredths of a cent.
const roundingDecimals = 4

// RoundingAdded is what rounding added to what was made of a price at the rate, in the
// currency of what was made: decimal text without zeros that mean nothing, rounded to four
// decimals, negative where the rounding took something away.
func (v RateValue) RoundingAdded(price, made Money) string {
	over, under := v.parts()
	value := new(big.Rat).SetFrac(over, under)
	exact := price.units()
	if price.Currency == USD {
		exact.Mul(exact, value)
	} else {
		exact.Quo(exact, value)
	}

	text := new(big.Rat).Sub(made.units(), exact).FloatString(roundingDecimals)
	if text = strings.TrimRight(strings.TrimRight(text, "0"), "."); text == "-0" {
		return "0"
	}
	return text
}

var errRateCurrency = errors.New("the rate is of other currencies")

// Convert returns what an amount of Base or Quote is in the other of the two, rounded; at
// least one Step, unless it is rounded down. It computes with whole numbers only. An amount of nothing or
// beyond MaxMinor is an error.
func (r Rate) Convert(amount Money, rounding Rounding) (Money, error) {
	over, under := r.Value.parts()
	to := r.Quote
	switch amount.Currency {
	case r.Base:
	case r.Quote:
		over, under, to = under, over, r.Base
	default:
		return Money{}, errRateCurrency
	}

	// exact = amount * over / under, moved from the decimals of one currency to those of
	// the other; counted in steps.
	over = new(big.Int).Mul(over, powerOfTen(to.Digits()))
	over.Mul(over, big.NewInt(amount.Minor))
	under = new(big.Int).Mul(under, powerOfTen(amount.Currency.Digits()))
	under.Mul(under, big.NewInt(rounding.Step))

	steps, rest := new(big.Int).QuoRem(over, under, new(big.Int))
	if rounding.How == RoundUp && rest.Sign() > 0 || rounding.How == RoundNearest && rest.Lsh(rest, 1).Cmp(under) >= 0 {
		steps.Add(steps, big.NewInt(1))
	}
	if steps.Sign() == 0 {
		if rounding.How == RoundDown {
			return Money{}, errAmountRange
		}
		steps.SetInt64(1)
	}

	minor := steps.Mul(steps, big.NewInt(rounding.Step))
	if minor.Cmp(big.NewInt(MaxMinor)) > 0 {
		return Money{}, errAmountRange
	}
	return Money{Minor: minor.Int64(), Currency: to}, nil
}
