package dashboard

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"rieltime/checkout"
)

// rowsPerSheet is less than the 1,048,576 that a sheet can have.
const rowsPerSheet = 1_000_000

// xlsxFile is a workbook of Office Open XML (ECMA-376), which is sent while it is written:
// its sheets come before the parts that list them.
type xlsxFile struct {
	w      io.Writer
	zip    *zip.Writer
	sheet  io.Writer // the part that is being written; nil before the first row
	sheets int
	rows   int // of the sheet
	titles []cell
	styles map[checkout.Currency]string // of amounts
	line   bytes.Buffer                 // a row
}

const (
	xlsxMain          = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	xlsxRelation      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	xlsxPackage       = "http://schemas.openxmlformats.org/package/2006/"
	xlsxContent       = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	firstNumberFormat = 164 // those below are predefined
)

func newXLSX(w io.Writer) (exporter, error) {
	f := &xlsxFile{w: w, zip: zip.NewWriter(w), styles: map[checkout.Currency]string{}}
	for i, currency := range checkout.Currencies() {
		f.styles[currency] = strconv.Itoa(i + 1)
	}
	return f, f.parts(xlsxPart{"_rels/.rels", fmt.Sprintf(`<Relationships xmlns="%srelationships">`+
		`<Relationship Id="rId1" Type="%s/officeDocument" Target="xl/workbook.xml"/></Relationships>`, xlsxPackage, xlsxRelation)},
		xlsxPart{"xl/styles.xml", xlsxStyles()})
}

// xlsxPart is a part that is written as a whole.
type xlsxPart struct{ name, text string }

func (f *xlsxFile) parts(parts ...xlsxPart) error {
	for _, part := range parts {
		w, err := f.zip.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, xml.Header+part.text); err != nil {
			return err
		}
	}
	return nil
}

// xlsxStyles has a style for amounts of each currency, in their order, after that of texts.
func xlsxStyles() string {
	var formats, styles strings.Builder
	currencies := checkout.Currencies()
	for i, currency := range currencies {
		format := "#,##0"
		if digits := currency.Digits(); digits > 0 {
			format += "." + strings.Repeat("0", digits)
		}
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, firstNumberFormat+i, format)
		fmt.Fprintf(&styles, `<xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`, firstNumberFormat+i)
	}
	return fmt.Sprintf(`<styleSheet xmlns="%s"><numFmts count="%d">%s</numFmts>`, xlsxMain, len(currencies), &formats) +
		`<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		fmt.Sprintf(`<cellXfs count="%d"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>%s</cellXfs></styleSheet>`, len(currencies)+1, &styles)
}

func (f *xlsxFile) row(cells []cell) error {
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
	if err := f.endSheet(); err != nil {
		return err
	}
	f.sheets++
	f.rows = 0

	var err error
	if f.sheet, err = f.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", f.sheets)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(f.sheet, `%s<worksheet xmlns="%s"><sheetData>`, xml.Header, xlsxMain)
	return err
}

func (f *xlsxFile) endSheet() error {
	if f.sheet == nil {
		return nil
	}
	_, err := io.WriteString(f.sheet, "</sheetData></worksheet>")
	return err
}

// write writes a row. Texts are texts: no cell is a formula.
func (f *xlsxFile) write(cells []cell) error {
	f.rows++
	number := strconv.Itoa(f.rows)
	f.line.Reset()
	f.line.WriteString(`<row r="` + number + `">`)
	for i, one := range cells {
		at := string(rune('A'+i)) + number // there are fewer than 26
		switch {
		case one.amount.Currency != "":
			f.line.WriteString(`<c r="` + at + `" s="` + f.styles[one.amount.Currency] + `"><v>` + one.amount.Decimal() + "</v></c>")
		case one.text != "":
			f.line.WriteString(`<c r="` + at + `" t="inlineStr"><is><t xml:space="preserve">`)
			if err := xml.EscapeText(&f.line, []byte(xlsxText(one.text))); err != nil {
				return err
			}
			f.line.WriteString("</t></is></c>")
		}
	}
	f.line.WriteString("</row>")
	_, err := f.line.WriteTo(f.sheet)
	return err
}

var xlsxEscape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// xlsxText has texts in which spreadsheets would see one of their escapes of a character
// shown as they are: the underscore is escaped.
func xlsxText(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return xlsxEscape.ReplaceAllStringFunc(text, func(escape string) string { return "_x005F" + escape })
}

func (f *xlsxFile) flush() error {
	err := f.zip.Flush()
	if flusher, is := f.w.(http.Flusher); is {
		flusher.Flush()
	}
	return err
}

// close writes the parts that list the sheets.
func (f *xlsxFile) close() error {
	if err := f.endSheet(); err != nil {
		return err
	}

	var list, relations, types strings.Builder
	for i := range f.sheets {
		fmt.Fprintf(&list, `<sheet name="Sheet%d" sheetId="%d" r:id="rId%d"/>`, i+1, i+1, i+1)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, xlsxRelation, i+1)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i+1, xlsxContent)
	}
	err := f.parts(
		xlsxPart{"xl/workbook.xml", fmt.Sprintf(`<workbook xmlns="%s" xmlns:r="%s"><sheets>%s</sheets></workbook>`, xlsxMain, xlsxRelation, &list)},
		xlsxPart{"xl/_rels/workbook.xml.rels", fmt.Sprintf(`<Relationships xmlns="%srelationships">%s<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`,
			xlsxPackage, &relations, f.sheets+1, xlsxRelation)},
		xlsxPart{"[Content_Types].xml", fmt.Sprintf(`<Types xmlns="%scontent-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
			`<Override PartName="/xl/workbook.xml" ContentType="%ssheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="%sstyles+xml"/>%s</Types>`,
			xlsxPackage, xlsxContent, xlsxContent, &types)},
	)
	if err != nil {
		return err
	}
	return f.zip.Close()
}
