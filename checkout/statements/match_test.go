package statements_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/internal/cambodia"
)

var noon = time.Date(2026, 11, 28, 5, 0, 0, 0, time.UTC) // in Cambodia

func usd(minor int64) checkout.Money { return checkout.Money{Minor: minor, Currency: checkout.USD} }

func record(id string, minor int64, keys ...string) statements.Record {
	return statements.Record{ID: id, Amount: usd(minor), PaidAt: noon, Keys: keys}
}

func line(minor int64, text string) statements.Line {
	return statements.Line{Day: cambodia.DayOf(noon), Amount: usd(minor), Text: text}
}

func TestLinesAreMatchedByWhatTheyName(t *testing.T) {
	const external, bill = "100FT33128ABCD", "R0123456789ABCDEFGHZ"
	out := line(500, "reversal of "+external)
	out.Out = true
	fee := line(10, "fee for "+external)
	fee.Out = true
	ours := func() []statements.Record { return []statements.Record{record("p1", 500, hash, external, bill)} }
	for name, test := range map[string]struct {
		lines []statements.Line
		want  string
	}{
		"hash":           {[]statements.Line{line(500, "Bakong "+hash)}, "matched hash p1"},
		"short hash":     {[]statements.Line{line(500, "Bakong "+hash[:8])}, "matched hash p1"},
		"reference":      {[]statements.Line{line(500, "from X, "+strings.ToLower(external))}, "matched reference p1"},
		"Khmer digits":   {[]statements.Line{line(500, "ពី សុខ ១០០FT៣៣១២៨ABCD")}, "matched reference p1"},
		"bill":           {[]statements.Line{line(500, "bill:"+bill)}, "matched reference p1"},
		"another amount": {[]statements.Line{line(499, external)}, "amount_differs reference p1"},
		"short, another": {[]statements.Line{line(499, hash[:8])}, "bank_only  "},
		"twice":          {[]statements.Line{line(500, external), line(500, hash)}, "matched reference p1, twice hash p1"},
		"fee":            {[]statements.Line{fee, line(500, external)}, "fee  , matched reference p1"},
		"taken back":     {[]statements.Line{out}, "amount_differs reference p1"},
		"nothing":        {[]statements.Line{line(700, "tea")}, "bank_only  "},
	} {
		var got []string
		for _, m := range statements.MatchLines(test.lines, ours()) {
			got = append(got, fmt.Sprint(m.State, " ", m.How, " ", m.Record))
		}
		if joined := strings.Join(got, ", "); joined != test.want {
			t.Errorf("%s: %s, want %s", name, joined, test.want)
		}
	}
}

func TestWhatIsNotCertainIsProposed(t *testing.T) {
	sok := func(l statements.Line, payer string) statements.Line { l.Payer = payer; return l }
	with := func(r statements.Record, payer string) statements.Record {
		r.Payers = []string{payer, "sok_vannak@bank"}
		return r
	}
	for name, test := range map[string]struct {
		lines   []statements.Line
		records []statements.Record
		want    string
	}{
		"payer":          {[]statements.Line{sok(line(500, ""), "Vannak SOK")}, []statements.Record{with(record("p1", 500), "SOK VANNAK")}, "matched p1 []"},
		"masked account": {[]statements.Line{sok(line(500, ""), "sok***nak@bank")}, []statements.Record{with(record("p1", 500), "CHAN DARA")}, "matched p1 []"},
		"no payer":       {[]statements.Line{line(500, "")}, []statements.Record{with(record("p1", 500), "SOK VANNAK")}, "bank_only  [p1]"},
		"two payments":   {[]statements.Line{sok(line(500, ""), "SOK VANNAK")}, []statements.Record{with(record("p1", 500), "SOK VANNAK"), record("p2", 500)}, "bank_only  [p1 p2]"},
		"two lines":      {[]statements.Line{sok(line(500, ""), "SOK VANNAK"), line(500, "")}, []statements.Record{with(record("p1", 500), "SOK VANNAK")}, "bank_only  [p1], bank_only  [p1]"},
		"another bank reference": {[]statements.Line{{Day: cambodia.DayOf(noon), Amount: usd(500), Payer: "SOK VANNAK", Reference: "100FT0000AAAA"}},
			[]statements.Record{with(record("p1", 500, "100FT0000BBBB"), "SOK VANNAK")}, "bank_only  []"},
		"too long ago": {[]statements.Line{{Day: cambodia.DayOf(noon) + 5, Amount: usd(500), Payer: "SOK VANNAK"}}, []statements.Record{with(record("p1", 500), "SOK VANNAK")}, "bank_only  []"},
	} {
		var got []string
		for _, m := range statements.MatchLines(test.lines, test.records) {
			got = append(got, fmt.Sprint(m.State, " ", m.Record, " ", m.Proposals))
		}
		if joined := strings.Join(got, ", "); joined != test.want {
			t.Errorf("%s: %s, want %s", name, joined, test.want)
		}
	}
}

// generatedDay is a day of many equal amounts: what was paid, what the bank booked, and
// the payment of each line. The bank leaves some payments out and has other money, too.
// One thing it does not have, which nobody could tell from the payment itself: money of
// the payer of a payment that it left out, of the same amount and with no reference.
func generatedDay(random *rand.Rand) (lines []statements.Line, records []statements.Record, truth []string) {
	amounts := []checkout.Money{usd(100), usd(250), usd(500), {Minor: 4000, Currency: checkout.KHR}}
	names := []string{"SOK VANNAK", "CHAN DARA", "KIM SREY", "LY HENG", "MEAS BOPHA", ""}
	hex := func(n int) (text string) {
		for range n {
			text += string("0123456789abcdef"[random.IntN(16)])
		}
		return text
	}

	left := map[string]bool{}
	for i := range 20 + random.IntN(200) {
		r := statements.Record{ID: fmt.Sprint("p", i), Amount: amounts[random.IntN(len(amounts))], PaidAt: noon.Add(time.Duration(random.IntN(600)-300) * time.Minute)}
		name := names[random.IntN(len(names))]
		if r.Keys = []string{hex(64), "100FT" + strings.ToUpper(hex(10)), "R" + strings.ToUpper(hex(18)) + "Z"}; random.IntN(2) == 0 {
			r.Payers = []string{name}
		}
		records = append(records, r)

		if random.IntN(12) == 0 {
			left[fmt.Sprint(name, r.Amount)] = true
			continue
		}
		l := statements.Line{Amount: r.Amount, Payer: name, Text: "KHQR"}
		booked := r.PaidAt.Add(time.Duration(random.IntN(8)) * time.Minute)
		if l.Day = cambodia.DayOf(booked) + cambodia.Day(random.IntN(3)/2); random.IntN(2) == 0 {
			l.Day, l.At = cambodia.DayOf(booked), booked
		}
		switch random.IntN(6) {
		case 0:
			l.Hash = r.Keys[0]
		case 1:
			l.Text += " " + r.Keys[0][:8]
		case 2:
			l.Reference = r.Keys[1]
		case 3:
			l.Text += " " + r.Keys[2]
		}
		lines, truth = append(lines, l), append(truth, r.ID)
	}

	for range random.IntN(60) {
		name, amount := names[random.IntN(len(names))], amounts[random.IntN(len(amounts))]
		if left[fmt.Sprint(name, amount)] {
			continue
		}
		l := statements.Line{Amount: amount, Payer: name, Day: cambodia.DayOf(noon), At: noon.Add(time.Duration(random.IntN(600)-300) * time.Minute)}
		if random.IntN(2) == 0 {
			l.Reference = "100FT" + strings.ToUpper(hex(10))
		}
		lines, truth = append(lines, l), append(truth, "")
	}
	return lines, records, truth
}

func TestNoMatchIsWrongOnDaysOfManyEqualAmounts(t *testing.T) {
	matched, expected := 0, 0
	for seed := range uint64(400) {
		lines, records, truth := generatedDay(rand.New(rand.NewPCG(seed, 16)))
		used := map[string]bool{}
		for i, m := range statements.MatchLines(lines, records) {
			if truth[i] != "" {
				expected++
			}
			if m.State != statements.Matched {
				continue
			}
			matched++
			if m.Record != truth[i] || used[m.Record] {
				t.Errorf("seed %d: line %+v is of %q, matched %q by %s", seed, lines[i], truth[i], m.Record, m.How)
			}
			used[m.Record] = true
		}
	}
	if matched*2 < expected {
		t.Errorf("only %d of %d lines are matched", matched, expected)
	}
}

func TestMatchDoesNotDependOnTheOrder(t *testing.T) {
	lines, records, _ := generatedDay(rand.New(rand.NewPCG(1, 2)))
	states := func() (count map[statements.State]int) {
		count = map[statements.State]int{}
		for _, m := range statements.MatchLines(lines, records) {
			count[m.State]++
		}
		return count
	}
	before := states()
	slices.Reverse(lines)
	slices.Reverse(records)
	if after := states(); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("%v, then %v", before, after)
	}
}

// BenchmarkReadAndMatch reads and matches 100,000 lines.
func BenchmarkReadAndMatch(b *testing.B) {
	text, records := hundredThousand()
	for b.Loop() {
		file, err := statements.Read([]byte(text), statements.Map{})
		if err != nil || len(file.Lines) != len(records) {
			b.Fatal(err, len(file.Lines))
		}
		statements.MatchLines(file.Lines, records)
	}
}

func hundredThousand() (string, []statements.Record) {
	var text strings.Builder
	text.WriteString("Date,Reference,Details,Payer,Debit,Credit,Currency,Balance\n")
	records := make([]statements.Record, 100_000)
	for i := range records {
		at := noon.Add(time.Duration(i) * 20 * time.Second)
		records[i] = statements.Record{ID: fmt.Sprint("pay_", i), Amount: usd(int64(100 * (1 + i%5))), PaidAt: at, Payers: []string{fmt.Sprint("PAYER ", i%300)}, Keys: []string{fmt.Sprintf("100FT%09d", i)}}
		reference := fmt.Sprintf("100FT%09d", i)
		if i%3 == 0 {
			reference = ""
		}
		fmt.Fprintf(&text, "%s,%s,KHQR payment at the counter,PAYER %d,,%s,USD,%d.00\n", at.In(cambodia.Zone).Format("02/01/2006 15:04"), reference, i%300, records[i].Amount.Decimal(), i)
	}
	return text.String(), records
}
