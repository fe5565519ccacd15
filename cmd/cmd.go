// Package cmd is the command line of rieltime: a file for each command, named
// after it, and the wiring of the server (app.go, serve.go).
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
	"rieltime/db"
	"rieltime/khqr/khqrcmd"
)

type commands struct {
	Init        initCommand        `cmd:"" help:"Ask six questions and make a deployment: settings, key, database, a merchant and its owner."`
	Serve       serveCommand       `cmd:"" help:"Run the checkout."`
	Demo        demoCommand        `cmd:"" help:"Run the checkout with simulators of the providers and a demo shop."`
	Simulate    simulateCommand    `cmd:"" help:"Run only the simulators of the providers."`
	TelegramSim telegramSimCommand `cmd:"" name:"telegram-sim" help:"Run only the simulator of Telegram."`
	Merchant    merchantCommand    `cmd:"" help:"Create and update merchants."`
	Key         keyCommand         `cmd:"" help:"Create, list and revoke API keys."`
	User        userCommand        `cmd:"" help:"Invite, list, reset, remove and disable users of the dashboard."`
	Mail        mailCommand        `cmd:"" help:"Set, show, test and remove the SMTP server that e-mail is sent by."`
	Reconcile   reconcileCommand   `cmd:"" help:"Compare the payments of a day with the providers' records, and record the money that they prove."`
	Statement   statementCommand   `cmd:"" help:"Import statements of banks and show what differs from the payments."`
	Rate        rateCommand        `cmd:"" help:"Set, list and import rates of exchange."`
	Listen      listenCommand      `cmd:"" help:"Forward a server's test events to a local address as webhooks."`
	Trigger     triggerCommand     `cmd:"" help:"Cause an event in test mode."`
	Webhook     webhookCommand     `cmd:"" help:"List webhook endpoints and deliveries, and send deliveries again."`
	Backup      backupCommand      `cmd:"" help:"Copy the database to a new file, even while the server runs."`
	Restore     restoreCommand     `cmd:"" help:"Replace the database with a backup."`
	Check       checkCommand       `cmd:"" help:"Check a database: its file, its invariants and, given the key, its secrets."`
	Rekey       rekeyCommand       `cmd:"" help:"Encrypt all secrets with a new key."`
	Audit       auditCommand       `cmd:"" help:"Show the audit trail."`
	DB          dbCommand          `cmd:"" name:"db" help:"Copy a database to another one, or fill one for measurements."`
	Doctor      doctorCommand      `cmd:"" help:"Check a deployment and suggest fixes."`
	Genkey      genkeyCommand      `cmd:"" help:"Print a new encryption key for RIELTIME_KEY."`
	Completion  completionCommand  `cmd:"" help:"Print a script that completes commands in bash, zsh or fish."`
	Man         manCommand         `cmd:"" help:"Print the manual page, for man."`
	Khqr        khqrcmd.Cmd        `cmd:"" help:"Encode, decode, check and draw KHQR codes."`

	LogLevel  slog.Level `help:"Minimum log level: debug, info, warn or error." default:"info" env:"RIELTIME_LOG_LEVEL"`
	LogFormat string     `help:"Log format: text or json." enum:"text,json" default:"text" env:"RIELTIME_LOG_FORMAT"`
}

// Main runs the command given by args until it ends or the process is asked to
// stop, and returns the exit status.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, args, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "rieltime:", explainError(err))
		return 1
	}
	return 0
}

// newParser returns the parser of the commands, those of the providers included.
func newParser(c *commands, stdout, stderr io.Writer) (*kong.Kong, error) {
	method, err := methodWith[checkout.Provider]()
	if err != nil {
		return nil, err
	}

	c.Simulate.Addresses, c.Demo.Addresses = addressFlags(""), addressFlags("-sim")
	options := []kong.Option{
		kong.Name("rieltime"), kong.Description("A self-hosted checkout for Cambodia."),
		kong.Vars{"method": method, "retain_personal": db.DefaultRetainPersonal.String()},
		kong.UsageOnError(), kong.Writers(stdout, stderr), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	}
	return kong.New(c, append(options, providerCommands()...)...)
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

	// The parser replaces invalid UTF-8, so a name would be stored that nobody
	// entered. The khqr commands refuse it themselves, as JSON when that is wanted.
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

// actorContext records the command as the actor in the audit trail. The servers
// act for others.
func actorContext(ctx context.Context, command string) context.Context {
	words, _, _ := strings.Cut(command, " <")
	if words == "serve" || words == "demo" {
		return ctx
	}
	return checkout.WithActor(ctx, "cli:"+words)
}
