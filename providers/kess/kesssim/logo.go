package kesssim

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
)

const (
	logoCells = 5
	cellSize  = 8 // pixels
	logoRim   = 4
)

// drawLogo is a method's sign as KESS's picture host has them, a PNG: a
// pattern and a colour of its own.
func drawLogo(id int) ([]byte, error) {
	const size = logoCells*cellSize + 2*logoRim
	shades := []uint8{40, 70, 100, 130}
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{
		color.RGBA{shades[id%4], shades[id/4%4], shades[(id+2)%4], 255}, color.White,
	})
	bits := uint32(id+1) * 2654435761 // Knuth's multiplicative hash
	for y := range logoCells * cellSize {
		for x := range logoCells * cellSize {
			column := min(x/cellSize, logoCells-1-x/cellSize) // left and right alike
			if bits>>(y/cellSize*3+column)&1 == 1 {
				picture.SetColorIndex(x+logoRim, y+logoRim, 1)
			}
		}
	}

	var out bytes.Buffer
	err := png.Encode(&out, picture)
	return out.Bytes(), err
}
