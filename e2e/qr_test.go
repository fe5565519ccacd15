//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// ReadQR is the text of the QR code that a camera sees at a CSS selector: it
// is read from a screenshot, by a reader that is not the code's writer.
func (b *buyer) ReadQR(selector string) string {
	b.t.Helper()
	b.must("have the whole page", b.Page.WaitForLoadState())
	b.SeeElement(selector)
	text, err := readQR(b.Screenshot(selector))
	b.must("read the QR code at "+selector, err)
	return text
}

// readQR looks at the picture, then at the picture turned: the reader misses
// about one sharp code in five hundred, but not the same ones from every side.
func readQR(screenshot []byte) (string, error) {
	picture, err := png.Decode(bytes.NewReader(screenshot))
	if err != nil {
		return "", err
	}

	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return "", err
	}

	var failures error
	for range 4 {
		result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
		if err == nil {
			return result.GetText(), nil
		}

		failures = errors.Join(failures, err)
		if bitmap, err = bitmap.RotateCounterClockwise(); err != nil {
			return "", err
		}
	}

	return "", fmt.Errorf("no QR code in the picture: %w", failures)
}
