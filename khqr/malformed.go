package khqr

import (
	"strings"
	"unicode/utf8"
)

// notASequence is what is wrong with a text that nothing better is known of.
const notASequence = "is not a sequence of tag, length and value"

// malformed says why a text that does not read as a code does not: mistakes that
// encoders are known to make are named.
func malformed(text string) string {
	if trimmed := Trim(text); trimmed != text && reads(trimmed) {
		return "has blanks or invisible characters around it"
	}
	switch {
	case closes(text, func(value string) (int, int) { return 1, 1 }):
		return "counts its lengths in bytes, where KHQR counts UTF-16 code units: é and a Khmer letter are one, an emoji is two"
	case closes(text, func(value string) (int, int) { _, size := utf8.DecodeRuneInString(value); return size, 1 }):
		return "counts an emoji as one, where KHQR counts UTF-16 code units: an emoji is two"
	}
	return notASequence
}

// Trim takes away what a code never begins or ends with and a copied one often
// does: blanks, line breaks, and characters that are not seen, such as a
// zero-width space or a byte order mark.
func Trim(text string) string {
	return strings.TrimFunc(text, Invisible)
}

func reads(text string) bool {
	var r reading
	return r.read(text) == nil
}

// closes reports whether a text that is not ASCII alone is a whole code with its
// CRC at the end, when lengths are counted as unit does: it returns how many
// bytes the first character of a value takes, and how much that counts for.
func closes(text string, unit func(value string) (size, count int)) bool {
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
