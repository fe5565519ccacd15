package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"Make an API key; it is shown once."`
	List   keyListCommand   `cmd:"" help:"List a merchant's API keys."`
	Revoke keyRevokeCommand `cmd:"" help:"End an API key at once."`
}

type keyCreateCommand struct {
	dataFlags
	Merchant string        `arg:"" optional:"" help:"The merchant's id; not needed with --replaces."`
	Mode     string        `help:"test or live." enum:"test,live" default:"test"`
	Name     string        `help:"What the key is for."`
	Scopes   []string      `help:"What it may do: read, write, refunds. All, unless given." placeholder:"SCOPE"`
	Address  []string      `help:"Address or CIDR block it may be used from. Any, unless given." placeholder:"203.0.113.0/24"`
	Expires  time.Time     `help:"Day on which it ends, at 00:00 UTC." format:"2006-01-02" placeholder:"2027-01-31"`
	Replaces string        `help:"Id of the key that this one replaces: mode, scopes and addresses are taken over unless given." placeholder:"key_…"`
	Overlap  time.Duration `help:"How long the replaced key goes on working." default:"24h"`
}

func (c *keyCreateCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	if c.Merchant == "" && c.Replaces == "" {
		return errors.New("name the merchant, or the key to replace")
	}

	store, err := c.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}

	text, key, err := checkout.CreateKey(ctx, store, checkout.KeyParams{
		MerchantID: c.Merchant, Mode: checkout.Mode(c.Mode), Name: c.Name, Scopes: c.Scopes, Addresses: c.Address,
		ExpiresAt: c.Expires, Replaces: c.Replaces, Overlap: c.Overlap,
	}, time.Now())
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	fmt.Fprintf(stdout, "%s\n  API key  %s  (shown this once)\n", key.ID, text.Reveal())
	if c.Replaces != "" {
		fmt.Fprintf(stdout, "  %s works for %s more\n", c.Replaces, c.Overlap)
	}

	return nil
}

type keyListCommand struct {
	dataFlags
	Merchant string `arg:"" help:"The merchant's id."`
}

func (c *keyListCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	store, err := c.openStore(ctx, db.ReadOnly, log)
	if err != nil {
		return err
	}

	keys, err := store.Keys(ctx, c.Merchant)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tMODE\tENDS WITH\tNAME\tSCOPES\tADDRESSES\tLAST USED\tSTATUS")
	for _, key := range keys {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", key.ID, key.Mode, key.Hint, orDash(key.Name), joined(key.Scopes),
			orDash(joined(key.Addresses)), day(key.UsedAt), keyStatus(key, time.Now()))
	}

	return table.Flush()
}

func keyStatus(key checkout.APIKey, now time.Time) string {
	switch {
	case !key.RevokedAt.IsZero():
		return "revoked " + day(key.RevokedAt)
	case key.ExpiresAt.IsZero():
		return "works"
	case now.Before(key.ExpiresAt):
		return "works until " + day(key.ExpiresAt)
	}
	return "expired " + day(key.ExpiresAt)
}

type keyRevokeCommand struct {
	dataFlags
	ID string `arg:"" help:"The key's id." placeholder:"key_…"`
}

func (c *keyRevokeCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	store, err := c.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}

	key, err := store.RevokeKey(ctx, c.ID, time.Now())
	if errors.Is(err, checkout.ErrNotFound) {
		err = fmt.Errorf("there is no key %q", c.ID)
	}

	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	_, err = fmt.Fprintf(stdout, "%s is revoked\n", key.ID)
	return err
}
