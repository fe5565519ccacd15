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
)

type dbCommand struct {
	Fill fillCommand `cmd:"" help:"Add made-up purchases of test mode to a database, to measure what grows with them."`
}

type fillCommand struct {
	dataFlags
	Merchant string `arg:"" help:"Id of a merchant with an account in test mode."`
	Sessions int    `help:"How many sessions." default:"1000000"`
}

// Run makes one purchase of each kind by the rules of the checkout, and then
// copies of them.
func (c *fillCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	if c.Sessions < 1 {
		return fmt.Errorf("--sessions %d: at least 1", c.Sessions)
	}

	store, err := c.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}

	originals, err := makeOriginals(ctx, store, c.Merchant)
	if err == nil {
		begun := time.Now()
		err = store.Fill(ctx, originals, c.Sessions, func(done int) {
			if done%50_000 == 0 || done == c.Sessions {
				fmt.Fprintf(stdout, "%d sessions after %s\n", done, time.Since(begun).Round(time.Second))
			}
		})

		fmt.Fprintf(stdout, "indexed after %s\n", time.Since(begun).Round(time.Second))
	}

	return errors.Join(err, store.Close())
}

// till is a provider that takes every payment and is asked nothing.
type till struct{ name string }

func (t till) Name() string { return t.name }

func (till) CheckSettings(checkout.Mode, json.RawMessage) error { return nil }

func (t till) Methods(context.Context, checkout.Account, checkout.Money) ([]checkout.Method, error) {
	return []checkout.Method{{ID: t.name, Provider: t.name, Name: "Till", Kind: checkout.ActionRedirect}}, nil
}

func (till) Payees(checkout.Account) ([]string, error) { return []string{"till"}, nil }

func (till) CreatePayment(context.Context, checkout.Account, checkout.Start) (checkout.Created, error) {
	return checkout.Created{ProviderID: rand.Text(), NextAction: checkout.NextAction{Kind: checkout.ActionRedirect, URL: "https://till.example/pay"}}, nil
}

// kinds of purchases, and how many of a hundred sessions are of each.
var kinds = []struct {
	share int
	end   func(context.Context, *checkout.Service, checkout.Payment) error
}{
	{70, payAtTill(0)},
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
		return payAtTill(48*time.Hour)(ctx, s, p)
	}},
}

// payAtTill has the money of a payment arrive, so much later.
func payAtTill(later time.Duration) func(context.Context, *checkout.Service, checkout.Payment) error {
	return func(ctx context.Context, s *checkout.Service, p checkout.Payment) error {
		return s.Apply(ctx, p, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &checkout.Proof{
			Provider: p.Provider, Source: checkout.SourceQuery, Reference: p.Reference, Payee: "till", Amount: p.Amount,
			TransactionID: rand.Text(), PaidAt: time.Now().Add(later), Raw: json.RawMessage(`{"status":"SUCCESS"}`),
		}})
	}
}

// makeOriginals makes a purchase of each kind.
func makeOriginals(ctx context.Context, store *db.Store, merchantID string) (originals []db.Original, err error) {
	merchant, err := store.Merchant(ctx, merchantID)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil, fmt.Errorf("there is no merchant %q: rieltime merchant apply makes one", merchantID)
	}
	if err != nil {
		return nil, err
	}

	accounts, err := store.Accounts(ctx, merchantID, checkout.ModeTest)
	if err != nil {
		return nil, err
	}
	if len(accounts) == 0 || len(merchant.ReturnHosts) == 0 {
		return nil, fmt.Errorf("merchant %q has no account in test mode, or no return host", merchantID)
	}

	provider := till{accounts[0].Provider}
	service := checkout.NewService(checkout.Config{
		Store: store, Links: store, Endpoints: store, Providers: []checkout.Provider{provider}, BaseURL: "https://pay.example",
	})
	for _, kind := range kinds {
		session, err := service.CreateSession(ctx, merchantID, checkout.ModeTest, checkout.SessionParams{
			Amount: "2.50", Currency: "USD", Reference: "order-" + rand.Text(), Description: "Iced coffee",
			SuccessURL: "https://" + merchant.ReturnHosts[0] + "/thanks", CancelURL: "https://" + merchant.ReturnHosts[0] + "/cart",
		}, checkout.IdempotentRequest{})
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
