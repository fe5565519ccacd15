package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/webhooks/outbound"
)

// The limits of a request for rates.
const (
	fetchTimeout  = 20 * time.Second
	maxRateAnswer = 1 << 20 // bytes
)

type rateFetchCommand struct {
	rateFlags
	AllowPrivate bool `name:"allow-private-addresses" help:"Fetch from private and local addresses too, for development."`
}

// Run fetches the merchant's rate as the server does each day.
func (c *rateFetchCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.withRates(ctx, log, func(store *db.Store, service *checkout.Service) error {
		merchant, err := store.Merchant(ctx, c.Merchant)
		if err != nil {
			return err
		}
		if merchant.Exchange.Fetch.URL == "" {
			return errors.New("the merchant's file names no address of rates: set exchange.fetch")
		}

		rate, err := fetchRate(ctx, service, outbound.NewClient(fetchTimeout, c.AllowPrivate), merchant, c.mode())
		if err != nil {
			return err
		}
		if err := printRates(ctx, stdout, store, rate); err != nil {
			return err
		}
		if rate.FarOff {
			return errors.New("the rate differs too much from the one before: if it is right, confirm it with `rieltime rate set VALUE --confirm`")
		}
		return nil
	})
}

// fetchRates fetches the rates of all merchants that name an address, each day. One that is
// no news is left out; one that is far off is stored and not used. It may be repeated.
func (a *app) fetchRates(ctx context.Context, _ time.Time) (failed error) {
	ids, err := a.store.MerchantIDs(ctx)
	if err != nil {
		return err
	}

	client := outbound.NewClient(fetchTimeout, a.allowPrivate)
	for _, id := range ids {
		merchant, err := a.store.Merchant(ctx, id)
		if err != nil {
			return errors.Join(failed, err)
		}
		if merchant.Exchange.Fetch.URL == "" {
			continue
		}
		for _, mode := range []checkout.Mode{checkout.ModeTest, checkout.ModeLive} {
			log := a.log.With("merchant", merchant.ID, "mode", mode)
			rate, err := fetchRate(checkout.WithActor(ctx, "daily"), a.service, client, merchant, mode)
			switch {
			case errors.Is(err, checkout.ErrRateOlder):
				log.Warn("the rate that was fetched is not later than the last")
			case err != nil:
				log.Warn("no rate was fetched", "error", err)
				failed = errors.Join(failed, err)
			case rate.FarOff:
				log.Warn("the rate that was fetched differs too much from the one before, and is not used", "value", rate.Value)
			default:
				log.Info("rate fetched", "value", rate.Value)
			}
		}
	}
	return failed
}

// fetchRate stores the rate that a merchant's address has.
func fetchRate(ctx context.Context, service *checkout.Service, client *http.Client, merchant checkout.Merchant, mode checkout.Mode) (checkout.Rate, error) {
	source := merchant.Exchange.Fetch
	body, err := fetchAnswer(ctx, client, source.URL)
	if err != nil {
		return checkout.Rate{}, err
	}

	read := readRateJSON
	if source.Format == checkout.RatesCSV {
		read = readLastRate
	}
	value, at, err := read(body, source)
	if err != nil {
		return checkout.Rate{}, err
	}
	return service.SetRate(ctx, checkout.RateParams{MerchantID: merchant.ID, Mode: mode, Value: value, Source: checkout.RateFetched, At: at})
}

// fetchAnswer reads the answer at an address, which is a status of 200 and at most
// maxRateAnswer.
func fetchAnswer(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()

	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the address of rates answers with status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxRateAnswer+1))
	if err == nil && len(body) > maxRateAnswer {
		err = errors.New("the answer with the rate has more than 1 MB")
	}
	return body, err
}

// readLastRate reads the latest row of CSV.
func readLastRate(body []byte, source checkout.RateAddress) (string, time.Time, error) {
	rows, err := readRates(body, source.Value, source.Time)
	if err != nil {
		return "", time.Time{}, err
	}
	if len(rows) == 0 {
		return "", time.Time{}, errors.New("the answer has no rate")
	}
	last := rows[len(rows)-1]
	return last.value, last.at, nil
}

// readRateJSON reads the value and the time that paths lead to; without a path of the time
// it is zero.
func readRateJSON(body []byte, source checkout.RateAddress) (value string, at time.Time, err error) {
	if value, err = textAt(body, source.Value); err != nil || source.Time == "" {
		return value, at, err
	}
	text, err := textAt(body, source.Time)
	if err != nil {
		return value, at, err
	}
	at, err = parseRateTime(text)
	return value, at, err
}

// textAt is the text or the number at a path, such as "rates.0.sell", as it is written.
func textAt(body []byte, path string) (string, error) {
	wrong := fmt.Errorf("the answer has no text or number at %q", path)
	at := json.RawMessage(body)
	for _, name := range strings.Split(path, ".") {
		var list []json.RawMessage
		if index, err := strconv.Atoi(name); err == nil && json.Unmarshal(at, &list) == nil {
			if index < 0 || index >= len(list) {
				return "", wrong
			}
			at = list[index]
			continue
		}

		var object map[string]json.RawMessage
		if json.Unmarshal(at, &object) != nil || object[name] == nil {
			return "", wrong
		}
		at = object[name]
	}

	var text string
	if json.Unmarshal(at, &text) == nil && string(at) != "null" {
		return strings.TrimSpace(text), nil
	}
	var number json.Number
	if json.Unmarshal(at, &number) != nil || number == "" {
		return "", wrong
	}
	return number.String(), nil
}
