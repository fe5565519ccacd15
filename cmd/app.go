package cmd

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/checkout/verifier"
	"rieltime/cmd/metrics"
	"rieltime/db"
	"rieltime/handlers"
	"rieltime/internal/bots"
	"rieltime/internal/mailer"
	"rieltime/internal/telegram"
	"rieltime/providers"
)

// app is the server with all its parts, before it listens.
type app struct {
	store     *db.Store
	providers []checkout.Provider
	service   *checkout.Service
	verifier  *verifier.Verifier
	metrics   *metrics.Metrics
	notices   *notices.Service
	bots      *bots.Bots
	mailer    *mailer.Mailer
	key       []byte
	baseURL   string
	mailPage  string // of setMessages: where e-mails to an address are confirmed, and ended
	log       *slog.Logger

	allowPrivate   bool      // rates are fetched from private addresses too
	reconcileAfter time.Time // only days that begin later are compared with the providers' orders
}

// open wires the app. It creates or migrates the database first.
func (f dataFlags) open(ctx context.Context, baseURL string, log *slog.Logger) (*app, error) {
	return f.openAs(ctx, db.CreateAndMigrate, baseURL, log)
}

func (f dataFlags) openAs(ctx context.Context, access db.Access, baseURL string, log *slog.Logger) (*app, error) {
	baseURL, err := cleanBaseURL(baseURL)
	if err != nil {
		return nil, err
	}

	counts := metrics.New()
	options := f.options()
	options.Now = f.now
	options.Access, options.Log, options.Committed = access, log, counts.Committed
	options.Retried, options.Failed = counts.StoreRetried, counts.StoreFailed
	store, key, err := f.openWith(ctx, options)
	if err != nil {
		return nil, err
	}

	all := Providers(providers.Options{Vault: store, Log: log, Now: store.Now})
	service := checkout.NewService(checkout.Config{
		Store: store, Links: store, Endpoints: store, Providers: all, Addresses: handlers.Addresses(baseURL), Log: log,
		Observe: counts.Observe, Now: store.Now,
	})
	checks := verifier.New(verifier.Config{Service: service, Store: store, Log: log, Observe: counts.Observe})
	a := &app{store: store, providers: all, service: service, verifier: checks, metrics: counts, key: key, baseURL: baseURL, log: log}
	a.setMessages(telegram.DefaultAPI, baseURL)
	return a, nil
}

// setMessages has merchants' bots speak to the Bot API at an address, and messages lead
// people to the dashboard at dashboardURL.
func (a *app) setMessages(address, dashboardURL string) {
	api := telegram.NewAPI(address)
	a.notices = notices.NewService(a.store, bots.Checker{API: api}, a.store.Now)
	a.bots = bots.New(bots.Config{
		Store: a.store, Checkout: a.service, Notices: a.notices, Users: users.NewService(a.store, a.store.Now), API: api, DashboardURL: dashboardURL, WebhookURL: a.baseURL + handlers.TelegramPath, Now: a.store.Now, Log: a.log,
	})
	a.mailPage = handlers.MailPage(dashboardURL)
	a.mailer = mailer.New(mailer.Config{
		Store: a.store, Checkout: a.service, DashboardURL: dashboardURL, MailPage: a.mailPage, Now: a.store.Now, Log: a.log,
	})
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
