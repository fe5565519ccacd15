package statements_test

import (
	"io"
	"strings"
	"testing"

	"rieltime/checkout/statements"
)

const little = 2 << 20 // bytes that may be read of a document before it is refused

func TestWorkbookOfOneLargeElementIsRefused(t *testing.T) {
	for name, one := range map[string]struct{ text, repeated, want string }{
		"one tag of attributes": {"<row", ` a="b"`, "more than 1 MB"},
		"tags of attributes":    {"", "<row" + strings.Repeat(` a="b"`, 300) + "/>", "256 attributes"},
		"one text":              {"<row><c><v>", "1", "more than 1 MB"},
		"one comment":           {"<!--", "a", "more than 1 MB"},
		"deep nesting":          {"", "<row>", "64 deep"},
	} {
		data := packed(t, one.text, one.repeated, 16<<20/len(one.repeated))
		count, err := statements.Unpacked(data)
		if err == nil || !strings.Contains(err.Error(), one.want) || count > little {
			t.Errorf("%s: %v, %d bytes unpacked", name, err, count)
		}
		if _, err := statements.Read(data, statements.Map{}); err == nil || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// counted counts what is read.
type counted struct {
	from  io.Reader
	count int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.count += n
	return n, err
}

func TestCamtOfOneLargeElementIsRefused(t *testing.T) {
	const entry = `<Document><Ntry><Amt Ccy="KHR">4000</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-11-28</Dt></BookgDt><NtryDtls>`
	for name, one := range map[string]struct{ text, repeated, want string }{
		"one tag of attributes":     {"<Document", ` a="b"`, "more than 1 MB"},
		"tags of names":             {"", "<Document" + strings.Repeat(` xmlns:a="b"`, 300) + ">", "256 attributes"},
		"one text":                  {entry + "<AddtlNtryInf>", "a", "more than 1 MB"},
		"deep nesting":              {"", "<Document>", "64 deep"},
		"deep nesting in an entry":  {entry, "<TxDtls>", "64 deep"},
		"transactions of one entry": {entry, "<TxDtls/>", "10,000 transactions"},
		"entries in an entry":       {entry, "<Ntry/><TxDtls/>", "10,000 transactions"},
		"texts of one entry":        {entry + "<TxDtls><RmtInf>", "<Ustrd/>", "100,000 texts"},
	} {
		from := &counted{from: io.MultiReader(strings.NewReader(one.text), io.LimitReader(&repeats{text: one.repeated}, 16<<20))}
		_, err := statements.ReadCamt(from)
		if err == nil || !strings.Contains(err.Error(), one.want) || from.count > little {
			t.Errorf("%s: %v, %d bytes read", name, err, from.count)
		}
	}
}

func TestLinesOfBatchesCount(t *testing.T) {
	const parts = 10_000
	entry := `<Ntry><Amt Ccy="KHR">10000</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-11-28</Dt></BookgDt><NtryDtls>` + strings.Repeat(`<TxDtls><Amt Ccy="KHR">1</Amt></TxDtls>`, parts) + "</NtryDtls></Ntry>"
	read := func(entries int) (statements.Statement, error) {
		return statements.ReadCamt(io.MultiReader(strings.NewReader("<Document>"), io.LimitReader(&repeats{text: entry}, int64(entries*len(entry))), strings.NewReader("</Document>")))
	}
	if s, err := read(1); err != nil || len(s.Lines) != parts {
		t.Errorf("%d lines, %v", len(s.Lines), err)
	}
	if _, err := read(statements.MaxLines/parts + 1); err == nil || !strings.Contains(err.Error(), "200,000 rows") {
		t.Errorf("%v", err)
	}
}
