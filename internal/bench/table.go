package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

// row is a line of the table.
type row struct{ job, ours, floor, ratio, goal string }

// table is printed as it grows.
type table struct{ rows []row }

func (t *table) add(r row) {
	t.rows = append(t.rows, r)
	fmt.Fprintf(os.Stderr, "%s: %s, floor %s, ratio %s, goal %s\n", r.job, r.ours, r.floor, r.ratio, r.goal)
}

func (t *table) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "job\tours\tfloor\tratio\tgoal")
	for _, r := range t.rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.job, r.ours, r.floor, r.ratio, r.goal)
	}
	_ = w.Flush()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond)) }

func mb(bytes int64) string { return fmt.Sprintf("%d MB", bytes>>20) }

func ratio(of, beside time.Duration) string {
	if beside <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", float64(of)/float64(beside))
}
