package statements

import (
	"cmp"
	"slices"
	"strings"

	"rieltime/checkout"
)

// head is where the lines of a table begin.
type head struct {
	columns  map[Field]int
	rows     int // up to the header's last one
	header   []string
	currency checkout.Currency
}

// findHead finds the header, in one row or in two of which the lower one completes the
// upper. Without one the header is the longest row.
func findHead(first []row, m Map) (h head, found bool) {
	var longest []string
	for i := range first[:min(len(first), headerWithin)] {
		cells := first[i].cells
		if len(cells) > len(longest) {
			longest = cells
		}

		header, used := cells, i+1
		if joined, is := joinHeaders(cells, first[min(i+1, len(first)-1)].cells); is {
			header, used = joined, i+2
		}
		columns, complete := columnsIn(header, m)
		if complete && !m.numbered() {
			currency := currencyOfHead(header, columns, first[:used-1]) // with the upper row of two
			return head{columns: columns, rows: used, header: header, currency: cmp.Or(currency, m.Currency)}, true
		}
	}

	if m.numbered() {
		columns, found := m.at(longest)
		return head{columns: columns, header: longest, currency: cmp.Or(currencyBefore(first, columns), m.Currency)}, found
	}
	return head{header: longest}, false
}

// currencyBefore is the currency that the rows before the first one with a date name.
func currencyBefore(first []row, columns map[Field]int) checkout.Currency {
	var amounts, others []string
	for _, one := range first[:min(len(first), headerWithin)] {
		r := tableReader{h: head{columns: columns}}
		if _, _, err := parseDate(r.cell(one, FieldDate), DayFirst); err == nil {
			break
		}
		amounts = append(amounts, r.cell(one, FieldAmount), r.cell(one, FieldCredit), r.cell(one, FieldDebit))
		others = append(others, one.cells...)
	}
	return cmp.Or(currencyOf(strings.Join(amounts, " ")), currencyOf(strings.Join(others, " ")))
}

func columnsIn(header []string, m Map) (map[Field]int, bool) {
	if len(m.Columns) > 0 {
		return m.at(header)
	}
	columns := guessColumns(header)
	return columns, complete(columns)
}

// joinHeaders sets the cells of a second row of a header in place of those above, such as
// Debit and Credit below Amount; false where the second row is no header.
func joinHeaders(upper, lower []string) (joined []string, is bool) {
	if len(guessColumns(upper)) == 0 || len(guessColumns(lower)) < 2 {
		return upper, false
	}
	joined = slices.Clone(upper)
	for i, cell := range lower {
		if i >= len(joined) {
			joined = append(joined, cell)
		} else if strings.TrimSpace(cell) != "" {
			joined[i] = cell
		}
	}
	return joined, true
}

func textsOf(rows []row) (texts []string) {
	for _, one := range rows {
		texts = append(texts, strings.Join(one.cells, " "))
	}
	return texts
}

// currencyOfHead is the currency that a file names for amounts that name none: in the
// amounts' headers, or in the rows before.
func currencyOfHead(header []string, columns map[Field]int, before []row) checkout.Currency {
	var amounts []string
	for _, field := range []Field{FieldAmount, FieldCredit, FieldDebit} {
		if at, has := columns[field]; has && at < len(header) {
			amounts = append(amounts, header[at])
		}
	}
	if currency := currencyOf(strings.Join(amounts, " ")); currency != "" {
		return currency
	}
	return currencyOf(strings.Join(textsOf(before), " "))
}
