package cmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/internal/cambodia"
)

type rateImportCommand struct {
	rateFlags
	File        string        `arg:"" help:"CSV with a header, with commas or semicolons between its columns." type:"existingfile"`
	ValueColumn string        `help:"Header of the column of riel for a dollar." default:"rate"`
	DateColumn  string        `help:"Header of the column of times: 2026-11-30, 2026-11-30 08:00 (in Cambodia) or 2026-11-30T08:00:00+07:00." default:"date"`
	ValidFor    time.Duration `help:"How long each rate may be used. By default as long as the merchant's settings allow."`
}

const maxRatesFile = 1 << 20 // bytes

// Run stores the rates that are later than the last one. One that is far off is stored
// too, so that no rate is used until somebody has looked.
func (c *rateImportCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	data, err := readAtMost(c.File, maxRatesFile)
	if err != nil {
		return err
	}
	if len(data) > maxRatesFile {
		return errors.New("the file has more than 1 MB")
	}
	rows, err := readRates(data, c.ValueColumn, c.DateColumn)
	if err != nil {
		return err
	}

	return c.withRates(ctx, log, func(store *db.Store, service *checkout.Service) error {
		var stored []checkout.Rate
		farOff := 0
		for _, row := range rows {
			rate, err := service.SetRate(ctx, checkout.RateParams{
				MerchantID: c.Merchant, Mode: c.mode(), Value: row.value, Source: checkout.RateFile, At: row.at, ValidFor: c.ValidFor,
			})
			if errors.Is(err, checkout.ErrRateOlder) {
				continue
			}
			if err != nil {
				return fmt.Errorf("row %d: %w", row.number, err)
			}
			if stored = append(stored, rate); rate.FarOff {
				farOff++
			}
		}

		if err := printRates(ctx, stdout, store, stored...); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%d rates, %d of them new\n", len(rows), len(stored))
		if farOff > 0 {
			return fmt.Errorf("%d rates differ too much from the one before: if that is right, confirm the last with `rieltime rate set VALUE --confirm`", farOff)
		}
		return nil
	})
}

type rateRow struct {
	number int
	value  string
	at     time.Time
}

// readRates reads the rows of a file, the earliest first.
func readRates(data []byte, valueColumn, dateColumn string) ([]rateRow, error) {
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	if first, _, _ := bytes.Cut(data, []byte("\n")); bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		reader.Comma = ';' // as spreadsheets write where the comma is the mark of decimals
	}
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("the file's header: %w", err)
	}
	column := func(name string) int {
		return slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
	}
	value, date := column(valueColumn), column(dateColumn)
	if value < 0 || date < 0 {
		return nil, fmt.Errorf("the header is: %s; name its columns with --value-column and --date-column", strings.Join(header, " | "))
	}

	var rows []rateRow
	for number := 2; ; number++ {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			slices.SortStableFunc(rows, func(a, b rateRow) int { return cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()) })
			return rows, nil
		}
		if err != nil {
			return nil, err
		}

		at, err := parseRateTime(strings.TrimSpace(fields[date]))
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", number, err)
		}
		rows = append(rows, rateRow{number: number, value: strings.TrimSpace(fields[value]), at: at})
	}
}

func parseRateTime(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	for _, form := range []string{"2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(form, text, cambodia.Zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time such as 2026-11-30 08:00", text)
}
