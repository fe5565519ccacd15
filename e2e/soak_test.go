//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// gauges are what must stay flat, and how far the median of the last quarter
// may be above that of the second: a share and a number.
var gauges = []struct {
	metric string
	name   string
	unit   float64
	share  float64
	number float64
}{
	{"process_resident_memory_bytes", "resident MB", 1 << 20, 0.20, 8},
	{"go_memstats_heap_inuse_bytes", "heap MB", 1 << 20, 0.20, 8},
	{"go_goroutines", "goroutines", 1, 0.10, 20},
	{"process_open_fds", "file handles", 1, 0.10, 20},
}

// gaugeValues are the values of the gauges at one moment, by metric.
type gaugeValues map[string]float64

const readEvery = 10 * time.Second

// TestSoak has buyers and a merchant shop steadily for SOAK_MINUTES, at
// SOAK_RATE sessions a second, while providers and the merchant's server
// misbehave and nothing is killed. Memory, goroutines and file handles must
// stay flat, and the books must agree. The database grows with its rows: its
// size is told, not judged.
func TestSoak(t *testing.T) {
	minutes, rate := number(t, "SOAK_MINUTES", 60), number(t, "SOAK_RATE", 10)
	w := newCrashHarness(t, crashConfig{seed: uint64(number(t, "SOAK_SEED", 2)), buyers: 64, settle: 2 * time.Minute})
	w.misbehave()
	readings := w.shopSteadily(time.Duration(minutes)*time.Minute, rate)
	w.stopMisbehaving()
	if w.plan.sessions >= longForm {
		w.plan.settle = 20 * time.Minute
	}

	final := w.settle()
	t.Log(w.figures(final))
	w.wantNothingWrong(final)
	for _, fault := range notFlat(readings) {
		t.Error(fault)
	}

	t.Log(quarters(readings))
	w.checkout.Stop()
	t.Logf("rieltime check:\n%s", w.command("check"))
}

// number is a whole number of the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, want a whole number from 1 on", name, text)
	}
	return n
}

// shopSteadily starts a shopper every so often, whether or not those before are
// done, and reads the gauges meanwhile.
func (w *crashHarness) shopSteadily(length time.Duration, perSecond int) (readings []gaugeValues) {
	over := time.After(length)
	next, read := time.NewTicker(time.Second/time.Duration(perSecond)), time.NewTicker(readEvery)
	defer next.Stop()
	defer read.Stop()

	var shoppers sync.WaitGroup
	defer shoppers.Wait()

	for {
		select {
		case <-next.C:
			n := w.plan.sessions
			w.plan.sessions++
			shoppers.Go(func() { w.newBuyer(n).Go() })

		case <-read.C:
			readings = append(readings, w.readMetrics())
			if len(readings)%6 == 0 {
				w.t.Logf("%3d min, %d sessions: %s, processor %.0f s, database %d MB", len(readings)/6, w.plan.sessions,
					readings[len(readings)-1], readings[len(readings)-1]["process_cpu_seconds_total"], w.databaseSize()>>20)
			}

		case <-over:
			return readings
		}
	}
}

func (w *crashHarness) readMetrics() gaugeValues {
	w.t.Helper()
	_, text := w.control(http.MethodGet, w.metrics, nil)
	r := gaugeValues{}
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			r[name] = n
		}
	}

	for _, g := range gauges {
		if r[g.metric] == 0 {
			w.t.Fatalf("the checkout does not tell its %s", g.metric)
		}
	}

	return r
}

func (r gaugeValues) String() string {
	var out []string
	for _, g := range gauges {
		out = append(out, fmt.Sprintf("%s %.0f", g.name, r[g.metric]/g.unit))
	}
	return strings.Join(out, ", ")
}

func (w *crashHarness) databaseSize() (bytes int64) {
	w.t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		if file, err := os.Stat(filepath.Join(w.dataDir, "rieltime.db"+suffix)); err == nil {
			bytes += file.Size()
		}
	}
	return bytes
}

// quarter is the medians of one quarter of the readings, from 0 on.
func quarter(readings []gaugeValues, n int) gaugeValues {
	part := readings[n*len(readings)/4 : (n+1)*len(readings)/4]
	medians := gaugeValues{}
	for _, g := range gauges {
		var values []float64
		for _, r := range part {
			values = append(values, r[g.metric])
		}

		slices.Sort(values)
		medians[g.metric] = values[len(values)/2]
	}

	return medians
}

// notFlat compares the last quarter with the second: in the first, a quarter of
// an hour of the long form, the checkout fills what it keeps by address.
func notFlat(readings []gaugeValues) (faults []string) {
	before, after := quarter(readings, 1), quarter(readings, 3)
	for _, g := range gauges {
		was, is := before[g.metric]/g.unit, after[g.metric]/g.unit
		if bound := was*(1+g.share) + g.number; is > bound {
			faults = append(faults, fmt.Sprintf("%s rose from %.1f to %.1f, at most %.1f is flat", g.name, was, is, bound))
		}
	}
	return faults
}

func quarters(readings []gaugeValues) string {
	out := "medians by quarter"
	for n := range 4 {
		out += "\n  " + quarter(readings, n).String()
	}
	return out
}
