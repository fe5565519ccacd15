package statements

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

var errMT940 = errors.New("the file is no MT940 statement that can be read")

var (
	mtTag       = regexp.MustCompile(`^:(\d{2}[A-Z]?):(.*)$`)
	mtBalance   = regexp.MustCompile(`^[CD]\d{6}([A-Z]{3})[\d,]+$`)
	mtMovement  = regexp.MustCompile(`^(\d{6})(\d{4})?(RC|RD|EC|ED|C|D)([A-Z])?(\d+,\d*)([A-Z][A-Z0-9]{3})?([^/]*)(?://(.*))?$`)
	mtSubfield  = regexp.MustCompile(`\?(\d{2})`)
	mtCodeword  = regexp.MustCompile(`/(ORDP|NAME|REMI|EREF|TRTP|ADDR|IBAN)/`)
	mtPayerName = regexp.MustCompile(`/(?:ORDP/+)?NAME/([^/]+)`)
)

const maxInformation = 12 // lines of a :86: field; the standard has six

// mtReader reads the tags of an MT940 file.
type mtReader struct {
	s        *Statement
	currency checkout.Currency
	line     Line
	open     bool // line waits for its texts
	tag      string
	texts    []string
}

func readMT940(text string) (Statement, error) {
	s := Statement{Format: FormatMT940}
	r := mtReader{s: &s}
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r ")
		if tag := mtTag.FindStringSubmatch(line); tag != nil {
			r.begin(number+1, tag[1], tag[2])
		} else if line != "-" && !strings.HasPrefix(line, "-}") {
			r.more(line)
		}
		if len(s.Lines) > MaxLines {
			return s, errLines
		}
	}
	r.end()

	if len(s.Lines)+len(s.Left) == 0 {
		return s, errMT940
	}
	return s, nil
}

// begin begins a field. An :86: belongs to the movement before it.
func (r *mtReader) begin(number int, tag, text string) {
	if tag != "86" {
		r.end()
	}
	r.tag = tag
	switch tag {
	case "60F", "60M":
		r.currency = ""
		if found := mtBalance.FindStringSubmatch(text); found != nil {
			if currency, err := checkout.ParseCurrency(found[1]); err == nil {
				r.currency = currency
			}
		}
	case "61":
		line, reason := r.movement(number, text)
		if reason != "" {
			r.s.leave(number, reason, text)
			return
		}
		r.line, r.open, r.texts = line, true, nil
	case "86":
		r.more(text)
	}
}

func (r *mtReader) more(text string) {
	if r.open && (r.tag == "61" || r.tag == "86") && len(r.texts) < maxInformation {
		r.texts = append(r.texts, text)
	}
}

func (r *mtReader) movement(number int, text string) (line Line, reason Reason) {
	found := mtMovement.FindStringSubmatch(text)
	if found == nil {
		return line, BadForm
	}

	valued, err := time.ParseInLocation("060102", found[1], cambodia.Zone)
	if err != nil {
		return line, BadDate
	}
	booked := valued
	if found[2] != "" {
		if booked, err = time.ParseInLocation("20060102", valued.Format("2006")+found[2], cambodia.Zone); err != nil {
			return line, BadDate
		}
		switch apart := booked.Sub(valued); { // about the turn of a year
		case apart > 180*24*time.Hour:
			booked = booked.AddDate(-1, 0, 0)
		case apart < -180*24*time.Hour:
			booked = booked.AddDate(1, 0, 0)
		}
	}

	if r.currency == "" {
		return line, BadCurrency
	}
	money, err := checkout.ParseDecimal(strings.TrimSuffix(strings.Replace(found[5], ",", ".", 1), "."), r.currency)
	if err != nil || money.Minor == 0 {
		return line, BadAmount
	}

	reference := clean(orEmpty(found[8], found[7]))
	if reference == "NONREF" {
		reference = clean(found[8])
	}
	side := found[3]
	out := side == "D" || side == "ED" || side == "RC" // RC takes a credit back
	return Line{Row: number, Day: cambodia.DayOf(booked), Amount: money, Out: out, Reference: reference}, ""
}

// end completes a movement by its texts.
func (r *mtReader) end() {
	if !r.open {
		return
	}
	r.open = false

	joined := strings.Join(r.texts, "")
	spaced := strings.Join(r.texts, " ")
	r.line.Hash = hashIn(spaced, joined, r.line.Reference) // a line may end within a hash
	if name := mtPayerName.FindStringSubmatch(joined); name != nil {
		r.line.Payer = clean(name[1])
	}
	r.line.Payer = orEmpty(r.line.Payer, subfields(joined, "32", "33"))

	text := spaced
	if remitted := subfields(joined, "20", "21", "22", "23", "24", "25", "26", "27", "28", "29"); remitted != "" {
		text = remitted
	}
	r.line.Text = cut(oneSpace(clean(mtCodeword.ReplaceAllString(text, " "))))
	r.s.Lines = append(r.s.Lines, r.line)
	r.line = Line{}
}

// subfields joins some of the fields that "?20" and others begin.
func subfields(text string, codes ...string) string {
	marks := mtSubfield.FindAllStringSubmatchIndex(text, -1)
	var found strings.Builder
	for i, mark := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		for _, code := range codes {
			if text[mark[2]:mark[3]] == code {
				found.WriteString(text[mark[1]:end])
			}
		}
	}
	return clean(found.String())
}
