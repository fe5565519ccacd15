package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	client "rieltime/clients/go"
)

const deadline = 60 * time.Second

// screen is what a command prints, read while it runs.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits for a line and returns what its group matches.
func (s *screen) await(t *testing.T, line string) string {
	t.Helper()
	form := regexp.MustCompile(line)
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if found := form.FindStringSubmatch(s.String()); found != nil {
			return found[len(found)-1]
		}
	}
	t.Fatalf("no line %q in:\n%s", line, s)
	return ""
}

// start runs a command until the test ends or stop is called.
func start(t *testing.T, args ...string) (out *screen, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = &screen{}
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

// do runs a command to its end.
func do(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out screen
	err := run(t.Context(), args, &out, io.Discard)
	return out.String(), err
}

// demoServer is a demo in this process.
type demoServer struct{ url, key string }

func startDemo(t *testing.T) demoServer {
	t.Helper()
	data := t.TempDir()
	args := []string{"demo", "--data", data}
	for _, flag := range []string{"listen", "shop", "bakong-sim", "baray-sim", "kess-sim", "bayopay-sim"} {
		args = append(args, "--"+flag, "127.0.0.1:0")
	}
	out, _ := start(t, args...)
	url := out.await(t, `checkout +(http\S+)`)
	out.await(t, "Buy something")
	text, err := os.ReadFile(filepath.Join(data, "demo-secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var secrets demoSecrets
	if err := json.Unmarshal(text, &secrets); err != nil {
		t.Fatal(err)
	}
	return demoServer{url, secrets.APIKey}
}

func (d demoServer) trigger(t *testing.T, event string) (string, error) {
	t.Helper()
	return do(t, "trigger", event, "--api", d.url, "--key", d.key)
}

// laptop is a merchant's server under development. It verifies what it is
// brought.
type laptop struct {
	url    string
	answer func() int

	mu     sync.Mutex
	secret string
	came   []client.Event
	wrong  []error
}

func newLaptop(t *testing.T) *laptop {
	l := &laptop{answer: func() int { return http.StatusOK }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		defer l.mu.Unlock()
		event, err := client.Webhook{Secret: l.secret}.Verify(r.Header, body)
		if err != nil {
			l.wrong = append(l.wrong, err)
		}
		l.came = append(l.came, event)
		http.Error(w, "an answer", l.answer())
	}))
	t.Cleanup(server.Close)
	l.url = server.URL
	return l
}

func (l *laptop) types() (types []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, event := range l.came {
		types = append(types, event.Type)
	}
	return types
}

// await waits until these events have come, and no other.
func (l *laptop) await(t *testing.T, types ...string) {
	t.Helper()
	for end := time.Now().Add(deadline); len(l.types()) < len(types) && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := l.types(); !slices.Equal(got, types) {
		t.Fatalf("there came %q, want %q", got, types)
	}
	if l.wrong != nil {
		t.Fatalf("refused: %v", l.wrong)
	}
}

// listen starts forwarding to the laptop.
func (l *laptop) listen(t *testing.T, d demoServer, more ...string) (out *screen, stop func()) {
	t.Helper()
	out, stop = start(t, append([]string{"listen", "--forward-to", l.url, "--api", d.url, "--key", d.key, "--interval", "20ms"}, more...)...)
	secret := out.await(t, `signing secret: (whsec_\S+)`)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secret = secret
	return out, stop
}

func TestTriggeredEventsReallyHappen(t *testing.T) {
	d := startDemo(t)
	var all sync.WaitGroup
	for name := range triggers {
		all.Go(func() {
			out, err := d.trigger(t, string(name))
			if err != nil || !strings.Contains(out, "happened  "+string(name)) {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		})
	}
	all.Wait()
}

func TestEveryEventCanBeTriggeredOrSaysWhyNot(t *testing.T) {
	for _, name := range checkout.EventTypes() {
		if (triggers[name] == nil) == (notTriggerable[name] == "") {
			t.Errorf("%s has no recipe and no reason, or both", name)
		}
	}
}

func TestTriggerSaysWhatItCannot(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown event": {[]string{"payment.stolen", "--key", "sk_test_x"}, "checkout.session.completed"},
		"live key":      {[]string{"payment.late", "--key", "sk_live_x"}, "test API key"},
		"no key":        {[]string{"payment.late", "--key", ""}, "test API key"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := do(t, append([]string{"trigger"}, c.args...)...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestEventsAreForwardedAndResumeWhereTheyStopped(t *testing.T) {
	d := startDemo(t)
	if _, err := d.trigger(t, "checkout.session.canceled"); err != nil { // before the first listening: not forwarded
		t.Fatal(err)
	}
	l := newLaptop(t)
	state := []string{"--state", filepath.Join(t.TempDir(), "new", "listen.json")}
	out, stop := l.listen(t, d, state...)
	if _, err := d.trigger(t, "checkout.session.expired"); err != nil {
		t.Fatal(err)
	}
	l.await(t, "checkout.session.expired")
	out.await(t, `checkout\.session\.expired +evt_\w+ +200 OK`)
	secret := l.secret
	stop()
	if _, err := d.trigger(t, "checkout.session.canceled"); err != nil { // while nobody listens
		t.Fatal(err)
	}
	l.answer = func() int { return http.StatusTeapot }
	out, stop = l.listen(t, d, state...)
	l.await(t, "checkout.session.expired", "checkout.session.canceled")
	out.await(t, `checkout\.session\.canceled +evt_\w+ +418 I'm a teapot \S+ "an answer"`)
	if l.secret != secret {
		t.Error("the secret changed between two runs")
	}
	stop()
	l.listen(t, d, append(state, "--from", "0", "--events", "checkout.session.canceled")...)
	l.await(t, "checkout.session.expired", "checkout.session.canceled", "checkout.session.canceled", "checkout.session.canceled")
}

func TestListeningGoesOnWhenNobodyAnswers(t *testing.T) {
	d := startDemo(t)
	out, _ := start(t, "listen", "--forward-to", "http://127.0.0.1:1", "--api", d.url, "--key", d.key,
		"--interval", "20ms", "--state", filepath.Join(t.TempDir(), "listen.json"))
	out.await(t, "whsec_")
	for _, name := range []string{"checkout.session.canceled", "checkout.session.expired"} {
		if _, err := d.trigger(t, name); err != nil {
			t.Fatal(err)
		}
		out.await(t, regexp.QuoteMeta(name)+` +evt_\w+ +no response: `)
	}
}

func TestListeningFollowsNoRedirectAndSaysWhereItPointed(t *testing.T) {
	followed := false
	mux := http.NewServeMux()
	mux.HandleFunc("/hook", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/hook/?token=s3cret", http.StatusPermanentRedirect)
	})
	mux.HandleFunc("/hook/", func(http.ResponseWriter, *http.Request) { followed = true })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	d := startDemo(t)
	out, stop := start(t, "listen", "--forward-to", server.URL+"/hook", "--api", d.url, "--key", d.key,
		"--interval", "20ms", "--state", filepath.Join(t.TempDir(), "listen.json"))
	out.await(t, "whsec_")
	if _, err := d.trigger(t, "checkout.session.canceled"); err != nil {
		t.Fatal(err)
	}
	out.await(t, `308 Permanent Redirect \(\S+\) The endpoint answered 308: redirects are not followed. It pointed to `+regexp.QuoteMeta(server.URL)+`/hook/\n`)
	stop()
	if followed || strings.Contains(out.String(), "s3cret") {
		t.Errorf("followed: %v\n%s", followed, out)
	}
}

func TestListenRefusesWhatCannotWork(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	unauthorized := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"code":"api_key_invalid","detail":"no"}`)
	}))
	defer unauthorized.Close()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"live key":      {[]string{"--key", "sk_live_x"}, "test API key"},
		"unknown event": {[]string{"--key", "sk_test_x", "--events", "payment.stolen"}, "payment.succeeded"},
		"broken state":  {[]string{"--key", "sk_test_x", "--state", broken}, "broken.json"},
		"key refused":   {[]string{"--key", "sk_test_x", "--state", broken + ".new", "--api", unauthorized.URL}, "api_key_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"listen", "--forward-to", "http://127.0.0.1:1"}, c.args...)
			if _, err := do(t, args...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}
