package appicon

import (
	"bytes"
	"image/png"
	"math"
	"testing"
)

func TestIconsAreSquareAndSmall(t *testing.T) {
	for _, size := range Sizes() {
		body := PNG(size)
		config, err := png.DecodeConfig(bytes.NewReader(body))
		if err != nil || config.Width != size || config.Height != size || len(body) > 20<<10 {
			t.Errorf("%d: %+v with %d bytes, %v", size, config, len(body), err)
		}
	}
	if PNG(100) != nil {
		t.Error("there is an icon of another size")
	}
}

// Devices may cut off all that is further than 40 % of a side from the middle.
func TestNothingOfTheIconIsCutOff(t *testing.T) {
	drawn := 0
	for i := range 200 {
		for j := range 200 {
			x, y := float64(i)/200, float64(j)/200
			if colourAt(x, y) == background {
				continue
			}
			drawn++
			if math.Hypot(x-0.5, y-0.5) > 0.4 {
				t.Fatalf("something is drawn at %.2f, %.2f", x, y)
			}
		}
	}
	if drawn == 0 {
		t.Error("nothing is drawn")
	}
}
