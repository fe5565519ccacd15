package cmd

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/cmd/metrics"
	"rieltime/db"
	"rieltime/handlers"
	"rieltime/providers/bakong"
	"rieltime/providers/baray"
	"rieltime/providers/bayopay"
	"rieltime/providers/kess"
	"rieltime/providers/wire"
	"rieltime/webhooks"
)

// dataFlags say where the data is and how its secrets are sealed.
type dataFlags struct {
	Data string          `help:"Folder of the database." default:"./data" env:"RIELTIME_DATA" type:"path"`
	Key  checkout.Secret `help:"Encryption key of the database's secrets: 32 bytes in base64 (see genkey)." env:"RIELTIME_KEY" placeholder:"BASE64"`

	KeyFile string `help:"File that holds the encryption key, where --key is not given." env:"RIELTIME_KEY_FILE" type:"path"`

	OldKey checkout.Secret `help:"The key before, while it is being changed (see rekey)." env:"RIELTIME_OLD_KEY" placeholder:"BASE64"`
}

// app is the whole of Rieltime, wired.
type app struct {
	store   *db.Store
	service *checkout.Service
	metrics *metrics.Metrics
	key     []byte
	baseURL string
	log     *slog.Logger
}

// openStore opens a database that is there, with its key. Only serve, demo and
// merchant apply may make one, or migrate it: they open it by open.
func (f dataFlags) openStore(ctx context.Context, access db.Access, log *slog.Logger) (*db.Store, error) {
	store, _, err := f.openWith(ctx, db.Options{Access: access, Log: log})
	return store, err
}

func (f dataFlags) openWith(ctx context.Context, options db.Options) (store *db.Store, key []byte, err error) {
	if f.Key == "" && f.KeyFile != "" {
		text, err := os.ReadFile(f.KeyFile)
		if err != nil {
			return nil, nil, err
		}
		f.Key = checkout.Secret(strings.TrimSpace(string(text)))
	}

	if f.Key == "" {
		return nil, nil, errors.New("RIELTIME_KEY is not set: make a key with `rieltime genkey` and keep it safe, the provider secrets cannot be read without it")
	}
	if key, err = keyBytes("RIELTIME_KEY", f.Key); err != nil {
		return nil, nil, err
	}

	if f.OldKey != "" {
		old, err := keyBytes("RIELTIME_OLD_KEY", f.OldKey)
		if err != nil {
			return nil, nil, err
		}
		options.OldKeys = [][]byte{old}
	}

	options.Path, options.Key = f.path(), key
	store, err = db.Open(ctx, options)
	return store, key, err
}

func keyBytes(name string, text checkout.Secret) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil || len(key) != db.KeySize {
		return nil, fmt.Errorf("%s must be %d bytes in base64: make one with `rieltime genkey`", name, db.KeySize)
	}
	return key, nil
}

// open wires the house over a database that is made or migrated first.
func (f dataFlags) open(ctx context.Context, baseURL string, log *slog.Logger) (*app, error) {
	return f.openAs(ctx, db.CreateAndMigrate, baseURL, log)
}

func (f dataFlags) openAs(ctx context.Context, access db.Access, baseURL string, log *slog.Logger) (*app, error) {
	baseURL, err := cleanBaseURL(baseURL)
	if err != nil {
		return nil, err
	}

	counts := metrics.New()
	store, key, err := f.openWith(ctx, db.Options{Access: access, Log: log, Committed: counts.Committed})
	if err != nil {
		return nil, err
	}

	service := checkout.NewService(checkout.Config{
		Store: store, Links: store, Endpoints: store, Providers: providers(store, log), BaseURL: baseURL, Log: log,
		Observe: counts.Observe,
	})
	return &app{store: store, service: service, metrics: counts, key: key, baseURL: baseURL, log: log}, nil
}

func cleanBaseURL(text string) (string, error) {
	base, err := checkout.ParseWebURL(text)
	if err != nil {
		return "", fmt.Errorf("the base URL %q %w", text, err)
	}
	if strings.Trim(base.Path, "/") != "" || base.RawQuery != "" || base.Fragment != "" {
		return "", fmt.Errorf("the base URL %q must be like https://pay.example.com", text)
	}
	return strings.TrimSuffix(text, "/"), nil
}

// providers are all ways to pay, in the order that buyers see them.
func providers(vault checkout.Vault, log *slog.Logger) []checkout.Provider {
	calls := wire.New(0)
	return []checkout.Provider{
		bakong.New(bakong.Options{Wire: calls, Vault: vault, Log: log}),
		baray.New(baray.Options{Wire: calls, Log: log}),
		kess.New(kess.Options{Wire: calls, Vault: vault, Log: log}),
		bayopay.New(bayopay.Options{}),
	}
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

func apiLimit(perSecond float64) handlers.Limit {
	if perSecond == 0 {
		return handlers.Limit{}
	}
	return handlers.Limit{PerSecond: perSecond, Burst: max(1, int(4*perSecond))}
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

type genkeyCommand struct{}

func (genkeyCommand) Run(stdout io.Writer) error {
	_, err := fmt.Fprintln(stdout, base64.StdEncoding.EncodeToString(newKey()))
	return err
}
