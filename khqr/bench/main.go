// Command bench measures this KHQR codec beside the official SDK on Node: the
// same codes, in the same run, round by round. It installs bakong-khqr from npm
// into a scratch folder, which it removes.
//
//	go run -C khqr/bench . [-rounds 5] [-time 500ms]
//
// Rates are calls in a second of processor time, so that other work on the machine
// counts for neither side. The SDK makes the MD5 of every code it encodes, so that
// both encode and encode+md5 are set against the same rate of the SDK. The best
// round of each side counts.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

const sdk = "bakong-khqr@1.0.20"

//go:embed sdk.js
var script []byte

// measures are what is measured; goal is the least ratio to the SDK, 0 for none.
var measures = []struct {
	name string
	goal float64
}{{"encode", 20}, {"encode+md5", 0}, {"decode", 20}, {"verify", 0}}

func main() {
	rounds := flag.Int("rounds", 5, "rounds; the best of each side counts")
	budget := flag.Duration("time", 500*time.Millisecond, "time for each measure in a round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, max(*rounds, 1), *budget)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-khqr:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, rounds int, budget time.Duration) error {
	cases, err := samples()
	if err != nil {
		return err
	}

	dir, err := os.MkdirTemp("", "bench-khqr-")
	if err != nil {
		return err
	}

	defer os.RemoveAll(dir)

	if err := install(ctx, dir, cases); err != nil {
		return err
	}

	theirs, ours := map[string][]float64{}, map[string][]float64{}
	for range rounds {
		rates, err := measureSDK(ctx, dir, budget)
		if err != nil {
			return err
		}

		own, err := measureOurs(cases, budget)
		if err != nil {
			return err
		}

		for _, m := range measures {
			theirs[m.name] = append(theirs[m.name], rates[m.name])
			ours[m.name] = append(ours[m.name], own[m.name])
		}
	}

	report(out, len(cases), theirs, ours)
	return nil
}

// install puts the SDK, its script and its inputs into dir.
func install(ctx context.Context, dir string, cases []sample) error {
	inputs, err := json.Marshal(cases)
	if err != nil {
		return err
	}

	files := map[string][]byte{"package.json": []byte(`{"private":true}`), "sdk.js": script, "inputs.json": inputs}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}

	npm := exec.CommandContext(ctx, "npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", sdk)
	npm.Dir, npm.Stderr = dir, os.Stderr
	if err := npm.Run(); err != nil {
		return fmt.Errorf("install %s from npm: %w", sdk, err)
	}

	return nil
}

func measureSDK(ctx context.Context, dir string, budget time.Duration) (rates map[string]float64, err error) {
	node := exec.CommandContext(ctx, "node", "sdk.js", "inputs.json", strconv.FormatInt(budget.Milliseconds(), 10))
	node.Dir, node.Stderr = dir, os.Stderr
	out, err := node.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s on Node: %w", sdk, err)
	}
	err = json.Unmarshal(out, &rates)
	return rates, err
}

func report(out io.Writer, codes int, theirs, ours map[string][]float64) {
	fmt.Fprintf(out, "%d codes, calls in a second of processor time (best of %d rounds)\n\n", codes, len(ours["encode"]))
	fmt.Fprintf(out, "%-10s %14s %14s %8s\n", "", "bakong-khqr", "rieltime/khqr", "ratio")
	for _, m := range measures {
		their, our := slices.Max(theirs[m.name]), slices.Max(ours[m.name])
		verdict := ""
		switch {
		case m.goal > 0 && our < m.goal*their:
			verdict = fmt.Sprintf("  goal %.0fx: not met", m.goal)
		case m.goal > 0:
			verdict = fmt.Sprintf("  goal %.0fx: met", m.goal)
		}

		fmt.Fprintf(out, "%-10s %14.0f %14.0f %7.1fx%s\n", m.name, their, our, our/their, verdict)
	}
}
