package khqr

import (
	"unicode"
	"unicode/utf8"
)

// twoDigits returns the number that two ASCII digits make.
func twoDigits(a, b byte) (n int, ok bool) {
	a, b = a-'0', b-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

// isDigits reports whether s contains only ASCII digits; it is true for "".
func isDigits(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// asciiPrefix returns how many bytes of s come before the first that is not
// ASCII.
func asciiPrefix(s string) int {
	i := 0
	for ; len(s)-i >= 8; i += 8 {
		if s[i]|s[i+1]|s[i+2]|s[i+3]|s[i+4]|s[i+5]|s[i+6]|s[i+7] >= utf8.RuneSelf {
			break
		}
	}
	for i < len(s) && s[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// utf16Len returns how many UTF-16 code units the valid UTF-8 text s has.
func utf16Len(s string) int {
	i := asciiPrefix(s)
	if i == len(s) {
		return i
	}
	n := i
	for i < len(s) {
		size, units := charWidth(s[i])
		i, n = i+size, n+units
	}
	return n
}

// charWidth returns the number of UTF-8 bytes and of UTF-16 code units of the character
// whose first byte is b.
func charWidth(b byte) (size, units int) {
	switch {
	case b < 0x80:
		return 1, 1
	case b < 0xE0:
		return 2, 1
	case b < 0xF0:
		return 3, 1
	}
	return 4, 2
}

// utf16Offset returns how many bytes the first n UTF-16 code units of the valid UTF-8
// text s take. It fails where s is shorter or where the cut would fall inside a
// character.
func utf16Offset(s string, n int) (int, bool) {
	i := 0
	for n > 0 && i < len(s) {
		size, units := charWidth(s[i])
		i, n = i+size, n-units
	}
	return i, n == 0
}

// Classes of characters in a text, as bits.
const (
	classVisible = 1 << iota // visible characters
	classControl             // control characters or broken UTF-8
	classInvalid             // broken UTF-8
)

// classify returns the length of s in UTF-16 code units, and the classes of its
// characters. It reads ASCII in words of eight bytes, the last two overlapping.
func classify(s string) (length int, class uint8) {
	if len(s) < 8 {
		for i := range len(s) {
			if s[i] >= utf8.RuneSelf {
				return classifyUnicode(s)
			}
			class |= classifyByte(s[i])
		}

		return len(s), class
	}

	for i := 0; ; i += 8 {
		i = min(i, len(s)-8)
		word := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		const ones, high = 0x0101010101010101, 0x8080808080808080
		if word&high != 0 {
			return classifyUnicode(s)
		}

		if word != ones*' ' {
			class |= classVisible
		}

		// Subtracting x from a byte below x sets the byte's high bit.
		if del := word ^ ones*0x7F; ((word-ones*' ')|(del-ones))&high != 0 {
			class |= classControl
		}

		if i == len(s)-8 {
			return len(s), class
		}
	}
}

func classifyByte(b byte) uint8 {
	switch {
	case b < ' ' || b == 0x7F:
		return classVisible | classControl
	case b == ' ':
		return 0
	}
	return classVisible
}

func classifyUnicode(s string) (length int, class uint8) {
	if !utf8.ValidString(s) {
		return len(s), classVisible | classControl | classInvalid
	}

	for i := 0; i < len(s); {
		size, units := charWidth(s[i])
		switch {
		case size == 1:
			class |= classifyByte(s[i])
		case s[i] == 0xC2 && s[i+1] < 0xA0: // U+0080 to U+009F
			class |= classControl
		case class&classVisible == 0:
			if r, _ := utf8.DecodeRuneInString(s[i:]); !Invisible(r) {
				class |= classVisible
			}
		}

		i, length = i+size, length+units
	}

	return length, class
}

// Invisible reports whether a character shows nothing by itself: white space,
// control and format characters, what Unicode's Default_Ignorable_Code_Point
// covers (DerivedCoreProperties.txt: fillers, the Khmer inherent vowels,
// variation selectors), and the Braille pattern without dots.
func Invisible(r rune) bool {
	return unicode.In(r, unicode.White_Space, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == '\u2800'
}
