package statements

import "rieltime/checkout"

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
