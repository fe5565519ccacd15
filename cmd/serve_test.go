package cmd

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/handlers"
)

func TestSizesAreRead(t *testing.T) {
	for text, want := range map[string]byteSize{"0": 0, "17": 17, "4KiB": 4096, "512MiB": 512 << 20, "2GiB": 2 << 30} {
		var size byteSize
		if err := size.UnmarshalText([]byte(text)); err != nil || size != want {
			t.Errorf("%s: %d, %v", text, size, err)
		}
	}

	for _, text := range []string{"", "MiB", "-1", "1.5GiB", "9999999999999GiB", "1TB"} {
		var size byteSize
		if err := size.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %d", text, size)
		}
	}
}

func TestZeroRateMeansNoLimit(t *testing.T) {
	if got := rateLimit(0, 5); got.PerSecond >= 0 {
		t.Errorf("%+v", got)
	}
	if got := rateLimit(0.2, 100); got != (handlers.Limit{PerSecond: 0.2, Burst: 20}) {
		t.Errorf("%+v", got)
	}
}

func TestCommandsAreNamedInTheAuditTrail(t *testing.T) {
	for command, want := range map[string]string{"merchant apply <file>": "cli:merchant apply", "rekey": "cli:rekey", "serve": "", "demo": ""} {
		if got := checkout.ActorOf(actorContext(t.Context(), command)); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestServerIsReadyAndExportsMetrics(t *testing.T) {
	folder, key := newDataFolder(t)
	flags := dataFlags{databaseFlags: databaseFlags{Data: folder}, Key: checkout.Secret(key)}
	app, err := flags.open(t.Context(), "http://127.0.0.1:1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	dashboard, err := openDashboard("127.0.0.1:0", "http://127.0.0.1:2/")
	if err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	metricsAddress := freeAddress(t)
	served := make(chan error, 1)
	go func() {
		served <- app.serve(ctx, serveOptions{
			listener: listener, dashboard: dashboard, grace: 10 * time.Second, flags: serveFlags{MetricsListen: metricsAddress, RetainPersonalData: time.Hour}, guard: serveFlags{}.guard(),
		})
	}()

	fetch := func(address string) (int, string) {
		answer, err := http.Get(address)
		if err != nil {
			return 0, ""
		}
		defer answer.Body.Close()
		var text strings.Builder
		if err := answer.Write(&text); err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, text.String()
	}

	within := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("never: %s", what)
			}
		}
	}

	within("ready", func() bool {
		status, _ := fetch("http://" + listener.Addr().String() + "/readyz")
		return status == 200
	})

	within("counted", func() bool {
		_, text := fetch("http://" + metricsAddress + "/metrics")
		return strings.Contains(text, `rieltime_http_request_seconds_count{method="GET",route="/readyz",status="200"}`) &&
			strings.Contains(text, "rieltime_state_read 1") && strings.Contains(text, "rieltime_commit_changes_count") &&
			strings.Contains(text, "go_goroutines ")
	})
	for address, want := range map[string]int{
		dashboard.listener.Addr().String() + "/dashboard/sign-in": http.StatusOK, dashboard.listener.Addr().String() + "/readyz": http.StatusOK,
		listener.Addr().String() + "/dashboard/sign-in": http.StatusNotFound,
	} {
		if status, _ := fetch("http://" + address); status != want {
			t.Errorf("%s: %d, want %d", address, status, want)
		}
	}
	if status, _ := fetch("http://" + listener.Addr().String() + "/metrics"); status != http.StatusNotFound {
		t.Errorf("metrics on the public address: %d", status)
	}

	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}

	if err := app.store.Close(); err != nil {
		t.Error(err)
	}
}

// TestServeWaitsForTheDatabase starts serve beside a database server that closes each
// connection, as one does that starts.
func TestServeWaitsForTheDatabase(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log := &countingHandler{Handler: slog.DiscardHandler, second: stop}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()

	_, key := newDataFolder(t)
	command := serveCommand{BaseURL: "https://pay.example", dataFlags: dataFlags{
		databaseFlags: databaseFlags{Data: t.TempDir(), Database: checkout.Secret("postgres://rieltime@" + listener.Addr().String() + "/rieltime")},
		Key:           checkout.Secret(key),
	}}
	if _, err := command.openWhenReachable(ctx, slog.New(log)); !db.Unreachable(err) {
		t.Errorf("open: %v, want that the database is unreachable", err)
	}
	if log.warnings != 2 {
		t.Errorf("waited %d times before it was stopped, want 2", log.warnings)
	}
}

// countingHandler counts warnings, and calls second at the second one.
type countingHandler struct {
	slog.Handler
	warnings int
	second   func()
}

func (h *countingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *countingHandler) Handle(_ context.Context, record slog.Record) error {
	if h.warnings++; h.warnings == 2 {
		h.second()
	}
	return nil
}
