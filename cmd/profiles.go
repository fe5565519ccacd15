package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// blockRate is how often blocking is sampled: once for so many nanoseconds of it.
const blockRate = 10_000

// startProfiles measures processor time and blocking until stop is called, which
// writes cpu.pprof, heap.pprof and block.pprof to a folder; an empty one is none.
func startProfiles(folder string) (stop func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}

	cpu, err := os.Create(filepath.Join(folder, "cpu.pprof"))
	if err != nil {
		return nil, fmt.Errorf("write profiles: %w", err)
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close())
	}

	runtime.SetBlockProfileRate(blockRate)
	return func() error {
		defer runtime.SetBlockProfileRate(0)
		pprof.StopCPUProfile()
		runtime.GC() // the heap's profile is that of the last collection
		return errors.Join(cpu.Close(), writeProfile(folder, "heap"), writeProfile(folder, "block"))
	}, nil
}

func writeProfile(folder, name string) error {
	file, err := os.Create(filepath.Join(folder, name+".pprof"))
	if err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	return errors.Join(pprof.Lookup(name).WriteTo(file, 0), file.Close())
}
