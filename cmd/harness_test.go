package cmd

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// merchantFile describes the merchant of newDataFolder.
const merchantFile = `
id: klaing
name: Coffee Klaing
return_hosts: [shop.example]
test:
  webhook_url: https://shop.example/hook
  providers:
    bayopay: {gateway_url: "https://bayo.example/pay", niaga_id: klaing, niaga_key: k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3y}
`

// runCommand runs rieltime to its end and returns its output, standard error included.
func runCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out, &out)
	return out.String(), err
}

// mustRun is runCommand for a command that must succeed.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := runCommand(t, args...)
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out
}

// newDataFolder creates a data folder with one merchant and returns it with its key.
func newDataFolder(t *testing.T) (folder, key string) {
	t.Helper()
	for _, name := range []string{"RIELTIME_DATA", "RIELTIME_DATABASE", "RIELTIME_KEY", "RIELTIME_KEY_FILE", "RIELTIME_OLD_KEY", "RIELTIME_BASE_URL"} {
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}

	made, err := firstDataFolder()
	if err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range made.files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder, made.key
}

// dataFolder is the content of a data folder, and its key.
type dataFolder struct {
	files map[string][]byte
	key   string
}

// firstDataFolder is made once: to migrate a database takes ten times as long as to copy it.
var firstDataFolder = sync.OnceValues(func() (made dataFolder, err error) {
	temp, err := os.MkdirTemp("", "rieltime-cmd-")
	if err != nil {
		return made, err
	}
	defer func() { _ = os.RemoveAll(temp) }()

	folder, file := filepath.Join(temp, "data"), filepath.Join(temp, "merchant.yaml")
	if err := os.WriteFile(file, []byte(merchantFile), 0o600); err != nil {
		return made, err
	}
	made = dataFolder{files: map[string][]byte{}, key: base64.StdEncoding.EncodeToString(newKey())}
	args := []string{"merchant", "apply", file, "--data", folder, "--key", made.key, "--base-url", "https://pay.example"}
	if err := run(context.Background(), args, io.Discard, io.Discard); err != nil {
		return made, err
	}

	entries, err := os.ReadDir(folder)
	if err != nil {
		return made, err
	}
	for _, entry := range entries {
		if made.files[entry.Name()], err = os.ReadFile(filepath.Join(folder, entry.Name())); err != nil {
			return made, err
		}
	}
	return made, nil
})

// must returns value and panics if there is an error.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// deadline is how long tests wait for output and webhooks.
const deadline = 60 * time.Second

// outputBuffer holds the output of a command, for reading while the command runs.
type outputBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *outputBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *outputBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// waitForLine waits until a line matches and returns the last group of the match.
func (s *outputBuffer) waitForLine(t *testing.T, line string) string {
	t.Helper()
	pattern := regexp.MustCompile(line)
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if match := pattern.FindStringSubmatch(s.String()); match != nil {
			return match[len(match)-1]
		}
	}
	t.Fatalf("no line %q in:\n%s", line, s)
	return ""
}

// startCommand runs a command until the test ends or stop is called.
func startCommand(t *testing.T, args ...string) (out *outputBuffer, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = &outputBuffer{}
	done := make(chan error, 1)
	go func() { done <- run(ctx, args, out, io.Discard) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%s: %v", args[0], err)
		}
	})

	t.Cleanup(stop)
	return out, stop
}

// commandOutput runs a command to its end and returns its standard output.
func commandOutput(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out outputBuffer
	err := run(t.Context(), args, &out, io.Discard)
	return out.String(), err
}
