package templates

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"rieltime/khqr"
)

// codesVariable is how many codes TestCodesOfPagesAreReadable reads.
const codesVariable = "RIELTIME_QR_CODES"

// TestCodesOfPagesAreReadable reads the codes of many payments and receipts.
func TestCodesOfPagesAreReadable(t *testing.T) {
	codes, err := strconv.Atoi(cmp.Or(os.Getenv(codesVariable), "100"))
	if err != nil {
		t.Fatal(err)
	}

	const seed = 1
	dice := rand.New(rand.NewPCG(seed, seed))
	turned := 0
	for range codes {
		text := randomReceipt(dice)
		if dice.IntN(4) > 0 {
			text = randomPayment(t, dice)
		}

		svg, err := QRSVG(text)
		if err != nil {
			t.Fatal(err)
		}

		turns, read := readTurned(t, rasterise(t, svg, 4), text)
		if !read {
			t.Errorf("not read: %q", text)
		}
		if turns > 0 {
			turned++
		}
	}

	t.Logf("%d codes, %d of them read only when turned", codes, turned)
}

func randomReceipt(dice *rand.Rand) string {
	token := make([]byte, 57)
	for i := range token {
		token[i] = byte(dice.Uint32())
	}
	return "https://pay.example/r/" + base64.RawURLEncoding.EncodeToString(token)
}

// randomPayment returns a KHQR code with short and long tags.
func randomPayment(t *testing.T, dice *rand.Rand) string {
	t.Helper()
	letters := func(alphabet string, most int) string {
		text := make([]rune, 1+dice.IntN(most))
		for i := range text {
			runes := []rune(alphabet)
			text[i] = runes[dice.IntN(len(runes))]
		}
		return string(text)
	}

	const latin, khmer, digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", "កខគឃងចឆជឈញ", "0123456789"
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC).Add(time.Duration(dice.IntN(1e9)) * time.Millisecond)
	code := khqr.Code{
		Kind: khqr.Individual, Account: letters(latin, 20) + "@bank", MerchantName: letters(latin, 25), MerchantCity: "Phnom Penh",
		Currency: khqr.USD, Amount: fmt.Sprintf("%d.%02d", 1+dice.IntN(9999), dice.IntN(100)), BillNumber: letters(latin+digits, 25),
		Created: now, Expires: now.Add(10 * time.Minute),
	}
	if dice.IntN(2) == 0 {
		code.Currency, code.Amount = khqr.KHR, strconv.Itoa(100*(1+dice.IntN(9999)))
	}

	if dice.IntN(4) == 0 {
		code.Kind, code.MerchantID, code.AcquiringBank = khqr.Merchant, letters(digits, 15), letters(latin, 20)
		code.Language, code.AlternateName = "km", letters(khmer, 15)
	}

	text, err := code.Encode(now)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// readTurned reads a code, if need be from its other sides: the reader misses a few
// sharp codes in a thousand, but not the same ones from every side.
func readTurned(t *testing.T, img image.Image, want string) (turns int, read bool) {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	for turns = 0; err == nil && turns < 4; turns++ {
		hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"}
		if result, failed := qrcode.NewQRCodeReader().Decode(bitmap, hints); failed == nil {
			return turns, result.GetText() == want
		}
		bitmap, err = bitmap.RotateCounterClockwise()
	}
	return turns, false
}
