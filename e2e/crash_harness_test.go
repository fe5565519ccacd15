//go:build e2e

package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// process is a rieltime command that may be killed and started again.
type process struct {
	t       *testing.T
	program string // empty: the binary under test
	args    []string
	env     []string
	ready   string // address that answers 200 once it serves; empty: none
	output  io.Writer
	cmd     *exec.Cmd
	exited  chan struct{}
}

// Launch starts the process and does not wait for it.
func (p *process) Launch() {
	p.t.Helper()
	program := p.program
	if program == "" {
		var err error
		if program, err = binary(); err != nil {
			p.t.Fatal(err)
		}
	}

	p.cmd = exec.Command(program, p.args...)
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}

	p.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // the state is read from cmd.ProcessState
		close(exited)
	}(p.cmd, p.exited)
}

// said returns what the process has written, where it is kept in a file.
func (p *process) said() []byte {
	file, ok := p.output.(*os.File)
	if !ok {
		return nil
	}
	content, _ := os.ReadFile(file.Name()) // missing: nothing was kept
	return content
}

// WaitReady waits until the process serves.
func (p *process) WaitReady() {
	p.t.Helper()
	client := &http.Client{Timeout: time.Second}
	for deadline := time.Now().Add(startDeadline); ; time.Sleep(pollInterval / 5) {
		if answer, err := client.Get(p.ready); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}

		if closed(p.exited) || time.Now().After(deadline) {
			p.t.Fatalf("rieltime %s does not serve: %v\n%s", p.args[0], p.cmd.ProcessState, p.said())
		}
	}
}

// Kill ends the process as a crash or power cut does.
func (p *process) Kill() {
	p.t.Helper()
	p.end(syscall.SIGKILL)
}

// Stop asks the process to stop, which it must do in time and cleanly.
func (p *process) Stop() {
	p.t.Helper()
	p.end(syscall.SIGTERM)
	if !p.cmd.ProcessState.Success() {
		p.t.Errorf("rieltime %s ended by SIGTERM with %v", p.args[0], p.cmd.ProcessState)
	}
}

func (p *process) end(signal os.Signal) {
	p.t.Helper()
	if closed(p.exited) {
		p.t.Fatalf("rieltime %s has ended by itself: %v", p.args[0], p.cmd.ProcessState)
	}

	_ = p.cmd.Process.Signal(signal)
	select {
	case <-p.exited:
	case <-time.After(stopDeadline):
		_ = p.cmd.Process.Kill()
		p.t.Fatalf("rieltime %s did not end %v after %v", p.args[0], stopDeadline, signal)
	}
}

// crashHarness is the checkout, the simulators, the merchant and its webhooks.
type crashHarness struct {
	t        *testing.T
	plan     crashConfig
	checkout *process
	baseURL  string
	sims     map[string]string // addresses by provider
	metrics  string            // address of the checkout's figures
	key      string
	hooks    *webhookReceiver
	http     *http.Client
	dataDir  string
	env      []string
	stop     chan struct{} // ends the misbehaving

	openDatabase func() (*sql.DB, error) // while no server runs

	stopped sync.WaitGroup

	atProviders   sync.RWMutex // held by whom is paying; by the test while two days pass
	silences      atomic.Int32 // of two days, so far
	callbacksRest atomic.Bool  // the misbehaving leaves callbacks alone
	dayPassed     bool         // since all was shopped

	mu      sync.Mutex
	counts  map[string]int
	created map[string]expectedSession // sessions that the merchant was given, by id
	paid    map[string]bool            // sessions whose buyer read that they are paid
}

// expectedSession is what the merchant asked a session to be.
type expectedSession struct{ reference, amount, currency string }

// newCrashHarness starts one checkout on a database file, with everything around it.
func newCrashHarness(t *testing.T, p crashConfig, env ...string) *crashHarness {
	t.Helper()
	address, figures := freeAddress(t), freeAddress(t)
	w := prepareCrash(t, p, "http://"+address)
	w.metrics = "http://" + figures + "/metrics"
	w.env = append(w.env, "RIELTIME_DATA="+w.dataDir)
	w.env = append(w.env, env...)
	w.openDatabase = w.openFile
	log, err := os.Create(filepath.Join(t.TempDir(), "serve.log"))
	if err != nil {
		t.Fatal(err)
	}

	w.checkout = &process{
		t: t, env: w.env, ready: w.baseURL + "/readyz", output: log,
		args: []string{"serve", "--listen", address, "--proxies", "127.0.0.1/32", "--allow-private-webhooks", "--metrics-listen", figures},
	}

	t.Cleanup(func() { w.cleanUp(log) })
	w.launchThree() // on a database that none of them has made yet
	w.applyMerchant()
	return w
}

// prepareCrash starts all that is around a checkout: the providers' simulators and
// the merchant's server.
func prepareCrash(t *testing.T, p crashConfig, baseURL string) *crashHarness {
	t.Helper()
	w := &crashHarness{
		t: t, plan: p, baseURL: baseURL, sims: map[string]string{}, dataDir: t.TempDir(), stop: make(chan struct{}),
		counts: map[string]int{}, created: map[string]expectedSession{}, paid: map[string]bool{},
	}

	w.http = &http.Client{
		Timeout:       40 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 2 * p.buyers},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}

	w.env = []string{"RIELTIME_KEY=" + w.command("genkey"), "RIELTIME_LOG_LEVEL=warn", "RIELTIME_BASE_URL=" + w.baseURL}
	w.startSimulators()
	w.hooks = newWebhookReceiver(t, p)
	return w
}

// cleanUp leaves no process behind, and keeps the log and the database of a failed
// test.
func (w *crashHarness) cleanUp(log *os.File) {
	if !closed(w.checkout.exited) {
		w.checkout.Kill()
	}

	_ = log.Close()
	if !w.t.Failed() {
		return
	}

	database := filepath.Join(w.dataDir, "rieltime.db")
	for _, name := range []string{log.Name(), database, database + "-wal"} {
		if content, err := os.ReadFile(name); err == nil {
			w.t.Logf("kept: %s", saveArtifact(w.t, filepath.Base(name), content))
		}
	}
}

// freePort is the last port that freeAddress has tried.
var freePort atomic.Int32

// freeAddress returns an address that nothing listens on, for a server that
// must come back at the same. Its port is below those that the system gives to
// outgoing connections and to listeners at port 0: one of those could take it
// before the server does.
func freeAddress(t *testing.T) string {
	t.Helper()
	const lowest, ports = 20000, 12000

	freePort.CompareAndSwap(0, rand.Int32N(ports)) // beside the tests of another process
	for range ports {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+freePort.Add(1)%ports)
		listener, err := net.Listen("tcp", address)
		if err == nil {
			_ = listener.Close()
			return address
		}
	}

	t.Fatal("no port is free")
	return ""
}

// command runs rieltime to its end and returns what it prints.
func (w *crashHarness) command(args ...string) string {
	w.t.Helper()
	bin, err := binary()
	if err != nil {
		w.t.Fatal(err)
	}

	cmd := exec.Command(bin, args...)
	cmd.Env = append(os.Environ(), w.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("rieltime %s: %v\n%s", strings.Join(args, " "), err, out)
	}

	return strings.TrimSpace(string(out))
}

func (w *crashHarness) startSimulators() {
	w.t.Helper()
	out := newProcessOutput()
	sims := &process{t: w.t, output: out, args: []string{
		"simulate", "--bakong", "127.0.0.1:0", "--baray", "127.0.0.1:0", "--kess", "127.0.0.1:0", "--bayopay", "127.0.0.1:0"}}
	sims.Launch()
	w.t.Cleanup(sims.Stop)
	for _, name := range []string{"bakong", "baray", "kess", "bayopay"} {
		for deadline := time.Now().Add(startDeadline); ; time.Sleep(pollInterval / 5) {
			address, ok := out.url(name)
			if ok {
				w.sims[name] = address
				break
			}

			if time.Now().After(deadline) || closed(sims.exited) {
				w.t.Fatalf("the simulators did not start:\n%s", out)
			}
		}
	}
}

// control calls what never fails: the simulators' control APIs.
func (w *crashHarness) control(method, address string, body any) (status int, text []byte) {
	w.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}

	request, err := http.NewRequest(method, address, bytes.NewReader(encoded))
	if err != nil {
		w.t.Fatal(err)
	}

	answer, err := w.http.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}

	defer answer.Body.Close()

	text, err = io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 500 {
		w.t.Fatalf("%s %s: %d %v", method, address, answer.StatusCode, err)
	}

	return answer.StatusCode, text
}
