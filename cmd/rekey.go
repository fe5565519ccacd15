package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"rieltime/db"
)

type rekeyCommand struct{ dataFlags }

func (c *rekeyCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	if c.OldKey == "" {
		return errors.New("set RIELTIME_KEY to the new key and RIELTIME_OLD_KEY to the previous one")
	}

	store, err := c.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}

	resealed, err := store.Rekey(ctx)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	_, err = fmt.Fprintf(stdout, "%d secrets encrypted with the new key; RIELTIME_OLD_KEY is only needed for earlier backups\n", resealed)
	return err
}
