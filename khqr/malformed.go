package khqr

import (
	"strings"
	"unicode/utf8"
)

// reasonNoSequence is the reason for a text without a known mistake.
const reasonNoSequence = "is not a sequence of tag, length and value"

// malformedReason explains why a text cannot be parsed as a code. It names the known
// mistakes of encoders.
func malformedReason(text string) string {
	if trimmed := Trim(text); trimmed != text && isWellFormed(trimmed) {
		return "has blanks or invisible characters around it"
	}
	switch {
	case parsesWithLengths(text, func(value string) (int, int) { return 1, 1 }):
		return "counts its lengths in bytes, where KHQR counts UTF-16 code units: é and a Khmer letter are one, an emoji is two"
	case parsesWithLengths(text, func(value string) (int, int) { _, size := utf8.DecodeRuneInString(value); return size, 1 }):
		return "counts an emoji as one, where KHQR counts UTF-16 code units: an emoji is two"
	}
	return reasonNoSequence
}

// Trim removes the white space and invisible characters, such as a zero-width space or
// a byte order mark, that a copied code often has at its start and end and that no code
// contains there.
func Trim(text string) string {
	return strings.TrimFunc(text, Invisible)
}

// isWellFormed reports whether a text can be parsed.
func isWellFormed(text string) bool {
	var r parsedCode
	return r.parse(text) == nil
}

// parsesWithLengths reports whether a text is a whole code with its CRC at the end when
// lengths are counted by unit, which returns the size in bytes of the first character of
// a value and its length. It is false for ASCII text, where all counts agree.
func parsesWithLengths(text string, unit func(value string) (size, count int)) bool {
	if asciiPrefix(text) == len(text) {
		return false
	}

	for pos := 0; len(text)-pos >= 4; {
		left, ok := twoDigits(text[pos+2], text[pos+3])
		if _, okTag := twoDigits(text[pos], text[pos+1]); !ok || !okTag {
			return false
		}

		last := text[pos:pos+2] == tagCRC
		for pos += 4; left > 0 && pos < len(text); {
			size, count := unit(text[pos:])
			pos, left = pos+size, left-count
		}

		if left != 0 || last {
			return left == 0 && last && pos == len(text)
		}
	}

	return false
}
