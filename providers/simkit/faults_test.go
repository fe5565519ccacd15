package simkit

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// bench is a protocol handler that counts its work, behind an injector.
type bench struct {
	*testing.T
	injector Injector
	worked   atomic.Int32
	server   *httptest.Server
	patience time.Duration
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, patience: 30 * time.Second}
	mux := http.NewServeMux()
	mux.Handle("/", b.injector.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.worked.Add(1)
		w.Header().Set("X-Worked", "yes")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(append([]byte("did "), body...))
	})))
	mux.Handle("/control/faults", b.injector.Control())
	b.server = httptest.NewServer(mux)
	t.Cleanup(b.server.Close)
	return b
}

// ask posts body; status 0 means that no answer came.
func (b *bench) ask(path, body string) (status int, text string, header http.Header) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), b.patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.server.URL+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	response, err := b.server.Client().Do(request)
	if err != nil {
		return 0, "", nil
	}
	defer response.Body.Close()
	out, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return response.StatusCode, string(out), response.Header
}

func (b *bench) control(method, body string) int {
	b.Helper()
	request, err := http.NewRequest(method, b.server.URL+"/control/faults", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	response, err := b.server.Client().Do(request)
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestFaultKinds(t *testing.T) {
	for name, c := range map[string]struct {
		fault  Fault
		status int
		text   string
		worked int32
	}{
		"none":               {Fault{Kind: FaultReset, Path: "/elsewhere"}, 201, "did this", 1},
		"delay":              {Fault{Kind: FaultDelay, Delay: 1}, 201, "did this", 1},
		"delay after":        {Fault{Kind: FaultDelay, Delay: 1, After: true}, 201, "did this", 1},
		"timeout":            {Fault{Kind: FaultTimeout}, 0, "", 0},
		"timeout after":      {Fault{Kind: FaultTimeout, After: true}, 0, "", 1},
		"reset":              {Fault{Kind: FaultReset}, 0, "", 0},
		"reset after":        {Fault{Kind: FaultReset, After: true}, 0, "", 1},
		"status":             {Fault{Kind: FaultStatus, Status: 503, Body: "busy"}, 503, "busy", 0},
		"status after":       {Fault{Kind: FaultStatus, Status: 500, After: true}, 500, "", 1},
		"malformed":          {Fault{Kind: FaultMalformed}, 200, `{"responseCode":`, 0},
		"malformed own body": {Fault{Kind: FaultMalformed, Body: "<html>"}, 200, "<html>", 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if c.fault.Kind == FaultTimeout {
				b.patience = time.Second
			}
			b.injector.Add(c.fault)
			status, text, header := b.ask("/v1/call", "this")
			if status != c.status || text != c.text {
				t.Errorf("answer %d %q, want %d %q", status, text, c.status, c.text)
			}
			if b.worked.Load() != c.worked {
				t.Errorf("worked %d times, want %d", b.worked.Load(), c.worked)
			}
			if status == 201 && header.Get("X-Worked") != "yes" {
				t.Error("the answer lost its header")
			}
		})
	}
}

func TestStatusFaultSendsItsHeader(t *testing.T) {
	b := newBench(t)
	b.injector.Add(Fault{Kind: FaultStatus, Status: 429, Header: map[string]string{"Retry-After": "7"}})
	if _, _, header := b.ask("/", ""); header.Get("Retry-After") != "7" {
		t.Errorf("Retry-After %q, want 7", header.Get("Retry-After"))
	}
}

func TestFaultStrikesOnlyWhatItNames(t *testing.T) {
	b := newBench(t)
	b.injector.Add(Fault{Kind: FaultStatus, Status: 500, Path: "/pay", Match: "queryOrder"})
	for request, want := range map[[2]string]int{
		{"/v1/pay", "service=queryOrder"}:  500,
		{"/v1/pay", "service=createOrder"}: 201,
		{"/v1/get", "service=queryOrder"}:  201,
	} {
		if status, _, _ := b.ask(request[0], request[1]); status != want {
			t.Errorf("%v: %d, want %d", request, status, want)
		}
	}
}

func TestFaultEndsAfterItsCount(t *testing.T) {
	b := newBench(t)
	b.injector.Add(Fault{Kind: FaultStatus, Status: 500, Count: 2})
	var got []int
	for range 3 {
		status, _, _ := b.ask("/", "")
		got = append(got, status)
	}
	if got[0] != 500 || got[1] != 500 || got[2] != 201 {
		t.Errorf("answers %v, want 500 500 201", got)
	}
	if hits := b.injector.Hits()[FaultStatus]; hits != 2 {
		t.Errorf("%d hits, want 2", hits)
	}
}

func TestRateIsAChancePerRequest(t *testing.T) {
	injector := Injector{Rand: rand.New(rand.NewPCG(1, 2))}
	injector.Add(Fault{Kind: FaultReset, Rate: 0.5})
	matched := 0
	for range 1000 {
		if _, hit := injector.match("/", ""); hit {
			matched++
		}
	}
	if matched < 400 || matched > 600 {
		t.Errorf("struck %d of 1000 at rate 0.5", matched)
	}
}

func TestControlAddsListsAndClears(t *testing.T) {
	b := newBench(t)
	if status := b.control(http.MethodPost, `{"kind":"status","status":502}`); status != 204 {
		t.Fatalf("POST: %d", status)
	}
	if status, _, _ := b.ask("/", ""); status != 502 {
		t.Errorf("answer %d, want 502", status)
	}
	if status := b.control(http.MethodGet, ""); status != 200 {
		t.Errorf("GET: %d", status)
	}
	if status := b.control(http.MethodDelete, ""); status != 204 {
		t.Errorf("DELETE: %d", status)
	}
	if status, _, _ := b.ask("/", ""); status != 201 {
		t.Errorf("after clearing: %d, want 201", status)
	}
}

func TestControlRefusesWhatIsNoFault(t *testing.T) {
	b := newBench(t)
	for _, body := range []string{
		``, `{`, `{}`, `{"kind":"explode"}`, `{"kind":"reset","sometimes":true}`, `{"kind":"status"}`,
		`{"kind":"status","status":99}`, `{"kind":"delay","delay_ms":-1}`, `{"kind":"reset","rate":2}`, `{"kind":"reset","count":-1}`,
	} {
		if status := b.control(http.MethodPost, body); status != 400 {
			t.Errorf("%s: %d, want 400", body, status)
		}
	}
	if status := b.control(http.MethodPut, ""); status != 405 {
		t.Errorf("PUT: %d, want 405", status)
	}
}

func TestBegunFaultHoldsUntilItsEnd(t *testing.T) {
	var injector Injector
	injector.Add(Fault{Kind: FaultStatus, Status: 500, Match: "A"})
	end := injector.AddUntil(Fault{Kind: FaultStatus, Status: 503, Match: "B"})
	other := injector.AddUntil(Fault{Kind: FaultStatus, Status: 502, Match: "C"})
	handler := injector.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	status := func(body string) int {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		return answer.Code
	}
	want := func(a, b, c int) {
		t.Helper()
		if gotA, gotB, gotC := status("A"), status("B"), status("C"); gotA != a || gotB != b || gotC != c {
			t.Errorf("the answers are %d, %d, %d, want %d, %d, %d", gotA, gotB, gotC, a, b, c)
		}
	}
	want(500, 503, 502)
	end()
	want(500, 200, 502)
	other()
	want(500, 200, 200)
}

func TestAnswerIsAlteredAfterTheWork(t *testing.T) {
	b := newBench(t)
	b.injector.Add(Fault{Kind: FaultAlter, Pattern: `d(i)d`, Body: "h${1}d", Count: 1})
	if status, text, _ := b.ask("/", "it"); status != http.StatusCreated || text != "hid it" {
		t.Errorf("altered: %d %q", status, text)
	}
	b.injector.Add(Fault{Kind: FaultCut, Count: 1})
	answer, err := b.server.Client().Post(b.server.URL, "text/plain", strings.NewReader("it"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err == nil || string(text) != "did" {
		t.Errorf("cut off: %q, %v", text, err)
	}
	if worked := b.worked.Load(); worked != 2 {
		t.Errorf("the work was done %d times, want 2", worked)
	}
	if status := b.control(http.MethodPost, `{"kind":"alter","pattern":"("}`); status != http.StatusBadRequest {
		t.Errorf("a pattern that is none: %d", status)
	}
}
