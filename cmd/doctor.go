package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"text/tabwriter"
	"time"

	"rieltime/db"
	"rieltime/webhooks/outbound"
)

type doctorCommand struct {
	dataFlags
	BaseURL              string `help:"Our own address as buyers and providers see it." required:"" env:"RIELTIME_BASE_URL" placeholder:"https://pay.example.com"`
	TimeURL              string `help:"Any well-kept https server, to compare the clock with." default:"https://www.cloudflare.com"`
	AllowPrivateWebhooks bool   `help:"As serve has it." env:"RIELTIME_ALLOW_PRIVATE_WEBHOOKS"`
}

func (c *doctorCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	client := &http.Client{Timeout: doctorTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	clock, online := checkClock(ctx, client, c.TimeURL, time.Now)
	findings := []finding{clock, checkAddress(ctx, client, c.BaseURL, online)}
	findings = append(findings, checkFolder(c.Data, c.path())...)
	findings = append(findings, checkDisk(c.Data))
	findings = append(findings, c.checkHouse(ctx, log)...)
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		fmt.Fprintf(table, "%s\t%s\n", f.verdict, f.what)
		if f.advice != "" {
			fmt.Fprintf(table, "\t→ %s\n", f.advice)
		}
	}

	if err := table.Flush(); err != nil {
		return err
	}
	if slices.ContainsFunc(findings, func(f finding) bool { return f.verdict == problem }) {
		return errors.New("the doctor found problems")
	}

	return nil
}

// checkHouse is what takes the key to see. It makes no database where there is
// none, and migrates none: a server of an older version may be using it.
func (c *doctorCommand) checkHouse(ctx context.Context, log *slog.Logger) []finding {
	app, err := c.openAs(ctx, db.Existing, c.BaseURL, log)
	switch {
	case errors.Is(err, db.ErrNoDatabase):
		return []finding{{problem, err.Error(), "apply a merchant's file (rieltime merchant apply) or restore a backup; check --data"}}
	case errors.Is(err, db.ErrVersion):
		return []finding{{problem, err.Error(), "finish the upgrade, or the way back: see docs/operations.md"}}
	case err != nil:
		return []finding{{problem, "the database does not open: " + explain(err), "set RIELTIME_KEY to the key that this database was made with"}}
	}

	defer app.store.Close()

	findings := []finding{{fine, "the key opens the database", ""}}
	secrets, err := app.store.CheckSecrets(ctx)
	if err != nil || secrets.Broken > 0 {
		findings = append(findings, finding{problem, "some secrets do not open with the key", "set RIELTIME_OLD_KEY to the key before and run rieltime rekey; rieltime check lists them"})
	}

	findings = append(findings, checkInvariants(ctx, c.path()))
	findings = append(findings, checkAccounts(ctx, app)...)
	return append(findings, checkEndpoints(ctx, app.store, outbound.NewClient(doctorTimeout, c.AllowPrivateWebhooks))...)
}

func checkInvariants(ctx context.Context, path string) finding {
	found, err := db.Check(ctx, path)
	if err != nil || slices.ContainsFunc(found, func(f db.Finding) bool { return f.Broken > 0 && !f.Note }) {
		return finding{problem, "the database breaks its invariants", "run rieltime check, keep a copy of the file, and tell the maintainers"}
	}
	return finding{fine, "the database holds its invariants", ""}
}
