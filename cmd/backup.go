package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"rieltime/db"
)

func (f dataFlags) path() string { return filepath.Join(f.Data, "rieltime.db") }

// folderFlag is dataFlags for commands that need no key.
type folderFlag struct {
	Data string `help:"Folder of the database." default:"./data" env:"RIELTIME_DATA" type:"path"`
}

func (f folderFlag) path() string { return dataFlags{Data: f.Data}.path() }

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

type checkCommand struct{ dataFlags }

// Run checks the secrets too when the key is given.
func (c *checkCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	findings, err := db.Check(ctx, c.path())
	if err != nil {
		return err
	}

	if c.Key != "" || c.KeyFile != "" {
		store, err := c.openStore(ctx, db.ReadOnly, log)
		if err != nil {
			return err
		}

		secrets, err := store.CheckSecrets(ctx)
		if err := errors.Join(err, store.Close()); err != nil {
			return err
		}

		findings = append(findings, secrets)
	}

	broken := 0
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		verdict := "ok"
		switch {
		case f.Broken > 0 && f.Note:
			verdict = "note"
		case f.Broken > 0:
			verdict = "BROKEN"
			broken++
		}

		fmt.Fprintf(table, "%s\t%s\t%s\n", verdict, f.Check, examples(f))
	}

	if err := table.Flush(); err != nil {
		return err
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d checks found something broken", broken, len(findings))
	}

	return nil
}

func examples(f db.Finding) string {
	if f.Broken == 0 {
		return ""
	}
	text := fmt.Sprintf("%d: %s", f.Broken, strings.Join(f.Examples, ", "))
	if f.Broken > len(f.Examples) {
		text += ", …"
	}
	return text
}

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

type auditCommand struct {
	dataFlags
	Actor  string `help:"Only what this key (key_…), command (cli:…) or job (job:…) did."`
	Object string `help:"Only what was done to the object of this id."`
	Limit  int    `help:"How many lines, the newest." default:"100"`
	JSON   bool   `help:"One JSON object a line."`
}

func (c *auditCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	store, err := c.openStore(ctx, db.ReadOnly, log)
	if err != nil {
		return err
	}

	trail, err := store.AuditTrail(ctx, db.AuditQuery{Actor: c.Actor, Object: c.Object, Limit: c.Limit})
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	if c.JSON {
		encoder := json.NewEncoder(stdout)
		for _, entry := range trail {
			if err := encoder.Encode(entry); err != nil {
				return err
			}
		}

		return nil
	}

	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "AT\tACTOR\tACTION\tOBJECT\tDETAIL")
	for _, e := range trail {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", e.At.Format(time.RFC3339), e.Actor, e.Action, orDash(e.Object), e.Detail)
	}

	return table.Flush()
}
