package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/reconcile"
	"rieltime/db"
	"rieltime/internal/cambodia"
)

type reconcileCommand struct {
	dataFlags
	Day      string        `arg:"" optional:"" help:"Day in Cambodian time, such as 2026-11-20. Yesterday by default."`
	Provider string        `help:"Only accounts at this provider, such as kess."`
	Merchant string        `help:"Only accounts of this merchant."`
	Wait     time.Duration `help:"How long to wait for providers' answers about payments without money. What is not answered by then stays due." default:"1m"`
}

// errReconcileDiffers is returned after printing the differences.
var errReconcileDiffers = errors.New("the records of the two sides differ")

// Validate checks the flags.
func (c *reconcileCommand) Validate() error {
	if c.Wait < 0 || c.Wait > time.Hour {
		return errors.New("--wait must be from 0s to 1h")
	}
	return nil
}

// Run prints what is missing, extra or different, for each account.
func (c *reconcileCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	day, err := c.day()
	if err != nil {
		return err
	}
	app, err := c.openAs(ctx, db.Existing, "http://localhost", log) // nothing is started, so no address is given out
	if err != nil {
		return err
	}
	reports, err := c.compare(ctx, app, day)
	if err := errors.Join(err, app.store.Close()); err != nil && reports == nil {
		return err
	}

	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := errors.Join(err, encoder.Encode(reports)); err != nil {
		return err
	}
	if slices.ContainsFunc(reports, func(r reconcile.Report) bool { return r.Differences() > 0 }) {
		return errReconcileDiffers
	}
	return nil
}

func (c *reconcileCommand) day() (cambodia.Day, error) {
	if c.Day == "" {
		return cambodia.DayOf(time.Now()) - 1, nil
	}
	day, err := cambodia.ParseDay(c.Day)
	if err != nil {
		return 0, fmt.Errorf("%q is not a day such as 2026-11-20", c.Day)
	}
	return day, nil
}

// compare makes the reports while a verifier queries what they ask about: a server need
// not run, and one that does shares the work.
func (c *reconcileCommand) compare(ctx context.Context, app *app, day cambodia.Day) ([]reconcile.Report, error) {
	accounts, err := app.store.EnabledAccounts(ctx)
	if err != nil {
		return nil, err
	}
	accounts = slices.DeleteFunc(accounts, func(a checkout.Account) bool {
		return c.Provider != "" && a.Provider != c.Provider || c.Merchant != "" && a.MerchantID != c.Merchant
	})
	if len(accounts) == 0 {
		return nil, errors.New("there is no such account")
	}

	verifying, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		app.verifier.Run(verifying)
	}()
	defer func() { stop(); <-done }()
	return app.reconciler().Accounts(ctx, accounts, reconcile.Request{Day: day, AnsweredSince: app.store.Now().Add(-reconcile.AskAgainAfter), Wait: c.Wait})
}

func (a *app) reconciler() *reconcile.Service {
	return reconcile.NewService(a.store, a.service.Provider, a.store.Now)
}

// dailyWait is how long the daily job waits for answers; it is repeated until all came.
const dailyWait = 2 * time.Minute

// reconcileDaily compares a day with the records of all providers that can be asked.
func (a *app) reconcileDaily(ctx context.Context, day cambodia.Day) error {
	accounts, err := a.store.EnabledAccounts(ctx)
	if err != nil {
		return err
	}
	accounts = slices.DeleteFunc(accounts, func(account checkout.Account) bool {
		provider := a.service.Provider(account.Provider)
		return provider == nil || reconcile.MeansOf(provider) == reconcile.ByNothing
	})

	reports, err := a.reconciler().Accounts(ctx, accounts, reconcile.Request{Day: day, AnsweredSince: (day + 1).Begin(), Wait: dailyWait})
	unanswered := 0
	for _, report := range reports {
		logReport(a.log, report)
		unanswered += report.Unanswered
	}
	if err != nil {
		a.log.Warn("reconciliation failed", "day", day.String(), "error", err)
	}
	if unanswered > 0 {
		err = errors.Join(err, fmt.Errorf("%d payments of %s have no answer yet", unanswered, day))
	}
	return err
}

func logReport(log *slog.Logger, report reconcile.Report) {
	log = log.With("provider", report.Provider, "day", report.Day.String(), "merchant", report.Merchant, "mode", report.Mode, "account", report.Account)
	log.Info("reconciled", "matched", report.Matched, "found", len(report.Found), "unanswered", report.Unanswered,
		"missing", len(report.Missing), "extra", len(report.Extra), "different", len(report.Different))
	for _, entry := range report.Missing {
		log.Warn("payment is unknown to the provider", "provider_reference", entry.Reference, "status", entry.Status, "amount", entry.Amount, "currency", entry.Currency)
	}

	for _, entry := range report.Extra {
		log.Warn("order at the provider has no payment", "provider_reference", entry.Reference, "status", entry.Status, "amount", entry.Amount, "currency", entry.Currency)
	}

	for _, both := range report.Different {
		log.Warn("payment differs at the provider", "provider_reference", both.Ours.Reference, "differ", both.Fields,
			"ours", both.Ours.Status, "theirs", both.Theirs.Status, "amount", both.Ours.Amount, "their_amount", both.Theirs.Amount)
	}
}
