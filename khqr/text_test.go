package khqr

import (
	"strings"
	"testing"
	"unicode/utf16"
)

func TestLookSeesEveryByteOfEveryLength(t *testing.T) {
	for length := range 27 {
		plain := strings.Repeat("a", length)
		if n, class := look(plain); n != length || length > 0 && class != isVisible {
			t.Errorf("look(%q) = %d, %b", plain, n, class)
		}
		if n, class := look(strings.Repeat(" ", length)); n != length || class != 0 {
			t.Errorf("look(%d spaces) = %d, %b", length, n, class)
		}
		for at := range length {
			for b := range 256 {
				text := plain[:at] + string([]byte{byte(b)}) + plain[at+1:]
				_, class := look(text)
				unfit := b < ' ' || b >= 0x7F // alone, a byte above ASCII is broken UTF-8
				if got := class&isControl != 0; got != unfit {
					t.Fatalf("look(%q): unfit is %v, want %v", text, got, unfit)
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
		if got, _ := look(text); got != want {
			t.Errorf("look(%q) = %d, want %d", text, got, want)
		}
		if end, ok := offset(text+"x", want); !ok || end != len(text) {
			t.Errorf("offset(%q, %d) = %d, %v", text+"x", want, end, ok)
		}
	}
	if _, ok := offset("🍰", 1); ok {
		t.Error("offset cuts a character in two")
	}
}
