package kesssim

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
)

const (
	logoCells  = 5
	cellSize   = 8 // pixels
	logoMargin = 4
)

// showLogo serves a made-up logo of a method: a PNG for the merchant's page, and
// for the simulator's own pages an SVG with its initials.
func (s *Simulator) showLogo(w http.ResponseWriter, r *http.Request) {
	bic, extension, _ := strings.Cut(r.PathValue("file"), ".")
	method, ok := findMethod(bic)
	if !ok {
		http.NotFound(w, r)
		return
	}

	if extension == "png" {
		picture, err := drawLogo(method.ID)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}

		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(picture) // fails only when the client has gone
		return
	}

	initials := ""
	for _, word := range strings.FieldsFunc(method.Title, func(r rune) bool { return r == ' ' || r == '/' || r == '-' }) {
		initials += strings.ToUpper(word[:1])
	}

	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="%s">`+
		`<rect width="48" height="48" rx="10" fill="hsl(%d 55%% 32%%)"/>`+
		`<text x="24" y="31" text-anchor="middle" font-family="sans-serif" font-size="18" font-weight="700" fill="#fff">%s</text></svg>`,
		method.Title, method.ID*47%360, initials[:min(2, len(initials))])
}

// drawLogo returns a PNG, as KESS's image host serves them, with a pattern and a
// colour from the method's id.
func drawLogo(id int) ([]byte, error) {
	const size = logoCells*cellSize + 2*logoMargin
	shades := []uint8{40, 70, 100, 130}
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{
		color.RGBA{shades[id%4], shades[id/4%4], shades[(id+2)%4], 255}, color.White,
	})
	bits := uint32(id+1) * 2654435761 // Knuth's multiplicative hash
	for y := range logoCells * cellSize {
		for x := range logoCells * cellSize {
			column := min(x/cellSize, logoCells-1-x/cellSize) // symmetric
			if bits>>(y/cellSize*3+column)&1 == 1 {
				picture.SetColorIndex(x+logoMargin, y+logoMargin, 1)
			}
		}
	}

	var out bytes.Buffer
	err := png.Encode(&out, picture)
	return out.Bytes(), err
}
