package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// phpPrecision is how many significant digits PHP prints of a float.
const phpPrecision = 14

// phpNumber prints a JSON number as PHP does after json_decode: an integer of
// 64 bits as it is, anything else as a float.
func phpNumber(number json.Number) (string, error) {
	text := number.String()
	if _, err := strconv.ParseInt(text, 10, 64); err == nil && text != "-0" {
		return text, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return "", fmt.Errorf("%q is not a number", text)
	}
	return phpFloat(value), nil
}

// phpFloat prints a float with PHP's default precision: trailing zeros
// trimmed, and the exponent form from 1e14 up and below 1e-4.
func phpFloat(value float64) string {
	sign := ""
	if math.Signbit(value) {
		sign, value = "-", -value
	}

	if math.IsInf(value, 0) {
		return sign + "INF"
	}
	if value == 0 {
		return sign + "0"
	}

	mantissa, exponentText, _ := strings.Cut(strconv.FormatFloat(value, 'e', phpPrecision-1, 64), "e")
	exponent, _ := strconv.Atoi(exponentText)
	digits := strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")
	return sign + placePoint(digits, exponent)
}

// placePoint writes the significant digits d1d2d3… of the number
// d1.d2d3… × 10^exponent.
func placePoint(digits string, exponent int) string {
	switch {
	case exponent < -4 || exponent >= phpPrecision:
		fraction := digits[1:]
		if fraction == "" {
			fraction = "0"
		}
		return fmt.Sprintf("%s.%sE%+d", digits[:1], fraction, exponent)

	case exponent < 0:
		return "0." + strings.Repeat("0", -exponent-1) + digits
	case len(digits) <= exponent+1:
		return digits + strings.Repeat("0", exponent+1-len(digits))
	}

	return digits[:exponent+1] + "." + digits[exponent+1:]
}
