package templates

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/skip2/go-qrcode"

	"rieltime/web/qrsymbol"
)

const (
	quietZone  = 4    // modules on each side
	badgeWidth = 0.17 // of the code's width without the quiet zone
	badgeRim   = 1.12 // of the badge's radius: a white ring around it
)

// QRSVG draws text as a QR code of level M with its quiet zone, black on white,
// as one inline SVG element of class "qr". A KHQR gets a ៛ or $ badge in the
// middle, by the currency in its tag 53. Text too long for a QR is an error.
func QRSVG(text string) (string, error) {
	modules, err := qrsymbol.Encode(text)
	if errors.Is(err, qrsymbol.ErrUnsuitable) {
		modules, err = qrModules(text)
	}

	if err != nil {
		return "", err
	}

	size := strconv.Itoa(len(modules) + 2*quietZone)
	svg := make([]byte, 0, 3*len(modules)*len(modules))
	svg = append(svg, `<svg class="qr" viewBox="0 0 `+size+` `+size+`" shape-rendering="crispEdges" aria-hidden="true" focusable="false">`...)
	svg = append(svg, `<path fill="#fff" d="M0 0h`+size+`v`+size+`H0z"/><path stroke="#000" d="`...)
	svg = appendRuns(svg, modules)
	svg = append(svg, `"/>`...)
	if symbol := currencySymbol(text); symbol != nil {
		svg = appendBadge(svg, symbol, len(modules))
	}
	return string(append(svg, `</svg>`...)), nil
}

// QRPNG draws the same code as a square PNG of at least size pixels: modules
// are whole pixels, so the picture may be a little larger.
func QRPNG(text string, size int) ([]byte, error) {
	modules, err := qrModules(text)
	if err != nil {
		return nil, err
	}

	across := len(modules) + 2*quietZone
	scale := max((size+across-1)/across, 1)
	img := image.NewPaletted(image.Rect(0, 0, across*scale, across*scale), qrPalette())
	for y, row := range modules {
		for x, dark := range row {
			if dark {
				fillModule(img, x+quietZone, y+quietZone, scale)
			}
		}
	}

	if symbol := currencySymbol(text); symbol != nil {
		paintBadge(img, symbol, float64(len(modules)*scale))
	}

	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, err
	}

	return out.Bytes(), nil
}

func qrModules(text string) ([][]bool, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, err
	}
	code.DisableBorder = true
	return code.Bitmap(), nil
}

// appendRuns appends each row's dark modules as strokes one module thick.
func appendRuns(svg []byte, modules [][]bool) []byte {
	for y, row := range modules {
		at := -1 // where the pen is in this row
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}

			run := 1
			for x+run < len(row) && row[x+run] {
				run++
			}

			if at < 0 {
				svg = strconv.AppendInt(append(svg, 'M'), int64(x+quietZone), 10)
				svg = strconv.AppendInt(append(svg, ' '), int64(y+quietZone), 10)
				svg = append(svg, ".5h"...)
			} else {
				svg = strconv.AppendInt(append(svg, 'm'), int64(x-at), 10)
				svg = append(svg, " 0h"...)
			}
			svg = strconv.AppendInt(svg, int64(run), 10)

			x += run
			at = x
		}
	}
	return svg
}

// currencySymbol returns the symbol of a KHQR code's currency (tag 53), nil when
// text is not a KHQR code.
func currencySymbol(text string) []stroke {
	if !strings.HasPrefix(text, "000201") {
		return nil
	}

	rest := utf16.Encode([]rune(text)) // the unit that KHQR counts lengths in
	for len(rest) >= 4 {
		length, err := strconv.Atoi(string(utf16.Decode(rest[2:4])))
		if err != nil || length < 0 || len(rest) < 4+length {
			return nil
		}

		tag, value := string(utf16.Decode(rest[:2])), string(utf16.Decode(rest[4:4+length]))
		switch {
		case tag == "53" && value == "116":
			return rielSymbol
		case tag == "53" && value == "840":
			return dollarSymbol
		}

		rest = rest[4+length:]
	}

	return nil
}

func appendBadge(svg []byte, symbol []stroke, modules int) []byte {
	centre := float64(modules)/2 + quietZone
	radius := float64(modules) * badgeWidth / 2 / badgeRim
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }
	disc := func(radius float64, colour string) string {
		return `<circle cx="` + number(centre) + `" cy="` + number(centre) + `" r="` + number(radius) + `" fill="` + colour + `"/>`
	}
	svg = append(svg, `<g shape-rendering="auto">`+disc(radius*badgeRim, "#fff")+disc(radius, "#000")+`<path fill="none" stroke="#fff" stroke-linecap="round" stroke-linejoin="round" stroke-width="`+
		number(radius*symbolStroke)+`" d="`...)
	for _, line := range symbol {
		for i, p := range line {
			letter := byte('L')
			if i == 0 {
				letter = 'M'
			}
			svg = strconv.AppendFloat(append(svg, letter), centre+p.x*radius, 'f', 2, 64)
			svg = strconv.AppendFloat(append(svg, ' '), centre+p.y*radius, 'f', 2, 64)
		}
	}
	return append(svg, `"/></g>`...)
}

const greys = 16

func qrPalette() color.Palette {
	palette := make(color.Palette, greys)
	for i := range palette {
		palette[i] = color.Gray{Y: uint8(255 - i*255/(greys-1))}
	}
	return palette
}

func fillModule(img *image.Paletted, x, y, scale int) {
	for dy := range scale {
		for dx := range scale {
			img.SetColorIndex(x*scale+dx, y*scale+dy, greys-1)
		}
	}
}

// paintBadge draws what appendBadge writes; width is the code's in pixels.
func paintBadge(img *image.Paletted, symbol []stroke, width float64) {
	centre := float64(img.Rect.Dx()) / 2
	rim := width * badgeWidth / 2
	radius := rim / badgeRim
	for y := int(centre - rim - 1); y <= int(centre+rim+1); y++ {
		for x := int(centre - rim - 1); x <= int(centre+rim+1); x++ {
			p := point{(float64(x) + 0.5 - centre) / radius, (float64(y) + 0.5 - centre) / radius}
			distance := math.Hypot(p.x, p.y)
			if distance > badgeRim {
				continue
			}

			ink := coverage((1 - distance) * radius)
			ink -= ink * coverage((symbolStroke/2-distanceTo(symbol, p))*radius)
			img.SetColorIndex(x, y, uint8(math.Round(ink*(greys-1))))
		}
	}
}

// coverage softens an edge that lies depth pixels away.
func coverage(depth float64) float64 {
	return math.Min(math.Max(depth+0.5, 0), 1)
}
