package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"rieltime/db"
)

type checkCommand struct{ dataFlags }

// Run also checks the secrets when the key is given.
func (c *checkCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	findings, err := db.Check(ctx, c.options())
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

		fmt.Fprintf(table, "%s\t%s\t%s\n", verdict, f.Check, findingDetail(f))
	}

	if err := table.Flush(); err != nil {
		return err
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d checks found violations", broken, len(findings))
	}

	return nil
}

// findingDetail returns how many violations there are, with examples.
func findingDetail(f db.Finding) string {
	if f.Broken == 0 {
		return ""
	}
	text := fmt.Sprintf("%d: %s", f.Broken, strings.Join(f.Examples, ", "))
	if f.Broken > len(f.Examples) {
		text += ", …"
	}
	return text
}
