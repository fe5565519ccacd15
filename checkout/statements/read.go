package statements

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
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
	Map    Map      // with what was guessed
	Asked  Map      // by which it was read, without what was guessed
	Sheets []string // of a workbook

	order DateOrder // that its dates show; empty: either could be
}

// Read reads a statement. The columns of a table are found by a map, or guessed where it
// has none. With ErrNoHeader it returns the header as far as there is one. A table that
// names another currency than the map is refused.
func Read(data []byte, m Map) (File, error) { return read(data, m, m.Currency) }

// ReadKept reads a statement by what somebody gave for it, and for the rest by what is
// kept for its account. What is kept gives way: to the currency that a table names, to the
// order that its dates show, and as a whole to a table that lacks its columns, which are
// guessed then.
func ReadKept(data []byte, given, kept Map) (File, error) {
	f, err := read(data, given.over(kept), given.Currency)
	if err == nil && given.Dates == "" && f.order != "" && f.order != f.Map.Dates {
		shown := given.over(kept)
		shown.Dates = f.order
		if f, err = read(data, shown, given.Currency); err == nil {
			f.Asked.Dates = ""
		}
	}
	if errors.Is(err, ErrNoHeader) && len(given.Columns) == 0 && len(kept.Columns) > 0 {
		if guessed, guessErr := read(data, given, given.Currency); !errors.Is(guessErr, ErrNoHeader) {
			return guessed, guessErr
		}
	}
	return f, err
}

// read reads a statement. given is the currency of the map if somebody gave it for this
// statement.
func read(data []byte, m Map, given checkout.Currency) (File, error) {
	f, err := readFormat(data, m)
	f.Asked = m
	if err != nil || !f.Format.Table() || m.Currency == f.Map.Currency {
		return f, err
	}
	if given != "" {
		return f, fmt.Errorf("the file says that its amounts are in %s, not in %s", f.Map.Currency, given)
	}
	f.Asked.Currency = "" // the file's own is better than one that is kept
	return f, nil
}

func readFormat(data []byte, m Map) (File, error) {
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
	f.order = shownOrder(sample(FieldDate))
	if f.Map.Dates == "" {
		f.Map.Dates = cmp.Or(f.order, DayFirst)
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
