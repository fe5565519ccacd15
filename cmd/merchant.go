package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"rieltime/checkout"
)

type merchantCommand struct {
	Apply merchantApplyCommand `cmd:"" help:"Make a merchant or change it to what its file says; safe to repeat."`
}

type merchantApplyCommand struct {
	dataFlags
	BaseURL string `help:"Our own address as buyers and providers see it." required:"" env:"RIELTIME_BASE_URL" placeholder:"https://pay.example.com"`
	File    string `arg:"" help:"The merchant's file, YAML or JSON, as docs/merchant.yaml; - for standard input."`
}

func (c *merchantApplyCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	text, err := readFile(c.File)
	if err != nil {
		return err
	}
	if _, err := readMerchant(text); err != nil {
		return inFile(text, err) // before a database is made for it
	}

	app, err := c.open(ctx, c.BaseURL, log)
	if err != nil {
		return err
	}

	applied, err := app.apply(ctx, text)
	if err := errors.Join(err, app.store.Close()); err != nil {
		return err
	}

	return printApplied(stdout, applied)
}

func (h *app) apply(ctx context.Context, text []byte) (checkout.Applied, error) {
	spec, err := readMerchant(text)
	if err != nil {
		return checkout.Applied{}, inFile(text, err)
	}
	applied, err := h.service.ApplyMerchant(ctx, h.store, spec)
	return applied, inFile(text, err)
}

func printApplied(w io.Writer, applied checkout.Applied) error {
	for _, mode := range applied.Modes {
		fmt.Fprintf(w, "%s\n", mode.Mode)
		for _, address := range mode.Register {
			fmt.Fprintf(w, "  register with %-8s as %s address: %s\n", address.Provider, address.Kind, address.URL)
		}

		if mode.APIKey != "" {
			fmt.Fprintf(w, "  API key         %s  (shown this once)\n", mode.APIKey.Reveal())
		}

		if mode.WebhookSecret != "" {
			fmt.Fprintf(w, "  webhook secret  %s  (shown this once)\n", mode.WebhookSecret.Reveal())
		}
	}

	for _, warning := range applied.Warnings {
		fmt.Fprintln(w, "warning:", warning)
	}

	_, err := fmt.Fprintln(w, "applied")
	return err
}
