package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
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

// ScalarText returns a decoded JSON value as PHP prints it in a string, and
// reports whether it is part of the signed text: absent, empty and nested
// values are not.
func ScalarText(value any) (text string, kept bool, err error) {
	switch v := value.(type) {
	case nil, []any, map[string]any:
		return "", false, nil
	case string:
		return v, v != "", nil
	case bool:
		if v {
			return "1", true, nil
		}
		return "", true, nil

	case json.Number:
		text, err := phpNumber(v)
		return text, true, err
	}

	return "", false, fmt.Errorf("a %T is not a decoded JSON value", value)
}

var phpNumeric = regexp.MustCompile(`^[ \t\n\r\v\f]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)[ \t\n\r\v\f]*$`)

// comparePHPKeys orders names as ksort does: by bytes, except that two names
// that are both numbers compare as numbers.
func comparePHPKeys(a, b string) int {
	x, y := phpNumeric.FindStringSubmatch(a), phpNumeric.FindStringSubmatch(b)
	if x != nil && y != nil {
		left, _ := strconv.ParseFloat(x[1], 64)
		right, _ := strconv.ParseFloat(y[1], 64)
		if order := cmp.Compare(left, right); order != 0 {
			return order
		}
	}
	return cmp.Compare(a, b)
}
