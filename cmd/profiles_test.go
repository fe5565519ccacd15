package cmd

import (
	"os"
	"path/filepath"
	"testing"
)

func TestProfilesAreWrittenAtTheEnd(t *testing.T) {
	folder := t.TempDir()
	stop, err := startProfiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	for _, name := range []string{"cpu", "heap", "block"} {
		if file, err := os.Stat(filepath.Join(folder, name+".pprof")); err != nil || file.Size() == 0 {
			t.Errorf("%s: %v, want a profile", name, err)
		}
	}
}
