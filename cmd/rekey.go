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
		return errors.New("set RIELTIME_KEY to the new key and RIELTIME_OLD_KEY to the one before")
	}

	store, err := c.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}

	resealed, err := store.Rekey(ctx)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	_, err = fmt.Fprintf(stdout, "%d secrets sealed again; RIELTIME_OLD_KEY is needed only for backups made before\n", resealed)
	return err
}
