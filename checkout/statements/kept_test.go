package statements_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rieltime/checkout/statements"
)

type columns = map[statements.Field]string

func TestCurrencyOfAFileIsBetterThanOneThatIsKept(t *testing.T) {
	named := columns{"date": "Date", "text": "Details", "debit": "Debit", "credit": "Credit"}
	numbered := columns{"date": "#1", "text": "#2", "debit": "#3", "credit": "#4"}
	const line = "28/11/2026,cake,,40600\n"
	for text, want := range map[string]string{
		"Date,Details,Debit (KHR),Credit (KHR)\n" + line:                   "40600 KHR",
		"Account currency: KHR\nDate,Details,Debit,Credit\n" + line:        "40600 KHR",
		"Date,Details,Amount (KHR),\nDate,Details,Debit,Credit\n" + line:   "40600 KHR",
		"About USD\nDate,Details,Debit in riel,Credit in riel\n" + line:    "40600 KHR",
		"Rates of USD and KHR\nDate,Details,Debit,Credit\n" + line:         "40600.00 USD",
		"Date,Details,Debit,Credit\n28/11/2026,tea,,5\n" + line:            "5.00 USD",
		"Date,Details,Debit,Credit\n28/11/2026,tea KHR,,5\n" + line:        "5.00 USD",
		"Date,Details,Debit,Credit\n28/11/2026,tea,,5 KHR\n29/11/2026,,,5": "5 KHR",
	} {
		for _, kept := range []columns{nil, named, numbered} {
			if strings.Contains(text, "in riel") && kept["date"] == "Date" {
				continue // other names
			}
			file, err := statements.ReadKept([]byte(text), statements.Map{}, statements.Map{Columns: kept, Currency: "USD"})
			if err != nil || len(file.Lines) == 0 || file.Lines[0].Amount.String() != want {
				t.Errorf("%q by %v: %v, %+v", text, kept, err, file.Lines)
			}

			_, err = statements.ReadKept([]byte(text), statements.Map{Currency: "USD"}, statements.Map{Columns: kept})
			if refused := err != nil && strings.Contains(err.Error(), "in KHR, not in USD"); refused != (want == "40600 KHR") {
				t.Errorf("%q by %v and the currency USD: %v", text, kept, err)
			}
			if _, err := statements.ReadKept([]byte(text), statements.Map{Currency: "KHR"}, statements.Map{Columns: kept}); err != nil {
				t.Errorf("%q by %v and the currency KHR: %v", text, kept, err)
			}
		}
	}
}

func TestColumnsThatAreKeptGiveWayToAnotherShape(t *testing.T) {
	kept := statements.Map{Columns: columns{"date": "Booked", "amount": "Sum", "mark": "Side", "text": "Memo"}, Currency: "USD", Dates: statements.MonthFirst}
	const other = "Date,Details,Credit\n03/11/2026,tea,KHR 4000\n"
	file, err := statements.ReadKept([]byte(other), statements.Map{}, kept)
	if got := describe(file.Lines); err != nil || !slices.Equal(got, []string{"2026-11-03 in 4000 KHR [] tea"}) || len(file.Asked.Columns) != 0 {
		t.Errorf("%q, %v, %+v", got, err, file.Asked)
	}

	given := statements.Map{Columns: columns{"date": "Booked", "amount": "Sum"}}
	if _, err := statements.ReadKept([]byte(other), given, kept); !errors.Is(err, statements.ErrNoHeader) {
		t.Errorf("columns that are given and missing: %v", err)
	}
	const signless = "Booked,Memo,Sum\n03/11/2026,fee,4\n"
	if file, err := statements.ReadKept([]byte(signless), statements.Map{}, kept); !errors.Is(err, statements.ErrNoHeader) {
		t.Errorf("amounts without their marks: %v, %+v", err, file.Lines)
	}
	const textless = "Booked,Sum,Side\n11/03/2026,4,DR\n"
	file, err = statements.ReadKept([]byte(textless), statements.Map{}, kept)
	if got := describe(file.Lines); err != nil || !slices.Equal(got, []string{"2026-11-03 out 4.00 USD [] "}) || file.Asked.Currency != "USD" {
		t.Errorf("without a column for people: %q, %v", got, err)
	}
}

// The order of dates that is kept for an account gives way to a file whose dates show
// another, as after a spreadsheet has turned them: read by the wrong one some days would be
// refused and others be of another month.
func TestKeptOrderOfDatesGivesWayToTheOneThatAFileShows(t *testing.T) {
	shape := columns{"date": "Date", "credit": "Credit", "text": "Details"}
	for dates, want := range map[string]struct {
		kept statements.DateOrder
		days []string
	}{
		"28/11/2026 05/11/2026": {statements.MonthFirst, []string{"2026-11-28", "2026-11-05"}},
		"11/28/2026 11/05/2026": {statements.DayFirst, []string{"2026-11-28", "2026-11-05"}},
		"11/05/2026 11/06/2026": {statements.MonthFirst, []string{"2026-11-05", "2026-11-06"}},
		"05/11/2026 06/11/2026": {statements.DayFirst, []string{"2026-11-05", "2026-11-06"}},
	} {
		text := "Date,Details,Credit\n"
		for _, date := range strings.Fields(dates) {
			text += date + ",tea,$5.00\n"
		}
		for _, kept := range []columns{nil, shape} {
			file, err := statements.ReadKept([]byte(text), statements.Map{}, statements.Map{Columns: kept, Dates: want.kept})
			var days []string
			for _, line := range file.Lines {
				days = append(days, line.Day.String())
			}
			if err != nil || !slices.Equal(days, want.days) {
				t.Errorf("%s with %s and %v: %q, %v", dates, want.kept, kept, days, err)
			}
		}
	}

	given := statements.Map{Dates: statements.MonthFirst} // what somebody says of this file is followed
	file, err := statements.ReadKept([]byte("Date,Details,Credit\n28/11/2026,tea,$5.00\n"), given, statements.Map{})
	if err != nil || len(file.Lines) != 0 || file.Bad() != 1 {
		t.Errorf("%+v, %v", file.Lines, err)
	}
}
