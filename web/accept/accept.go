// Package accept reads what a client prefers: the header fields Accept-Language
// and Accept-Encoding with their weights (RFC 9110, section 12.4.2).
package accept

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Any is the value that stands for every one that is not named.
const Any = "*"

// Choice is one value of such a header field, in lower case, with its weight:
// 1000 for "q=1", which is also meant where no weight stands, 0 for a refusal.
type Choice struct {
	Value  string
	Weight int
}

// Choices reads a header field, the highest weight first and equal ones in their
// order. A part whose weight is not a number from 0 to 1 is left out: it says
// neither that the value is wanted nor that it is not.
func Choices(field string) []Choice {
	var choices []Choice
	for part := range strings.SplitSeq(field, ",") {
		value, parameters, _ := strings.Cut(part, ";")
		value = strings.ToLower(strings.TrimSpace(value))
		weight, ok := weightOf(parameters)
		if value != "" && ok {
			choices = append(choices, Choice{value, weight})
		}
	}

	slices.SortStableFunc(choices, func(a, b Choice) int { return cmp.Compare(b.Weight, a.Weight) })
	return choices
}

// weightOf finds the weight among parameters such as "level=1; q=0.5".
func weightOf(parameters string) (weight int, ok bool) {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}

		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(q >= 0 && q <= 1) { // NaN is neither
			return 0, false
		}

		return int(q * 1000), true
	}

	return 1000, true
}

// WeightOf is what choices give a value: its own weight, else that of Any, else 0.
func WeightOf(choices []Choice, value string) int {
	any := 0
	for _, choice := range choices {
		switch choice.Value {
		case strings.ToLower(value):
			return choice.Weight
		case Any:
			any = choice.Weight
		}
	}
	return any
}

// CodingWeight is what an Accept-Encoding field gives a content coding: 0 where
// it refuses the coding, or names plain ("identity") with a higher weight.
func CodingWeight(choices []Choice, coding string) int {
	weight := WeightOf(choices, coding)
	for _, choice := range choices {
		if choice.Value == "identity" && choice.Weight > weight {
			return 0
		}
	}
	return weight
}
