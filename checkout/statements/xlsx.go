package statements

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
)

// workbook is an XLSX file of which the cells are read, one row after the other.
type workbook struct {
	zip     *zip.Reader
	left    int64 // bytes that may still be unpacked
	sheets  []string
	paths   map[string]string // of the sheets, by their names
	strings []string
	since04 bool // dates are counted from 1904
}

var (
	errWorkbook = errors.New("the workbook cannot be read: save it as XLSX again, or as CSV")
	errUnpacked = errors.New("the workbook is too large when it is unpacked")
)

const (
	maxSharedTexts = 48 << 20 // bytes
	maxTargets     = 10_000   // parts that the workbook names
)

func openWorkbook(data []byte) (*workbook, error) {
	reader, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errWorkbook
	}

	w := &workbook{zip: reader, left: maxUnpacked, paths: map[string]string{}}
	if err := w.readSheetNames(); err != nil {
		return nil, err
	}
	return w, w.readStrings()
}

// part opens a part of the file by its name.
func (w *workbook) part(name string) (*boundedXML, io.Closer, error) {
	file, err := w.zip.Open(strings.TrimPrefix(name, "/"))
	if err != nil {
		return nil, nil, errWorkbook
	}
	return newBoundedXML(&unpacked{file, &w.left}), file, nil
}

// unpacked counts what is unpacked, and ends when it is too much.
type unpacked struct {
	from io.Reader
	left *int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	if *u.left -= int64(n); *u.left < 0 {
		return 0, errUnpacked
	}
	return n, err
}

// tokens passes the tokens of a part on until each returns false.
func (w *workbook) tokens(name string, each func(xml.Token) bool) error {
	document, file, err := w.part(name)
	if err != nil {
		return err
	}
	defer file.Close()

	for {
		token, err := document.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case bounded(err):
			return err
		case err != nil:
			return errWorkbook
		}
		if !each(token) {
			return nil
		}
	}
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (w *workbook) readSheetNames() error {
	targets := map[string]string{}
	err := w.tokens("xl/_rels/workbook.xml.rels", func(token xml.Token) bool {
		if e, is := token.(xml.StartElement); is && e.Name.Local == "Relationship" {
			target := attribute(e, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl", target)
			}
			targets[attribute(e, "Id")] = target
		}
		return len(targets) < maxTargets
	})
	if err != nil {
		return err
	}

	return w.tokens("xl/workbook.xml", func(token xml.Token) bool {
		e, is := token.(xml.StartElement)
		switch {
		case is && e.Name.Local == "sheet" && len(w.sheets) < maxColumns:
			name := attribute(e, "name")
			for _, a := range e.Attr {
				if target := targets[a.Value]; a.Name.Local == "id" && target != "" {
					w.sheets, w.paths[name] = append(w.sheets, name), target
				}
			}
		case is && e.Name.Local == "workbookPr":
			w.since04 = attribute(e, "date1904") == "1" || attribute(e, "date1904") == "true"
		}
		return true
	})
}

// readStrings reads the texts that cells name by their numbers; a workbook may have none.
func (w *workbook) readStrings() error {
	const name = "xl/sharedStrings.xml"
	if file, err := w.zip.Open(name); err != nil {
		return nil
	} else if err := file.Close(); err != nil {
		return errWorkbook
	}

	var text strings.Builder
	inText, phonetic, size := false, false, 0
	err := w.tokens(name, func(token xml.Token) bool {
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				text.Reset()
			case "t":
				inText = !phonetic
			case "rPh":
				phonetic = true
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "si":
				w.strings = append(w.strings, withoutNUL(text.String()))
			case "t":
				inText = false
			case "rPh":
				phonetic = false
			}
		case xml.CharData:
			if inText && text.Len() < maxCell {
				text.WriteString(cut(string(t)))
				size += len(t)
			}
		}
		return size <= maxSharedTexts && len(w.strings) <= MaxLines*10
	})
	if err == nil && (size > maxSharedTexts || len(w.strings) > MaxLines*10) {
		err = errUnpacked
	}
	return err
}

// cellReader puts the cells of a sheet together.
type cellReader struct {
	w      *workbook
	row    row
	kind   string
	column int
	value  strings.Builder
	inside bool
}

// rows are those of a sheet, hidden ones too.
func (w *workbook) rows(sheet string) rows {
	return func(each func(row) bool) error {
		name, ok := w.paths[sheet]
		if !ok {
			return fmt.Errorf("the workbook has no sheet %q", sheet)
		}

		c := cellReader{w: w}
		return w.tokens(name, func(token xml.Token) bool {
			switch t := token.(type) {
			case xml.StartElement:
				c.start(t)
			case xml.CharData:
				if c.inside && c.value.Len() < maxCell {
					c.value.WriteString(cut(string(t)))
				}
			case xml.EndElement:
				switch t.Name.Local {
				case "v", "t":
					c.inside = false
				case "c":
					c.endCell()
				case "row":
					return each(row{c.row.number, c.row.cells})
				}
			}
			return true
		})
	}
}

func (c *cellReader) start(e xml.StartElement) {
	switch e.Name.Local {
	case "row":
		number, err := strconv.Atoi(attribute(e, "r"))
		if err != nil || number <= c.row.number {
			number = c.row.number + 1
		}
		c.row, c.column = row{number: number}, -1
	case "c":
		c.kind = attribute(e, "t")
		c.column++
		if column, is := columnOf(attribute(e, "r")); is {
			c.column = column
		}
		c.value.Reset()
	case "v", "t":
		c.inside = true
	}
}

func (c *cellReader) endCell() {
	if c.column >= maxColumns {
		return
	}
	for len(c.row.cells) <= c.column {
		c.row.cells = append(c.row.cells, "")
	}
	c.row.cells[c.column] = c.text()
}

func (c *cellReader) text() string {
	value := withoutNUL(c.value.String())
	switch c.kind {
	case "s":
		if at, err := strconv.Atoi(value); err == nil && at >= 0 && at < len(c.w.strings) {
			return c.w.strings[at]
		}
		return ""
	case "", "n":
		return numberText(value)
	}
	return value
}

// numberText writes a number as people do: without an exponent, and without the noise of
// binary fractions.
func numberText(value string) string {
	number, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
		return value
	}
	if math.Abs(number) < 1e9 {
		number = math.Round(number*1e6) / 1e6
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

// columnOf returns the column of a cell's name, such as 2 of C5.
func columnOf(name string) (column int, is bool) {
	for i := 0; i < len(name) && name[i] >= 'A' && name[i] <= 'Z' && i < 4; i++ {
		column = column*26 + int(name[i]-'A') + 1
	}
	return column - 1, column > 0
}
