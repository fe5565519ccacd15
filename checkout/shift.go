package checkout

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	shiftPrefix   = "shift_"
	maxShiftNote  = 500 // characters
	shiftNoteName = "note"
)

// Shift is a cashier's time at the counter, from one count of the cash to the next.
// Amounts of different currencies are never added up.
type Shift struct {
	ID         string
	MerchantID string
	Mode       Mode
	CashierID  string // a user
	OpenedAt   time.Time
	Opening    map[Currency]int64 // the cash in the drawer, in the smallest units

	ClosedAt time.Time // zero: it is open
	ClosedBy string    // a user, or empty
	Close    ShiftClose
}

// ShiftClose is what was counted at the end of a shift, and what had been taken by then.
type ShiftClose struct {
	Counts []ShiftCount  `json:"counts"` // one for each of CounterCurrencies
	Taken  []SaleTakings `json:"taken"`  // by the sales that were made in the shift
	Note   string        `json:"note"`
}

// ShiftCount is what a cashier counted in one currency, in its smallest unit. Nil: it was
// not counted.
type ShiftCount struct {
	Currency   Currency `json:"currency"`
	Cash       int64    `json:"cash"`                  // in the drawer
	CashSales  *int64   `json:"cash_sales,omitempty"`  // what was sold for cash, by the cashier's own notes
	OtherSales *int64   `json:"other_sales,omitempty"` // what was sold for KHQR and others, by the same
}

// ShiftDifference is what there is less what there should be in one currency: negative
// where something is missing. Nil: there is nothing to compare with.
type ShiftDifference struct {
	Currency Currency `json:"currency"`
	Cash     *int64   `json:"cash,omitempty"`
	Others   *int64   `json:"others,omitempty"`
}

// ShiftText is what a cashier types about one currency: decimal texts, empty for nothing.
type ShiftText struct {
	Currency                    Currency
	Cash, CashSales, OtherSales string
}

// Errors of shifts.
var (
	ErrShiftOpen   = &Error{Kind: KindConflict, Code: "shift_open", Detail: "You have a shift that is open: close it first."}
	ErrShiftClosed = &Error{Kind: KindConflict, Code: "shift_closed", Detail: "This shift is closed already."}
)

// OpenShift returns a new shift with the cash that its cashier has counted.
func OpenShift(merchantID string, mode Mode, cashierID string, typed []ShiftText, now time.Time) (Shift, error) {
	shift := Shift{ID: NewID(shiftPrefix), MerchantID: merchantID, Mode: mode, CashierID: cashierID, OpenedAt: now, Opening: map[Currency]int64{}}
	for _, text := range typed {
		cash, err := parseCount("cash", text.Currency, text.Cash)
		if err != nil {
			return Shift{}, err
		}
		shift.Opening[text.Currency] = optionalMinor(cash)
	}
	return shift, nil
}

// CloseAt closes a shift that is open. taken is what its sales took until now. A
// difference needs a note.
func (s *Shift) CloseAt(now time.Time, by string, typed []ShiftText, note string, taken []SaleTakings) error {
	if !s.ClosedAt.IsZero() {
		return ErrShiftClosed
	}

	closed := ShiftClose{Taken: taken, Note: strings.TrimSpace(note)}
	for _, text := range typed {
		count, err := text.count()
		if err != nil {
			return err
		}
		closed.Counts = append(closed.Counts, count)
	}

	if uncounted := s.uncounted(closed.Counts, typed); uncounted != nil {
		return uncounted
	}

	s.Close = closed
	switch {
	case len([]rune(closed.Note)) > maxShiftNote:
		return Invalidf(shiftNoteName, "note_too_long", "The note has more than %d characters.", maxShiftNote)
	case closed.Note == "" && slices.ContainsFunc(s.Differences(), ShiftDifference.Any):
		return Invalidf(shiftNoteName, "note_missing", "The counts differ from what was taken: say why in the note.")
	}
	s.ClosedAt, s.ClosedBy = now, by
	return nil
}

// uncounted is the error of a drawer that had or got cash and was not counted: an empty
// one is counted as 0.
func (s *Shift) uncounted(counts []ShiftCount, typed []ShiftText) error {
	for i, count := range counts {
		if typed[i].Cash == "" && s.Opening[count.Currency]+optionalMinor(count.CashSales) > 0 {
			return Invalidf(countField("cash", count.Currency), "count_missing", "Count the cash in the drawer: 0 if there is none.")
		}
	}
	return nil
}

func (t ShiftText) count() (ShiftCount, error) {
	count := ShiftCount{Currency: t.Currency}
	cash, err := parseCount("cash", t.Currency, t.Cash)
	if err != nil {
		return count, err
	}
	if count.CashSales, err = parseCount("cash_sales", t.Currency, t.CashSales); err != nil {
		return count, err
	}
	count.Cash = optionalMinor(cash)
	count.OtherSales, err = parseCount("other_sales", t.Currency, t.OtherSales)
	return count, err
}

// countField is the field of a count, named after what it counts and the currency:
// "cash_usd".
func countField(name string, currency Currency) string {
	return name + "_" + strings.ToLower(string(currency))
}

// parseCount reads an amount that may be zero; nil when nothing was typed.
func parseCount(name string, currency Currency, text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}

	field := countField(name, currency)
	if strings.ContainsAny(text, "eE+") { // forms that only providers write
		return nil, Invalidf(field, "count_invalid", "This must be an amount such as 5.50 dollars or 20000 riel.")
	}
	money, err := ParseDecimal(text, currency)
	if err != nil {
		return nil, Invalidf(field, "count_invalid", "This must be an amount such as 5.50 dollars or 20000 riel.")
	}
	return &money.Minor, nil
}

func optionalMinor(minor *int64) int64 { return *cmp.Or(minor, new(int64)) }

// Differences compares what was counted with what should be there, in each currency. A
// drawer with less than it had at the beginning lacks it, whatever was sold for cash.
func (s Shift) Differences() (all []ShiftDifference) {
	for _, count := range s.Close.Counts {
		difference := ShiftDifference{Currency: count.Currency}
		if count.CashSales != nil || count.Cash < s.Opening[count.Currency] {
			cash := count.Cash - s.Opening[count.Currency] - optionalMinor(count.CashSales)
			difference.Cash = &cash
		}
		if count.OtherSales != nil {
			others := SumTaken(s.Close.Taken, count.Currency) - *count.OtherSales
			difference.Others = &others
		}
		all = append(all, difference)
	}
	return all
}

// Any reports whether something differs.
func (d ShiftDifference) Any() bool {
	return optionalMinor(d.Cash) != 0 || optionalMinor(d.Others) != 0
}

// Made is when the sales of a shift were made: until now, if it is open.
func (s Shift) Made(now time.Time) TimeRange {
	if s.ClosedAt.IsZero() {
		return TimeRange{From: s.OpenedAt, To: now}
	}
	return TimeRange{From: s.OpenedAt, To: s.ClosedAt}
}

// SumTaken adds up what was taken in one currency.
func SumTaken(taken []SaleTakings, currency Currency) (sum int64) {
	for _, t := range taken {
		if t.Taken.Currency == currency {
			sum += t.Taken.Minor
		}
	}
	return sum
}
