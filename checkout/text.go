package checkout

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkText looks at a text that may be left out: its length in characters, and
// that it can be shown. A text of nothing but blanks and invisible characters is
// refused: it looks as if nothing were there.
func checkText(param, text string, most int) error {
	if utf8.RuneCountInString(text) > most {
		return Invalidf(param, "text_too_long", "%s is longer than %d characters.", param, most)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return Invalidf(param, "text_invalid", "%s has characters that cannot be shown.", param)
	}
	if text != "" && blank(text) {
		return Invalidf(param, "text_invalid", "%s has only blanks or invisible characters.", param)
	}
	return nil
}

// blank reports whether nothing of a text can be seen.
func blank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !invisible(r) })
}

// invisible is khqr.Invisible, for texts that are in no KHQR.
func invisible(r rune) bool {
	return unicode.In(r, unicode.White_Space, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == '\u2800'
}

// CheckLabel looks at a name that people give a thing: it must say something, in so many
// characters that can be shown.
func CheckLabel(param, text string, most int) error {
	if text == "" {
		return Invalidf(param, param+"_missing", "Give it a name.")
	}
	return checkText(param, text, most)
}
