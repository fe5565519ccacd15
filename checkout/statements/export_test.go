package statements

import (
	"io"

	"rieltime/checkout"
)

// ReadCamt reads a statement without a bound of its size.
func ReadCamt(from io.Reader) (Statement, error) { return readCamt(from) }

// Unpacked returns how many bytes of a workbook are unpacked when its first sheet is read.
func Unpacked(data []byte) (count int64, err error) {
	w, err := openWorkbook(data)
	if err != nil {
		return 0, err
	}
	err = w.rows(w.sheets[0])(func(row) bool { return true })
	return maxUnpacked - w.left, err
}

// DateText writes a date that is read with the day first; empty: it is refused.
func DateText(text string) string {
	day, at, err := parseDate(text, DayFirst)
	switch {
	case err != nil:
		return ""
	case at.IsZero():
		return day.String() + " 00:00"
	}
	return at.Add(7 * 3600e9).Format("2006-01-02 15:04")
}

// AmountText writes an amount that is read; "?" when it is refused.
func AmountText(text string) string {
	amount, err := parseAmount(text, "")
	if err != nil {
		return "?"
	}
	sign := map[sign]string{plus: "+", minus: "-"}[amount.sign]
	if amount.minor == 0 {
		return "0.00"
	}
	return sign + checkout.Money{Minor: amount.minor, Currency: amount.currency}.String()
}
