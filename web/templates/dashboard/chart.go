package dashboard

// Chart is a chart with the table of its data.
type Chart struct {
	ID    string // on the page
	Title string
	Desc  string // what the picture shows, in words
	Head  []string
	Rows  []ChartRow
	Long  bool // the table is opened by whoever wants it

	Drawing Drawing
}

// ChartRow is a row of a chart's table: its name and its cells.
type ChartRow struct {
	Name  string
	URL   string // of what is behind it; empty: nothing
	Cells []string
}

// Drawing is an SVG picture in units of its own.
type Drawing struct {
	Width, Height int
	Bars          []Bar
	Lines         []Line
	Texts         []DrawnText
}

// Bar is a rectangle.
type Bar struct {
	X, Y, Width, Height int
	Title               string // shown when it is pointed at
}

// Line is a horizontal line over the whole width.
type Line struct{ Y int }

// DrawnText is a text at a point.
type DrawnText struct {
	X, Y   int
	Anchor string // "start", "middle" or "end"
	Text   string
}

// Value is one value of a chart.
type Value struct {
	Size  int64  // negative ones are drawn as 0
	Name  string // below or above its bar
	Title string
}

// A drawing is as wide as a phone shows well: its texts stay readable.
const (
	drawingWidth  = 400
	columnsHeight = 200
	columnsTop    = 22 // room for the text on the top line
	columnsBottom = 24 // room for the names
	barsPitch     = 44 // from one horizontal bar to the next
	barsText      = 20
	barsThickness = 14
)

// Columns draws vertical bars in the order of values, with a line at the top and in the
// middle of the scale, whose texts scale makes. Of the names only those are drawn that are
// not empty.
func Columns(values []Value, scale func(int64) string) Drawing {
	var highest int64
	for _, v := range values {
		highest = max(highest, v.Size)
	}

	top := roundUp(highest)
	d := Drawing{Width: drawingWidth, Height: columnsHeight}
	room := columnsHeight - columnsTop - columnsBottom
	for _, part := range []int64{0, 1, 2} {
		y := columnsHeight - columnsBottom - int(part)*room/2
		d.Lines = append(d.Lines, Line{y})
		if part > 0 {
			d.Texts = append(d.Texts, DrawnText{0, y - 4, "start", scale(top * part / 2)})
		}
	}

	for i, v := range values {
		from, to := i*drawingWidth/len(values), (i+1)*drawingWidth/len(values)
		gap := max(1, (to-from)/6)
		height := int(max(v.Size, 0) * int64(room) / top)
		if v.Size > 0 {
			height = max(height, 1)
		}

		d.Bars = append(d.Bars, Bar{from + gap, columnsHeight - columnsBottom - height, max(1, to-from-gap), height, v.Title})
		if v.Name != "" {
			d.Texts = append(d.Texts, nameBelow((from+to)/2, v.Name))
		}
	}

	return d
}

// nameBelow writes a name under its bar, within the drawing.
func nameBelow(x int, name string) DrawnText {
	switch {
	case x < drawingWidth/6:
		return DrawnText{0, columnsHeight - 6, "start", name}
	case x > drawingWidth*5/6:
		return DrawnText{drawingWidth, columnsHeight - 6, "end", name}
	}
	return DrawnText{x, columnsHeight - 6, "middle", name}
}

// Rows draws horizontal bars, the name of each above it and its title at the end.
func Rows(values []Value, top int64) Drawing {
	d := Drawing{Width: drawingWidth, Height: max(1, len(values)) * barsPitch}
	for i, v := range values {
		y := i * barsPitch
		width := 0
		if top > 0 {
			width = int(max(v.Size, 0) * drawingWidth / top)
		}

		d.Texts = append(d.Texts, DrawnText{0, y + barsText - 4, "start", v.Name}, DrawnText{drawingWidth, y + barsText - 4, "end", v.Title})
		d.Bars = append(d.Bars, Bar{0, y + barsText + 2, max(1, width), barsThickness, v.Title})
	}
	return d
}

// roundUp returns the next round number that a value is not above, such as 12, 150 or
// 4,000; 10 at least.
func roundUp(value int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, step := range []int64{10, 12, 16, 20, 30, 40, 50, 60, 80} {
			if value <= unit*step {
				return unit * step
			}
		}
	}
}
