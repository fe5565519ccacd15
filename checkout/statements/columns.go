package statements

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rieltime/checkout"
)

// Field is what a column of a statement has.
type Field string

// The fields. A statement has a date and either an amount (with its sign, or with a mark
// of debit or credit) or a debit and a credit.
const (
	FieldDate      Field = "date"
	FieldTime      Field = "time"
	FieldAmount    Field = "amount"
	FieldDebit     Field = "debit"
	FieldCredit    Field = "credit"
	FieldMark      Field = "mark" // CR or DR
	FieldCurrency  Field = "currency"
	FieldReference Field = "reference"
	FieldHash      Field = "hash"
	FieldPayer     Field = "payer"
	FieldText      Field = "text"
	FieldBalance   Field = "balance"
)

// Fields are all fields, in the order in which forms ask for them.
func Fields() []Field {
	return []Field{
		FieldDate, FieldTime, FieldCredit, FieldDebit, FieldAmount, FieldMark, FieldCurrency,
		FieldReference, FieldHash, FieldPayer, FieldText, FieldBalance,
	}
}

// Map says where a table has the fields. A column is the text of its header, or "#3" for
// the third one.
type Map struct {
	Columns  map[Field]string  `json:"columns"`
	Dates    DateOrder         `json:"dates,omitempty"`
	Currency checkout.Currency `json:"currency,omitempty"` // where neither a column nor an amount names one
	Sheet    string            `json:"sheet,omitempty"`    // of a workbook; empty: the first with a header
}

// Check reports what a map lacks.
func (m Map) Check() error {
	for field := range m.Columns {
		if !slices.Contains(Fields(), field) {
			return fmt.Errorf("%q is not a field of a statement", field)
		}
	}
	switch has := func(f Field) bool { return m.Columns[f] != "" }; {
	case !has(FieldDate):
		return errors.New("no column has the date")
	case !has(FieldAmount) && !has(FieldCredit) && !has(FieldDebit):
		return errors.New("no column has the amount")
	}
	return m.CheckChoices()
}

// CheckChoices reports what is wrong with a map apart from its columns.
func (m Map) CheckChoices() error {
	if m.Dates != "" && m.Dates != DayFirst && m.Dates != MonthFirst {
		return fmt.Errorf("the order of dates is %q or %q", DayFirst, MonthFirst)
	}
	if m.Currency != "" {
		_, err := checkout.ParseCurrency(string(m.Currency))
		return err
	}
	return nil
}

// over returns the map completed by what is kept, of which nothing is left where the map
// has columns of its own.
func (m Map) over(kept Map) Map {
	if len(m.Columns) > 0 {
		return m
	}
	m.Columns = kept.Columns
	m.Currency, m.Dates, m.Sheet = cmp.Or(m.Currency, kept.Currency), cmp.Or(m.Dates, kept.Dates), cmp.Or(m.Sheet, kept.Sheet)
	return m
}

// names are what columns are called, in lower case; the more particular first.
var names = map[Field][]string{
	FieldDate:      {"transaction date", "trans date", "txn date", "tran date", "posting date", "post date", "booking date", "date time", "datetime", "date", "value date", "កាលបរិច្ឆេទ", "ថ្ងៃខែ", "ថ្ងៃ"},
	FieldTime:      {"transaction time", "trans time", "time", "ម៉ោង", "ពេលវេលា"},
	FieldDebit:     {"debit amount", "debit", "money out", "withdrawal", "withdrawals", "paid out", "out", "dr", "ឥណពន្ធ", "ដកប្រាក់", "ប្រាក់ចេញ", "ចំណាយ", "ដក"},
	FieldCredit:    {"credit amount", "credit", "money in", "deposit", "deposits", "paid in", "in", "cr", "ឥណទាន", "ដាក់ប្រាក់", "ប្រាក់ចូល", "ចំណូល"},
	FieldAmount:    {"transaction amount", "trans amount", "amount", "ចំនួនទឹកប្រាក់", "ទឹកប្រាក់", "ចំនួន"},
	FieldMark:      {"dr/cr", "cr/dr", "debit/credit", "credit/debit", "d/c", "c/d", "sign", "direction", "type"},
	FieldCurrency:  {"currency", "ccy", "cur", "curr", "រូបិយប័ណ្ណ", "រូបិយវត្ថុ"},
	FieldReference: {"reference", "reference no", "reference number", "ref", "ref no", "transaction id", "transaction no", "trans id", "trx id", "trx no", "txn id", "ft no", "ft number", "transaction reference", "លេខយោង", "លេខប្រតិបត្តិការ", "យោង"},
	FieldHash:      {"hash", "transaction hash", "trx hash", "bakong hash"},
	FieldPayer:     {"payer", "payer name", "sender", "sender name", "from", "from account", "counterparty", "remitter", "អ្នកផ្ញើ", "អ្នកបង់", "ឈ្មោះអ្នកផ្ញើ", "ពីគណនី"},
	FieldText:      {"description", "transaction details", "details", "detail", "narrative", "particulars", "remark", "remarks", "memo", "purpose", "ការបរិយាយ", "បរិយាយ", "សេចក្តីលម្អិត", "ពិពណ៌នា", "កំណត់សម្គាល់"},
	FieldBalance:   {"balance", "running balance", "available balance", "closing balance", "ledger balance", "សមតុល្យ"},
}

// headerName is how headers are compared: lower case, without currencies and brackets.
func headerName(text string) string {
	text = strings.ToLower(currencyMark.ReplaceAllString(text, ""))
	text = strings.NewReplacer("(", " ", ")", " ", ".", " ", "_", " ", ":", " ", "\u200b", "").Replace(text)
	return strings.Join(strings.Fields(text), " ")
}

// fieldRank returns how well a header names a field: from 1; 0 when it does not.
func fieldRank(header string, field Field) int {
	header = headerName(header)
	if at := slices.Index(names[field], header); header != "" && at >= 0 {
		return 100 - at
	}
	if len(header) > 60 {
		return 0
	}
	for at, name := range names[field] {
		khmer := name[0] >= 0x80 // Khmer sets no spaces between words
		if khmer && strings.Contains(header, name) || !khmer && len(name) > 3 && (strings.HasPrefix(header, name+" ") || strings.HasSuffix(header, " "+name)) {
			return 50 - at
		}
	}
	return 0
}

// guessColumns returns the column of each field that a header names. A column has one
// field.
func guessColumns(header []string) map[Field]int {
	found := map[Field]int{}
	taken := map[int]bool{}
	for {
		bestRank, bestField, bestColumn := 0, Field(""), 0
		for _, field := range Fields() {
			if _, has := found[field]; has {
				continue
			}
			for column, text := range header {
				if rank := fieldRank(text, field); !taken[column] && rank > bestRank {
					bestRank, bestField, bestColumn = rank, field, column
				}
			}
		}
		if bestRank == 0 {
			return found
		}
		found[bestField], taken[bestColumn] = bestColumn, true
	}
}

// complete reports whether columns are enough to read lines.
func complete(columns map[Field]int) bool {
	_, date := columns[FieldDate]
	_, amount := columns[FieldAmount]
	_, credit := columns[FieldCredit]
	_, debit := columns[FieldDebit]
	return date && (amount || credit || debit)
}

// decisive are the fields without which a line would say something else.
var decisive = []Field{FieldDate, FieldTime, FieldCredit, FieldDebit, FieldAmount, FieldMark, FieldCurrency}

// at returns the columns of a map in a header; false when a decisive one is missing.
func (m Map) at(header []string) (columns map[Field]int, found bool) {
	columns = map[Field]int{}
	missing := false
	for field, name := range m.Columns {
		if number, is := columnNumber(name); is {
			columns[field] = number
		} else if at := slices.IndexFunc(header, func(h string) bool { return headerName(h) == headerName(name) }); at >= 0 {
			columns[field] = at
		} else if slices.Contains(decisive, field) {
			missing = true
		}
	}
	return columns, !missing && complete(columns)
}

// numbered reports whether all columns are given by their numbers: no header is needed.
func (m Map) numbered() bool {
	for _, name := range m.Columns {
		if _, is := columnNumber(name); !is {
			return false
		}
	}
	return len(m.Columns) > 0
}

func columnNumber(name string) (int, bool) {
	text, is := strings.CutPrefix(name, "#")
	number, err := strconv.Atoi(text)
	return number - 1, is && err == nil && number >= 1 && number <= maxColumns
}
