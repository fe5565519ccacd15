package compose

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
)

// composed is a message about some items.
type composed struct {
	text  string
	items int // how many, from the first on
}

// Writer writes messages to one receiver.
type Writer struct {
	Lang    string
	Mode    checkout.Mode
	BaseURL string // of the merchant's dashboard
}

// T is the text of a key; see [Text].
func (w Writer) T(key string, args ...string) string { return Text(w.Lang, key, args...) }

// Amount writes an amount.
func (w Writer) Amount(m checkout.Money) string {
	return templates.FormatAmount(w.Lang, string(m.Currency), m.Minor)
}

// Sign begins each message of test mode.
func (w Writer) Sign(message string) string {
	if w.Mode == checkout.ModeTest {
		return w.T("test") + "\n" + message
	}
	return message
}

// compose writes as many items as fit into a message, which are all in most cases: what
// needs somebody comes first and in full, then one line for each payment.
func (w Writer) compose(items []notices.Item, longest int) composed {
	message := w.write(items)
	for len(items) > 1 && length(message) > longest {
		items = items[:len(items)*9/10]
		message = w.write(items)
	}
	return composed{Shorten(message, longest), len(items)}
}

func (w Writer) write(items []notices.Item) string {
	var paid []notices.Item
	var parts []string
	for _, item := range items {
		if item.Attention() {
			parts = append(parts, w.attention(item))
		} else {
			paid = append(paid, item)
		}
	}

	if len(paid) > 0 {
		parts = append(parts, w.paid(paid))
	}
	return w.Sign(strings.Join(parts, "\n\n"))
}

// attention is an item that needs somebody.
func (w Writer) attention(item notices.Item) string {
	lines := []string{
		w.T("attention", "amount", w.Amount(item.Amount)) + " " + w.T("attention."+string(item.Type), "asked", w.Amount(item.Asked)),
		w.facts(item),
	}
	if item.PaymentID != "" {
		lines = append(lines, w.BaseURL+"/payments/"+item.PaymentID)
	}
	return strings.Join(lines, "\n")
}

// paid are payments, one or several.
func (w Writer) paid(items []notices.Item) string {
	if len(items) == 1 {
		return w.T("paid", "amount", w.Amount(items[0].Amount)) + "\n" + w.facts(items[0])
	}

	sums := map[checkout.Currency]int64{}
	for _, item := range items {
		sums[item.Amount.Currency] += item.Amount.Minor
	}

	lines := []string{w.T("paid.many", "count", strconv.Itoa(len(items)), "amounts", w.sums(sums))}
	for _, item := range items {
		lines = append(lines, w.Amount(item.Amount)+" · "+w.facts(item))
	}
	return strings.Join(lines, "\n")
}

func (w Writer) sums(minor map[checkout.Currency]int64) string {
	var amounts []string
	for _, currency := range checkout.Currencies() {
		if sum, any := minor[currency]; any {
			amounts = append(amounts, w.Amount(checkout.Money{Minor: sum, Currency: currency}))
		}
	}
	return strings.Join(amounts, " + ")
}

// facts say what an item is of: "14:05:09 · A-17 · Sokha".
func (w Writer) facts(item notices.Item) string {
	facts := []string{templates.FormatSecond(item.At), item.Reference}
	if item.Payer != "" {
		facts = append(facts, item.Payer)
	}
	return strings.Join(facts, " · ")
}

// day are the totals of a day that is over, with why prices are not converted, if they are
// to be; empty when there are none.
func (w Writer) day(day cambodia.Day, takings []checkout.Takings, trouble checkout.RateTrouble) string {
	lines := w.totals(takings)
	if lines == nil {
		return ""
	}
	if trouble != checkout.RateFine {
		lines = append(lines, w.T("rate."+string(trouble)))
	}
	return w.Sign(w.T("day", "day", day.String()) + "\n" + strings.Join(lines, "\n") + "\n" + w.BaseURL + "/close?day=" + day.String())
}

// Days are the totals of some days, also when there are none.
func (w Writer) Days(query checkout.TakingsQuery, takings []checkout.Takings) string {
	title := w.T("week", "from", query.From.String(), "to", query.To.String())
	if query.From == query.To {
		title = w.T("day", "day", query.To.String())
	}
	return w.Totals(title, takings)
}

// Totals are totals under a title, also when there are none.
func (w Writer) Totals(title string, takings []checkout.Takings) string {
	lines := w.totals(takings)
	if lines == nil {
		lines = []string{w.T("day.nothing")}
	}
	return w.Sign(title + "\n" + strings.Join(lines, "\n"))
}

// totals are the lines of takings; nil when there are none.
func (w Writer) totals(takings []checkout.Takings) (lines []string) {
	for _, currency := range checkout.Currencies() {
		var sum checkout.Takings
		for _, t := range takings {
			if t.Currency == currency {
				sum = sum.Add(t)
			}
		}
		if sum.Taken.Count == 0 && sum.Refunded.Count == 0 && sum.InReview.Count == 0 {
			continue
		}

		amount := func(minor int64) string { return w.Amount(checkout.Money{Minor: minor, Currency: currency}) }
		lines = append(lines, w.T("day.taken", "amount", amount(sum.Taken.Minor), "count", strconv.FormatInt(sum.Taken.Count, 10)))
		if sum.Refunded.Count > 0 {
			lines = append(lines, w.T("day.refunded", "amount", amount(sum.Refunded.Minor), "count", strconv.FormatInt(sum.Refunded.Count, 10)))
		}
		if sum.InReview.Count > 0 {
			lines = append(lines, w.T("day.review", "amount", amount(sum.InReview.Minor), "count", strconv.FormatInt(sum.InReview.Count, 10)))
		}
	}
	return lines
}

// length is how Telegram counts a text's length.
func length(text string) int { return len(utf16.Encode([]rune(text))) }

// Shorten cuts a text that is too long for a message, in UTF-16 units.
func Shorten(text string, longest int) string {
	runes := []rune(text)
	for length(string(runes)) > longest {
		runes = append(runes[:len(runes)*9/10], '…')
	}
	return string(runes)
}
