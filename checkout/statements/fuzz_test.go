package statements_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"
	"unicode/utf8"

	"rieltime/checkout/statements"
)

// bomb is a workbook whose sheet unpacks to a gigabyte of blanks.
func bomb(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	file := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"xl/workbook.xml", `<workbook><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c t=\"str\"><v>Date</v></c><c t=\"str\"><v>Amount</v></c></row>"},
	} {
		w, err := file.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, part[1]); err != nil {
			t.Fatal(err)
		}
		if part[0] == "xl/worksheets/sheet1.xml" {
			row := bytes.Repeat([]byte(" "), 1<<20)
			for range 1 << 8 {
				if _, err := w.Write(row); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// FuzzRead reads anything: no file ends the process, and each line is whole.
func FuzzRead(f *testing.F) {
	for _, text := range samples {
		f.Add([]byte(text))
	}
	f.Add([]byte("\xff\xfeD\x00a\x00"))
	f.Add(workbook(f, map[string][][]any{"S": {{"Date", "Amount", "Ref"}, {46354, "5 USD", "A"}}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := statements.Read(data, statements.Map{})
		if err != nil {
			return
		}
		for _, line := range file.Lines {
			texts := line.Reference + line.Payer + line.Text + line.Hash + line.Balance
			if line.Amount.Minor <= 0 || line.Amount.Currency == "" || line.Row < 1 || !utf8.ValidString(texts) || bytes.Contains([]byte(texts), []byte{0}) {
				t.Fatalf("%+v", line)
			}
		}
	})
}
