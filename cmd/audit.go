package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"rieltime/db"
)

type auditCommand struct {
	dataFlags
	Actor  string `help:"Show only actions of this key (key_…), command (cli:…) or job (job:…)."`
	Object string `help:"Show only actions on the object with this id."`
	Limit  int    `help:"Show this many of the newest entries." default:"100"`
	JSON   bool   `help:"Print one JSON object per line."`
}

const maxAuditLines = 1_000_000

// Validate refuses limits that would show no entries or all of them.
func (c *auditCommand) Validate() error {
	if c.Limit < 1 || c.Limit > maxAuditLines {
		return fmt.Errorf("--limit must be from 1 to %d", maxAuditLines)
	}
	return nil
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
