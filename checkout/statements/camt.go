package statements

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"rieltime/checkout"
)

var errCamt = errors.New("the file is no camt.053 statement that can be read")

// camtAmount is an amount of camt.053 with its currency.
type camtAmount struct {
	Text     string `xml:",chardata"`
	Currency string `xml:"Ccy,attr"`
}

type camtDate struct {
	Day  string `xml:"Dt"`
	Time string `xml:"DtTm"`
}

// camtStatus is a code: itself in .02, and in an element of its own in .08.
type camtStatus struct {
	Text string `xml:",chardata"`
	Code string `xml:"Cd"`
}

// camtEntry is an Ntry of camt.053.001.02 to .08.
type camtEntry struct {
	Amount    camtAmount `xml:"Amt"`
	Side      string     `xml:"CdtDbtInd"`
	Status    camtStatus `xml:"Sts"`
	Booked    camtDate   `xml:"BookgDt"`
	Valued    camtDate   `xml:"ValDt"`
	Reference string     `xml:"AcctSvcrRef"`
	Entry     string     `xml:"NtryRef"`
	Text      string     `xml:"AddtlNtryInf"`
	Details   []camtPart `xml:"NtryDtls>TxDtls"`
}

// camtPart is one transaction of an entry, which may be a batch of several.
type camtPart struct {
	Amount      camtAmount `xml:"Amt"`
	TxAmount    camtAmount `xml:"AmtDtls>TxAmt>Amt"`
	Side        string     `xml:"CdtDbtInd"`
	Servicer    string     `xml:"Refs>AcctSvcrRef"`
	Transaction string     `xml:"Refs>TxId"`
	EndToEnd    string     `xml:"Refs>EndToEndId"`
	Debtor      string     `xml:"RltdPties>Dbtr>Nm"`
	Debtor8     string     `xml:"RltdPties>Dbtr>Pty>Nm"`
	Remittance  []string   `xml:"RmtInf>Ustrd"`
	Text        string     `xml:"AddtlTxInf"`
}

const (
	maxParts = 10_000        // transactions of an entry
	maxTexts = 10 * maxParts // texts of remittance of an entry
)

var errParts = errors.New("an entry of the file has more than 10,000 transactions, or more than 100,000 texts")

// camtTokens are the tokens of camt.053, of which an entry may have only so many parts.
type camtTokens struct {
	*boundedXML
	parts, texts int // since the entry began
}

func newCamtTokens(from io.Reader) *camtTokens {
	document := newBoundedXML(from)
	document.decoder.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "utf-16") { // decodeText has made it UTF-8
			return input, nil
		}
		return nil, errCamt
	}
	return &camtTokens{boundedXML: document}
}

func (c *camtTokens) Token() (xml.Token, error) {
	token, err := c.boundedXML.Token()
	if start, is := token.(xml.StartElement); is {
		switch start.Name.Local {
		case "TxDtls":
			c.parts++
		case "Ustrd":
			c.texts++
		}
	}
	if c.parts > maxParts || c.texts > maxTexts {
		return nil, errParts
	}
	return token, err
}

func readCamt(from io.Reader) (Statement, error) {
	s := Statement{Format: FormatCamt}
	document := newCamtTokens(from)
	decoder := xml.NewTokenDecoder(document)
	for number := 0; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, camtError(err)
		}

		start, is := token.(xml.StartElement)
		if !is || start.Name.Local != "Ntry" {
			continue
		}
		document.parts, document.texts = 0, 0
		var entry camtEntry
		if err := decoder.DecodeElement(&entry, &start); err != nil {
			return s, camtError(err)
		}

		number++
		s.addEntry(number, entry)
		if len(s.Lines)+len(s.Left) > MaxLines {
			return s, errLines
		}
	}

	if len(s.Lines)+len(s.Left) == 0 {
		return s, errCamt
	}
	return s, nil
}

// camtError is the bound by which a document was refused, or else the general error.
func camtError(err error) error {
	if bounded(err) {
		return err
	}
	return errCamt
}

// addEntry adds the lines of an entry: one for each of its transactions where their
// amounts make its sum, or else one.
func (s *Statement) addEntry(number int, entry camtEntry) {
	switch strings.TrimSpace(entry.Status.Text + entry.Status.Code) {
	case "PDNG", "FUTR", "INFO": // pending, in future, for information only
		s.leave(number, LeftPending, entry.Text)
		return
	}

	whole, reason := camtLine(number, entry, entry.Amount, entry.Side)
	if reason != "" {
		s.leave(number, reason, entry.Text)
		return
	}

	var parts []Line
	var total int64
	for _, part := range entry.Details {
		amount := part.Amount
		if amount.Text == "" {
			amount = part.TxAmount
		}
		if amount.Text == "" && len(entry.Details) == 1 {
			amount = entry.Amount
		}

		side := part.Side
		if side == "" {
			side = entry.Side
		}
		line, reason := camtLine(number, entry, amount, side)
		if reason != "" || line.Out != whole.Out || line.Amount.Currency != whole.Amount.Currency {
			parts, total = nil, 0
			break
		}

		describePart(&line, entry, part)
		parts, total = append(parts, line), total+line.Amount.Minor
	}
	if total == whole.Amount.Minor && len(parts) > 0 {
		s.Lines = append(s.Lines, parts...)
		return
	}

	for _, part := range entry.Details {
		if len(whole.Text) >= maxCell {
			break // joined to all others it would be copied for each
		}
		whole.Text = oneSpace(whole.Text + " " + strings.Join(partTexts(part), " "))
	}
	whole.Text = cut(whole.Text)
	whole.Hash = hashIn(whole.Text, whole.Reference)
	s.Lines = append(s.Lines, whole)
}

func camtLine(number int, entry camtEntry, amount camtAmount, side string) (line Line, reason Reason) {
	currency, err := checkout.ParseCurrency(strings.TrimSpace(amount.Currency))
	if err != nil {
		return line, BadCurrency
	}
	money, err := checkout.ParseDecimal(strings.TrimSpace(amount.Text), currency)
	if err != nil || money.Minor == 0 {
		return line, BadAmount
	}

	line = Line{Row: number, Amount: money, Reference: clean(orEmpty(entry.Reference, entry.Entry)), Text: clean(entry.Text)}
	switch strings.TrimSpace(side) {
	case "CRDT":
	case "DBIT":
		line.Out = true
	default:
		return line, BadSide
	}

	for _, text := range []string{entry.Booked.Time, entry.Booked.Day, entry.Valued.Time, entry.Valued.Day} {
		if text == "" {
			continue
		}
		if line.Day, line.At, err = parseDate(text, DayFirst); err != nil {
			return line, BadDate
		}
		return line, ""
	}
	return line, BadDate
}

func describePart(line *Line, entry camtEntry, part camtPart) {
	line.Payer = clean(orEmpty(part.Debtor, part.Debtor8))
	for _, reference := range []string{part.Servicer, part.Transaction, part.EndToEnd} {
		if reference = given(reference); reference != "" {
			line.Reference = reference
			break
		}
	}
	line.Text = cut(oneSpace(strings.Join(append(partTexts(part), clean(entry.Text)), " ")))
	line.Hash = hashIn(line.Text, line.Reference)
}

// partTexts are the texts of a transaction, its references among them.
func partTexts(part camtPart) []string {
	texts := append(slices.Clone(part.Remittance), part.Text)
	for _, reference := range []string{part.EndToEnd, part.Transaction, part.Servicer} {
		texts = append(texts, given(reference))
	}
	for i := range texts {
		texts[i] = clean(texts[i])
	}
	return texts
}

// given returns a reference, or nothing where it says that there is none.
func given(reference string) string {
	if reference = clean(reference); reference == "NOTPROVIDED" {
		return ""
	}
	return reference
}

// orEmpty returns the first text that is not white space.
func orEmpty(texts ...string) string {
	for _, text := range texts {
		if strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}
