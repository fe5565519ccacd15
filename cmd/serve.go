package cmd

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"rieltime/cmd/metrics"
	"rieltime/cmd/tracing"
	"rieltime/db"
	"rieltime/handlers"
	"rieltime/webhooks"
)

type serveCommand struct {
	dataFlags
	opsFlags
	Listen               string         `help:"Address to listen on." default:":8080" env:"RIELTIME_LISTEN"`
	BaseURL              string         `help:"Our own address as buyers and providers see it." required:"" env:"RIELTIME_BASE_URL" placeholder:"https://pay.example.com"`
	Proxies              []netip.Prefix `help:"Addresses of reverse proxies whose X-Forwarded-For is believed." env:"RIELTIME_PROXIES" placeholder:"10.0.0.0/8"`
	AllowPrivateWebhooks bool           `help:"Deliver webhooks of test mode to private and loopback addresses too." env:"RIELTIME_ALLOW_PRIVATE_WEBHOOKS"`
	APIRate              float64        `help:"Requests a second that each API key may make, four times as many at once." default:"500" env:"RIELTIME_API_RATE"`
	Grace                time.Duration  `help:"How long requests under way may take to finish at a stop." default:"25s" env:"RIELTIME_GRACE"`
}

// Validate also looks at what only serve is given.
func (c *serveCommand) Validate() error {
	if c.Grace < 0 {
		return fmt.Errorf("--grace must not be negative")
	}
	if err := checkRate("--api-rate", c.APIRate); err != nil {
		return err
	}
	return c.opsFlags.Validate()
}

func (c *serveCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	app, err := c.open(ctx, c.BaseURL, log)
	if err != nil {
		return err
	}

	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return errors.Join(err, app.store.Close())
	}

	fmt.Fprintf(stdout, "checkout  %s\n", app.baseURL)
	err = app.serve(ctx, serving{
		listener: listener, proxies: c.Proxies, allowPrivateWebhooks: c.AllowPrivateWebhooks, grace: c.Grace, apiRate: c.APIRate,
		ops: c.opsFlags, guard: c.guard(), payLimit: limit(c.PayRate, 15),
	})
	return errors.Join(err, app.store.Close())
}

func apiLimit(perSecond float64) handlers.Limit {
	if perSecond == 0 {
		return handlers.Limit{}
	}
	return handlers.Limit{PerSecond: perSecond, Burst: max(1, int(4*perSecond))}
}

// serving is what a running house needs beside its data.
type serving struct {
	listener             net.Listener
	proxies              []netip.Prefix
	allowPrivateWebhooks bool
	demo                 bool // shows the gallery, and logos of this machine
	grace                time.Duration
	apiRate              float64 // requests a second for each API key; 0: the default
	ops                  opsFlags
	guard                handlers.Guard
	payLimit             handlers.Limit
}

// serve answers requests, asks providers and delivers webhooks until ctx ends;
// then it lets what is under way finish, within the grace.
func (h *app) serve(ctx context.Context, s serving) error {
	cookieKey, err := hkdf.Key(sha256.New, h.key, nil, "rieltime cookies", 32)
	if err != nil {
		return err
	}

	stopTraces, err := h.sendTraces(ctx, s.ops.TracesEndpoint)
	if err != nil {
		return err
	}

	sender := webhooks.NewSender(webhooks.Options{Store: h.store, Log: h.log, AllowPrivate: s.allowPrivateWebhooks})
	stopJobs, err := h.store.StartQueue(context.WithoutCancel(ctx), db.Jobs{
		Deliver: sender.Deliver, CheckRefund: h.service.CheckRefund, Daily: h.reconcileDaily,
		RetainPersonal: s.ops.RetainPersonalData,
	})
	if err != nil {
		return err
	}

	s.ops.keepToMemory()
	h.showMetrics(ctx, s.ops.MetricsListen)
	verifierDone := make(chan struct{})
	go func() {
		defer close(verifierDone)
		h.service.Run(ctx)
	}()

	e := handlers.New(handlers.Config{
		Service: h.service, Store: h.store, BaseURL: h.baseURL, SessionKey: cookieKey, Proxies: s.proxies, Log: h.log,
		APILimit: apiLimit(s.apiRate), Gallery: s.demo, AllowPrivateLogos: s.demo,
		PayLimit: s.payLimit, Guard: h.watched(s.guard),
	})

	e.Server.Handler = e
	failed := make(chan error, 1)
	go func() { failed <- e.Server.Serve(s.listener) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}

	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()

	err = errors.Join(err, e.Server.Shutdown(ending), stopJobs(ending))
	select {
	case <-verifierDone:
	case <-ending.Done():
	}

	stopTraces(ending)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("not all that was under way ended within the grace of %v; the next start goes on with it: %w", s.grace, err)
	}

	return ignoreClosed(err)
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// verifierSilence is how long the verifier may say nothing: its round waits for
// the database only.
const verifierSilence = 30 * time.Second

// watched completes a guard with what only the running house knows.
func (h *app) watched(guard handlers.Guard) handlers.Guard {
	guard.Request, guard.Shed = h.metrics.Request, h.metrics.Shed
	guard.Alive = func(ctx context.Context) error {
		return errors.Join(h.service.Alive(verifierSilence), h.store.QueueAlive(ctx))
	}
	return guard
}

// showMetrics serves the metrics on their own address until ctx ends.
func (h *app) showMetrics(ctx context.Context, address string) {
	if address == "" {
		return
	}

	h.metrics.Watch(metrics.Source{
		Stats: h.store.Stats, Account: h.store.Account, Left: h.service.AllowanceLeft, Now: time.Now, Log: h.log,
	})
	go func() {
		if err := h.metrics.Serve(ctx, address, h.log); err != nil {
			h.log.Error("metrics are not shown", "address", address, "error", err)
		}
	}()
}

// sendTraces sends traces to a collector until stop is called.
func (h *app) sendTraces(ctx context.Context, endpoint string) (stop func(context.Context), err error) {
	if endpoint == "" {
		return func(context.Context) {}, nil
	}
	end, err := tracing.Start(ctx, endpoint, h.log)
	return func(ctx context.Context) {
		if err := end(ctx); err != nil {
			h.log.Warn("last traces not sent", "error", err)
		}
	}, err
}
