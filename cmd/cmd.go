// Package cmd is the command line of rieltime: every command, and the wiring of
// the house.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"rieltime/checkout"
	"rieltime/khqr/khqrcmd"
	"rieltime/providers/bakong/bakongcmd"
)

type commands struct {
	Serve    serveCommand    `cmd:"" help:"Run the checkout."`
	Demo     demoCommand     `cmd:"" help:"Run the checkout with simulators of the providers and a demo shop."`
	Simulate simulateCommand `cmd:"" help:"Run simulators of the providers alone."`
	Merchant merchantCommand `cmd:"" help:"Make and change merchants."`
	Key      keyCommand      `cmd:"" help:"Make, list and revoke API keys."`
	Listen   listenCommand   `cmd:"" help:"Bring a server's test events to a local address, as webhooks."`
	Trigger  triggerCommand  `cmd:"" help:"Make an event happen in test mode."`
	Webhook  webhookCommand  `cmd:"" help:"List webhook endpoints; send deliveries once more."`
	Backup   backupCommand   `cmd:"" help:"Copy the database to a new file, also while it is served."`
	Restore  restoreCommand  `cmd:"" help:"Put a backup in the place of the database."`
	Check    checkCommand    `cmd:"" help:"Check a database: its file, its invariants and, with the key, its secrets."`
	Rekey    rekeyCommand    `cmd:"" help:"Seal all secrets again with a new key."`
	Audit    auditCommand    `cmd:"" help:"Show what people and keys did."`
	DB       dbCommand       `cmd:"" name:"db" help:"Tools for developing: fill a database."`
	Doctor   doctorCommand   `cmd:"" help:"Check a deployment and say what to do."`
	Genkey   genkeyCommand   `cmd:"" help:"Print a new encryption key for RIELTIME_KEY."`
	Khqr     khqrcmd.Cmd     `cmd:"" help:"Write, read, check and draw KHQR codes."`
	Bakong   bakongcmd.Cmd   `cmd:"" help:"Talk to Bakong: tokens, accounts, transactions, deep links."`
	Kess     kessCommand     `cmd:"" help:"Talk to KESS: any service of its gateway, and reconciliation."`

	LogLevel  slog.Level `help:"Least level logged: debug, info, warn or error." default:"info" env:"RIELTIME_LOG_LEVEL"`
	LogFormat string     `help:"How log lines look: text or json." enum:"text,json" default:"text" env:"RIELTIME_LOG_FORMAT"`
}

// Main runs the command that args name, until it is done or the process is told
// to stop, and returns the exit status.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, args, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "rieltime:", explain(err))
		return 1
	}
	return 0
}

func newParser(c *commands, stdout, stderr io.Writer) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("rieltime"), kong.Description("A self-hosted checkout for Cambodia."),
		kong.UsageOnError(), kong.Writers(stdout, stderr), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c commands
	parser, err := newParser(&c, stdout, stderr)
	if err != nil {
		return err
	}

	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}

	// The parser replaces broken UTF-8, so that a name would be stored that nobody
	// gave. The khqr commands refuse it themselves, in JSON where that is asked for.
	if !strings.HasPrefix(parsed.Command(), "khqr ") && slices.ContainsFunc(args, func(arg string) bool { return !utf8.ValidString(arg) }) {
		return errors.New("an argument is not valid UTF-8")
	}

	parsed.BindTo(actorContext(ctx, parsed.Command()), (*context.Context)(nil))
	parsed.BindTo(stdout, (*io.Writer)(nil))
	return parsed.Run(logger(stderr, c.LogLevel, c.LogFormat))
}

func logger(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// actorContext names the command in the audit trail. A server acts for others.
func actorContext(ctx context.Context, command string) context.Context {
	words, _, _ := strings.Cut(command, " <")
	if words == "serve" || words == "demo" {
		return ctx
	}
	return checkout.WithActor(ctx, "cli:"+words)
}
