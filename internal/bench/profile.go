package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// profile makes purchases at a server that writes profiles to a folder.
func (b bench) profile(folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}

	s, err := b.newSite(1, number("BENCH_KEPT", 0), "--profiles", folder)
	if err != nil {
		return err
	}

	n, rate := number("BENCH_PURCHASES", 1200), number("BENCH_RATE", 60)
	used, err := measure(s, n, func() error {
		return atRate(n, float64(rate), func(int) error { return (&buyer{site: s, merchant: busyMerchant}).buy() })
	})
	s.stop() // the server writes when it ends
	if err != nil {
		return err
	}

	fmt.Printf("%d purchases, %d a second, each in %s of the server's processor time.\n\n", n, rate, ms(used.cpu))
	fmt.Printf(`Read the profiles with go tool pprof, for example:
  go tool pprof -top -cum %[1]s/cpu.pprof                       where processor time goes, with all that is called
  go tool pprof -http :6060 %[1]s/cpu.pprof                     the same as a flame graph
  go tool pprof -top -sample_index=alloc_space %[1]s/heap.pprof what allocates
  go tool pprof -top -sample_index=inuse_space %[1]s/heap.pprof what stays in memory
  go tool pprof -top -cum %[1]s/block.pprof                     what waits for channels and locks
`, folder)
	return nil
}
