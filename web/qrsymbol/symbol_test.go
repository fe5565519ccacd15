package qrsymbol

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/skip2/go-qrcode"
)

const khqr = "00020101021229240020klaing_cafe_1@devbnk52045814530384054042.505802KH5913Coffee Klaing6010Phnom Penh62060302A1" +
	"993400131763708700000011317637093000006304ABCD"

// reference returns the code that skip2/go-qrcode makes, nil if it makes none.
func reference(text string) *qrcode.QRCode {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil
	}
	code.DisableBorder = true
	return code
}

// wantReference fails unless the code of a text is the reference's, module for module.
func wantReference(t *testing.T, text string) {
	t.Helper()
	want := reference(text)
	got, err := Encode(text)
	switch {
	case want == nil || want.VersionNumber > MaxVersion:
		if !errors.Is(err, ErrUnsuitable) {
			t.Errorf("%q: %v", text, err)
		}

	case err != nil:
		t.Errorf("%q: %v", text, err)
	case !slices.EqualFunc(got, want.Bitmap(), slices.Equal[[]bool]):
		t.Errorf("%q: another code than the reference's", text)
	}
}

func TestCodesAreTheReferencesModuleForModule(t *testing.T) {
	wantReference(t, khqr)
	for length := 0; length < 400; length += 9 {
		wantReference(t, strings.Repeat("7", length))
		wantReference(t, strings.Repeat("K", length))
		wantReference(t, strings.Repeat("k", length))
	}

	const seed = 1
	dice := rand.New(rand.NewPCG(seed, seed))
	for range 200 {
		wantReference(t, mixedText(dice))
	}
}

// mixedText returns up to 30 runs of digits, capital letters and any bytes.
func mixedText(dice *rand.Rand) string {
	var text bytes.Buffer
	for range 1 + dice.IntN(30) {
		alphabet := []string{"0123456789", "ABCXYZ $%*+-./:", "abc\x00\xff!@"}[dice.IntN(3)]
		for range 1 + dice.IntN(20) {
			text.WriteByte(alphabet[dice.IntN(len(alphabet))])
		}
	}
	return text.String()
}

// TestFinderPatternsAreCountedAsByAScan compares all lines of a small symbol, and some of
// large ones, with what skip2/go-qrcode's scan of a line counts, module by module.
func TestFinderPatternsAreCountedAsByAScan(t *testing.T) {
	scan := func(line uint64, size int) (total int) {
		var seen uint64 // the newest module is the lowest bit
		for x := range size {
			seen = seen<<1 | line>>x&1
			atEdge := x == size-1 && seen&0x7f == 0b1011101
			if last := seen & 0x7ff; last == 0b0000_1011101 || last == 0b1011101_0000 || atEdge {
				total += 40
				seen = 0xff
			}
		}
		return total
	}
	check := func(line uint64, size int) {
		if got, want := finderPenalty(line, size), scan(line, size); got != want {
			t.Fatalf("%0*b: %d, want %d", size, line, got, want)
		}
	}

	const small = 18
	for line := range uint64(1 << small) {
		check(line, small)
	}

	const seed = 1
	dice := rand.New(rand.NewPCG(seed, seed))
	for range 200_000 {
		size := 21 + 4*dice.IntN(MaxVersion)
		line := dice.Uint64()
		for range dice.IntN(4) {
			at := dice.IntN(size)
			line = line&^(0x7ff<<at) | 0b0000_1011101_0000>>(4*dice.IntN(2))<<at
		}
		check(line&(1<<size-1), size)
	}
}

func FuzzEncode(f *testing.F) {
	for _, text := range []string{"", khqr, "https://pay.example/r/AbC-123", strings.Repeat("0", 600), "a" + strings.Repeat("0", 255)} {
		f.Add(text)
	}
	f.Fuzz(wantReference)
}

func BenchmarkEncode(b *testing.B) {
	b.Run("checkout", func(b *testing.B) {
		for b.Loop() {
			if _, err := Encode(khqr); err != nil {
				b.Fatal(err)
			}
		}
	})

	b.Run("skip2", func(b *testing.B) {
		for b.Loop() {
			reference(khqr).Bitmap()
		}
	})
}
