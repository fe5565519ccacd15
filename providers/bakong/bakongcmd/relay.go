package bakongcmd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/relay"
)

// Relay is "relay": it forwards calls of Bakong's API from a machine in Cambodia. Its Run
// methods take a context.Context, an io.Writer and a *slog.Logger.
type Relay struct {
	Serve RelayServe `cmd:"" help:"Forward calls. Run it on a machine in Cambodia."`
	Keys  RelayKeys  `cmd:"" help:"Make the keys of a relay and of the one who may call it."`
}

// Summary returns the command's line of help.
func (*Relay) Summary() string { return "Forward calls of Bakong's API from a machine in Cambodia." }

// RelayServe is "relay serve".
type RelayServe struct {
	Listen   string  `help:"Address to listen on." default:":8443" env:"RIELTIME_RELAY_LISTEN"`
	Upstream string  `help:"Address of Bakong's API." default:"https://api-bakong.nbc.gov.kh" env:"RIELTIME_BAKONG_URL"`
	Identity string  `help:"File with the relay's keys: relay.pem of relay keys." required:"" env:"RIELTIME_RELAY_IDENTITY" type:"existingfile"`
	Rate     float64 `help:"Calls per second, of all callers together." default:"20" env:"RIELTIME_RELAY_RATE"`
}

// Validate checks the flags.
func (r *RelayServe) Validate() error {
	if !(r.Rate > 0 && r.Rate <= 10_000) {
		return errors.New("--rate must be more than 0 and at most 10000")
	}
	address, err := checkout.ParseWebURL(r.Upstream)
	if err != nil {
		return fmt.Errorf("--upstream %w", err)
	}
	if address.RawQuery != "" || address.Fragment != "" {
		return errors.New("--upstream must be like https://api-bakong.nbc.gov.kh")
	}
	return nil
}

// Run forwards calls until ctx ends.
func (r *RelayServe) Run(ctx context.Context, out io.Writer, log *slog.Logger) error {
	upstream, err := checkout.ParseWebURL(r.Upstream)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(r.Identity)
	if err != nil {
		return err
	}
	config, err := relay.ServerTLS(checkout.Secret(text))
	if err != nil {
		return fmt.Errorf("%s: %w", r.Identity, err)
	}
	listener, err := net.Listen("tcp", r.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "relay to %s at %s\n", upstream, listener.Addr())
	return relay.Serve(ctx, tls.NewListener(listener, config), relay.New(relay.Options{Upstream: upstream, PerSecond: r.Rate, Log: log}), log)
}

// RelayKeys is "relay keys".
type RelayKeys struct {
	Host   string `arg:"" help:"Name or address at which the relay is called, such as relay.example.com."`
	Folder string `help:"Existing folder to write relay.pem and caller.txt to." default:"." type:"existingdir"`
}

// Run writes the keys, both or none. It overwrites nothing.
func (r *RelayKeys) Run(out io.Writer) error {
	server, caller, err := relay.NewKeys(r.Host, time.Now())
	if err != nil {
		return err
	}
	pem := filepath.Join(r.Folder, "relay.pem")
	if err := writeNew(pem, server.Reveal()); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(r.Folder, "caller.txt"), relay.Line(caller)+"\n"); err != nil {
		return errors.Join(err, os.Remove(pem)) // of use with its caller only
	}
	fmt.Fprintf(out, "relay.pem is for the relay at %s, caller.txt is the setting upstream_identity. Both are secret, and good until %s.\n", r.Host, time.Now().Add(relay.KeysLast).Format(time.DateOnly))
	return nil
}

func writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
