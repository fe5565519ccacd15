// Package appicon draws the icon of the dashboard as an installed app: the three corners
// of a QR code, and a tick in the fourth. Everything lies within the middle 80 %, so that
// devices may cut it into any shape.
package appicon

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"sync"
)

// Sizes are those of the pictures, in pixels.
func Sizes() []int { return []int{192, 512} }

var (
	background = color.RGBA{0x0a, 0x4a, 0xa6, 0xff}
	foreground = color.RGBA{0xff, 0xff, 0xff, 0xff}
	tick       = color.RGBA{0x6f, 0xe0, 0x9a, 0xff}
)

// samples are the points of a pixel, along each side, of whose colours it has the mean.
const samples = 4

var pictures = sync.OnceValue(func() map[int][]byte {
	all := map[int][]byte{}
	for _, size := range Sizes() {
		all[size] = draw(size)
	}
	return all
})

// PNG is the icon of one of Sizes; nil for any other.
func PNG(size int) []byte { return pictures()[size] }

func draw(size int) []byte {
	picture := image.NewRGBA(image.Rect(0, 0, size, size))
	step := 1 / float64(size*samples)
	for y := range size {
		for x := range size {
			var r, g, b int
			for i := range samples * samples {
				c := colourAt((float64(x*samples+i%samples)+0.5)*step, (float64(y*samples+i/samples)+0.5)*step)
				r, g, b = r+int(c.R), g+int(c.G), b+int(c.B)
			}
			const n = samples * samples
			picture.SetRGBA(x, y, color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 0xff})
		}
	}

	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, picture); err != nil {
		panic(err) // memory takes all
	}
	return out.Bytes()
}

// colourAt is the colour of a point of the icon, whose sides are 1.
func colourAt(x, y float64) color.RGBA {
	for _, corner := range [][2]float64{{0.34, 0.34}, {0.66, 0.34}, {0.34, 0.66}} {
		if d := max(math.Abs(x-corner[0]), math.Abs(y-corner[1])); d < 0.12 && d > 0.08 || d < 0.045 {
			return foreground
		}
	}
	if distance(x, y, 0.555, 0.665, 0.63, 0.745) < 0.032 || distance(x, y, 0.63, 0.745, 0.78, 0.56) < 0.032 {
		return tick
	}
	return background
}

// distance is that of a point from the line between two others.
func distance(x, y, x1, y1, x2, y2 float64) float64 {
	dx, dy := x2-x1, y2-y1
	along := max(0, min(1, ((x-x1)*dx+(y-y1)*dy)/(dx*dx+dy*dy)))
	return math.Hypot(x-x1-along*dx, y-y1-along*dy)
}
