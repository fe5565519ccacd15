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
	"rieltime/providers/kess"
	"rieltime/providers/kess/kesscmd"
	"rieltime/providers/wire"
)

// indochina is the time zone of the merchants' days.
var indochina = time.FixedZone("ICT", 7*60*60)

// clockSlack is how far KESS's clock may be from ours: an order may be of the
// day before or after our payment's.
const clockSlack = time.Hour

type kessCommand struct {
	kesscmd.Cmd `embed:""`
	Reconcile   reconcileCommand `cmd:"" help:"Compare a day's payments with the orders that KESS has of it."`
}

type reconcileCommand struct {
	dataFlags
	Day string `arg:"" optional:"" help:"The day in Indochina time, such as 2026-11-20; yesterday, unless given."`
}

// errDifferent is the end of a reconciliation that found something, after it
// has shown what.
var errDifferent = errors.New("the two sides differ")

// Run prints what is missing, extra or different, for each account.
func (c *reconcileCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	day := time.Now().In(indochina).AddDate(0, 0, -1)
	if c.Day != "" {
		given, err := time.ParseInLocation(time.DateOnly, c.Day, indochina)
		if err != nil {
			return fmt.Errorf("%q is not a day such as 2026-11-20", c.Day)
		}
		day = given
	}

	store, err := c.openStore(ctx, db.ReadOnly, log)
	if err != nil {
		return err
	}

	provider := kess.New(kess.Options{Wire: wire.New(0), Vault: &scratchVault{kept: store}, Log: log})
	found, err := reconcile(ctx, store, provider, day)
	failed := errors.Join(err, store.Close())
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := errors.Join(failed, encoder.Encode(found)); err != nil {
		return err
	}
	if slices.ContainsFunc(found, func(account reconciled) bool { return !account.Clean() }) {
		return errDifferent
	}

	return nil
}

// scratchVault reads what the database keeps, and keeps what is new, such as a
// login token, for as long as the command runs.
type scratchVault struct {
	kept    checkout.Vault
	changed sync.Map // of scratchKey to checkout.Secret, or to nil when it is deleted
}

type scratchKey struct{ account, name string }

func (v *scratchVault) Get(ctx context.Context, accountID, name string) (checkout.Secret, error) {
	changed, is := v.changed.Load(scratchKey{accountID, name})
	if !is {
		return v.kept.Get(ctx, accountID, name)
	}
	if value, is := changed.(checkout.Secret); is {
		return value, nil
	}
	return "", checkout.ErrNotFound
}

func (v *scratchVault) Put(_ context.Context, accountID, name string, value checkout.Secret) error {
	v.changed.Store(scratchKey{accountID, name}, value)
	return nil
}

func (v *scratchVault) Delete(_ context.Context, accountID, name string) error {
	v.changed.Store(scratchKey{accountID, name}, nil)
	return nil
}

// Lease fills checkout.Vault: nobody else renews what is kept here.
func (v *scratchVault) Lease(context.Context, string, string, time.Duration) (release func(), held bool, err error) {
	return func() {}, true, nil
}

// reconciled is one account's day.
type reconciled struct {
	Merchant string        `json:"merchant"`
	Mode     checkout.Mode `json:"mode"`
	Account  string        `json:"account"`
	kess.Reconciliation
}

// reconcile compares the payments of a day in Indochina time with KESS's
// orders, for each merchant's account there. With an error it tells of the
// accounts that it could do.
func reconcile(ctx context.Context, store *db.Store, provider *kess.Provider, day time.Time) (found []reconciled, failed error) {
	from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, indochina)
	to := from.AddDate(0, 0, 1)
	accounts, err := store.AccountsOf(ctx, kess.Name)
	if err != nil {
		return nil, err
	}

	found = []reconciled{}
	for _, account := range accounts {
		payments, err := store.PaymentsOf(ctx, account, from.Add(-clockSlack), to.Add(clockSlack))
		if err != nil {
			return nil, err
		}

		ours := make([]kess.Entry, len(payments))
		for i, payment := range payments {
			ours[i] = kess.EntryOf(payment)
		}

		result, err := provider.Reconcile(ctx, account, from, to, ours)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s, %s: %w", account.MerchantID, account.ID, err))
			continue
		}

		found = append(found, reconciled{account.MerchantID, account.Mode, account.ID, result})
	}

	return found, failed
}

// reconcileDaily tells the log how a day came out.
func (h *app) reconcileDaily(ctx context.Context, day time.Time) error {
	provider := kess.New(kess.Options{Wire: wire.New(0), Vault: h.store, Log: h.log})
	found, err := reconcile(ctx, h.store, provider, day)
	for _, account := range found {
		h.logReconciled(day, account)
	}
	if err != nil {
		h.log.Warn("KESS was not reconciled", "day", day.Format(time.DateOnly), "error", err)
	}
	return err
}

func (h *app) logReconciled(day time.Time, account reconciled) {
	log := h.log.With("day", day.Format(time.DateOnly), "merchant", account.Merchant, "mode", account.Mode, "account", account.Account)
	log.Info("KESS reconciled", "matched", account.Matched,
		"missing", len(account.Missing), "extra", len(account.Extra), "different", len(account.Different))
	for _, entry := range account.Missing {
		log.Warn("KESS does not have our payment", "provider_reference", entry.Reference, "status", entry.Status, "amount", entry.Amount, "currency", entry.Currency)
	}

	for _, entry := range account.Extra {
		log.Warn("KESS has an order that is not ours", "provider_reference", entry.Reference, "status", entry.Status, "amount", entry.Amount, "currency", entry.Currency)
	}

	for _, both := range account.Different {
		log.Warn("KESS tells a payment differently", "provider_reference", both.Ours.Reference, "differ", both.Fields,
			"ours", both.Ours.Status, "theirs", both.Theirs.Status, "amount", both.Ours.Amount, "their_amount", both.Theirs.Amount)
	}
}
