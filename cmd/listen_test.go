package cmd

import (
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

// demoServer is a demo that runs in this process.
type demoServer struct{ url, key string }

func startDemo(t *testing.T) demoServer {
	t.Helper()
	data := t.TempDir()
	out, _ := startCommand(t, demoArgs(data)...)
	url := out.waitForLine(t, `checkout +(http\S+)`)
	out.waitForLine(t, "Buy something")
	return demoServer{url, demoKey(t, data)}
}

// demoArgs start a demo on free ports.
func demoArgs(data string) []string {
	args := []string{"demo", "--data", data}
	for _, flag := range []string{"listen", "shop", "bakong-sim", "baray-sim", "kess-sim", "bayopay-sim", "telegram-sim"} {
		args = append(args, "--"+flag, "127.0.0.1:0")
	}
	return args
}

func TestDemoPrintsWhatAShopOfOnesOwnNeeds(t *testing.T) {
	data := t.TempDir()
	out, _ := startCommand(t, demoArgs(data)...)
	url := out.waitForLine(t, `checkout +(http\S+)`)
	key := out.waitForLine(t, `test key is (sk_test_\w+)`)
	if key != demoKey(t, data) {
		t.Errorf("the key is %q, want that of the merchant", key)
	}
	if flags := out.waitForLine(t, `webhooks by: .* listen (.*) --forward-to `); flags != "--api "+url+" --key "+key {
		t.Errorf("listen has the flags %q", flags)
	}
}

// demoKey is the API key in a demo's data folder.
func demoKey(t *testing.T, data string) string {
	t.Helper()
	return readDemoSecrets(t, data).APIKey
}

func readDemoSecrets(t *testing.T, data string) demoSecrets {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "demo-secrets.json"))
	if err != nil {
		t.Fatal(err)
	}

	var secrets demoSecrets
	if err := json.Unmarshal(text, &secrets); err != nil {
		t.Fatal(err)
	}
	return secrets
}

func (d demoServer) trigger(t *testing.T, event string) (string, error) {
	t.Helper()
	return commandOutput(t, "trigger", event, "--api", d.url, "--key", d.key)
}

// merchantServer is a merchant's server under development. It verifies the webhooks
// that it receives.
type merchantServer struct {
	url    string
	status func() int

	mu       sync.Mutex
	secret   string
	received []client.Event
	invalid  []error
}

func newMerchantServer(t *testing.T) *merchantServer {
	s := &merchantServer{status: func() int { return http.StatusOK }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		event, err := client.Webhook{Secret: s.secret}.Verify(r.Header, body)
		if err != nil {
			s.invalid = append(s.invalid, err)
		}
		s.received = append(s.received, event)
		http.Error(w, "an answer", s.status())
	}))

	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *merchantServer) receivedTypes() (types []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, event := range s.received {
		types = append(types, event.Type)
	}
	return types
}

// waitForEvents waits until exactly these events have been received.
func (s *merchantServer) waitForEvents(t *testing.T, types ...string) {
	t.Helper()
	for end := time.Now().Add(deadline); len(s.receivedTypes()) < len(types) && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := s.receivedTypes(); !slices.Equal(got, types) {
		t.Fatalf("received %q, want %q", got, types)
	}
	if s.invalid != nil {
		t.Fatalf("invalid webhooks: %v", s.invalid)
	}
}

// startListening starts to forward the events of a demo to the server.
func (s *merchantServer) startListening(t *testing.T, d demoServer, more ...string) (out *outputBuffer, stop func()) {
	t.Helper()
	out, stop = startCommand(t, append([]string{"listen", "--forward-to", s.url, "--api", d.url, "--key", d.key, "--interval", "20ms"}, more...)...)
	secret := out.waitForLine(t, `signing secret: (whsec_\S+)`)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret = secret
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

func TestEveryEventCanBeTriggeredOrExplainsWhyNot(t *testing.T) {
	for _, name := range checkout.EventTypes() {
		if (triggers[name] == nil) == (notTriggerable[name] == "") {
			t.Errorf("%s has no recipe and no reason, or both", name)
		}
	}
}

func TestTriggerExplainsWhatItRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown event": {[]string{"payment.stolen", "--key", "sk_test_x"}, "checkout.session.completed"},
		"live key":      {[]string{"payment.late", "--key", "sk_live_x"}, "test API key"},
		"no key":        {[]string{"payment.late", "--key", ""}, "test API key"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := commandOutput(t, append([]string{"trigger"}, c.args...)...); err == nil || !strings.Contains(err.Error(), c.want) {
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

	s := newMerchantServer(t)
	state := []string{"--state", filepath.Join(t.TempDir(), "new", "listen.json")}
	out, stop := s.startListening(t, d, state...)
	if _, err := d.trigger(t, "checkout.session.expired"); err != nil {
		t.Fatal(err)
	}

	s.waitForEvents(t, "checkout.session.expired")
	out.waitForLine(t, `checkout\.session\.expired +evt_\w+ +200 OK`)
	secret := s.secret
	stop()
	if _, err := d.trigger(t, "checkout.session.canceled"); err != nil { // while nobody listens
		t.Fatal(err)
	}

	s.status = func() int { return http.StatusTeapot }
	out, stop = s.startListening(t, d, state...)
	s.waitForEvents(t, "checkout.session.expired", "checkout.session.canceled")
	out.waitForLine(t, `checkout\.session\.canceled +evt_\w+ +418 I'm a teapot \S+ "an answer"`)
	if s.secret != secret {
		t.Error("the secret changed between two runs")
	}

	stop()
	s.startListening(t, d, append(state, "--from", "0", "--events", "checkout.session.canceled")...)
	s.waitForEvents(t, "checkout.session.expired", "checkout.session.canceled", "checkout.session.canceled", "checkout.session.canceled")
}

func TestListeningContinuesWhenTheReceiverIsDown(t *testing.T) {
	d := startDemo(t)
	out, _ := startCommand(t, "listen", "--forward-to", "http://127.0.0.1:1", "--api", d.url, "--key", d.key,
		"--interval", "20ms", "--state", filepath.Join(t.TempDir(), "listen.json"))
	out.waitForLine(t, "whsec_")
	for _, name := range []string{"checkout.session.canceled", "checkout.session.expired"} {
		if _, err := d.trigger(t, name); err != nil {
			t.Fatal(err)
		}
		out.waitForLine(t, regexp.QuoteMeta(name)+` +evt_\w+ +no response: `)
	}
}

func TestListeningReportsRedirectsAndFollowsNone(t *testing.T) {
	followed := false
	mux := http.NewServeMux()
	mux.HandleFunc("/hook", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/hook/?token=s3cret", http.StatusPermanentRedirect)
	})
	mux.HandleFunc("/hook/", func(http.ResponseWriter, *http.Request) { followed = true })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	d := startDemo(t)
	out, stop := startCommand(t, "listen", "--forward-to", server.URL+"/hook", "--api", d.url, "--key", d.key,
		"--interval", "20ms", "--state", filepath.Join(t.TempDir(), "listen.json"))
	out.waitForLine(t, "whsec_")
	if _, err := d.trigger(t, "checkout.session.canceled"); err != nil {
		t.Fatal(err)
	}

	out.waitForLine(t, `308 Permanent Redirect \(\S+\) The endpoint answered 308: redirects are not followed. Its Location is `+regexp.QuoteMeta(server.URL)+`/hook/\n`)
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
			if _, err := commandOutput(t, args...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}
