package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rieltime/db"
)

type backupCommand struct {
	databaseFlags
	File string `arg:"" help:"New file to write; it must not exist yet." type:"path"`
}

// Run needs no key: the secrets in the copy stay encrypted.
func (c *backupCommand) Run(ctx context.Context, stdout io.Writer) error {
	path, err := c.file()
	if err != nil {
		return err
	}
	if err := db.Backup(ctx, path, c.File); err != nil {
		return err
	}

	_, err = fmt.Fprintf(stdout, "%s\nAlso keep RIELTIME_KEY, in a different place: the secrets in the backup cannot be read without it.\n", c.File)
	return err
}

type restoreCommand struct {
	databaseFlags
	File  string `arg:"" help:"File written by backup." type:"path"`
	Force bool   `help:"Replace an existing database, which is kept beside the new one."`
}

func (c *restoreCommand) Run(ctx context.Context, stdout io.Writer) error {
	path, err := c.file()
	if err != nil {
		return err
	}

	kept, err := db.Restore(ctx, c.File, path, c.Force)
	if errors.Is(err, db.ErrExists) && !c.Force {
		err = fmt.Errorf("%w: --force replaces it and keeps it beside the new one", err)
	}

	if err != nil {
		return err
	}

	if kept != "" {
		fmt.Fprintf(stdout, "the previous database is kept as %s\n", kept)
	}

	_, err = fmt.Fprintf(stdout, "restored %s\nIt does not know payments made since the backup: compare with the providers' own records (rieltime PROVIDER reconcile, if a provider lists its orders).\n", path)
	return err
}
