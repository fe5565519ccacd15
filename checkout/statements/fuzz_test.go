package statements_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"
	"unicode/utf8"

	"rieltime/checkout/statements"
)

// packed is a workbook whose sheet is a text, and then another one as often as count says.
func packed(t testing.TB, text, repeated string, count int) []byte {
	t.Helper()
	var b bytes.Buffer
	file := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"xl/workbook.xml", `<workbook><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + text},
	} {
		w, err := file.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, part[1]); err != nil {
			t.Fatal(err)
		}
		if part[0] == "xl/worksheets/sheet1.xml" {
			if _, err := io.Copy(w, io.LimitReader(&repeats{text: repeated}, int64(count*len(repeated)))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// repeats is a text without an end.
type repeats struct {
	text string
	at   int
}

func (r *repeats) Read(p []byte) (n int, err error) {
	for n < len(p) {
		copied := copy(p[n:], r.text[r.at:])
		n, r.at = n+copied, (r.at+copied)%len(r.text)
	}
	return n, nil
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
