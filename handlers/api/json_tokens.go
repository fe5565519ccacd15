package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"rieltime/checkout"
)

// bodyDecoder reads the tokens of a body that it can look into.
type bodyDecoder struct {
	*json.Decoder
	body []byte
}

// token reads the next token, of the value at path. It refuses half of a
// surrogate pair: encoding/json would replace it by U+FFFD, so that two texts
// that differ would become one.
func (d *bodyDecoder) token(path string) (json.Token, error) {
	from := d.InputOffset()
	token, err := d.Token()
	if err != nil {
		return nil, syntaxProblem(err)
	}
	if half := loneSurrogate(d.body[from:d.InputOffset()]); half != "" {
		return nil, checkout.Invalidf(path, "json_invalid", "%s has %s, half of a surrogate pair, which is no character.", cmp.Or(path, "The body"), half)
	}
	return token, nil
}

func syntaxProblem(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return checkout.Invalidf("", "json_invalid", "The body is not valid JSON: %s, at byte %d.", syntax.Error(), syntax.Offset)
	}
	return checkout.Invalidf("", "json_invalid", "The body is not valid JSON.")
}

// loneSurrogate finds an escape such as \ud800 that has no other half beside it
// in the source text of a valid JSON token; empty when there is none.
func loneSurrogate(source []byte) string {
	for i := 0; i < len(source); i++ {
		if source[i] != '\\' {
			continue
		}

		first := escapedUnit(source[i:])
		if !utf16.IsSurrogate(first) {
			i++ // what is escaped may be a backslash
			continue
		}

		if utf16.DecodeRune(first, escapedUnit(source[i+escapeLength:])) == utf8.RuneError {
			return string(source[i : i+escapeLength])
		}

		i += 2*escapeLength - 1
	}

	return ""
}

const escapeLength = len(`\u0000`)

// escapedUnit is the UTF-16 code unit that source begins with as an escape; 0
// when it begins with anything else.
func escapedUnit(source []byte) rune {
	if len(source) < escapeLength || source[0] != '\\' || source[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(source[2:escapeLength]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(unit)
}
