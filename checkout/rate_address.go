package checkout

import "errors"

// RateAddress is where what a dollar is worth in riel is fetched from each day.
type RateAddress struct {
	URL    string `json:"url"`
	Format string `json:"format,omitempty"` // "json" (default) or "csv"
	Value  string `json:"value"`            // where the answer has it: a path in JSON such as "rates.0.sell", or the header of a column
	Time   string `json:"time,omitempty"`   // likewise of its time; without it, JSON is as of now
}

// The formats of a RateAddress.
const (
	RatesJSON = "json"
	RatesCSV  = "csv"
)

// check reports what is wrong with an address. In live mode it is https.
func (a RateAddress) check(mode Mode) error {
	if a == (RateAddress{}) {
		return nil
	}

	_, wrong := checkWebURL("exchange.fetch.url", a.URL, mode)
	if a.Format != "" && a.Format != RatesJSON && a.Format != RatesCSV {
		wrong = errors.Join(wrong, Invalidf("exchange.fetch.format", "format_invalid", "exchange.fetch.format must be json or csv."))
	}
	if blank(a.Value) {
		wrong = errors.Join(wrong, Invalidf("exchange.fetch.value", "value_missing", "exchange.fetch.value is required: a path in JSON, or the header of a column."))
	}
	if a.Format == RatesCSV && blank(a.Time) {
		wrong = errors.Join(wrong, Invalidf("exchange.fetch.time", "time_missing", "exchange.fetch.time is required for csv: the header of the column of times."))
	}
	return wrong
}
