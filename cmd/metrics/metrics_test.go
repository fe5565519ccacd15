package metrics_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/cmd/metrics"
	"rieltime/db"
)

// scrape serves the metrics and reads them once.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Serve(ctx, address, slog.New(slog.DiscardHandler)) }()
	var text []byte
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		answer, err := http.Get("http://" + address + "/metrics")
		if err == nil {
			text, err = io.ReadAll(answer.Body)
			_ = answer.Body.Close()
		}

		if err == nil {
			break
		}

		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}

	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}

	return string(text)
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}

func TestWhatHappensIsCounted(t *testing.T) {
	m := metrics.New()
	m.Observe(checkout.Observation{What: checkout.ObservedStart, Provider: "kess", Outcome: "unreachable", Took: time.Second})
	m.Observe(checkout.Observation{What: checkout.ObservedAnswer, Provider: "bakong", Outcome: "unknown", Took: time.Second})
	m.Observe(checkout.Observation{What: checkout.ObservedProof, Provider: "bakong", Outcome: "completed", Took: 4 * time.Second})
	m.Observe(checkout.Observation{What: checkout.ObservedEvent, Provider: "bakong", Outcome: "payment.succeeded"})
	m.Request("BREW", "/c/:session", 200, time.Millisecond)
	m.Request("GET", "", 404, time.Millisecond)
	m.Request("DELETE", "/v1/webhook_endpoints/:endpoint", 204, time.Millisecond)
	m.Shed("memory")
	m.Committed(3, time.Millisecond)
	m.StoreRetried("deadlock")
	m.StoreFailed("lock_timeout")
	wantLines(t, scrape(t, m),
		`rieltime_payment_start_seconds_count{outcome="unreachable",provider="kess"} 1`,
		`rieltime_question_seconds_count{provider="bakong",verdict="unknown"} 1`,
		`rieltime_proof_seconds_bucket{outcome="completed",provider="bakong",le="2"} 0`,
		`rieltime_proof_seconds_bucket{outcome="completed",provider="bakong",le="5"} 1`,
		`rieltime_events_total{provider="bakong",type="payment.succeeded"} 1`,
		`rieltime_http_request_seconds_count{method="other",route="/c/:session",status="200"} 1`,
		`rieltime_http_request_seconds_count{method="GET",route="none",status="404"} 1`,
		`rieltime_http_request_seconds_count{method="DELETE",route="/v1/webhook_endpoints/:endpoint",status="204"} 1`,
		`rieltime_http_shed_total{reason="memory"} 1`,
		`rieltime_commit_changes_sum 3`,
		`rieltime_store_retries_total{reason="deadlock"} 1`,
		`rieltime_store_failures_total{reason="lock_timeout"} 1`,
		`rieltime_store_failures_total{reason="outcome_unknown"} 0`,
	)
}

func TestStateOfTheDatabaseIsExported(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m := metrics.New()
	m.Watch(metrics.Source{
		Stats: func(context.Context) (db.Stats, error) {
			return db.Stats{
				OpenSessions:      map[checkout.Mode]int{checkout.ModeLive: 7},
				OpenReviews:       map[db.ReviewKind]int{{Provider: "kess", Mode: checkout.ModeLive, Review: checkout.ReviewLate}: 2},
				PendingDeliveries: 3, OldestPending: now.Add(-time.Minute), FileBytes: 4096,
				QueryUsage: []checkout.QueryUsage{{AccountID: "acct_1", Queries: 5, ReserveQueries: 1, PausedUntil: now.Add(time.Second)}, {AccountID: "acct_2"}},
			}, nil
		},
		Account: func(_ context.Context, id string) (checkout.Account, error) {
			return checkout.Account{ID: id, Provider: "bakong", Mode: checkout.ModeLive}, nil
		},
		Left: func(a checkout.Account, m checkout.QueryUsage) (int, bool) { return 100 - m.Queries, a.ID == "acct_1" },
		Now:  func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	})

	text := scrape(t, m)
	wantLines(t, text,
		`rieltime_open_sessions{mode="live"} 7`, `rieltime_open_sessions{mode="test"} 0`,
		`rieltime_open_reviews{mode="live",provider="kess",review="late"} 2`,
		`rieltime_pending_deliveries 3`, `rieltime_delivery_lag_seconds 60`, `rieltime_database_bytes 4096`,
		`rieltime_questions_today{account="acct_1",mode="live",provider="bakong"} 6`,
		`rieltime_questions_left{account="acct_1",mode="live",provider="bakong"} 95`,
		`rieltime_account_paused{account="acct_1",mode="live",provider="bakong"} 1`,
		`rieltime_account_paused{account="acct_2",mode="live",provider="bakong"} 0`,
		`rieltime_state_read 1`,
	)
	if strings.Contains(text, `questions_left{account="acct_2"`) {
		t.Error("an allowance where there is none")
	}
}

func TestUnreadableStateIsShownAsSuch(t *testing.T) {
	m := metrics.New()
	m.Watch(metrics.Source{
		Stats: func(context.Context) (db.Stats, error) { return db.Stats{}, checkout.ErrBusy },
		Now:   time.Now, Log: slog.New(slog.DiscardHandler),
	})
	wantLines(t, scrape(t, m), "rieltime_state_read 0")
}

func TestStatsOfADatabaseCanBeRead(t *testing.T) {
	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(t.TempDir(), "x.db"), Key: make([]byte, db.KeySize)})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	stats, err := store.Stats(t.Context())
	if err != nil || stats.FileBytes == 0 || stats.PendingDeliveries != 0 || !stats.OldestPending.IsZero() {
		t.Errorf("%+v, %v", stats, err)
	}
}
