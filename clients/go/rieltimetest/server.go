package rieltimetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	addressFlag = regexp.MustCompile(`(--[\w-]+)="127\.0\.0\.1:\d+"`)       // in the demo's help: one for each listener
	addressLine = regexp.MustCompile(`(?m)^([a-z][a-z-]*) +(http://\S+)\n`) // in what it prints
)

// server is one run of rieltime demo.
type server struct {
	urls map[string]string // as it prints them
	key  string
}

func startServer(t testing.TB, options Options) *server {
	t.Helper()
	binary := cmp.Or(options.Binary, os.Getenv("RIELTIME_BIN"), "rieltime")
	help, err := exec.Command(binary, "demo", "--help").Output()
	if err != nil {
		t.Fatalf("%s demo: %v: set RIELTIME_BIN to the program rieltime", binary, err)
	}

	data := t.TempDir()
	args := []string{"demo", "--data", data, "--no-autopilot", "--control", "127.0.0.1:0"}
	for _, flag := range addressFlag.FindAllSubmatch(help, -1) {
		args = append(args, string(flag[1]), "127.0.0.1:0")
	}

	output := run(t, exec.Command(binary, append(args, options.Args...)...))
	s := &server{urls: map[string]string{}}
	WaitUntil(t, "the server is healthy", func() bool {
		printed := output()
		for _, line := range addressLine.FindAllStringSubmatch(printed, -1) {
			s.urls[line[1]] = line[2]
		}
		return strings.Contains(printed, "Buy something") && healthy(s.urls["checkout"])
	})

	var secrets struct {
		APIKey string `json:"api_key"`
	}
	text, err := os.ReadFile(filepath.Join(data, "demo-secrets.json"))
	if err == nil {
		err = json.Unmarshal(text, &secrets)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.key = secrets.APIKey
	return s
}

// simulators returns the addresses of the providers' simulators.
func (s *server) simulators() map[string]string {
	all := maps.Clone(s.urls)
	for _, other := range []string{"checkout", "shop", "telegram", "control", "dashboard"} {
		delete(all, other)
	}
	return all
}

// run starts a command, which ends with the test, and returns what reads its output.
func run(t testing.TB, command *exec.Cmd) (output func() string) {
	t.Helper()
	var log lockedText
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		_ = command.Wait()                          // by the signal
		if t.Failed() {
			t.Logf("rieltime printed:\n%s", log.String())
		}
	})
	return log.String
}

func healthy(url string) bool {
	answer, err := (&http.Client{Timeout: time.Second}).Get(url + "/healthz")
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// lockedText is text that is read while a process writes it.
type lockedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
