package dashboard

import (
	"encoding/csv"
	"io"
	"net/http"
	"strings"
)

// csvFile is a CSV in UTF-8 with a mark, by which spreadsheets know it.
type csvFile struct {
	csv *csv.Writer
	w   io.Writer
}

const byteOrderMark = "\ufeff"

func newCSV(w io.Writer) (exporter, error) {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return nil, err
	}
	file := csvFile{csv.NewWriter(w), w}
	file.csv.UseCRLF = true
	return file, nil
}

func (f csvFile) row(cells []cell) error {
	texts := make([]string, len(cells))
	for i, one := range cells {
		texts[i] = safeCell(one.text)
		if one.amount.Currency != "" {
			texts[i] = one.amount.Decimal()
		}
	}
	return f.csv.Write(texts)
}

// safeCell quotes a text that a spreadsheet would take for a formula.
func safeCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}

func (f csvFile) flush() error {
	f.csv.Flush()
	if flusher, is := f.w.(http.Flusher); is {
		flusher.Flush()
	}
	return f.csv.Error()
}

func (f csvFile) close() error { return f.flush() }
