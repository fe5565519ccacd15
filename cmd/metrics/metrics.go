// Package metrics counts what happens and serves it to Prometheus; above all
// whether buyers can pay. The command "serve" passes its methods to the packages
// that report to it.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rieltime/checkout"
	"rieltime/db"
)

// Metrics are Rieltime's own, and those of the Go runtime and the process. It
// is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	starts   *prometheus.HistogramVec
	answers  *prometheus.HistogramVec
	proofs   *prometheus.HistogramVec
	events   *prometheus.CounterVec
	requests *prometheus.HistogramVec
	shed     *prometheus.CounterVec
	batches  prometheus.Histogram
	commits  prometheus.Histogram
	retries  *prometheus.CounterVec
	failures *prometheus.CounterVec
}

// Buckets in seconds: of calls to a provider, of proofs and of requests.
var (
	callTimes  = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	proofTimes = []float64{2, 5, 10, 15, 30, 60, 120, 300, 900, 3600, 86400}
	fastTimes  = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30}
)

// New makes the metrics.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		starts:   histograms("payment_start_seconds", "Calls that start a payment at its provider, by outcome: started, refused, unreachable.", callTimes, "provider", "outcome"),
		answers:  histograms("question_seconds", "Queries to providers about payments, by verdict: paid, pending, under_way, failed, closed, unknown.", callTimes, "provider", "verdict"),
		proofs:   histograms("proof_seconds", "Time from a payment's start to its proof, by outcome: completed, repeated, late, duplicate, mismatch, claimed, contested.", proofTimes, "provider", "outcome"),
		events:   prometheus.NewCounterVec(counter("events_total", "Events recorded, such as payment.succeeded and payment.failed. Events of sessions have no provider."), []string{"type", "provider"}),
		requests: histograms("http_request_seconds", "Time of HTTP requests, by route.", fastTimes, "method", "route", "status"),
		shed:     prometheus.NewCounterVec(counter("http_shed_total", "Requests rejected under overload, by reason."), []string{"reason"}),
		batches:  prometheus.NewHistogram(histogram("commit_changes", "Changes per commit.", []float64{1, 2, 4, 8, 16, 32, 64, 128})),
		commits:  prometheus.NewHistogram(histogram("commit_seconds", "Time of a commit.", fastTimes)),
		retries:  prometheus.NewCounterVec(counter("store_retries_total", "Changes that the database undid and that ran again, by reason."), []string{"reason"}),
		failures: prometheus.NewCounterVec(counter("store_failures_total", "Changes that ended in an error of the database, by reason. After outcome_unknown the change may have been made."), []string{"reason"}),
	}

	for _, reason := range db.ChangeErrors() { // from zero on, so that the first of each shows as an increase
		m.failures.WithLabelValues(reason)
	}

	m.registry.MustRegister(panicsContained{}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.starts, m.answers, m.proofs, m.events, m.requests, m.shed, m.batches, m.commits, m.retries, m.failures)
	return m
}

const namespace = "rieltime"

func counter(name, help string) prometheus.CounterOpts {
	return prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}
}

func histogram(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}
}

func histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(histogram(name, help, buckets), labels)
}

// Observe is for checkout.Config.
func (m *Metrics) Observe(o checkout.Observation) {
	switch o.What {
	case checkout.ObservedStart:
		m.starts.WithLabelValues(o.Provider, o.Outcome).Observe(o.Took.Seconds())
	case checkout.ObservedAnswer:
		m.answers.WithLabelValues(o.Provider, o.Outcome).Observe(o.Took.Seconds())
	case checkout.ObservedProof:
		m.proofs.WithLabelValues(o.Provider, o.Outcome).Observe(o.Took.Seconds())
	case checkout.ObservedEvent:
		m.events.WithLabelValues(o.Outcome, o.Provider).Inc()
	}
}

// Request counts a request by its route, never by its address.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(knownMethod(method), route, strconv.Itoa(status)).Observe(took.Seconds())
}

// knownMethod prevents clients from creating label values.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete:
		return method
	}
	return "other"
}

// Shed counts a request that was rejected under overload.
func (m *Metrics) Shed(reason string) { m.shed.WithLabelValues(reason).Inc() }

// Committed is for db.Options.
func (m *Metrics) Committed(changes int, took time.Duration) {
	m.batches.Observe(float64(changes))
	m.commits.Observe(took.Seconds())
}

// StoreRetried is for db.Options.
func (m *Metrics) StoreRetried(reason string) { m.retries.WithLabelValues(reason).Inc() }

// StoreFailed is for db.Options.
func (m *Metrics) StoreFailed(reason string) { m.failures.WithLabelValues(reason).Inc() }

// Serve shows the metrics at /metrics on an address of their own until ctx ends.
func (m *Metrics) Serve(ctx context.Context, address string, log *slog.Logger) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	server := &http.Server{
		Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return serveUntil(ctx, server)
}
