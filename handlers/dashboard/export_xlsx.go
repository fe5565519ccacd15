package dashboard

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"rieltime/checkout"
)

// rowsPerSheet is less than the 1,048,576 that a sheet can have.
const rowsPerSheet = 1_000_000

// xlsxFile is a workbook. Its rows wait in a temporary file until all are there: it can
// only be sent as a whole.
type xlsxFile struct {
	w      io.Writer
	book   *excelize.File
	sheet  *excelize.StreamWriter
	sheets int
	rows   int // of the sheet
	titles []cell
	styles map[checkout.Currency]int // of amounts
	failed error
}

func newXLSX(w io.Writer) (exporter, error) {
	f := &xlsxFile{w: w, book: excelize.NewFile(), styles: map[checkout.Currency]int{}}
	f.book.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) }) // the one given has the whole file in memory
	for _, currency := range checkout.Currencies() {
		format := "#,##0"
		if digits := currency.Digits(); digits > 0 {
			format += "." + strings.Repeat("0", digits)
		}
		style, err := f.book.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			return nil, errors.Join(err, f.book.Close())
		}
		f.styles[currency] = style
	}
	return f, nil
}

func (f *xlsxFile) row(cells []cell) error {
	f.failed = f.add(cells)
	return f.failed
}

func (f *xlsxFile) add(cells []cell) error {
	if f.sheet == nil || f.rows == rowsPerSheet {
		if err := f.nextSheet(); err != nil {
			return err
		}
		if f.titles == nil {
			f.titles = cells
		} else if err := f.write(f.titles); err != nil {
			return err
		}
	}
	return f.write(cells)
}

func (f *xlsxFile) nextSheet() error {
	if f.sheet != nil {
		if err := f.sheet.Flush(); err != nil {
			return err
		}
	}

	f.sheets++
	f.rows = 0
	name := fmt.Sprintf("Sheet%d", f.sheets)
	if f.sheets > 1 {
		if _, err := f.book.NewSheet(name); err != nil {
			return err
		}
	}

	var err error
	f.sheet, err = f.book.NewStreamWriter(name)
	return err
}

// write writes a row. Texts are texts: no cell is a formula.
func (f *xlsxFile) write(cells []cell) error {
	values := make([]any, len(cells))
	for i, one := range cells {
		switch {
		case one.amount.Currency != "":
			number, err := strconv.ParseFloat(one.amount.Decimal(), 64) // a sheet has no other numbers; its shortest text is the amount
			if err != nil {
				return err
			}
			values[i] = excelize.Cell{StyleID: f.styles[one.amount.Currency], Value: number}
		case one.text != "":
			values[i] = one.text
		}
	}

	f.rows++
	at, err := excelize.CoordinatesToCellName(1, f.rows)
	if err != nil {
		return err
	}
	return f.sheet.SetRow(at, values)
}

func (*xlsxFile) flush() error { return nil }

func (f *xlsxFile) close() error {
	if f.failed != nil || f.sheet == nil {
		return f.book.Close()
	}
	err := f.sheet.Flush()
	if err == nil {
		err = f.book.Write(f.w)
	}
	return errors.Join(err, f.book.Close())
}
