package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"rieltime/checkout"
)

type merchantCommand struct {
	Apply  merchantApplyCommand  `cmd:"" help:"Create or update a merchant from its file; safe to repeat."`
	Export merchantExportCommand `cmd:"" help:"Print a merchant's settings as a file that apply takes back."`
}

type merchantApplyCommand struct {
	dataFlags
	BaseURL      string `help:"Public address of this server, as buyers and providers see it." required:"" env:"RIELTIME_BASE_URL" placeholder:"https://pay.example.com"`
	DashboardURL string `help:"Public address of the dashboard, where serve has it on one of its own." env:"RIELTIME_DASHBOARD_URL" placeholder:"https://dashboard.example.com"`
	TelegramAPI  string `help:"Server of Telegram's Bot API, which is asked about the file's bots." default:"https://api.telegram.org" env:"RIELTIME_TELEGRAM_API"`
	File         string `arg:"" help:"Merchant file in YAML or JSON, like docs/merchant.yaml; - for standard input."`
}

func (c *merchantApplyCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	text, err := readMerchantFile(c.File)
	if err != nil {
		return err
	}
	if _, err := readMerchant(text); err != nil {
		return locateErrors(text, err) // before a database is created
	}

	dashboardURL, err := cleanBaseURL(cmp.Or(c.DashboardURL, c.BaseURL))
	if err != nil {
		return err
	}
	app, err := c.open(ctx, c.BaseURL, log)
	if err != nil {
		return err
	}

	app.setMessages(c.TelegramAPI, dashboardURL)
	applied, err := app.applyMerchant(ctx, text)
	err = errors.Join(err, app.store.Close())

	// What is shown only once is shown, also where a bot or an address was refused after it.
	printApplied(stdout, applied)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "applied")
	return err
}

// applyMerchant stores a merchant's file. An error after the merchant was stored, of a bot
// or an e-mail address, comes with what was applied.

func (a *app) applyMerchant(ctx context.Context, text []byte) (checkout.Applied, error) {
	spec, err := readMerchant(text)
	if err != nil {
		return checkout.Applied{}, locateErrors(text, err)
	}
	if err := openSecrets(a.store, spec); err != nil {
		return checkout.Applied{}, err
	}
	if err := cleanEmails(spec); err != nil {
		return checkout.Applied{}, err
	}

	applied, err := a.service.ApplyMerchant(ctx, a.store, spec)
	if err != nil {
		return applied, locateErrors(text, err)
	}
	return applied, errors.Join(a.applyBots(ctx, spec), a.applyEmails(ctx, spec))
}

func printApplied(w io.Writer, applied checkout.Applied) {
	for _, mode := range applied.Modes {
		fmt.Fprintf(w, "%s\n", mode.Mode)
		for _, address := range mode.Register {
			fmt.Fprintf(w, "  register with %-8s as %s address: %s\n", address.Provider, address.Kind, address.URL)
		}

		if mode.APIKey != "" {
			fmt.Fprintf(w, "  API key         %s  (shown only once)\n", mode.APIKey.Reveal())
		}

		if mode.WebhookSecret != "" {
			fmt.Fprintf(w, "  webhook secret  %s  (shown only once)\n", mode.WebhookSecret.Reveal())
		}
	}

	for _, warning := range applied.Warnings {
		fmt.Fprintln(w, "warning:", warning)
	}
}
