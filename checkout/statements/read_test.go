package statements_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"rieltime/checkout/statements"
)

const hash = "7fc1a0a1c3f4b5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e"

// samples are statements in the shapes that banks use. None is a bank's own: all but one
// say the same.
var samples = map[string]string{
	"debit and credit columns": `"Sample Bank Plc.";;;;;
Account;000 123 456;;;;
"Period";"01/11/2026 - 30/11/2026";;;;
Currency:;USD;;;;

Transaction Date;Reference No.;Description;Money Out;Money In;Balance
28/11/2026;100FT33128A;"KHQR from SOK
VANNAK";;1,250.50;1,350.50
29-Nov-2026;;Monthly fee;(2.00);;1,348.50
;;for November;;;
Total;;;2.00;1,250.50;
This statement is made by a computer.`,
	"signed amounts": "Date,Details,Amount,Currency,Ref\n2026-11-28,KHQR from SOK VANNAK,\"1,250.50\",USD,100FT33128A\n2026-11-29,Monthly fee for November,-2,USD,\nTotal,,1248.50,,\n",
	"marks":          "Booking Date\tNarrative\tAmount\tDr/Cr\tReference\n28.11.26\tKHQR from SOK VANNAK\tUSD 1 250.50\tCR\t100FT33128A\n29.11.26\tMonthly fee for November\t$2.00\tDR\t\n",
	"marks behind":   "Date|Description|Amount (USD)|Ref\n28 Nov 2026|KHQR from SOK VANNAK|1250.50CR|100FT33128A\n29 Nov 2026|Monthly fee for November|2.00 DR|\n",
	"Khmer": `ធនាគារគំរូ
កាលបរិច្ឆេទ,លេខយោង,ការបរិយាយ,ប្រាក់ចេញ,ប្រាក់ចូល,សមតុល្យ
២៨/១១/២០២៦,100FT33128A,KHQR from SOK VANNAK,,"$១,២៥០.៥០",
`,
	"header of two rows": "Date,Description,Ref,Amount (USD),\n,,,Debit,Credit\n28/11/2026,KHQR from SOK VANNAK,100FT33128A,,1250.50 $\n29/11/2026,Monthly fee for November,,2.00 $,\n",
	"month first":        "Date,Details,Amount,Currency,Ref\n11/28/2026,KHQR from SOK VANNAK,1250.50,USD,100FT33128A\n11/29/2026,Monthly fee for November,-2.00,USD,\n",
	"camt.053": `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>
<Ntry><Amt Ccy="USD">1250.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-28</Dt></BookgDt><AcctSvcrRef>100FT33128A</AcctSvcrRef><AddtlNtryInf>KHQR from SOK VANNAK</AddtlNtryInf></Ntry>
<Ntry><Amt Ccy="USD">2.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-29</Dt></BookgDt><AddtlNtryInf>Monthly fee for November</AddtlNtryInf></Ntry>
<Ntry><Amt Ccy="USD">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts></Ntry>
<Ntry><Amt Ccy="USD">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>INFO</Sts><BookgDt><Dt>2026-11-28</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>`,
	"MT940": ":20:S1\r\n:25:000123456\r\n:28C:11/1\r\n:60F:C261127USD100,00\r\n:61:2611281128C1250,50NTRF100FT33128A\r\n:86:KHQR from\r\nSOK VANNAK\r\n:61:2611291129D2,NCHGNONREF\r\n:86:Monthly fee for November\r\n:62F:C261129USD1348,50\r\n-\r\n",
}

// describe writes lines as a test compares them.
func describe(lines []statements.Line) (texts []string) {
	for _, l := range lines {
		side := "in"
		if l.Out {
			side = "out"
		}
		texts = append(texts, fmt.Sprintf("%s %s %s [%s] %s", l.Day, side, l.Amount, l.Reference, l.Text))
	}
	return texts
}

func TestSamplesOfAllShapesAreRead(t *testing.T) {
	want := []string{"2026-11-28 in 1250.50 USD [100FT33128A] KHQR from SOK VANNAK", "2026-11-29 out 2.00 USD [] Monthly fee for November"}
	for name, text := range samples {
		for encoding, data := range encodings(text) {
			file, err := statements.Read(data, statements.Map{})
			got := describe(file.Lines)
			expected := want
			if name == "Khmer" {
				expected = want[:1]
			}
			if err != nil || !slices.Equal(got, expected) || file.Bad() != 0 {
				t.Errorf("%s in %s: %q, %v, %+v, %+v", name, encoding, got, err, file.Left, file.Map)
			}
		}
	}
}

// encodings are a text in the encodings that spreadsheets write.
func encodings(text string) map[string][]byte {
	units := utf16.Encode([]rune(text))
	little, big := []byte{}, []byte{0xfe, 0xff}
	for _, unit := range units {
		little = binary.LittleEndian.AppendUint16(little, unit)
		big = binary.BigEndian.AppendUint16(big, unit)
	}
	all := map[string][]byte{"UTF-8": []byte(text), "UTF-8 with a mark": []byte("\ufeff" + text), "UTF-16 with a mark": big}
	if !strings.HasPrefix(text, "ធ") {
		all["UTF-16 without a mark"] = little
	}
	return all
}

// workbook is an XLSX file of sheets; numbers are cells of numbers.
func workbook(t testing.TB, sheets map[string][][]any) []byte {
	t.Helper()
	book := excelize.NewFile()
	for name, rows := range sheets {
		if _, err := book.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for i, cells := range rows {
			if err := book.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &cells); err != nil {
				t.Fatal(err)
			}
		}
		if err := book.SetRowVisible(name, len(rows), false); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWorkbookIsRead(t *testing.T) {
	data := workbook(t, map[string][][]any{
		"About": {{"Sample Bank"}, {"Currency", "USD"}},
		"Lines": {
			{"Statement of account"}, {"Date", "Description", "Ref", "Debit", "Credit"},
			{46354.5, "KHQR from SOK VANNAK", "100FT33128A", nil, 1250.50},
			{46355, "Monthly fee", nil, "2.00", nil},
			{nil, "for November"},
			{46355, "hidden", 123456789012345, 0.0, 0.1 + 0.2},
		},
	})
	file, err := statements.Read(data, statements.Map{Currency: "USD"})
	got := describe(file.Lines)
	want := []string{"2026-11-28 in 1250.50 USD [100FT33128A] KHQR from SOK VANNAK", "2026-11-29 out 2.00 USD [] Monthly fee for November", "2026-11-29 in 0.30 USD [123456789012345] hidden"}
	if err != nil || !slices.Equal(got, want) || file.Map.Sheet != "Lines" || file.Lines[0].At.IsZero() {
		t.Errorf("%q, %v, %+v, %+v", got, err, file.Left, file.Map)
	}
}

func TestBatchesOfCamtAreTakenApart(t *testing.T) {
	part := func(amount, name string) string {
		return `<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><TxId>100FT` + name + `</TxId></Refs><Amt Ccy="KHR">` + amount + `</Amt><RltdPties><Dbtr><Pty><Nm>` + name + `</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>` + hash + `</Ustrd></RmtInf></TxDtls>`
	}
	for details, want := range map[string]int{part("4000", "A") + part("6000", "B"): 2, part("4000", "A") + part("5000", "B"): 1, "": 1} {
		text := `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><Ntry><Amt Ccy="KHR">10000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>2026-11-28T23:30:00Z</DtTm></BookgDt><NtryDtls>` + details + `</NtryDtls></Ntry></Document>`
		file, err := statements.Read([]byte(text), statements.Map{})
		if err != nil || len(file.Lines) != want || file.Lines[0].Day.String() != "2026-11-29" {
			t.Fatalf("%d lines, want %d: %+v, %v", len(file.Lines), want, file, err)
		}
		if want == 2 && (file.Lines[0].Payer != "A" || file.Lines[0].Reference != "100FTA" || file.Lines[0].Hash != hash) {
			t.Errorf("%+v", file.Lines[0])
		}
	}
}

func TestRowsThatAreNotUnderstoodAreNamed(t *testing.T) {
	const text = "Account of Klaing\nDate,Details,Debit,Credit,Currency\n" +
		"31/02/2026,no such day,,5,USD\n28/11/2026,two sides,1,2,USD\n28/11/2026,no amount,,,USD\n28/11/2026,which currency,,5,EUR\n28/11/2026,unclear,,12.500,KHR\n" +
		"28/11/2026,\"a quote that nothing closes,,7,USD\n28/11/2026,good,,7,USD\n28/11/2026,five, six,,7,USD\n28/11/2026,Opening balance,,100,USD\nTotal,,1,2,\nend of the statement,,,,\n"
	file, err := statements.Read([]byte(text), statements.Map{})
	if err != nil {
		t.Fatal(err)
	}

	var left []string
	for _, l := range file.Left {
		left = append(left, fmt.Sprint(l.Row, " ", l.Reason))
	}
	want := []string{"1 preamble", "3 date", "4 two_sides", "5 amount", "6 currency", "7 amount", "10 form", "11 total", "12 total", "13 total"}
	if !slices.Equal(left, want) || len(file.Lines) != 2 || file.Lines[0].Row != 8 || file.Bad() != 6 {
		t.Errorf("left out %q, want %q; lines %+v", left, want, file.Lines)
	}
}

func TestColumnsCanBeCorrected(t *testing.T) {
	const text = "When,What,How much\n28/11/2026,tea,5\n"
	if file, err := statements.Read([]byte(text), statements.Map{}); err != statements.ErrNoHeader || len(file.Header) != 3 {
		t.Errorf("%+v, %v", file, err)
	}
	for _, columns := range []map[statements.Field]string{{"date": "When", "amount": "how much", "text": "What"}, {"date": "#1", "amount": "#3", "text": "#2"}} {
		file, err := statements.Read([]byte(text), statements.Map{Columns: columns, Currency: "USD"})
		if got := describe(file.Lines); err != nil || !slices.Equal(got, []string{"2026-11-28 in 5.00 USD [] tea"}) {
			t.Errorf("%v: %q, %v, %+v", columns, got, err, file.Left)
		}
	}
}

func TestALineIsKnownByItsContentAndCount(t *testing.T) {
	two := "Date,Details,Amount,Currency,Balance\n28/11/2026,tea,5,USD,10\n28/11/2026,tea,5,USD,15\n"
	moved := "Balance,Currency,Credit,Date,Details\n,USD,5.00,2026-11-28,tea \n,USD,$5,28-Nov-2026,tea\n"
	numbered := func(text string) (keys []string) {
		file, err := statements.Read([]byte(text), statements.Map{})
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range statements.Number(file.Lines) {
			keys = append(keys, fmt.Sprint(line.Content, line.Occurrence))
		}
		return keys
	}
	if a, b := numbered(two), numbered(moved); !slices.Equal(a, b) || len(a) != 2 || a[0] == a[1] {
		t.Errorf("%q, %q", a, b)
	}
}

func TestFilesThatAreNoStatementAreRefused(t *testing.T) {
	for name, data := range map[string]string{
		"empty": " \n", "old workbook": "\xd0\xcf\x11\xe0\xa1\xb1", "web page": "<html><table></table>", "entities": `<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Document><Ntry>&b;</Ntry></Document>`,
		"xml": "<a></a>", "no header": "a,b\nc,d\n", "cut workbook": "PK\x03\x04abc", "too large": strings.Repeat("x", statements.MaxSize+1),
		"too many lines": "Date,Amount\n" + strings.Repeat("28/11/2026,$1\n", statements.MaxLines+1),
	} {
		if file, err := statements.Read([]byte(data), statements.Map{}); err == nil {
			t.Errorf("%s: %d lines", name, len(file.Lines))
		}
	}
}

func TestReadDates(t *testing.T) {
	for text, want := range map[string]string{
		"28/11/2026 14:03": "2026-11-28 14:03", "28/11/2026 2:03:05 PM": "2026-11-28 14:03", "2026-11-28T07:03:00Z": "2026-11-28 14:03", "28.11.26": "2026-11-28 00:00", "20261128": "2026-11-28 00:00",
		"Nov 28, 2026": "2026-11-28 00:00", "២៨ វិច្ឆិកា ២០២៦": "2026-11-28 00:00", "46354": "2026-11-28 00:00", "46354.25": "2026-11-28 06:00", "2026-11-28 20:00:00+0000": "2026-11-29 03:00",
		"12 AM": "", "29/02/2026": "", "28/13/2026": "", "": "", "28/11/2026 25:00": "", "tomorrow": "", "99999": "",
	} {
		if got := statements.DateText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestReadAmounts(t *testing.T) {
	for text, want := range map[string]string{
		"1,250.50 USD": "1250.50 USD", "$1250.5": "1250.50 USD", "(12.00) $": "-12.00 USD", "USD -5": "-5.00 USD", "5.00- USD": "-5.00 USD", "12,50 $": "12.50 USD", "1.250,50 USD": "1250.50 USD", "1 250,50 USD": "1250.50 USD", "1 250,500 USD": "?", "1 250 000,5 IDR": "1250000.50 IDR",
		"៛ ៤០,០០០": "40000 KHR", "40 000 KHR": "40000 KHR", "40,000.00 រៀល": "40000 KHR", "KHR 12.500": "?", "1.5 KHR": "?", "1,2,3 $": "?", "12.345 $": "?", "$": "0.00", "-": "0.00", "12": "?", "1e5 $": "?", "12 CR USD": "+12.00 USD",
		"MYR 1,250.50": "1250.50 MYR", "150.000,50 IDR": "150000.50 IDR", "150.000 IDR": "?", "5 MYR USD": "?",
		"99999999999 $": "?", "--5 $": "?",
	} {
		if got := statements.AmountText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWorkbookThatUnpacksToTooMuchIsRefused(t *testing.T) {
	header := `<row><c t="str"><v>Date</v></c><c t="str"><v>Amount</v></c></row>`
	if _, err := statements.Read(packed(t, header, strings.Repeat(" ", 1<<19)+"<x/>", 1<<9), statements.Map{}); err == nil || !strings.Contains(err.Error(), "unpacked") {
		t.Errorf("%v", err)
	}
}
