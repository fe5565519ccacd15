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
	Create keyCreateCommand `cmd:"" help:"Create an API key. It is shown only once."`
	List   keyListCommand   `cmd:"" help:"List a merchant's API keys."`
	Revoke keyRevokeCommand `cmd:"" help:"Revoke an API key immediately."`
}

type keyCreateCommand struct {
	dataFlags
	Merchant string        `arg:"" optional:"" help:"The merchant's id; not needed with --replaces."`
	Mode     string        `help:"test or live." enum:"test,live" default:"test"`
	Name     string        `help:"Name of the key, such as what it is used for."`
	Scopes   []string      `help:"Scopes: read, write, refunds. All by default." placeholder:"SCOPE"`
	Address  []string      `help:"Address or CIDR block from which the key may be used. Any by default." placeholder:"203.0.113.0/24"`
	Expires  time.Time     `help:"Expiry date, at 00:00 UTC." format:"2006-01-02" placeholder:"2027-01-31"`
	Replaces string        `help:"Id of the key to replace. Its mode, scopes and addresses are kept unless given." placeholder:"key_…"`
	Overlap  time.Duration `help:"How long the replaced key keeps working." default:"24h"`
}

func (c *keyCreateCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	if c.Merchant == "" && c.Replaces == "" {
		return errors.New("give a merchant, or the key to replace")
	}

	store, err := c.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}

	text, key, err := checkout.CreateKey(ctx, store, checkout.KeyParams{
		MerchantID: c.Merchant, Mode: checkout.Mode(c.Mode), Name: c.Name, Scopes: c.Scopes, Addresses: c.Address,
		ExpiresAt: c.Expires, Replaces: c.Replaces, Overlap: c.Overlap,
	}, store.Now())
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	fmt.Fprintf(stdout, "%s\n  API key  %s  (shown only once)\n", key.ID, text.Reveal())
	if c.Replaces != "" {
		fmt.Fprintf(stdout, "  %s keeps working for %s\n", c.Replaces, c.Overlap)
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
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", key.ID, key.Mode, key.Hint, orDash(key.Name), joinList(key.Scopes),
			orDash(joinList(key.Addresses)), formatTime(key.UsedAt), keyStatus(key, store.Now()))
	}

	return table.Flush()
}

func keyStatus(key checkout.APIKey, now time.Time) string {
	switch {
	case !key.RevokedAt.IsZero():
		return "revoked " + formatTime(key.RevokedAt)
	case key.ExpiresAt.IsZero():
		return "active"
	case now.Before(key.ExpiresAt):
		return "active until " + formatTime(key.ExpiresAt)
	}
	return "expired " + formatTime(key.ExpiresAt)
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

	key, err := store.RevokeKey(ctx, c.ID, store.Now())
	if errors.Is(err, checkout.ErrNotFound) {
		err = fmt.Errorf("key %q does not exist", c.ID)
	}

	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	_, err = fmt.Fprintf(stdout, "%s is revoked\n", key.ID)
	return err
}
