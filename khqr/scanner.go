package khqr

import "unicode/utf8"

// maxTextLength is the number of characters that the largest QR symbol holds (version
// 40-L, digits only). A longer text is no code.
const maxTextLength = 7089

// scanner splits a text into elements. text[:asciiEnd] is ASCII, where each UTF-16 code
// unit is one byte.
type scanner struct {
	text     string
	asciiEnd int
}

func newScanner(text string) (scanner, *Error) {
	s := scanner{text: text}
	switch {
	case text == "":
		return s, newError(KHQRInvalid, FieldText, "is empty")
	case len(text) > maxTextLength:
		return s, newError(KHQRInvalid, FieldText, "is longer than a QR code can hold")
	}

	if s.asciiEnd = asciiPrefix(text); !utf8.ValidString(text[s.asciiEnd:]) {
		return s, newError(KHQRInvalid, FieldText, "is not valid UTF-8")
	}

	return s, nil
}

// next reads the element at pos in text[:end]. It returns the number of its tag, and the
// start and end of its value.
func (s *scanner) next(pos, end int) (tag, start, stop int, ok bool) {
	if end-pos < 4 {
		return 0, 0, 0, false
	}

	tag, okTag := twoDigits(s.text[pos], s.text[pos+1])
	n, okLength := twoDigits(s.text[pos+2], s.text[pos+3])
	start = pos + 4
	if stop = start + n; stop > s.asciiEnd && start < end {
		n, ok = utf16Offset(s.text[start:end], n)
		return tag, start, start + n, ok && okTag && okLength
	}

	return tag, start, stop, stop <= end && okTag && okLength
}

// tagSet is a set of the tags 00 to 99.
type tagSet [2]uint64

func (t *tagSet) has(tag int) bool { return t[tag>>6]>>(tag&63)&1 == 1 }

// add adds a tag and reports whether the set contained it already.
func (t *tagSet) add(tag int) bool {
	had := t.has(tag)
	t[tag>>6] |= 1 << (tag & 63)
	return had
}
