package cmd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/handlers"
)

type dbCommand struct {
	Copy copyCommand `cmd:"" help:"Copy a database to a new one, which may be of the other kind."`
	Fill fillCommand `cmd:"" help:"Fill a database with generated test mode purchases, to measure how it scales."`
}

type fillCommand struct {
	dataFlags
	Merchant string `arg:"" help:"Id of a merchant with a test mode account."`
	Sessions int    `help:"Number of sessions to add." default:"1000000"`
}

// Run makes one purchase of each kind through the checkout and then copies them.
func (c *fillCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	if c.Sessions < 1 {
		return fmt.Errorf("--sessions must be at least 1, not %d", c.Sessions)
	}

	store, err := c.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}

	originals, err := createOriginals(ctx, store, c.Merchant)
	if err == nil {
		begun := time.Now()
		err = store.Fill(ctx, originals, c.Sessions, func(done int) {
			if done%50_000 == 0 || done == c.Sessions {
				fmt.Fprintf(stdout, "%d sessions in %s\n", done, time.Since(begun).Round(time.Second))
			}
		})

		fmt.Fprintf(stdout, "indexed in %s\n", time.Since(begun).Round(time.Second))
	}

	return errors.Join(err, store.Close())
}

// fillProvider accepts every payment and has no query.
type fillProvider struct{ name string }

func (t fillProvider) Name() string { return t.name }

func (t fillProvider) Info() checkout.ProviderInfo { return checkout.ProviderInfo{Name: t.name} }

func (fillProvider) CheckSettings(checkout.Mode, json.RawMessage) error { return nil }

func (t fillProvider) Methods(context.Context, checkout.Account, checkout.Money) ([]checkout.Method, error) {
	return []checkout.Method{{ID: t.name, Provider: t.name, Name: "Till", Kind: checkout.ActionRedirect}}, nil
}

func (fillProvider) Payees(checkout.Account) ([]string, error) { return []string{"till"}, nil }

func (fillProvider) CreatePayment(context.Context, checkout.Account, checkout.Start) (checkout.Created, error) {
	return checkout.Created{ProviderID: rand.Text(), NextAction: checkout.NextAction{Kind: checkout.ActionRedirect, URL: "https://till.example/pay"}}, nil
}

// fillKinds are the kinds of purchases and their shares of a hundred sessions.
var fillKinds = []struct {
	share int
	end   func(context.Context, *checkout.Service, checkout.Payment) error
}{
	{70, payLater(0)},
	{19, func(ctx context.Context, s *checkout.Service, p checkout.Payment) error {
		_, err := s.ExpireSession(ctx, p.SessionID)
		return err
	}},
	{10, func(ctx context.Context, s *checkout.Service, p checkout.Payment) error {
		_, err := s.CancelSession(ctx, p.SessionID)
		return err
	}},
	{1, func(ctx context.Context, s *checkout.Service, p checkout.Payment) error {
		if _, err := s.ExpireSession(ctx, p.SessionID); err != nil {
			return err
		}
		return payLater(48*time.Hour)(ctx, s, p)
	}},
}

// payLater returns a step in which the money of a payment arrives after a delay.
func payLater(later time.Duration) func(context.Context, *checkout.Service, checkout.Payment) error {
	return func(ctx context.Context, s *checkout.Service, p checkout.Payment) error {
		return s.Apply(ctx, p, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &checkout.Proof{
			Provider: p.Provider, Source: checkout.SourceQuery, Reference: p.Reference, Payee: "till", Amount: p.Amount,
			TransactionID: rand.Text(), PaidAt: time.Now().Add(later), Raw: json.RawMessage(`{"status":"SUCCESS"}`),
		}})
	}
}

// createOriginals makes a purchase of each kind.
func createOriginals(ctx context.Context, store *db.Store, merchantID string) (originals []db.Original, err error) {
	merchant, err := store.Merchant(ctx, merchantID)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil, fmt.Errorf("merchant %q does not exist: create it with rieltime merchant apply", merchantID)
	}
	if err != nil {
		return nil, err
	}

	accounts, err := store.Accounts(ctx, merchantID, checkout.ModeTest)
	if err != nil {
		return nil, err
	}
	if len(accounts) == 0 || len(merchant.ReturnHosts) == 0 {
		return nil, fmt.Errorf("merchant %q has no test mode account or no return host", merchantID)
	}

	provider := fillProvider{accounts[0].Provider}
	service := checkout.NewService(checkout.Config{
		Store: store, Links: store, Endpoints: store, Providers: []checkout.Provider{provider}, Addresses: handlers.Addresses("https://pay.example"),
	})
	for _, kind := range fillKinds {
		session, err := service.CreateSession(ctx, merchantID, checkout.ModeTest, checkout.SessionParams{
			Amount: "2.50", Currency: "USD", Reference: "order-" + rand.Text(), Description: "Iced coffee",
			SuccessURL: "https://" + merchant.ReturnHosts[0] + "/thanks", CancelURL: "https://" + merchant.ReturnHosts[0] + "/cart",
		})
		if err != nil {
			return nil, err
		}

		purchase, err := service.StartPayment(ctx, session.ID, checkout.StartParams{Method: provider.name, Device: checkout.DeviceDesktop})
		if err != nil {
			return nil, err
		}
		if err := kind.end(ctx, service, *purchase.Latest()); err != nil {
			return nil, err
		}

		originals = append(originals, db.Original{SessionID: session.ID, Share: kind.share})
	}

	return originals, nil
}
