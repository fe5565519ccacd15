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
