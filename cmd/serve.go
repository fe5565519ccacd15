package cmd

import (
	"cmp"
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
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/cmd/metrics"
	"rieltime/cmd/tracing"
	"rieltime/db"
	"rieltime/handlers"
	"rieltime/webhooks"
)

type serveCommand struct {
	dataFlags
	serveFlags
	certificateFlags
	Listen               string         `help:"Address to listen on." default:":8080" env:"RIELTIME_LISTEN"`
	BaseURL              string         `help:"Public address of this server, as buyers and providers see it." required:"" env:"RIELTIME_BASE_URL" placeholder:"https://pay.example.com"`
	DashboardListen      string         `help:"Address to serve the dashboard on, and only there; give --dashboard-url too. Off by default: it is served with the rest." env:"RIELTIME_DASHBOARD_LISTEN" placeholder:":8082"`
	DashboardURL         string         `help:"Public address of the dashboard, where it has one of its own." env:"RIELTIME_DASHBOARD_URL" placeholder:"https://dashboard.example.com"`
	Proxies              []netip.Prefix `help:"Addresses of reverse proxies whose X-Forwarded-For is trusted." env:"RIELTIME_PROXIES" placeholder:"10.0.0.0/8"`
	AllowPrivateWebhooks bool           `help:"Also deliver test mode webhooks to private and loopback addresses." env:"RIELTIME_ALLOW_PRIVATE_WEBHOOKS"`
	TelegramAPI          string         `help:"Server of Telegram's Bot API, for merchants' bots." default:"https://api.telegram.org" env:"RIELTIME_TELEGRAM_API"`
	APIRate              float64        `help:"Requests per second for each API key, with bursts of four times that." default:"500" env:"RIELTIME_API_RATE"`
	Grace                time.Duration  `help:"How long running requests may take to finish at shutdown." default:"25s" env:"RIELTIME_GRACE"`
	Profiles             string         `help:"Existing folder to write profiles of processor time, memory and blocking to at shutdown. Off by default." type:"existingdir" placeholder:"FOLDER"`
}

// Validate checks serve's own flags and the shared ones.
func (c *serveCommand) Validate() error {
	if c.Grace < 0 {
		return fmt.Errorf("--grace must not be negative")
	}
	if _, err := checkout.ParseWebURL(c.TelegramAPI); err != nil {
		return fmt.Errorf("--telegram-api %w", err)
	}
	if err := checkRate("--api-rate", c.APIRate); err != nil {
		return err
	}
	if err := c.checkDashboard(); err != nil {
		return err
	}
	if err := c.checkCertificates(c.addresses()...); err != nil {
		return err
	}
	return c.serveFlags.Validate()
}

// checkDashboard checks the address of the dashboard, if it has one of its own.
func (c *serveCommand) checkDashboard() error {
	if (c.DashboardListen == "") != (c.DashboardURL == "") {
		return errors.New("give both --dashboard-listen and --dashboard-url, or neither")
	}
	if c.DashboardURL == "" {
		return nil
	}
	address, err := cleanBaseURL(c.DashboardURL)
	if err != nil {
		return fmt.Errorf("--dashboard-url: %w", err)
	}
	if strings.EqualFold(address, strings.TrimSuffix(c.BaseURL, "/")) {
		return errors.New("--dashboard-url must differ from --base-url; without it the dashboard is served there")
	}
	return nil
}

// addresses are the public ones.
func (c *serveCommand) addresses() []string {
	if c.DashboardURL == "" {
		return []string{c.BaseURL}
	}
	return []string{c.BaseURL, c.DashboardURL}
}

func (c *serveCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	stopProfiles, err := startProfiles(c.Profiles)
	if err != nil {
		return err
	}

	app, err := c.openWhenReachable(ctx, log)
	if err != nil {
		return err
	}
	app.setMessages(c.TelegramAPI, cmp.Or(strings.TrimSuffix(c.DashboardURL, "/"), app.baseURL))

	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return errors.Join(err, app.store.Close())
	}

	fmt.Fprintf(stdout, "checkout  %s\n", app.baseURL)
	var dashboard dashboardSite
	if c.DashboardListen != "" {
		if dashboard, err = openDashboard(c.DashboardListen, c.DashboardURL); err != nil {
			return errors.Join(err, listener.Close(), app.store.Close())
		}
		fmt.Fprintf(stdout, "dashboard %s\n", dashboard.url)
	}

	certificates, err := c.openCertificates(c.addresses()...)
	if err != nil {
		return errors.Join(err, listener.Close(), dashboard.close(), app.store.Close())
	}

	err = app.serve(ctx, serveOptions{
		listener: listener, dashboard: dashboard, certificates: certificates, proxies: c.Proxies, allowPrivateWebhooks: c.AllowPrivateWebhooks, grace: c.Grace, apiRate: c.APIRate,
		flags: c.serveFlags, guard: c.guard(), payLimit: rateLimit(c.PayRate, 15),
	})
	return errors.Join(err, app.store.Close(), stopProfiles())
}

// dashboardSite is where the dashboard is served on an address of its own; the zero value
// is nowhere.
type dashboardSite struct {
	listener net.Listener
	url      string
}

func (d dashboardSite) close() error {
	if d.listener == nil {
		return nil
	}
	return d.listener.Close()
}

func openDashboard(listen, address string) (dashboardSite, error) {
	address, err := cleanBaseURL(address)
	if err != nil {
		return dashboardSite{}, err
	}
	listener, err := net.Listen("tcp", listen)
	return dashboardSite{listener, address}, err
}

// How long serve waits for the database's server, and between two tries.
const (
	databasePatience = time.Minute
	databasePause    = time.Second
)

// openWhenReachable wires the app. It waits for a database server that starts with
// this machine, or in whose place another is put.
func (c *serveCommand) openWhenReachable(ctx context.Context, log *slog.Logger) (*app, error) {
	for deadline := time.Now().Add(databasePatience); ; {
		app, err := c.open(ctx, c.BaseURL, log)
		if !db.Unreachable(err) || time.Now().After(deadline) {
			return app, err
		}

		log.Warn("waiting for the database", "error", err)
		select {
		case <-time.After(databasePause):
		case <-ctx.Done():
			return nil, err
		}
	}
}

func apiLimit(perSecond float64) handlers.Limit {
	if perSecond == 0 {
		return handlers.Limit{}
	}
	return handlers.Limit{PerSecond: perSecond, Burst: max(1, int(4*perSecond))}
}

// serveOptions are what a running server needs beside its data.
type serveOptions struct {
	listener             net.Listener
	dashboard            dashboardSite
	certificates         ownCertificates
	proxies              []netip.Prefix
	allowPrivateWebhooks bool
	webhookTime          func() time.Time // by which webhooks are sent and signed; nil: the store's
	demo                 bool             // serves the gallery, and logos from private addresses
	grace                time.Duration
	apiRate              float64 // requests per second for each API key; 0 means the default
	flags                serveFlags
	guard                handlers.Guard
	payLimit             handlers.Limit
}

// serve handles requests, queries providers and delivers webhooks until ctx ends.
// Then it waits for running work to finish, at most for the grace period.
func (a *app) serve(ctx context.Context, s serveOptions) error {
	cookieKey, err := hkdf.Key(sha256.New, a.key, nil, "rieltime cookies", 32)
	if err != nil {
		return err
	}

	stopTraces, err := a.startTracing(ctx, s.flags.TracesEndpoint)
	if err != nil {
		return err
	}

	signedAt := s.webhookTime
	if signedAt == nil {
		signedAt = a.store.Now
	}
	sender := webhooks.NewSender(webhooks.Options{Store: a.store, Log: a.log, AllowPrivate: s.allowPrivateWebhooks, Now: signedAt})
	a.allowPrivate = s.allowPrivateWebhooks
	stopJobs, err := a.store.StartQueue(context.WithoutCancel(ctx), a.backgroundJobs(sender, s.flags))
	if err != nil {
		return err
	}

	s.flags.setMemoryLimit()
	a.serveMetrics(ctx, s.flags.MetricsListen)
	verifierDone := make(chan struct{})
	go func() {
		defer close(verifierDone)
		a.verifier.Run(ctx)
	}()

	botsDone := make(chan struct{})
	go func() {
		defer close(botsDone)
		a.bots.Run(ctx)
	}()

	servers, failed := startServers(a.handlersConfig(s, cookieKey), s)
	select {
	case err = <-failed:
	case <-ctx.Done():
	}

	// Whatever has ended the server, running work gets the grace period to finish.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()

	for _, server := range servers {
		err = errors.Join(err, server.Shutdown(ending))
	}
	err = errors.Join(err, stopJobs(ending))
	for _, done := range []chan struct{}{verifierDone, botsDone} {
		select {
		case <-done:
		case <-ending.Done():
		}
	}

	stopTraces(ending)
	return shutdownError(err, s.grace)
}

// startServers serves all addresses. What ends one of them is sent to failed.
func startServers(config handlers.Config, s serveOptions) (servers []*http.Server, failed <-chan error) {
	ended := make(chan error, 3)
	start := func(server *http.Server, listener net.Listener) {
		servers = append(servers, server)
		go func() { ended <- s.certificates.serve(server, listener) }()
	}

	if s.certificates.redirect != nil {
		redirect := s.certificates.redirectServer()
		servers = append(servers, redirect)
		go func() { ended <- redirect.Serve(s.certificates.redirect) }()
	}
	if s.dashboard.listener == nil {
		start(handlers.New(config).Server, s.listener)
		return servers, ended
	}

	config.DashboardURL = s.dashboard.url
	public, dashboard := handlers.NewApart(config)
	start(public.Server, s.listener)
	start(dashboard.Server, s.dashboard.listener)
	return servers, ended
}

func (a *app) backgroundJobs(sender *webhooks.Sender, flags serveFlags) db.Jobs {
	return db.Jobs{
		Deliver: sender.Deliver, CheckRefund: a.service.CheckRefund, Daily: a.daily, FetchRates: a.fetchRates, Notify: a.bots.Notify, ShowSale: a.bots.ShowSale, NotifyByMail: a.mailer.Notify, SendMail: a.mailer.SendMail,
		RetainPersonal: flags.RetainPersonalData, PersonalFields: a.service.PersonalFields(),
		Retention: db.Retention{Attempts: flags.RetainAttempts, Audit: flags.RetainAudit},
	}
}

func (a *app) handlersConfig(s serveOptions, cookieKey []byte) handlers.Config {
	return handlers.Config{
		Service: a.service, Verifier: a.verifier, Store: a.store, Users: users.NewService(a.store, a.store.Now), Notices: a.notices, TelegramUpdate: a.bots.Receive, BaseURL: a.baseURL, SessionKey: cookieKey, Proxies: s.proxies, Log: a.log, Now: a.store.Now,
		APILimit: apiLimit(s.apiRate), Gallery: s.demo, AllowPrivateLogos: s.demo,
		PayLimit: s.payLimit, Guard: a.guardOptions(s.guard),
	}
}

// shutdownError returns what went wrong while the server served and stopped.
func shutdownError(err error, grace time.Duration) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("shutdown did not finish within the grace period of %v; the next start resumes the remaining work: %w", grace, err)
	case errors.Is(err, http.ErrServerClosed):
		return nil
	}
	return err
}

// verifierTimeout is how long the verifier may make no progress before the server
// reports that it is not alive: a round only waits for the database.
const verifierTimeout = 30 * time.Second

// guardOptions completes a guard with metrics and the checks of background work.
func (a *app) guardOptions(guard handlers.Guard) handlers.Guard {
	guard.Request, guard.Shed = a.metrics.Request, a.metrics.Shed
	guard.Alive = func(ctx context.Context) error {
		return errors.Join(a.verifier.Alive(verifierTimeout), a.store.QueueAlive(ctx))
	}
	return guard
}

// serveMetrics serves the metrics on their own address until ctx ends.
func (a *app) serveMetrics(ctx context.Context, address string) {
	if address == "" {
		return
	}

	a.metrics.Watch(metrics.Source{
		Stats: a.store.Stats, Account: a.store.Account, Left: a.service.AllowanceLeft, Now: a.store.Now, Log: a.log,
	})
	go func() {
		if err := a.metrics.Serve(ctx, address, a.log); err != nil {
			a.log.Error("metrics server failed", "address", address, "error", err)
		}
	}()
}

// startTracing exports traces to a collector until stop is called.
func (a *app) startTracing(ctx context.Context, endpoint string) (stop func(context.Context), err error) {
	if endpoint == "" {
		return func(context.Context) {}, nil
	}
	end, err := tracing.Start(ctx, endpoint, a.log)
	return func(ctx context.Context) {
		if err := end(ctx); err != nil {
			a.log.Warn("exporting the last traces failed", "error", err)
		}
	}, err
}
