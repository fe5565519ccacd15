package statements

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"rieltime/checkout"
)

func itoa(n int) string { return strconv.Itoa(n) }

var (
	totalWords   = regexp.MustCompile(`(?i)^\s*(grand |sub-?)?totals?\b|^\s*សរុប`)
	balanceWords = regexp.MustCompile(`(?i)\b(opening|closing|beginning|ending) balance\b|\bbalance (brought|carried) (forward|down)\b|\bbrought forward\b|\bb/f\b|\bc/f\b|សមតុល្យដើម|សមតុល្យចុង`)
)

// tableReader makes lines of the rows behind a header.
type tableReader struct {
	s       *Statement
	h       head
	m       Map
	since04 bool
}

func (r *tableReader) cell(one row, field Field) string {
	at, has := r.h.columns[field]
	if !has || at >= len(one.cells) {
		return ""
	}
	return strings.TrimSpace(one.cells[at])
}

// read adds a row as a line, or leaves it out with the reason.
func (r *tableReader) read(one row) {
	if one.blank() {
		return
	}

	whole := strings.Join(one.cells, " ")
	date := r.date(one)
	amount, err := r.amount(one)
	none := err == nil && amount.minor == 0
	day, at, dateErr := parseDate(date, r.m.Dates)

	switch {
	case r.h.rows > 0 && !row{cells: one.cells[min(len(r.h.header), len(one.cells)):]}.blank():
		r.s.leave(one.number, BadForm, whole) // a separator within a cell moved the others
	case dateErr != nil && none && r.continues(one, date):
		r.s.leave(one.number, LeftText, whole)
	case dateErr != nil && r.h.rows > 0 && none && date == clean(r.h.header[r.h.columns[FieldDate]]):
		r.s.leave(one.number, LeftPreamble, whole) // the header again, on another page
	case dateErr != nil && (totalWords.MatchString(firstText(one)) || balanceWords.MatchString(whole) || none && !r.hasAmount(one)),
		dateErr == nil && (none && balanceWords.MatchString(whole) || r.isBalance(one)):
		r.s.leave(one.number, LeftTotal, whole)
	case dateErr != nil && r.h.rows == 0 && len(r.s.Lines) == 0:
		r.s.leave(one.number, LeftPreamble, whole)
	case dateErr != nil:
		r.s.leave(one.number, BadDate, whole)
	case err != nil:
		r.s.leave(one.number, reasonOf(err), whole)
	case none:
		r.s.leave(one.number, BadAmount, whole)
	default:
		line := Line{
			Row: one.number, Day: day, At: at,
			Amount: checkout.Money{Minor: amount.minor, Currency: amount.currency}, Out: amount.sign == minus,
			Reference: clean(r.cell(one, FieldReference)), Payer: clean(r.cell(one, FieldPayer)), Text: clean(r.cell(one, FieldText)), Balance: clean(r.cell(one, FieldBalance)),
		}
		line.Hash = hashIn(r.cell(one, FieldHash), line.Reference, line.Text, strings.ReplaceAll(line.Text, " ", ""))
		if short := strings.ToLower(clean(r.cell(one, FieldHash))); line.Hash == "" && shortHash.MatchString(short) {
			line.Hash = short
		}
		r.s.Lines = append(r.s.Lines, line)
	}
}

var shortHash = regexp.MustCompile(`^[0-9a-f]{8}$`)

// date is the date of a row, with the time of day from its own column.
func (r *tableReader) date(one row) string {
	date := clean(r.cell(one, FieldDate))
	if r.since04 && serialDate.MatchString(date) {
		value, _ := strconv.ParseFloat(date, 64)
		date = strconv.FormatFloat(value+1462, 'f', -1, 64) // the days between the two calendars
	}

	clock := clean(r.cell(one, FieldTime))
	if fraction, is := strings.CutPrefix(clock, "0."); is && serialDate.MatchString(date) && strings.Trim(fraction, "0123456789") == "" {
		return date + "." + fraction // the time of a spreadsheet, a part of a day
	}
	if clock == "" {
		return date
	}
	if _, _, err := parseDate(date+" "+clock, r.m.Dates); err != nil {
		return date
	}
	return date + " " + clock
}

// continues adds a row that has only more text to the line before.
func (r *tableReader) continues(one row, date string) bool {
	more := clean(r.cell(one, FieldText))
	if date != "" || more == "" || len(r.s.Lines) == 0 || totalWords.MatchString(firstText(one)) || balanceWords.MatchString(more) {
		return false
	}
	for at, cell := range one.cells {
		if at != r.h.columns[FieldText] && strings.TrimSpace(cell) != "" {
			return false
		}
	}

	last := &r.s.Lines[len(r.s.Lines)-1]
	joined := last.Text + more
	last.Text = cut(last.Text + " " + more)
	if last.Hash == "" {
		last.Hash = hashIn(last.Text, joined)
	}
	return true
}

// isBalance reports whether a row with an amount is the balance of the beginning or the
// end and no movement.
func (r *tableReader) isBalance(one row) bool {
	return r.cell(one, FieldReference) == "" && balanceWords.MatchString(r.cell(one, FieldText))
}

// hasAmount reports whether a cell of an amount has something in it.
func (r *tableReader) hasAmount(one row) bool {
	return r.cell(one, FieldAmount)+r.cell(one, FieldCredit)+r.cell(one, FieldDebit) != ""
}

func firstText(one row) string {
	for _, cell := range one.cells {
		if strings.TrimSpace(cell) != "" {
			return cell
		}
	}
	return ""
}

var (
	errTwo  = errors.New("two sides")
	errSide = errors.New("side")
)

func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, errTwo):
		return BadTwo
	case errors.Is(err, errSide):
		return BadSide
	case errors.Is(err, errCurrency):
		return BadCurrency
	}
	return BadAmount
}

// amount is the amount of a row with its direction; zero where it has none.
func (r *tableReader) amount(one row) (cellAmount, error) {
	credit, err := r.parse(one, FieldCredit)
	if err != nil {
		return credit, err
	}
	debit, err := r.parse(one, FieldDebit)
	if err != nil {
		return debit, err
	}
	switch {
	case credit.minor != 0 && debit.minor != 0:
		return credit, errTwo
	case credit.minor != 0:
		if credit.sign != minus {
			credit.sign = plus
		}
		return credit, nil
	case debit.minor != 0:
		debit.sign = minus // with its own minus or without
		return debit, nil
	}
	return r.signed(one)
}

// parse reads a cell of an amount, which may not be of another currency than its row says.
func (r *tableReader) parse(one row, field Field) (cellAmount, error) {
	text, named := r.cell(one, field), r.cell(one, FieldCurrency)
	if named == "" || text == "" {
		return parseAmount(text, r.h.currency)
	}

	currency := currencyOf(named)
	amount, err := parseAmount(text, currency)
	if err == nil && amount.minor != 0 && amount.currency != currency {
		err = errCurrency
	}
	return amount, err
}

// signed reads the column of amounts of both directions: a mark or a sign says which.
func (r *tableReader) signed(one row) (cellAmount, error) {
	amount, err := r.parse(one, FieldAmount)
	if err != nil || amount.minor == 0 {
		return amount, err
	}

	text := r.cell(one, FieldMark)
	if text == "" {
		if _, has := r.h.columns[FieldMark]; has && amount.sign == unsigned {
			return amount, errSide
		}
		if amount.sign == unsigned {
			amount.sign = plus
		}
		return amount, nil
	}

	mark := markOf(text)
	if mark == unsigned || amount.sign == plus && mark == minus || amount.sign == minus && mark == plus {
		return amount, errSide
	}
	amount.sign = mark
	return amount, nil
}

// markOf reads a mark of debit or credit.
func markOf(text string) sign {
	switch strings.ToUpper(strings.Trim(strings.TrimSpace(text), ".")) {
	case "CR", "C", "CREDIT", "CRDT", "+", "IN", "DEPOSIT", "ឥណទាន", "ចូល":
		return plus
	case "DR", "D", "DEBIT", "DBIT", "-", "OUT", "WITHDRAWAL", "ឥណពន្ធ", "ចេញ":
		return minus
	}
	return unsigned
}
