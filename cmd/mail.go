package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/db"
	"rieltime/internal/mail"
	"rieltime/internal/mailer"
)

type mailCommand struct {
	Set    mailSetCommand    `cmd:"" help:"Set the SMTP server that e-mail is sent by. It is signed in to first."`
	Show   mailShowCommand   `cmd:"" help:"Show the SMTP server, without its password."`
	Test   mailTestCommand   `cmd:"" help:"Send a message to an address now."`
	Remove mailRemoveCommand `cmd:"" help:"Send no e-mail any more."`
}

type mailSetCommand struct {
	dataFlags
	Server   string          `arg:"" help:"Host and port, such as smtp.example.com:587."`
	From     string          `help:"Sender of all messages: an address, or \"Name <address>\"." required:"" placeholder:"ADDRESS"`
	TLS      bool            `help:"Encrypt from the first byte, as servers at port 465 want it. Otherwise STARTTLS; nothing is sent without encryption."`
	Username string          `help:"User name, if the server wants one." placeholder:"NAME"`
	Password checkout.Secret `help:"Its password; better in the environment than in the command. It is stored encrypted." env:"RIELTIME_MAIL_PASSWORD" placeholder:"PASSWORD"`
	NoCheck  bool            `help:"Do not sign in first."`
}

// Validate checks the forms.
func (c *mailSetCommand) Validate() error {
	if host, port, err := net.SplitHostPort(c.Server); err != nil || host == "" || port == "" {
		return fmt.Errorf("the server %q must be like smtp.example.com:587", c.Server)
	}
	if err := mail.CheckFrom(c.From); err != nil {
		return fmt.Errorf("--from: %q is no sender", c.From)
	}
	if (c.Username == "") != (c.Password == "") {
		return errors.New("give both --username and --password, or neither")
	}
	return nil
}

func (c *mailSetCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	server := notices.MailServer{Address: c.Server, TLS: c.TLS, Username: c.Username, Password: c.Password, From: c.From}
	if !c.NoCheck {
		if err := mailer.Server(server, nil).Check(ctx); err != nil {
			return fmt.Errorf("nothing was saved: %w", err)
		}
	}
	return c.withStore(ctx, log, func(store *db.Store) error {
		if err := store.SetMailServer(ctx, server); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "e-mail is sent by %s\n", c.Server)
		return err
	})
}

// withStore runs work on an existing database.
func (f dataFlags) withStore(ctx context.Context, log *slog.Logger, work func(*db.Store) error) error {
	store, err := f.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}
	return errors.Join(work(store), store.Close())
}

// mailServer is the server that is set, or an error that says how to set one.
func mailServer(ctx context.Context, store *db.Store) (notices.MailServer, error) {
	server, err := store.MailServer(ctx)
	if errors.Is(err, checkout.ErrNotFound) {
		return server, errors.New("no mail server is set: see `rieltime mail set`")
	}
	return server, err
}

type mailShowCommand struct {
	dataFlags
}

func (c *mailShowCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.withStore(ctx, log, func(store *db.Store) error {
		server, err := mailServer(ctx, store)
		if err != nil {
			return err
		}
		encryption := "STARTTLS"
		if server.TLS {
			encryption = "TLS"
		}
		_, err = fmt.Fprintf(stdout, "server      %s\nencryption  %s\nfrom        %s\nuser name   %s\n", server.Address, encryption, server.From, server.Username)
		return err
	})
}

type mailTestCommand struct {
	dataFlags
	Email string `arg:"" help:"The address."`
}

func (c *mailTestCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.withStore(ctx, log, func(store *db.Store) error {
		server, err := mailServer(ctx, store)
		if err != nil {
			return err
		}
		err = mailer.Server(server, nil).Send(ctx, mail.Message{
			ID: checkout.NewID("test_"), To: c.Email, Subject: "Rieltime", Text: "This is a test.", Date: time.Now(),
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(stdout, "%s has taken the message to %s\n", server.Address, c.Email)
		return err
	})
}

type mailRemoveCommand struct {
	dataFlags
}

func (c *mailRemoveCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.withStore(ctx, log, func(store *db.Store) error {
		err := store.DeleteMailServer(ctx)
		if errors.Is(err, checkout.ErrNotFound) {
			return errors.New("no mail server is set")
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(stdout, "no e-mail is sent any more")
		return err
	})
}
