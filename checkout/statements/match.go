package statements

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// State is how a line of a statement and our records stand to each other.
type State string

// The states.
const (
	Matched       State = "matched"
	OursOnly      State = "ours_only"      // a payment of ours that no line of its days shows
	BankOnly      State = "bank_only"      // a line that is none of our payments, as far as is known
	AmountDiffers State = "amount_differs" // the line names a payment of another amount, or takes it back
	Twice         State = "twice"          // the line names a payment that another line has
	Fee           State = "fee"            // what the bank takes for its service
)

// States are all states, in the order in which pages show them.
func States() []State { return []State{AmountDiffers, Twice, OursOnly, BankOnly, Matched, Fee} }

// How says what a match was made by.
type How string

// The ways.
const (
	ByHash      How = "hash"
	ByReference How = "reference"
	ByPayer     How = "payer" // amount, currency, time and payer, where no other line or payment fits
	ByPerson    How = "person"
)

// Record is money of ours that a statement of its account should show.
type Record struct {
	ID     string // of the payment
	Amount checkout.Money
	PaidAt time.Time
	Keys   []string // what a bank may name it by: the transaction's hash, the bank's reference, ours
	Payers []string // who paid, by name or account
	Taken  bool     // a line has it already
}

// Match is what was found about a line.
type Match struct {
	State     State
	How       How
	Record    string   // the id of the record; empty without one
	Proposals []string // ids of records that may be meant, the likeliest first
}

const (
	minKey       = 8  // characters of a reference that is looked up
	minStrongKey = 12 // characters of one that counts where the amounts differ
	maxProposals = 5
	maxCompared  = 1000             // records that one line is compared with
	nearDays     = cambodia.Day(3)  // a bank may book what was paid before a holiday
	nearTime     = 10 * time.Minute // between our clocks and the bank's
	shortHashLen = 8                // of the beginning of a hash, as receipts show it
	fullHashLen  = 64
)

// MatchLines finds the record of each line: by what both name, or by amount, currency,
// time and payer where no other pair fits. What is not certain is proposed.
func MatchLines(lines []Line, records []Record) []Match {
	m := newMatcher(lines, records)
	for _, equal := range []bool{true, false} { // a fee that names its payment must not take it
		for i := range lines {
			if m.found[i].State == "" {
				m.byName(i, equal)
			}
		}
	}

	m.keys, m.short = nil, nil // large, and not looked up any more
	m.byAmount()
	for i, line := range lines {
		if m.found[i].State == "" {
			m.found[i].State = BankOnly
			if line.Out && isFee(line) {
				m.found[i].State = Fee
			}
		}
	}
	return m.found
}

type matcher struct {
	lines   []Line
	records []Record
	found   []Match
	taken   []bool
	keys    map[string]int // the record that a key names; several if it names more than one
	short   map[string]int // by the beginnings of hashes
}

const several = -1

func newMatcher(lines []Line, records []Record) *matcher {
	m := &matcher{
		lines: lines, records: records, found: make([]Match, len(lines)), taken: make([]bool, len(records)),
		keys: make(map[string]int, 2*len(records)), short: map[string]int{},
	}
	add := func(index map[string]int, key string, at int) {
		if other, has := index[key]; has && other != at {
			at = several
		}
		index[key] = at
	}
	for at, record := range records {
		m.taken[at] = record.Taken
		for _, key := range record.Keys {
			key = keyText(key)
			if len(key) < minKey {
				continue
			}
			add(m.keys, key, at)
			if isHash(key) {
				add(m.short, key[:shortHashLen], at)
			}
		}
	}
	return m
}

// latinDigits writes Khmer digits as others.
func latinDigits(text string) string {
	if !strings.Contains(text, "\xe1\x9f") { // as all Khmer digits begin
		return text
	}
	return khmerDigits.Replace(text)
}

// keyText is how references are compared: letters and digits, in lower case.
func keyText(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, latinDigits(text))
}

var hexText = regexp.MustCompile(`^[0-9a-f]+$`)

func isHash(key string) bool { return len(key) == fullHashLen && hexText.MatchString(key) }

// words are the parts of a line that may name a record.
func words(line Line) []string {
	between := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	all := append(strings.FieldsFunc(latinDigits(line.Text), between), keyText(line.Reference), line.Hash)
	all = append(all, strings.FieldsFunc(latinDigits(line.Reference), between)...)

	all = slices.DeleteFunc(all, func(word string) bool { return len(word) < minKey })
	for i := range all {
		all[i] = strings.ToLower(all[i])
	}
	return all
}

// byName takes the record that a line names, unless it names several. Short words count
// only where the amounts are equal.
func (m *matcher) byName(i int, equalAmounts bool) {
	line, at, how, key := m.lines[i], several, ByReference, ""
	var named []int
	for _, word := range words(line) {
		record, is := m.keys[word]
		by := ByReference
		if isHash(word) {
			by = ByHash
		} else if short, isShort := m.short[word]; !is && isShort {
			record, is, by = short, true, ByHash
		}
		if !is || record == several || slices.Contains(named, record) {
			continue
		}
		named = append(named, record)
		if len(word) > len(key) {
			at, how, key = record, by, word
		}
	}

	if len(named) != 1 {
		for _, record := range named[:min(len(named), maxProposals)] {
			m.found[i].Proposals = append(m.found[i].Proposals, m.records[record].ID)
		}
		return
	}

	record := m.records[at]
	same := record.Amount == line.Amount && !line.Out
	switch {
	case same != equalAmounts:
	case same && m.taken[at]:
		m.found[i] = Match{State: Twice, How: how, Record: record.ID}
	case same:
		m.found[i], m.taken[at] = Match{State: Matched, How: how, Record: record.ID}, true
	case len(key) < minStrongKey || line.Out && isFee(line):
	case m.taken[at] && !line.Out:
		m.found[i] = Match{State: Twice, How: how, Record: record.ID}
	default:
		m.found[i], m.taken[at] = Match{State: AmountDiffers, How: how, Record: record.ID}, true
	}
}

var feeWords = regexp.MustCompile(`(?i)\b(fees?|charges?|commission|mdr)\b|ថ្លៃសេវា|កម្រៃ`)

func isFee(line Line) bool { return feeWords.MatchString(line.Text) }

// amountDay is what lines and records of one amount are sorted by.
type amountDay struct {
	amount checkout.Money
	day    cambodia.Day
}

// byAmount compares the lines that are left with the records that are left.
func (m *matcher) byAmount() {
	open := map[amountDay][]int{} // records
	for at, record := range m.records {
		if !m.taken[at] {
			key := amountDay{record.Amount, cambodia.DayOf(record.PaidAt)}
			open[key] = append(open[key], at)
		}
	}

	payers := payersOf(m.records)
	var pairs []pair // of a line and the only record that it may be of
	claims, crowded := make([]int32, len(m.records)), map[checkout.Money]bool{}
	for i, line := range m.lines {
		if m.found[i].State != "" || line.Out {
			continue
		}
		fitting, complete := m.fitting(i, open, payers)
		for _, c := range fitting {
			claims[c.record]++
		}
		if !complete { // it may be of a record that it was not compared with
			crowded[line.Amount] = true
		}
		if len(m.found[i].Proposals) > 0 { // it names several
			continue
		}
		if len(fitting) == 1 {
			pairs = append(pairs, pair{i, fitting[0]})
		}
		m.propose(i, fitting)
	}

	for _, p := range pairs {
		if claims[p.record] == 1 && p.certain && !crowded[m.lines[p.line].Amount] {
			m.found[p.line] = Match{State: Matched, How: ByPayer, Record: m.records[p.record].ID}
			m.taken[p.record] = true
		}
	}
	m.dropTaken()
}

// candidate is a record that a line may be of.
type candidate struct {
	record  int
	apart   time.Duration
	payer   likeness
	certain bool // the payer is the same, and the times are close
}

type pair struct {
	line int
	candidate
}

// fitting are the records of a line's amount around its day that neither a payer nor a
// reference speaks against. It is not complete when there are too many to compare.
func (m *matcher) fitting(i int, open map[amountDay][]int, payers [][]payer) (found []candidate, complete bool) {
	line := m.lines[i]
	from, compared := newPayer(line.Payer), 0
	for day := line.Day - nearDays; day <= line.Day+1; day++ {
		for _, at := range open[amountDay{line.Amount, day}] {
			if compared++; compared > maxCompared {
				return found, false
			}
			alike := from.among(payers[at])
			if alike == otherPayer || contradict(line, m.records[at]) {
				continue
			}
			c := candidate{record: at, apart: apart(line, m.records[at]), payer: alike}
			c.certain = alike == samePayer && (line.At.IsZero() && (day == line.Day || day == line.Day-1) || !line.At.IsZero() && c.apart <= nearTime)
			found = append(found, c)
		}
	}
	return found, true
}

// apart is how far a line is from a record in time.
func apart(line Line, record Record) time.Duration {
	at := line.At
	if at.IsZero() {
		at = line.Day.Begin().Add(12 * time.Hour)
	}
	return at.Sub(record.PaidAt).Abs()
}

// contradict reports whether a line has a reference of the same kind as a record's, and
// another one.
func contradict(line Line, record Record) bool {
	reference := keyText(line.Reference)
	for _, key := range record.Keys {
		key = keyText(key)
		switch {
		case len(line.Hash) == fullHashLen && isHash(key) && key != line.Hash:
			return true
		case len(key) >= minKey && len(reference) == len(key) && reference[:5] == key[:5] && reference != key && !hexText.MatchString(key):
			return true
		}
	}
	return false
}

// propose offers a person the likeliest records.
func (m *matcher) propose(i int, fitting []candidate) {
	slices.SortStableFunc(fitting, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.payer, a.payer), cmp.Compare(a.apart, b.apart))
	})
	likeliest := fitting[:min(len(fitting), maxProposals)]
	m.found[i].Proposals = make([]string, len(likeliest))
	for at, c := range likeliest {
		m.found[i].Proposals[at] = m.records[c.record].ID
	}
}

// dropTaken takes records that have a line by now out of the proposals of others.
func (m *matcher) dropTaken() {
	taken := map[string]bool{}
	for at, is := range m.taken {
		if is {
			taken[m.records[at].ID] = true
		}
	}
	for i := range m.found {
		if m.found[i].State == "" {
			m.found[i].Proposals = slices.DeleteFunc(m.found[i].Proposals, func(id string) bool { return taken[id] })
		}
	}
}
