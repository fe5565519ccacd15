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
	BaseURL              string `help:"Public address of this server, as buyers and providers see it." required:"" env:"RIELTIME_BASE_URL" placeholder:"https://pay.example.com"`
	DashboardURL         string `help:"Public address of the dashboard, where serve has it on one of its own." env:"RIELTIME_DASHBOARD_URL" placeholder:"https://dashboard.example.com"`
	TimeURL              string `help:"HTTPS server to compare the clock with." default:"https://www.cloudflare.com"`
	AllowPrivateWebhooks bool   `help:"Same as serve's flag." env:"RIELTIME_ALLOW_PRIVATE_WEBHOOKS"`
}

func (c *doctorCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	client := &http.Client{Timeout: doctorTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	clock, online := checkClock(ctx, client, c.TimeURL, time.Now)
	findings := []finding{clock, checkPublicURL(ctx, client, c.BaseURL, "RIELTIME_BASE_URL", online)}
	if c.DashboardURL != "" {
		findings = append(findings, checkPublicURL(ctx, client, c.DashboardURL, "RIELTIME_DASHBOARD_URL", online))
	}
	if c.Database == "" {
		findings = append(findings, checkDataFolder(c.Data, c.path())...)
		findings = append(findings, checkDisk(c.Data))
	}
	findings = append(findings, c.checkDatabase(ctx, log)...)
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
	if slices.ContainsFunc(findings, func(f finding) bool { return f.verdict == verdictProblem }) {
		return errors.New("problems found")
	}

	return nil
}

// checkDatabase checks everything that needs the key. It neither creates nor
// migrates a database: a server of an older version may be using it.
func (c *doctorCommand) checkDatabase(ctx context.Context, log *slog.Logger) []finding {
	app, err := c.openAs(ctx, db.Existing, c.BaseURL, log)
	switch {
	case errors.Is(err, db.ErrNoDatabase):
		return []finding{{verdictProblem, err.Error(), "check --data, apply a merchant file (rieltime merchant apply) or restore a backup"}}
	case errors.Is(err, db.ErrVersion):
		return []finding{{verdictProblem, err.Error(), "finish the upgrade or the rollback: see docs/operations.md"}}
	case err != nil:
		return []finding{{verdictProblem, "the database cannot be opened: " + explainError(err), "set RIELTIME_KEY to the key that this database was created with"}}
	}

	defer app.store.Close()

	findings := []finding{{verdictOK, "the key opens the database", ""}}
	secrets, err := app.store.CheckSecrets(ctx)
	if err != nil || secrets.Broken > 0 {
		findings = append(findings, finding{verdictProblem, "some secrets cannot be decrypted with the key", "set RIELTIME_OLD_KEY to the previous key and run rieltime rekey; rieltime check lists the secrets"})
	}

	server, err := app.store.Server(ctx)
	switch {
	case err != nil:
		findings = append(findings, finding{verdictUnknown, "the database server's settings cannot be read: " + err.Error(), "check the user's rights"})
	case server != nil:
		findings = append(findings, checkServer(*server)...)
	}

	findings = append(findings, checkCurrencies(ctx, app.store)...)
	findings = append(findings, checkInvariants(ctx, c.options()))
	findings = append(findings, checkAccounts(ctx, app)...)
	return append(findings, checkEndpoints(ctx, app.store, outbound.NewClient(doctorTimeout, c.AllowPrivateWebhooks))...)
}

func checkInvariants(ctx context.Context, database db.Options) finding {
	found, err := db.Check(ctx, database)
	if err != nil || slices.ContainsFunc(found, func(f db.Finding) bool { return f.Broken > 0 && !f.Note }) {
		return finding{verdictProblem, "the database violates its invariants", "run rieltime check, keep a backup, and tell the maintainers"}
	}
	return finding{verdictOK, "the database satisfies its invariants", ""}
}
