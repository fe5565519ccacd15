package templates

import "math"

// A currency symbol is drawn with a round pen along strokes. The unit is the radius
// of the badge, the origin its centre, and y points down.
type (
	point  struct{ x, y float64 }
	stroke []point
)

// symbolStroke is the width of the pen in radii.
const symbolStroke = 0.15

var dollarSymbol = []stroke{
	{{0, -0.68}, {0, 0.68}},
	curve(point{0.34, -0.30},
		[3]point{{0.30, -0.56}, {-0.36, -0.60}, {-0.36, -0.25}},
		[3]point{{-0.36, 0.10}, {0.38, -0.08}, {0.38, 0.27}},
		[3]point{{0.38, 0.62}, {-0.34, 0.56}, {-0.38, 0.29}}),
}

var rielSymbol = []stroke{
	{{0.34, -0.62}, {-0.02, -0.62}, {-0.20, -0.44}, {0.12, -0.16}, {0.12, 0.46}},
	{{-0.26, 0}, {0.42, 0}},
	curve(point{0.12, 0.22},
		[3]point{{-0.14, 0.16}, {-0.36, 0.26}, {-0.36, 0.44}},
		[3]point{{-0.36, 0.74}, {0.12, 0.76}, {0.12, 0.46}}),
}

// curve flattens consecutive cubic Bézier segments from start. Each consists of two
// control points and an end point.
func curve(start point, segments ...[3]point) stroke {
	const steps = 8
	line := stroke{start}
	for _, s := range segments {
		from := line[len(line)-1]
		for i := 1; i <= steps; i++ {
			t := float64(i) / steps
			u := 1 - t
			a, b, c, d := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
			line = append(line, point{
				a*from.x + b*s[0].x + c*s[1].x + d*s[2].x,
				a*from.y + b*s[0].y + c*s[1].y + d*s[2].y,
			})
		}
	}

	return line
}

// distanceTo returns the distance of p from the nearest stroke.
func distanceTo(symbol []stroke, p point) float64 {
	nearest := math.Inf(1)
	for _, line := range symbol {
		for i := 1; i < len(line); i++ {
			nearest = math.Min(nearest, distanceToSegment(line[i-1], line[i], p))
		}
	}
	return nearest
}

func distanceToSegment(a, b, p point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = math.Min(math.Max(((p.x-a.x)*dx+(p.y-a.y)*dy)/length, 0), 1)
	}
	return math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
}
