package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/internal/cambodia"
	"rieltime/providers"
)

// clockSlack is how far a provider's clock may be from ours: an order may be of the
// day before or after our payment's.
const clockSlack = time.Hour

// reconcileCommands are for each provider that lists its orders.
type reconcileCommands struct {
	Reconcile reconcileCommand `cmd:"" help:"Compare the payments of a day with the orders at ${provider}."`
}

type reconcileCommand struct {
	dataFlags
	provider string
	Day      string `arg:"" optional:"" help:"Day in Cambodian time, such as 2026-11-20. Yesterday by default."`
}

// errReconcileDiffers is returned after printing the differences.
var errReconcileDiffers = errors.New("the records of the two sides differ")

// Run prints what is missing, extra or different, for each account.
func (c *reconcileCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	day := time.Now().In(cambodia.Zone).AddDate(0, 0, -1)
	if c.Day != "" {
		given, err := time.ParseInLocation(time.DateOnly, c.Day, cambodia.Zone)
		if err != nil {
			return fmt.Errorf("%q is not a day such as 2026-11-20", c.Day)
		}
		day = given
	}

	store, err := c.openStore(ctx, db.ReadOnly, log)
	if err != nil {
		return err
	}

	all := Providers(providers.Options{Vault: &overlayVault{base: store}, Log: log, Now: store.Now})
	at := slices.IndexFunc(all, func(p checkout.Provider) bool { return p.Name() == c.provider })
	found, err := reconcile(ctx, store, all[at], day)
	failed := errors.Join(err, store.Close())
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := errors.Join(failed, encoder.Encode(found)); err != nil {
		return err
	}
	if slices.ContainsFunc(found, func(account accountReconciliation) bool { return !account.Clean() }) {
		return errReconcileDiffers
	}

	return nil
}

// overlayVault reads from the database but keeps changes, such as a new login
// token, in memory for as long as the command runs.
type overlayVault struct {
	base    checkout.Vault
	changed sync.Map // of overlayKey to checkout.Secret, or to nil when it is deleted
}

type overlayKey struct{ account, name string }

func (v *overlayVault) Get(ctx context.Context, accountID, name string) (checkout.Secret, error) {
	changed, is := v.changed.Load(overlayKey{accountID, name})
	if !is {
		return v.base.Get(ctx, accountID, name)
	}
	if value, is := changed.(checkout.Secret); is {
		return value, nil
	}
	return "", checkout.ErrNotFound
}

func (v *overlayVault) Put(_ context.Context, accountID, name string, value checkout.Secret) error {
	v.changed.Store(overlayKey{accountID, name}, value)
	return nil
}

func (v *overlayVault) Delete(_ context.Context, accountID, name string) error {
	v.changed.Store(overlayKey{accountID, name}, nil)
	return nil
}

// Lease always succeeds: no other process renews secrets kept in memory.
func (v *overlayVault) Lease(_ context.Context, accountID, name string, _ time.Duration) (lease checkout.SecretLease, held bool, err error) {
	keep := func(ctx context.Context, value checkout.Secret) error { return v.Put(ctx, accountID, name, value) }
	return checkout.SecretLease{Keep: keep, Release: func() {}}, true, nil
}

// accountReconciliation is one account's day.
type accountReconciliation struct {
	Merchant string        `json:"merchant"`
	Mode     checkout.Mode `json:"mode"`
	Account  string        `json:"account"`
	checkout.Reconciliation
}

// reconcile compares the payments of a day in Cambodian time with the orders at a
// provider, for the account of each merchant. With an error it returns the
// accounts that it could reconcile.
func reconcile(ctx context.Context, store *db.Store, provider checkout.Provider, day time.Time) (found []accountReconciliation, failed error) {
	lister, lists := provider.(checkout.OrderLister)
	if !lists {
		return nil, fmt.Errorf("%s does not list its orders", provider.Info().Name)
	}

	from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, cambodia.Zone)
	to := from.AddDate(0, 0, 1)
	accounts, err := store.AccountsOf(ctx, provider.Name())
	if err != nil {
		return nil, err
	}

	found = []accountReconciliation{}
	for _, account := range accounts {
		payments, err := store.PaymentsOf(ctx, account, from.Add(-clockSlack), to.Add(clockSlack))
		if err != nil {
			return nil, err
		}

		ours := make([]checkout.Order, len(payments))
		for i, payment := range payments {
			ours[i] = checkout.OrderOf(payment)
		}

		theirs, err := lister.Orders(ctx, account, from, to)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s, %s: %w", account.MerchantID, account.ID, err))
			continue
		}

		result := checkout.Reconcile(from, to, ours, theirs)
		found = append(found, accountReconciliation{account.MerchantID, account.Mode, account.ID, result})
	}

	return found, failed
}

// reconcileDaily reconciles a day with each provider that lists its orders, and
// logs the differences.
func (a *app) reconcileDaily(ctx context.Context, day time.Time) (failed error) {
	for _, provider := range a.providers {
		if _, lists := provider.(checkout.OrderLister); !lists {
			continue
		}

		log := a.log.With("provider", provider.Name(), "day", day.Format(time.DateOnly))
		found, err := reconcile(ctx, a.store, provider, day)
		for _, account := range found {
			logReconciliation(log, account)
		}

		if err != nil {
			log.Warn("reconciliation failed", "error", err)
			failed = errors.Join(failed, err)
		}
	}

	return failed
}

func logReconciliation(log *slog.Logger, account accountReconciliation) {
	log = log.With("merchant", account.Merchant, "mode", account.Mode, "account", account.Account)
	log.Info("reconciled", "matched", account.Matched,
		"missing", len(account.Missing), "extra", len(account.Extra), "different", len(account.Different))
	for _, entry := range account.Missing {
		log.Warn("payment is unknown to the provider", "provider_reference", entry.Reference, "status", entry.Status, "amount", entry.Amount, "currency", entry.Currency)
	}

	for _, entry := range account.Extra {
		log.Warn("order at the provider has no payment", "provider_reference", entry.Reference, "status", entry.Status, "amount", entry.Amount, "currency", entry.Currency)
	}

	for _, both := range account.Different {
		log.Warn("payment differs at the provider", "provider_reference", both.Ours.Reference, "differ", both.Fields,
			"ours", both.Ours.Status, "theirs", both.Theirs.Status, "amount", both.Ours.Amount, "their_amount", both.Theirs.Amount)
	}
}
