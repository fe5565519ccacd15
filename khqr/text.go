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
func utf16Len[T string | []byte](s T) int {
	n := 0
	for i := range len(s) {
		n += units(s[i])
	}
	return n
}

// units returns how many UTF-16 code units a character has, told by the first
// byte of its UTF-8 form: 0 for a byte that is not the first.
func units(b byte) int {
	switch {
	case b < 0x80:
		return 1
	case b < 0xC0:
		return 0
	case b < 0xF0:
		return 1
	}
	return 2
}

// offset returns how many bytes the first n UTF-16 code units of s take. It
// fails where s is shorter or where the cut would fall inside a character.
func offset(s string, n int) (int, bool) {
	i := 0
	for ; i < len(s); i++ {
		u := units(s[i])
		if n == 0 && u > 0 {
			return i, true
		}
		if n -= u; n < 0 {
			return 0, false
		}
	}
	return i, n == 0
}

// look measures s: its UTF-16 code units, whether anything but spaces is in it,
// and whether all of it can be printed.
func look(s string) (length int, blank, printable bool) {
	blank, printable = true, true
	for i := range len(s) {
		switch b := s[i]; {
		case b >= utf8.RuneSelf:
			return lookUnicode(s)
		case b < ' ' || b == 0x7F:
			printable = false
		case b != ' ':
			blank = false
		}
	}
	return len(s), blank, printable
}

func lookUnicode(s string) (length int, blank, printable bool) {
	blank, printable = true, utf8.ValidString(s)
	for _, r := range s {
		blank = blank && unicode.IsSpace(r)
		printable = printable && !unicode.IsControl(r)
	}
	return utf16Len(s), blank, printable
}
