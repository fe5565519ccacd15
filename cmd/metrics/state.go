package metrics

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rieltime/checkout"
	"rieltime/db"
)

// Source provides the figures about the current state, at each scrape.
type Source struct {
	Stats   func(context.Context) (db.Stats, error)
	Account func(context.Context, string) (checkout.Account, error)
	Left    func(checkout.Account, checkout.QueryUsage) (left int, limited bool) // queries left of today's allowance
	Now     func() time.Time
	Log     *slog.Logger
}

// state collects the figures from the database.
type state struct{ Source }

// Watch adds the figures of a source.
func (m *Metrics) Watch(source Source) { m.registry.MustRegister(state{source}) }

var (
	openSessions      = gauge("open_sessions", "Sessions that can still be paid.", "mode")
	openReviews       = gauge("open_reviews", "Payments under review that wait for the merchant's decision.", "provider", "mode", "review")
	pendingRefunds    = gauge("pending_refunds", "Refunds whose outcome is not known yet.")
	pendingDeliveries = gauge("pending_deliveries", "Webhook deliveries not accepted by their endpoint yet.")
	deliveryLag       = gauge("delivery_lag_seconds", "Age of the oldest webhook delivery not accepted yet.")
	questionsAsked    = gauge("questions_today", "Queries sent for an account today, in Cambodia.", "provider", "mode", "account")
	questionsLeft     = gauge("questions_left", "Queries left of an account's daily allowance.", "provider", "mode", "account")
	accountPaused     = gauge("account_paused", "1 while queries for an account are paused, as its provider asked.", "provider", "mode", "account")
	databaseBytes     = gauge("database_bytes", "Size of the database file and its log.")
	scrapeOK          = gauge("state_read", "1 if the figures from the database were read.")
)

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (state) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{openSessions, openReviews, pendingRefunds, pendingDeliveries, deliveryLag,
		questionsAsked, questionsLeft, accountPaused, databaseBytes, scrapeOK} {
		out <- d
	}
}

// Collect implements prometheus.Collector. It recovers panics, which would end
// the process: it runs in a goroutine of the scrape.
func (s state) Collect(out chan<- prometheus.Metric) {
	var fault error
	defer checkout.Contain(s.Log, "metrics", &fault)

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()

	send := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	stats, err := s.Stats(ctx)
	if err != nil {
		s.Log.Error("read metrics", "error", err)
		send(scrapeOK, 0)
		return
	}

	send(scrapeOK, 1)
	for _, mode := range []checkout.Mode{checkout.ModeTest, checkout.ModeLive} {
		send(openSessions, float64(stats.OpenSessions[mode]), string(mode))
	}

	for kind, n := range stats.OpenReviews {
		send(openReviews, float64(n), kind.Provider, string(kind.Mode), string(kind.Review))
	}

	send(pendingRefunds, float64(stats.PendingRefunds))
	send(pendingDeliveries, float64(stats.PendingDeliveries))
	lag := time.Duration(0)
	if !stats.OldestPending.IsZero() {
		lag = s.Now().Sub(stats.OldestPending)
	}

	send(deliveryLag, lag.Seconds())
	send(databaseBytes, float64(stats.FileBytes))
	for _, usage := range stats.QueryUsage {
		s.sendUsage(ctx, usage, send)
	}
}

func (s state) sendUsage(ctx context.Context, usage checkout.QueryUsage, send func(*prometheus.Desc, float64, ...string)) {
	account, err := s.Account(ctx, usage.AccountID)
	if err != nil {
		s.Log.Error("read metrics", "account", usage.AccountID, "error", err)
		return
	}

	labels := []string{account.Provider, string(account.Mode), account.ID}
	send(questionsAsked, float64(usage.Queries+usage.ReserveQueries), labels...)
	if left, limited := s.Left(account, usage); limited {
		send(questionsLeft, float64(left), labels...)
	}

	paused := 0.0
	if s.Now().Before(usage.PausedUntil) {
		paused = 1
	}

	send(accountPaused, paused, labels...)
}

// panicsContained collects the process's recovered panics.
type panicsContained struct{}

var panicsTotal = prometheus.NewDesc(namespace+"_panics_total", "Panics recovered, by the boundary that stopped them. Each is a bug; the log has its stack.", []string{"boundary"}, nil)

// Describe implements prometheus.Collector.
func (panicsContained) Describe(out chan<- *prometheus.Desc) { out <- panicsTotal }

// Collect implements prometheus.Collector.
func (panicsContained) Collect(out chan<- prometheus.Metric) {
	for boundary, n := range checkout.Panics() {
		out <- prometheus.MustNewConstMetric(panicsTotal, prometheus.CounterValue, float64(n), boundary)
	}
}

// serveUntil serves until ctx ends.
func serveUntil(ctx context.Context, server *http.Server) error {
	listener, err := net.Listen("tcp", server.Addr)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
