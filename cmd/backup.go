package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rieltime/db"
)

type backupCommand struct {
	folderFlag
	File string `arg:"" help:"The new file; it must not exist yet." type:"path"`
}

// Run needs no key: the copy's secrets stay sealed.
func (c *backupCommand) Run(ctx context.Context, stdout io.Writer) error {
	if err := db.Backup(ctx, c.path(), c.File); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "%s\nKeep RIELTIME_KEY too, in another place: the backup's secrets cannot be read without it.\n", c.File)
	return err
}

type restoreCommand struct {
	folderFlag
	File  string `arg:"" help:"A file that backup made." type:"path"`
	Force bool   `help:"Take the place of a database that is there; it is kept beside the new one."`
}

func (c *restoreCommand) Run(ctx context.Context, stdout io.Writer) error {
	kept, err := db.Restore(ctx, c.File, c.path(), c.Force)
	if errors.Is(err, db.ErrExists) && !c.Force {
		err = fmt.Errorf("%w: --force takes its place, and keeps it beside the new one", err)
	}

	if err != nil {
		return err
	}

	if kept != "" {
		fmt.Fprintf(stdout, "the database before is kept as %s\n", kept)
	}

	_, err = fmt.Fprintf(stdout, "restored %s\nPayments made since the backup are unknown to it: compare with the providers' own records (rieltime kess reconcile).\n", c.path())
	return err
}
