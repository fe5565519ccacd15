package statements

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// Bounds of a statement. What is larger is refused as a whole.
const (
	MaxSize  = 32 << 20 // bytes of the file
	MaxLines = 200_000

	maxUnpacked = 128 << 20 // bytes of the parts of a workbook, unpacked
	maxColumns  = 100
	maxCell     = 4000 // bytes of a cell; of a longer one the rest is left out
)

// Line is one movement of an account as its bank booked it.
type Line struct {
	Row       int          // in the file, from 1; of camt.053 and MT940, the entry
	Day       cambodia.Day // when it was booked
	At        time.Time    // zero when the statement has no time of day
	Amount    checkout.Money
	Out       bool // the money left the account
	Reference string
	Hash      string // of a transaction at Bakong: 64 hex digits
	Payer     string
	Text      string
	Balance   string // decimal text, as the file has it; for people
}

// Key is a digest of what the bank says of a movement. Lines that are alike have the
// same key, whichever file they come from and wherever its columns are. The balance has
// no part in it: it may be missing in another export.
func (l Line) Key() string {
	at := int64(0)
	if !l.At.IsZero() {
		at = l.At.Unix()
	}
	texts := []string{
		fmt.Sprint(int64(l.Day), at, l.Amount.Minor, l.Out), string(l.Amount.Currency),
		oneSpace(l.Reference), l.Hash, oneSpace(l.Payer), oneSpace(l.Text),
	}
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// oneSpace sets one space where a text has white space.
func oneSpace(text string) string { return strings.Join(strings.Fields(text), " ") }

// LineKey distinguishes a line from all others of its account.
type LineKey struct {
	Content    string // Line.Key
	Occurrence int    // from 1, among the lines of a file with the same content
}

// Number counts the occurrences of lines that are alike, in the order of the file.
func Number(lines []Line) []LineKey {
	seen := make(map[string]int, len(lines))
	numbered := make([]LineKey, len(lines))
	for i, line := range lines {
		key := line.Key()
		seen[key]++
		numbered[i] = LineKey{key, seen[key]}
	}
	return numbered
}

// Reason says why a row of a statement is not a line of it.
type Reason string

// Why rows are left out. Rows before the header, without a date or an amount, are no
// movements; all others need somebody to look at the file.
const (
	LeftPreamble Reason = "preamble"  // before the header
	LeftTotal    Reason = "total"     // a sum, a balance, or a note of the bank
	LeftText     Reason = "text"      // the rest of the text of the line before
	LeftPending  Reason = "pending"   // not booked yet
	BadDate      Reason = "date"      // no date that is understood
	BadAmount    Reason = "amount"    // no amount that is understood
	BadTwo       Reason = "two_sides" // a debit and a credit
	BadSide      Reason = "side"      // neither a sign nor a mark of debit or credit that is understood
	BadCurrency  Reason = "currency"  // none is named, or one that is not ours
	BadForm      Reason = "form"      // the row itself cannot be read
)

// Bad reports whether a row may be a movement that was not understood.
func (r Reason) Bad() bool {
	switch r {
	case BadDate, BadAmount, BadTwo, BadSide, BadCurrency, BadForm:
		return true
	}
	return false
}

// LeftOut is a row that is not a line, and why.
type LeftOut struct {
	Row    int
	Reason Reason
	Text   string // how the row begins
}

// Statement is a file that was read.
type Statement struct {
	Format Format
	Lines  []Line
	Left   []LeftOut
}

// Bad counts the rows that may be movements but were not understood.
func (s Statement) Bad() (count int) {
	for _, left := range s.Left {
		if left.Reason.Bad() {
			count++
		}
	}
	return count
}

// Days are the first and the last day of the lines.
func (s Statement) Days() (first, last cambodia.Day) {
	for i, line := range s.Lines {
		if i == 0 || line.Day < first {
			first = line.Day
		}
		if i == 0 || line.Day > last {
			last = line.Day
		}
	}
	return first, last
}
