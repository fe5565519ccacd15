package handlers

import (
	"regexp"
	"strings"
)

// grouped is a number with its thousands set apart: "12,500", "1,250.50".
var grouped = regexp.MustCompile(`^[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$`)

// plainAmount reads what people write for an amount: in Khmer digits, with a
// currency sign, blanks or thousands set apart. Anything else stays as it is,
// to be refused.
func plainAmount(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r >= '០' && r <= '៩':
			return '0' + r - '០'
		case r == ' ' || r == '\u00a0' || r == '\u200b':
			return -1
		}
		return r
	}, text)
	text = strings.TrimSuffix(strings.TrimPrefix(text, "$"), "៛")
	if grouped.MatchString(text) {
		return strings.ReplaceAll(text, ",", "")
	}
	return text
}
