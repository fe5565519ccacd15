package dashboard_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"rieltime/web/templates/dashboard"
)

// Whatever the values, all that is drawn is within the picture, and higher values have
// higher bars.
func TestColumnsStayWithinTheDrawing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for count := 1; count <= 90; count++ {
		values := make([]dashboard.Value, count)
		for i := range values {
			values[i] = dashboard.Value{Size: random.Int64N(1<<random.IntN(40)) - 2, Name: strconv.Itoa(i)}
		}

		d := dashboard.Columns(values, func(n int64) string { return strconv.FormatInt(n, 10) })
		if len(d.Bars) != count || len(d.Lines) != 3 {
			t.Fatalf("%d bars and %d lines of %d values", len(d.Bars), len(d.Lines), count)
		}
		for i, b := range d.Bars {
			if b.X < 0 || b.Y < 0 || b.X+b.Width > d.Width || b.Y+b.Height > d.Height || b.Width < 1 || b.Height < 0 || (values[i].Size > 0) != (b.Height > 0) {
				t.Errorf("bar %d of %d: %+v of %d", i, count, b, values[i].Size)
			}
			if i > 0 && values[i].Size > values[i-1].Size && b.Height < d.Bars[i-1].Height {
				t.Errorf("the bar of %d is lower than that of %d", values[i].Size, values[i-1].Size)
			}
		}
	}
}

func TestRowsAreAsLongAsTheirShare(t *testing.T) {
	d := dashboard.Rows([]dashboard.Value{{Size: 100, Name: "all"}, {Size: 25, Name: "a quarter"}, {Size: -3, Name: "less than none"}}, 100)
	for i, want := range []int{d.Width, d.Width / 4, 1} {
		if d.Bars[i].Width != want {
			t.Errorf("row %d is %d wide, want %d", i, d.Bars[i].Width, want)
		}
	}
}
