package khqr

import (
	"strings"
	"testing"
	"unicode/utf16"
)

func TestClassifyChecksEveryByte(t *testing.T) {
	for length := range 27 {
		plain := strings.Repeat("a", length)
		if n, class := classify(plain); n != length || length > 0 && class != classVisible {
			t.Errorf("classify(%q) = %d, %b", plain, n, class)
		}

		if n, class := classify(strings.Repeat(" ", length)); n != length || class != 0 {
			t.Errorf("classify(%d spaces) = %d, %b", length, n, class)
		}

		for at := range length {
			for b := range 256 {
				text := plain[:at] + string([]byte{byte(b)}) + plain[at+1:]
				_, class := classify(text)
				invalid := b < ' ' || b >= 0x7F // alone, a byte above ASCII is broken UTF-8
				if got := class&classControl != 0; got != invalid {
					t.Fatalf("classify(%q): invalid is %v, want %v", text, got, invalid)
				}
			}
		}
	}
}

func TestLengthsCountUTF16CodeUnits(t *testing.T) {
	for _, text := range []string{"", "a", "é", "ក", "ហាងកាហ្វេ", "☕", "🍰", "a🍰ក🍰", "𝒜", strings.Repeat("abcdefg🍰", 5)} {
		want := len(utf16.Encode([]rune(text)))
		if got := utf16Len(text); got != want {
			t.Errorf("utf16Len(%q) = %d, want %d", text, got, want)
		}

		if got, _ := classify(text); got != want {
			t.Errorf("classify(%q) = %d, want %d", text, got, want)
		}

		if end, ok := utf16Offset(text+"x", want); !ok || end != len(text) {
			t.Errorf("utf16Offset(%q, %d) = %d, %v", text+"x", want, end, ok)
		}
	}

	if _, ok := utf16Offset("🍰", 1); ok {
		t.Error("utf16Offset splits a character")
	}
}
