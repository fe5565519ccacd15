package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/internal/cambodia"
	"rieltime/providers"
)

type rateCommand struct {
	Set    rateSetCommand    `cmd:"" help:"Set what a dollar is worth in riel, from now on."`
	List   rateListCommand   `cmd:"" help:"List a merchant's rates."`
	Fetch  rateFetchCommand  `cmd:"" help:"Fetch the rate from the address that the merchant's file names, as the server does each day."`
	Import rateImportCommand `cmd:"" help:"Import rates from a CSV file. Rows that are not later than the last rate are left out."`
}

// rateFlags name the merchant and mode that rates are of.
type rateFlags struct {
	dataFlags
	Merchant string `help:"The merchant's id." required:""`
	Live     bool   `help:"Rates of live mode instead of test mode."`
}

func (f rateFlags) mode() checkout.Mode {
	if f.Live {
		return checkout.ModeLive
	}
	return checkout.ModeTest
}

// withRates runs work on an existing database of which the merchant is.
func (f rateFlags) withRates(ctx context.Context, log *slog.Logger, work func(*db.Store, *checkout.Service) error) error {
	store, err := f.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}
	service := checkout.NewService(checkout.Config{Store: store, Providers: Providers(providers.Options{Now: store.Now}), Now: store.Now})
	if _, err = store.Merchant(ctx, f.Merchant); err != nil {
		err = fmt.Errorf("merchant %q: %w", f.Merchant, err)
	} else {
		err = work(store, service)
	}
	return errors.Join(err, store.Close())
}

type rateSetCommand struct {
	rateFlags
	Value    string        `arg:"" help:"Riel for a dollar, such as 4050 or 4050.25."`
	ValidFor time.Duration `help:"How long the rate may be used, such as 8h. By default as long as the merchant's settings allow (exchange.max_age_hours)."`
	Confirm  bool          `help:"Also if it differs more from the rate before than the merchant's settings allow."`
}

// Run stores the rate. Sessions that exist keep theirs.
func (c *rateSetCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.withRates(ctx, log, func(store *db.Store, service *checkout.Service) error {
		rate, err := service.SetRate(ctx, checkout.RateParams{
			MerchantID: c.Merchant, Mode: c.mode(), Value: c.Value, Source: checkout.RateEntered, ValidFor: c.ValidFor, Confirmed: c.Confirm,
		})
		if errors.Is(err, checkout.ErrRateFarOff) {
			return errors.New("this rate differs more from the one before it than the merchant's settings allow: give --confirm if it is right")
		}
		if err != nil {
			return err
		}
		return printRates(ctx, stdout, store, rate)
	})
}

type rateListCommand struct {
	rateFlags
	Limit int `help:"Maximum number of rates, up to 1000." default:"20"`
}

// Run lists rates, the latest first.
func (c *rateListCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return errLimit
	}
	return c.withRates(ctx, log, func(store *db.Store, _ *checkout.Service) error {
		rates, err := store.Rates(ctx, c.Merchant, c.mode(), c.Limit)
		if err != nil {
			return err
		}
		return printRates(ctx, stdout, store, rates...)
	})
}

func printRates(ctx context.Context, stdout io.Writer, store *db.Store, rates ...checkout.Rate) error {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tRATE\tSINCE\tUNTIL\tSOURCE\tBY\tSTATE")
	for _, rate := range rates {
		merchant, err := store.Merchant(ctx, rate.MerchantID)
		if err != nil {
			return err
		}
		end := merchant.Exchange.Ends(rate)
		state := "-"
		switch {
		case rate.FarOff:
			state = "far off, not used"
		case !store.Now().Before(end):
			state = "too old"
		}
		fmt.Fprintf(table, "%s\t1 %s = %s %s\t%s\t%s\t%s\t%s\t%s\n", rate.ID, rate.Base, rate.Value, rate.Quote,
			rateTime(rate.At), rateTime(end), rate.Source, orDash(rate.By), state)
	}
	return table.Flush()
}

func rateTime(at time.Time) string { return at.In(cambodia.Zone).Format("2006-01-02 15:04") }
