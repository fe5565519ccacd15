package templates

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

var qrTexts = map[string]string{
	"dollars": exampleUSD,
	"riel":    exampleKHR,
	"link":    "https://pay.example/c/cs_test_example",
	"longest tags": "00020101021230" + "96" + "0032" + strings.Repeat("a", 30) + "@b" + "0132" + strings.Repeat("m", 32) +
		"0220" + strings.Repeat("b", 20) + "5204599953031165406410000" + "5802KH5925" + strings.Repeat("N", 25) +
		"6015Phnom Penh City" + "62580125" + strings.Repeat("9", 25) + "0825" + strings.Repeat("p", 25) +
		"99340013176370870000001131763709300000" + "63041234",
	"khmer": "0002010102115204599953038405802KH5912ហាងកាហ្វេ ក1" + "6010Phnom Penh",
}

func decode(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}

	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
	})
	if err != nil {
		t.Fatal(err)
	}

	return result.GetText()
}

func TestPNGDecodesWithItsBadge(t *testing.T) {
	for name, text := range qrTexts {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{0, 260, 800} {
				data, err := QRPNG(text, size)
				if err != nil {
					t.Fatal(err)
				}

				img, err := png.Decode(bytes.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}

				if img.Bounds().Dx() < size || img.Bounds().Dx() != img.Bounds().Dy() {
					t.Errorf("asked for %d, got %v", size, img.Bounds())
				}

				if size == 0 {
					continue // a pixel a module is for no camera
				}

				if got := decode(t, img); got != text {
					t.Errorf("size %d: decoded %q", size, got)
				}
			}
		})
	}
}

func TestSVGDecodesWithItsBadge(t *testing.T) {
	for name, text := range qrTexts {
		t.Run(name, func(t *testing.T) {
			svg, err := QRSVG(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := decode(t, rasterise(t, svg, 4)); got != text {
				t.Errorf("decoded %q", got)
			}
		})
	}
}

func TestEveryAmountsBadgeLeavesTheCodeReadable(t *testing.T) {
	for amount := 100; amount < 160; amount++ {
		text := strings.Replace(exampleUSD, "540512.50", "54061"+strconv.Itoa(amount)+".5", 1)
		svg, err := QRSVG(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, rasterise(t, svg, 4)); got != text {
			t.Errorf("decoded %q", got)
		}
	}
}

var (
	viewBoxPattern = regexp.MustCompile(`viewBox="0 0 (\d+) \d+"`)
	strokePattern  = regexp.MustCompile(`<path stroke="#000" d="([^"]*)"`)
	commandPattern = regexp.MustCompile(`([Mmh])([\d.]+)(?: ([\d.]+))?`)
	circlePattern  = regexp.MustCompile(`<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)" fill="(#\w+)"`)
)

// rasterise draws the subset of SVG that QRSVG writes; of the badge, its discs.
func rasterise(t *testing.T, svg string, scale int) image.Image {
	t.Helper()
	view := viewBoxPattern.FindStringSubmatch(svg)
	path := strokePattern.FindStringSubmatch(svg)
	if view == nil || path == nil {
		t.Fatalf("no viewBox or path in %.200s", svg)
	}

	size, _ := strconv.Atoi(view[1])
	img := image.NewGray(image.Rect(0, 0, size*scale, size*scale))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	var x, y int
	for _, command := range commandPattern.FindAllStringSubmatch(path[1], -1) {
		n, _ := strconv.Atoi(command[2])
		switch command[1] {
		case "M":
			x = n
			y, _ = strconv.Atoi(strings.TrimSuffix(command[3], ".5"))
		case "m":
			x += n
		case "h":
			draw.Draw(img, image.Rect(x*scale, y*scale, (x+n)*scale, (y+1)*scale), image.Black, image.Point{}, draw.Src)
			x += n
		}
	}

	for _, disc := range circlePattern.FindAllStringSubmatch(svg, -1) {
		fill(img, disc, float64(scale))
	}

	return img
}

func fill(img *image.Gray, disc []string, scale float64) {
	shade := color.Gray{}
	if disc[4] == "#fff" {
		shade.Y = 255
	}

	cx, _ := strconv.ParseFloat(disc[1], 64)
	cy, _ := strconv.ParseFloat(disc[2], 64)
	r, _ := strconv.ParseFloat(disc[3], 64)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			dx, dy := float64(x)+.5-cx*scale, float64(y)+.5-cy*scale
			if dx*dx+dy*dy <= r*r*scale*scale {
				img.SetGray(x, y, shade)
			}
		}
	}
}

func TestBadgeIsAtMost18PercentWide(t *testing.T) {
	for name, text := range qrTexts {
		svg, err := QRSVG(text)
		if err != nil {
			t.Fatal(err)
		}

		size, _ := strconv.ParseFloat(viewBoxPattern.FindStringSubmatch(svg)[1], 64)
		discs := circlePattern.FindAllStringSubmatch(svg, -1)
		if (len(discs) == 0) != (name == "link") {
			t.Errorf("%s: %d discs", name, len(discs))
		}

		for _, disc := range discs {
			r, _ := strconv.ParseFloat(disc[3], 64)
			if share := 2 * r / (size - 2*quietZone); share > 0.18 {
				t.Errorf("%s: the badge takes %.3f of the width", name, share)
			}
		}
	}
}

func TestCodeHasAQuietZoneAndNoInlineStyle(t *testing.T) {
	svg, err := QRSVG(exampleUSD)
	if err != nil {
		t.Fatal(err)
	}

	img := rasterise(t, svg, 1)
	size := img.Bounds().Dx()
	for i := range size {
		for edge := range quietZone {
			for _, p := range []image.Point{{i, edge}, {edge, i}, {i, size - 1 - edge}, {size - 1 - edge, i}} {
				if r, _, _, _ := img.At(p.X, p.Y).RGBA(); r == 0 {
					t.Fatalf("dark at %v", p)
				}
			}
		}
	}

	for _, forbidden := range []string{"style", "script", "href"} {
		if strings.Contains(svg, forbidden) {
			t.Errorf("%s in the drawing", forbidden)
		}
	}
}

func TestBadgeFollowsTheCurrencyOfTheCode(t *testing.T) {
	for text, want := range map[string][]stroke{
		exampleUSD:                   dollarSymbol,
		exampleKHR:                   rielSymbol,
		"https://shop.example/53038": nil,
		"0002015303978":              nil,
		"00020153":                   nil,
		"000201xx99":                 nil,
		"000201530-1":                nil,
		"0002015903ហាង5303116":       rielSymbol,
		"":                           nil,
	} {
		got := currencySymbol(text)
		if len(got) != len(want) || (len(got) > 0 && &got[0] != &want[0]) {
			t.Errorf("%q: wrong sign", text)
		}
	}
}

func TestTextTooLongForACodeIsAnError(t *testing.T) {
	long := strings.Repeat("x", 3000)
	if _, err := QRSVG(long); err == nil {
		t.Error("no error from QRSVG")
	}
	if _, err := QRPNG(long, 100); err == nil {
		t.Error("no error from QRPNG")
	}
}

func BenchmarkQRSVG(b *testing.B) {
	for b.Loop() {
		if _, err := QRSVG(exampleUSD); err != nil {
			b.Fatal(err)
		}
	}
}
