package statements

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"rieltime/checkout"
)

// Format is how a file is written.
type Format string

// The formats.
const (
	FormatCSV   Format = "csv"
	FormatXLSX  Format = "xlsx"
	FormatCamt  Format = "camt.053"
	FormatMT940 Format = "mt940"
)

// Table reports whether a format has columns that a Map names.
func (f Format) Table() bool { return f == FormatCSV || f == FormatXLSX }

var (
	errSize   = errors.New("the file is larger than 32 MB")
	errLines  = errors.New("the file has more than 200,000 rows")
	errOld    = errors.New("this is an old workbook (.xls) or one with a password: save it as XLSX without one, or as CSV")
	errWebTab = errors.New("this is a web page: open it in a spreadsheet and save it as XLSX or CSV")
	errEmpty  = errors.New("the file is empty")

	// ErrNoHeader means that no row names the columns, or not those of the map.
	ErrNoHeader = errors.New("no row names a column for the date and one for the amount: choose the columns")
)

// File is a statement with the columns by which it was read.
type File struct {
	Statement
	Header []string // of a table; of one without a header, what its first rows have
	Map    Map
	Sheets []string // of a workbook
}

// Read reads a statement. The columns of a table are found by a map, or guessed where it
// has none. With ErrNoHeader it returns the header as far as there is one.
func Read(data []byte, m Map) (File, error) {
	switch {
	case len(data) > MaxSize:
		return File{}, errSize
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readWorkbook(data, m)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return File{}, errOld
	}

	whole := decodeText(data)
	text := strings.TrimLeft(whole, " \t\r\n\ufeff")
	switch begin := strings.ToLower(text[:min(len(text), 4000)]); {
	case text == "":
		return File{}, errEmpty
	case strings.HasPrefix(begin, "<!doctype html"), strings.HasPrefix(begin, "<html"), strings.HasPrefix(begin, "<table"):
		return File{}, errWebTab
	case strings.HasPrefix(begin, "<"):
		s, err := readCamt(strings.NewReader(text))
		return File{Statement: s}, err
	case strings.Contains(begin, ":20:") && strings.Contains(begin, "\n:60"):
		s, err := readMT940(text)
		return File{Statement: s}, err
	}

	f := File{Statement: Statement{Format: FormatCSV}, Map: m}
	f.Lines = make([]Line, 0, min(strings.Count(text, "\n")+1, MaxLines)) // grown, it would have its place twice
	return f, f.readTable(csvRows(whole, separatorOf(text)), false)
}

// readWorkbook reads the sheet that the map names, or the first with a header.
func readWorkbook(data []byte, m Map) (File, error) {
	f := File{Statement: Statement{Format: FormatXLSX}, Map: m}
	w, err := openWorkbook(data)
	if err != nil {
		return f, err
	}
	f.Sheets = w.sheets

	names := w.sheets
	if m.Sheet != "" && slices.Contains(names, m.Sheet) {
		names = []string{m.Sheet}
	}
	var failed error = errEmpty
	for _, name := range names {
		try := File{Statement: Statement{Format: FormatXLSX}, Map: m, Sheets: w.sheets}
		err := try.readTable(w.rows(name), w.since04)
		if err == nil {
			try.Map.Sheet = name
			return try, nil
		}
		if !errors.Is(err, ErrNoHeader) {
			return f, err
		}
		if len(try.Header) > len(f.Header) {
			f.Header, failed = try.Header, err
		}
	}
	return f, failed
}

const (
	headerWithin = 60           // rows from the beginning
	maxRows      = 4 * MaxLines // empty ones too
)

// head is where the lines of a table begin.
type head struct {
	columns  map[Field]int
	rows     int // up to the header's last one
	header   []string
	currency checkout.Currency
}

// readTable reads the lines of a table: first the header, then all rows.
func (f *File) readTable(all rows, since04 bool) error {
	first, err := f.firstRows(all)
	if err != nil {
		return err
	}
	h, found := findHead(first, f.Map)
	f.Header = h.header
	if !found {
		return ErrNoHeader
	}

	f.guess(h, first)
	r := tableReader{s: &f.Statement, h: h, m: f.Map, since04: since04}
	seen, most := 0, true
	err = all(func(one row) bool {
		if seen++; seen > h.rows {
			r.read(one)
		} else if !one.blank() && seen < h.rows {
			f.leave(one.number, LeftPreamble, strings.Join(one.cells, " "))
		}
		most = len(f.Lines)+len(f.Left) <= MaxLines && seen <= maxRows
		return most
	})
	if err == nil && !most {
		err = errLines
	}
	return err
}

func (f *File) firstRows(all rows) (first []row, err error) {
	err = all(func(one row) bool {
		first = append(first, row{one.number, slices.Clone(one.cells)})
		return len(first) < headerWithin+guessedFrom
	})
	return first, err
}

const guessedFrom = 300 // rows by which the order of dates and the marks are guessed

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
			return head{columns: columns, rows: used, header: header, currency: currencyOfHead(m, header, columns, first[:i])}, true
		}
	}

	if m.numbered() {
		columns, found := m.at(longest)
		return head{columns: columns, header: longest, currency: m.Currency}, found
	}
	return head{header: longest}, false
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

// currencyOfHead is the currency of amounts that name none: that of the map, of the
// amounts' headers, or of the rows before.
func currencyOfHead(m Map, header []string, columns map[Field]int, before []row) checkout.Currency {
	if m.Currency != "" {
		return m.Currency
	}
	var amounts []string
	for _, field := range []Field{FieldAmount, FieldCredit, FieldDebit} {
		if at, has := columns[field]; has {
			amounts = append(amounts, header[at])
		}
	}
	if currency := currencyOf(strings.Join(amounts, " ")); currency != "" {
		return currency
	}
	return currencyOf(strings.Join(textsOf(before), " "))
}

// guess completes the map by what was found.
func (f *File) guess(h head, first []row) {
	sample := func(field Field) (texts []string) {
		at, has := h.columns[field]
		for _, one := range first[min(h.rows, len(first)):] {
			if has && at < len(one.cells) {
				texts = append(texts, one.cells[at])
			}
		}
		return texts
	}

	if len(f.Map.Columns) == 0 {
		if marks := sample(FieldMark); slices.ContainsFunc(marks, func(text string) bool { return strings.TrimSpace(text) != "" && markOf(text) == unsigned }) {
			delete(h.columns, FieldMark) // such as the kinds of transactions
		}
		f.Map.Columns = map[Field]string{}
		for field, at := range h.columns {
			f.Map.Columns[field] = columnName(h.header, at)
		}
	}
	if f.Map.Dates == "" {
		f.Map.Dates = guessOrder(sample(FieldDate))
	}
	f.Map.Currency = h.currency
}

// columnName is the text of a header, or its number where another is called the same.
func columnName(header []string, at int) string {
	name := clean(header[at])
	if name == "" || slices.IndexFunc(header, func(h string) bool { return headerName(h) == headerName(name) }) != at {
		return "#" + itoa(at+1)
	}
	return name
}

var hashText = regexp.MustCompile(`(?i)(?:^|[^0-9a-f])([0-9a-f]{64})(?:[^0-9a-f]|$)`)

// hashIn finds the hash of a transaction at Bakong in some texts.
func hashIn(texts ...string) string {
	for _, text := range texts {
		if found := hashText.FindStringSubmatch(text); found != nil {
			return strings.ToLower(found[1])
		}
	}
	return ""
}

// clean sets one space for white space and leaves out what is not to be seen, such as
// marks that turn the direction of a text.
func clean(text string) string {
	return cut(oneSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
			return -1
		}
		return r
	}, text)))
}

const leftText = 120 // characters of a row that was left out

func (s *Statement) leave(number int, reason Reason, text string) {
	text = clean(text)
	if short := []rune(text); len(short) > leftText {
		text = string(short[:leftText])
	}
	s.Left = append(s.Left, LeftOut{number, reason, text})
}
