//go:build e2e

package e2e

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startDeadline = 60 * time.Second
	stopDeadline  = 30 * time.Second
	pollInterval  = 50 * time.Millisecond
)

// listeners are the addresses `rieltime demo` listens on: the name it prints
// before a URL, and the flag that sets the address.
var listeners = map[string]string{
	"checkout": "--listen",
	"shop":     "--shop",
	"bakong":   "--bakong-sim",
	"baray":    "--baray-sim",
	"kess":     "--kess-sim",
	"bayopay":  "--bayopay-sim",
	"telegram": "--telegram-sim",
}

// demo is one `rieltime demo` on its own ports and data folder, which may be
// stopped, killed and started again.
type demo struct {
	t       *testing.T
	args    []string
	dataDir string
	output  *processOutput
	cmd     *exec.Cmd
	exited  chan struct{}
}

// startDemo starts the demo with free ports on a data folder as its first start leaves
// it, waits until it is healthy, and stops it when the test ends.
func startDemo(t *testing.T, args ...string) *demo {
	t.Helper()
	d := &demo{t: t, args: args, dataDir: t.TempDir(), output: newProcessOutput()}
	if err := os.CopyFS(d.dataDir, os.DirFS(startedFolder(t, slices.Contains(args, withHistory)))); err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		if d.running() {
			d.Stop()
		}
		d.check()
		if t.Failed() {
			t.Logf("server log: %s", saveArtifact(t, "server.log", []byte(d.Log())))
		}
	})

	d.Start()
	return d
}

// withHistory gives a demo's shop some weeks of payments.
const withHistory = "--history"

// startedFolders are data folders that a demo was started in, by whether it has a history.
var startedFolders struct {
	sync.Mutex
	paths map[bool]string
}

// startedFolder is the data folder of a demo that was started and stopped, made once: a
// start in an empty folder costs twice one in a copy, and with a history ten times.
func startedFolder(t *testing.T, history bool) string {
	t.Helper()
	startedFolders.Lock()
	defer startedFolders.Unlock()

	if path, made := startedFolders.paths[history]; made {
		return path
	}

	folder, err := os.MkdirTemp(scratchDir, "started-")
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{t: t, dataDir: folder, output: newProcessOutput()}
	if history {
		d.args = []string{withHistory}
	}
	defer func() {
		if d.running() { // the test has failed meanwhile
			d.Kill()
		}
	}()
	d.Start()
	d.Stop()

	if startedFolders.paths == nil {
		startedFolders.paths = map[bool]string{}
	}
	startedFolders.paths[history] = folder
	return folder
}

// Start starts the process; after Stop or Kill, it starts on the same data
// and the same addresses as before.
func (d *demo) Start() {
	d.t.Helper()
	bin, err := binary()
	if err != nil {
		d.t.Fatal(err)
	}

	args := []string{"demo", "--data", d.dataDir}
	for name, flag := range listeners {
		address := freeAddress(d.t)
		if before, ok := d.output.url(name); ok {
			address = hostOf(d.t, before)
		}
		args = append(args, flag, address)
	}

	d.output.startRun()
	d.cmd = exec.Command(bin, append(args, d.args...)...)
	d.cmd.Stdout, d.cmd.Stderr = d.output, d.output
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}

	d.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // the state is read from cmd.ProcessState
		close(exited)
	}(d.cmd, d.exited)

	d.waitHealthy()
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}

func (d *demo) waitHealthy() {
	d.t.Helper()
	healthz := d.URL("checkout") + "/healthz"
	client := &http.Client{Timeout: time.Second}
	d.poll("answer "+healthz, func() bool {
		response, err := client.Get(healthz)
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// poll waits until done, and fails the test when the process ends before.
func (d *demo) poll(what string, done func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(startDeadline); !done(); time.Sleep(pollInterval) {
		if !d.running() {
			d.t.Fatalf("rieltime demo did not %s: %v\n%s", what, d.cmd.ProcessState, d.Log())
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("rieltime demo did not %s in %v\n%s", what, startDeadline, d.Log())
		}
	}
}

// URL is the address printed for a listener, without a slash at its end.
func (d *demo) URL(name string) string {
	d.t.Helper()
	var address string
	d.poll("print the address of "+name, func() (ok bool) {
		address, ok = d.output.url(name)
		return ok
	})
	return address
}

// Log is everything the process has printed, over all its starts.
func (d *demo) Log() string { return d.output.String() }

func (d *demo) running() bool {
	if d.cmd == nil || d.cmd.Process == nil {
		return false
	}
	select {
	case <-d.exited:
		return false
	default:
		return true
	}
}

// check holds what the process left in its database to all that must hold.
func (d *demo) check() {
	d.t.Helper()
	bin, err := binary()
	if err != nil {
		d.t.Fatal(err)
	}
	if out, err := exec.Command(bin, "check", "--data", d.dataDir).CombinedOutput(); err != nil {
		d.t.Errorf("rieltime check: %v\n%s", err, out)
	}
}

// Stop asks the process to stop, and fails the test unless it does so in time
// and with exit code 0.
func (d *demo) Stop() {
	d.t.Helper()
	if !d.end(syscall.SIGTERM) {
		d.end(syscall.SIGKILL)
		d.t.Errorf("rieltime demo did not stop %v after SIGTERM\n%s", stopDeadline, d.Log())
	} else if !d.cmd.ProcessState.Success() {
		d.t.Errorf("rieltime demo ended by SIGTERM with %v\n%s", d.cmd.ProcessState, d.Log())
	}
}

// Kill ends the process as a crash or power cut does.
func (d *demo) Kill() {
	d.t.Helper()
	if !d.end(syscall.SIGKILL) {
		d.t.Fatal("rieltime demo outlived SIGKILL")
	}
}

func (d *demo) end(signal os.Signal) bool {
	d.t.Helper()
	if err := d.cmd.Process.Signal(signal); err != nil {
		d.t.Fatalf("signal %v: %v\n%s", signal, err, d.Log())
	}
	select {
	case <-d.exited:
		return true
	case <-time.After(stopDeadline):
		return false
	}
}

// processOutput keeps what a process prints and the addresses in it: lines of a
// name, two spaces and a URL.
type processOutput struct {
	mu      sync.Mutex
	text    bytes.Buffer
	partial []byte
	urls    map[string]string
}

var addressLine = regexp.MustCompile(`^([a-z][a-z-]*)  +(https?://[^\s/]+)/?\s*$`)

func newProcessOutput() *processOutput { return &processOutput{urls: map[string]string{}} }

func (o *processOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()

	o.text.Write(p)
	o.partial = append(o.partial, p...)
	for {
		line, rest, whole := bytes.Cut(o.partial, []byte("\n"))
		if !whole {
			return len(p), nil
		}

		if match := addressLine.FindSubmatch(line); match != nil {
			o.urls[string(match[1])] = string(match[2])
		}

		o.partial = rest
	}
}

func (o *processOutput) url(name string) (string, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	address, ok := o.urls[name]
	return address, ok
}

// startRun forgets the addresses, and a last line cut short by a kill.
func (o *processOutput) startRun() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = nil
	clear(o.urls)
}

func (o *processOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
