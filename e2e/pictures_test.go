//go:build e2e && pictures

package e2e

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// newestPayment stands for the path of the first payment of the list.
const newestPayment = "newest payment"

const (
	docsDir = "../docs"
	gap     = 24 // pixels between two pages
	columns = 4
)

// picture is pages side by side, four in a row.
type picture struct {
	file, lang, theme string
	paths             []string // of the pages, below one address
	as                device
	width, height     int // of the window
}

// TestPictures takes the pictures of docs/: `make pictures`.
func TestPictures(t *testing.T) {
	states := []string{"choosing", "qr_waiting", "qr_expired", "checking", "failed", "paid", "cashier_paid", "cashier_unpaid"}
	d := startDemo(t)
	for _, p := range []picture{
		{"checkout.png", "en", "light", []string{"choosing", "qr_waiting", "paid"}, phone, 360, 960},
		{"states-km.png", "km", "light", states, phone, 360, 960},
		{"states-en.png", "en", "light", states, phone, 360, 960},
		{"dark-km.png", "km", "dark", []string{"choosing", "qr_waiting", "paid"}, phone, 360, 960},
		{"desktop-en.png", "en", "light", []string{"qr_waiting"}, desktop, 1280, 800},
	} {
		p.take(newVisitor(t, p.as), d.URL("checkout")+"/gallery/")
	}
}

// TestPicturesOfTheDashboard takes those of a shop with some weeks of payments.
func TestPicturesOfTheDashboard(t *testing.T) {
	d := startDemo(t, withHistory)
	for _, p := range []picture{
		{"dashboard.png", "en", "light", []string{"", "/payments", newestPayment, "/charts"}, phone, 360, 960},
		{"dashboard-dark-km.png", "km", "dark", []string{"", "/payments", "/close", "/links"}, phone, 360, 960},
		{"dashboard-desktop.png", "en", "light", []string{""}, desktop, 1280, 800},
	} {
		v := newVisitor(t, p.as, inEnglish)
		v.Open(d.invite(p.file+"@psarchas.example", "owner"))
		v.Fill("Your name", "Dara")
		v.Fill("A password of 10 characters or more", "coffee-with-ice")
		v.Press("Accept")
		v.See("Today")
		p.take(v, d.URL("checkout")+"/dashboard/test/demo")
	}
}

// TestPicturesOfTheCounter takes a sale from the keypad to the end of the shift.
func TestPicturesOfTheCounter(t *testing.T) {
	d := startDemo(t)
	v := newVisitor(t, phone, inEnglish)
	p := picture{file: "counter.png", lang: "en", theme: "light", as: phone, width: 360, height: 960}
	v.becomeCashier(d, "sokha@psarchas.example")
	v.look(p.theme, p.width, p.height)
	v.Press("Shifts")
	v.must("count the cash", v.Page.Locator("#cash_usd").Fill("20"))
	v.Press("Open the shift")
	for _, sold := range []struct{ amount, currency string }{{"3", "US dollar"}, {"12000", "Riel"}} {
		v.Fill("Amount", sold.amount)
		v.Press(sold.currency)
		v.SeeElement(`#counter[data-state="code"]`)
		d.payCode(v.ReadQR(".sale-code"))
		v.SeeElement(`#counter[data-state="paid"]`)
		v.Press("Next")
	}

	v.typeKeys("5", ".", "5", "0")
	pages := []image.Image{v.shot()}
	v.Press("US dollar")
	v.SeeElement(`#counter[data-state="code"]`)
	pages = append(pages, v.shot())
	d.payCode(v.ReadQR(".sale-code"))
	v.SeeElement(`#counter[data-state="paid"]`)
	pages = append(pages, v.shot())
	v.Press("Next")
	v.Press("My shift since")
	p.keep(v, append(pages, v.shot()))
}

func (p picture) take(v *visitor, base string) {
	v.look(p.theme, p.width, p.height)
	var pages []image.Image
	for _, path := range p.paths {
		if path == newestPayment {
			path = v.newestPayment(base)
		}
		v.Open(base + path + "?lang=" + p.lang)
		pages = append(pages, v.shot())
	}
	p.keep(v, pages)
}

// shot is a picture of the page as it stands.
func (v *visitor) shot() image.Image {
	shot, err := v.Page.Screenshot(playwright.PageScreenshotOptions{Caret: playwright.ScreenshotCaretInitial})
	v.must("take a picture", err)
	page, err := png.Decode(bytes.NewReader(shot))
	v.must("read the picture", err)
	return page
}

// keep writes the picture of some pages.
func (p picture) keep(v *visitor, pages []image.Image) {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	v.must("write the picture", encoder.Encode(&out, fewColours(strip(pages))))
	v.must("make the folder", os.MkdirAll(docsDir, 0o755))
	v.must("keep the picture", os.WriteFile(filepath.Join(docsDir, p.file), out.Bytes(), 0o644))
	v.t.Logf("%s: %d kB", p.file, out.Len()>>10)
}

func (v *visitor) newestPayment(base string) (path string) {
	v.Open(base + "/payments")
	address, err := v.Page.Locator("table.payments a").First().GetAttribute("href")
	v.must("find a payment", err)
	_, path, _ = strings.Cut(address, "/dashboard/test/demo")
	return path
}

func strip(pages []image.Image) *image.RGBA {
	step := pages[0].Bounds().Size().Add(image.Pt(gap, gap))
	across, down := min(len(pages), columns), (len(pages)+columns-1)/columns
	whole := image.NewRGBA(image.Rect(0, 0, across*step.X-gap, down*step.Y-gap))
	draw.Draw(whole, whole.Rect, image.NewUniform(color.Gray{Y: 0x9a}), image.Point{}, draw.Src)
	for i, page := range pages {
		corner := image.Pt(i%columns*step.X, i/columns*step.Y)
		draw.Draw(whole, page.Bounds().Add(corner), page, image.Point{}, draw.Src)
	}
	return whole
}

// fewColours keeps the colours used most, which makes the file small.
func fewColours(picture *image.RGBA) *image.Paletted {
	used := map[color.RGBA]int{}
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			used[picture.RGBAAt(x, y)]++
		}
	}

	sorted := slices.SortedFunc(maps.Keys(used), func(a, b color.RGBA) int { return cmp.Compare(used[b], used[a]) })
	palette := make(color.Palette, 0, 256)
	for _, one := range sorted[:min(len(sorted), 256)] {
		palette = append(palette, one)
	}

	small := image.NewPaletted(picture.Rect, palette)
	nearest := map[color.RGBA]uint8{}
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			one := picture.RGBAAt(x, y)
			index, known := nearest[one]
			if !known {
				index = uint8(palette.Index(one))
				nearest[one] = index
			}

			small.SetColorIndex(x, y, index)
		}
	}

	return small
}
