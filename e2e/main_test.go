//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const artifactsDir = "artifacts"

func TestMain(m *testing.M) {
	if err := os.RemoveAll(artifactsDir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}

	scratch, err := os.MkdirTemp("", "rieltime-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}

	scratchDir = scratch
	code := m.Run()
	closeChromium()
	if err := os.RemoveAll(scratchDir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}

	os.Exit(code)
}

var scratchDir string

// binary is the path of the rieltime binary under test: RIELTIME_BIN, or one
// built for this run.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("RIELTIME_BIN"); path != "" {
		return path, nil
	}
	path := filepath.Join(scratchDir, "rieltime")
	build := exec.Command("go", "build", "-o", path, "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

var artifactNames sync.Mutex

// saveArtifact reserves a new file for t in the artifacts folder and returns
// its path: NAME, or NAME with -2, -3 … when the test has one already.
func saveArtifact(t *testing.T, name string, content []byte) string {
	t.Helper()
	artifactNames.Lock()
	defer artifactNames.Unlock()

	dir := filepath.Join(artifactsDir, strings.ReplaceAll(t.Name(), "/", "_"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}

	ext := filepath.Ext(name)
	path := filepath.Join(dir, name)
	for n := 2; ; n++ {
		if _, err := os.Stat(path); os.IsNotExist(err) {
			break
		}
		path = filepath.Join(dir, fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext))
	}

	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}

	return path
}
