package khqr

import (
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// twoDigits returns the number that two ASCII digits make.
func twoDigits(a, b byte) (n int, ok bool) {
	a, b = a-'0', b-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

// digits reports whether s is nothing but ASCII digits; "" is.
func digits(s string) bool {
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
		size, units := width(s[i])
		i, n = i+size, n+units
	}
	return n
}

// width returns how many bytes of UTF-8 and how many UTF-16 code units a
// character has, told by its first byte.
func width(b byte) (size, units int) {
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

// offset returns how many bytes the first n UTF-16 code units of the valid UTF-8
// text s take. It fails where s is shorter or where the cut would fall inside a
// character.
func offset(s string, n int) (int, bool) {
	i := 0
	for n > 0 && i < len(s) {
		size, units := width(s[i])
		i, n = i+size, n-units
	}
	return i, n == 0
}

// What a byte of text may be.
const (
	isVisible = 1 << iota
	isControl
	isUnicode
)

var classOf = func() (class [256]uint8) {
	for b := range class {
		switch {
		case b >= utf8.RuneSelf:
			class[b] = isUnicode
		case b < ' ' || b == 0x7F:
			class[b] = isControl
		case b != ' ':
			class[b] = isVisible
		}
	}
	return class
}()

// look returns how many UTF-16 code units s has, and which classes of characters
// are in it. Broken UTF-8 counts as control characters.
func look(s string) (length int, class uint8) {
	for i := range len(s) {
		class |= classOf[s[i]]
	}
	if class&isUnicode != 0 {
		return lookUnicode(s)
	}
	return len(s), class
}

func lookUnicode(s string) (length int, class uint8) {
	if !utf8.ValidString(s) {
		class |= isControl
	}
	for _, r := range s {
		length += max(utf16.RuneLen(r), 1)
		switch {
		case unicode.IsControl(r):
			class |= isControl
		case !unicode.IsSpace(r):
			class |= isVisible
		}
	}
	return length, class
}
