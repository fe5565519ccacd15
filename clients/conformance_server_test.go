//go:build integrations

package clients_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// demoServer is one `rieltime demo` of the built binary, on its own ports and data.
type demoServer struct{ url, key string }

// addressFlag finds the flags that set the demo's addresses in its help, --listen first.
var addressFlag = regexp.MustCompile(`(--[\w-]+)="127\.0\.0\.1:\d+"`)

func startDemo(t *testing.T) *demoServer {
	t.Helper()
	binary := os.Getenv("RIELTIME_BIN")
	if binary == "" {
		t.Fatal("RIELTIME_BIN does not name the binary: run make integrations")
	}

	help, err := exec.Command(binary, "demo", "--help").Output()
	flags := addressFlag.FindAllSubmatch(help, -1)
	if err != nil || len(flags) == 0 || string(flags[0][1]) != "--listen" {
		t.Fatalf("the demo's help names no addresses: %v\n%s", err, help)
	}

	data := t.TempDir()
	args := []string{"demo", "--data", data}
	addresses := freeAddresses(t, len(flags))
	for i, flag := range flags {
		args = append(args, string(flag[1]), addresses[i])
	}

	var log bytes.Buffer // read after the process has ended
	command := exec.Command(binary, args...)
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}

	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		<-ended
		if t.Failed() {
			t.Logf("the server's log:\n%s", log.String())
		}
	})

	server := &demoServer{url: "http://" + addresses[0]}
	waitUntil(t, "the server is healthy", func() bool {
		select {
		case <-ended:
			t.Fatal("the server ended")
		default:
		}
		return isHealthy(server.url)
	})
	server.key = readKey(t, filepath.Join(data, "demo-secrets.json"))
	return server
}

func freeAddresses(t *testing.T, count int) (addresses []string) {
	t.Helper()
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses
}

func isHealthy(server string) bool {
	answer, err := (&http.Client{Timeout: time.Second}).Get(server + "/healthz")
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func readKey(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var secrets struct {
		APIKey string `json:"api_key"`
	}
	if err := json.Unmarshal(text, &secrets); err != nil || secrets.APIKey == "" {
		t.Fatalf("%s has no key: %v", path, err)
	}
	return secrets.APIKey
}

func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long until %s", what)
		}
	}
}

// fault is what happens to one request on its way.
type fault struct {
	Status  int               `json:"status,omitempty"` // answered so, without the server
	Body    string            `json:"body,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Lose    string            `json:"lose,omitempty"` // "request", "answer", or "time": the answer never comes
	Add     map[string]any    `json:"add,omitempty"`  // to the object that the server answers
	None    bool              `json:"none,omitempty"` // nothing
}

// sent is a request that a client made.
type sent struct {
	method, address, key, body string
	at                         time.Time
}

// proxy stands between a client and the server, and makes what goes wrong on networks.
type proxy struct {
	t         *testing.T
	url       string
	elsewhere string // where redirects lead, and no request may go
	target    string

	mu     sync.Mutex
	faults []fault
	made   []sent
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	p := &proxy{t: t, target: target}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect was followed to %s with %v", r.URL, r.Header)
	}))
	t.Cleanup(elsewhere.Close)
	p.url, p.elsewhere = server.URL, elsewhere.URL
	return p
}

// expect sets what happens to the next requests, and forgets those before.
func (p *proxy) expect(faults []fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.made = faults, nil
}

// seen returns the requests since expect, and how many faults are left.
func (p *proxy) seen() (made []sent, left int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.made, len(p.faults)
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client gave up
	}

	p.mu.Lock()
	p.made = append(p.made, sent{r.Method, r.URL.RequestURI(), r.Header.Get("Idempotency-Key"), string(body), time.Now()})
	var now fault
	if len(p.faults) > 0 {
		now, p.faults = p.faults[0], p.faults[1:]
	}
	p.mu.Unlock()

	switch {
	case now.Status != 0:
		for name, value := range now.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(now.Status)
		_, _ = io.WriteString(w, now.Body)
		return
	case now.Lose == "request":
		panic(http.ErrAbortHandler) // closes the connection
	}

	p.forward(w, r, body, now)
}

func (p *proxy) forward(w http.ResponseWriter, r *http.Request, body []byte, now fault) {
	onward, err := http.NewRequest(r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return
	}
	onward.Header = r.Header.Clone()
	answer, err := http.DefaultTransport.RoundTrip(onward) // follows no redirect
	if err != nil {
		p.t.Errorf("%s %s: %v", r.Method, r.URL, err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Error(err)
		return
	}

	switch now.Lose {
	case "answer":
		panic(http.ErrAbortHandler)
	case "time":
		<-r.Context().Done()
		return
	}

	if now.Add != nil {
		var object map[string]any
		if err := json.Unmarshal(text, &object); err != nil {
			p.t.Errorf("nothing can be added to %s: %v", text, err)
		}
		maps.Copy(object, now.Add)
		text, _ = json.Marshal(object) // came from JSON
	}
	maps.Copy(w.Header(), answer.Header)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if answer.StatusCode == http.StatusNoContent {
		w.Header().Del("Content-Length")
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(text)
}

// receiver keeps the webhooks that the server sends.
type receiver struct {
	url string

	mu       sync.Mutex
	webhooks []map[string]any
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}

	headers := map[string]any{}
	for name := range request.Header {
		if strings.HasPrefix(name, "Webhook-") {
			headers[strings.ToLower(name)] = request.Header.Get(name)
		}
	}
	sent, _ := strconv.ParseFloat(request.Header.Get("Webhook-Timestamp"), 64) // zero is refused later

	r.mu.Lock()
	defer r.mu.Unlock()
	r.webhooks = append(r.webhooks, map[string]any{
		"headers": headers, "body": string(body), "now": sent, "later": sent + 299, "too_late": sent + 301, "too_early": sent - 301,
	})
	w.WriteHeader(http.StatusNoContent)
}

// next waits for a webhook of an event type, and takes it.
func (r *receiver) next(t *testing.T, eventType string) (found map[string]any) {
	t.Helper()
	waitUntil(t, "the webhook "+eventType+" arrives", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for i, webhook := range r.webhooks {
			var event struct{ Type string }
			if json.Unmarshal([]byte(webhook["body"].(string)), &event) == nil && event.Type == eventType {
				found = webhook
				r.webhooks = append(r.webhooks[:i:i], r.webhooks[i+1:]...)
				return true
			}
		}
		return false
	})
	return found
}
